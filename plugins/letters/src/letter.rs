//! A letter: anything the carrier brings for somebody in the mall.

use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::sheet::HandoffSheet;

/// Mail received at the desk.
#[derive(Record)]
#[record(name = "letter", number = "L/day", index = "received_on", index = "sheet")]
pub struct Letter {
    pub state: LetterState,
    /// For whom it is, as it stands on the mail.
    #[field(personal, searchable, editable, signed, max = 60)]
    pub addressee: String,
    /// What it is.
    #[field(editable, signed)]
    pub kind: Kind,
    /// The addressee's department.
    #[field(searchable, editable, signed, max = 60)]
    pub department: Option<String>,
    /// Where it goes from the desk.
    #[field(editable, signed)]
    pub destination: Destination,
    /// Who sent it.
    #[field(personal, searchable, editable, max = 60)]
    pub sender: Option<String>,
    /// Who brought it; L9: then the carrier's receipt is signed.
    #[field(editable, max = 60)]
    pub carrier: Option<String>,
    /// The carrier's tracking number.
    #[field(searchable, editable, max = 60)]
    pub tracking_no: Option<String>,
    /// The day it came.
    #[field(signed)]
    pub received_on: Day,
    /// Anything else worth knowing.
    #[field(editable, long)]
    pub note: Option<String>,
    /// The hand-off sheet that lists it.
    pub sheet: Option<Ref<HandoffSheet>>,
}

/// Where a letter stands.
#[derive(State, Clone, PartialEq)]
pub enum LetterState {
    Received,
    /// Its addressee was told, by the morning notice or by telephone.
    Notified {
        notified_at: Instant,
    },
    /// L8: missing, or its address can't be read.
    Problem,
    /// L2
    #[state(closed)]
    Collected {
        #[field(personal)]
        collected_by: String,
        collected_at: Instant,
    },
    /// L4
    #[state(closed)]
    Delivered {
        #[field(personal)]
        delivered_to: String,
        delivered_at: Instant,
    },
    /// L7
    #[state(closed)]
    HandedToHr {
        handed_to_hr_at: Instant,
    },
    /// L8: its problem was settled some other way.
    #[state(closed)]
    Resolved,
}

/// What the carrier brings.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Letter,
    Postcard,
    PrintedMatter,
    Parcel,
    Registered,
    Remittance,
}

/// Where mail goes from the desk.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Fetched at the desk, announced in the staff passage (L3).
    StaffPassage,
    /// Brought by the round (L4).
    SecondFloorOffice,
    /// Fetched at the desk after a call (L5).
    ThirdFloorClothingCity,
    Other,
}

/// What a clerk writes down when mail comes.
#[derive(Args)]
pub struct Receipt {
    /// For whom it is, as it stands on the mail.
    #[field(personal, max = 60)]
    pub addressee: String,
    /// What it is.
    pub kind: Kind,
    /// The addressee's department.
    #[field(max = 60)]
    pub department: Option<String>,
    /// Where it goes from the desk.
    pub destination: Destination,
    /// Who sent it.
    #[field(personal, max = 60)]
    pub sender: Option<String>,
    /// Who brought it.
    #[field(max = 60)]
    pub carrier: Option<String>,
    /// The carrier's tracking number.
    #[field(max = 60)]
    pub tracking_no: Option<String>,
    /// The day it came: today, unless it is entered later.
    pub received_on: Option<Day>,
    /// Anything else worth knowing.
    #[field(long)]
    pub note: Option<String>,
}

/// Who fetches a letter.
#[derive(Args)]
pub struct Collect {
    /// The name on the card of who fetches it; L2: the addressee's, or a proxy's whom the duty manager signs for.
    #[field(personal, max = 60)]
    pub collected_by: String,
}

impl Letter {
    /// L1: a letter as it is registered on arrival; mail that is yet to come can't be.
    pub fn received(receipt: Receipt, today: Day) -> Result<Letter> {
        let received_on = receipt.received_on.unwrap_or(today);
        if received_on > today {
            return Err(Error::invalid("received_on", "received-on-is-ahead"));
        }
        Ok(Letter {
            state: LetterState::Received,
            addressee: receipt.addressee,
            kind: receipt.kind,
            department: receipt.department,
            destination: receipt.destination,
            sender: receipt.sender,
            carrier: receipt.carrier,
            tracking_no: receipt.tracking_no,
            received_on,
            note: receipt.note,
            sheet: None,
        })
    }

    /// Letters that somebody may still fetch.
    pub fn is_waiting() -> Query<Letter> {
        Letter::STATE.one_of([LetterState::RECEIVED, LetterState::NOTIFIED])
    }

    /// Refuses, by the rule of the action asked for, what is no longer or not now at the desk.
    pub fn must_be_waiting(&self, rule: Rule) -> Result<()> {
        let key = match self.state {
            LetterState::Received | LetterState::Notified { .. } => return Ok(()),
            LetterState::Problem => "letter-has-a-problem",
            _ => "letter-is-settled",
        };
        Err(rule.refuse(key).with("state", deskbell_sdk::State::name(&self.state)).into())
    }

    /// L5, L6: the task to announce a letter at once, if it must not wait for the morning notice.
    pub fn announcement(&self) -> Option<&'static str> {
        match (self.destination, self.kind) {
            (Destination::ThirdFloorClothingCity, _) => Some("call-third-floor"),
            (_, Kind::Parcel | Kind::Registered | Kind::Remittance) => Some("announce-at-once"),
            _ => None,
        }
    }

    /// Notes that the addressee knows of it; the first time counts.
    pub fn announced(&mut self, at: Instant) {
        if self.state == LetterState::Received {
            self.state = LetterState::Notified { notified_at: at };
        }
    }

    /// L7: moves on to a state in which it no longer waits, and leaves the open sheet.
    pub fn settle(&mut self, state: LetterState) {
        self.state = state;
        self.sheet = None;
    }
}

/// L7: waiting for more than so many full days, and not on the sheet yet. Received on the 1st and 7 days: the 9th is the first.
pub fn unclaimed(cx: &Cx<Settings>) -> Deadline<Letter> {
    let is_unlisted = Letter::is_waiting().and(Letter::SHEET.is_null());
    Deadline::past(Letter::RECEIVED_ON, cx.settings().handoff_after_days).among(is_unlisted)
}

/// 信件登记表, the letter register.
pub fn register() -> RegisterOf<Letter> {
    RegisterOf::by(Letter::RECEIVED_ON)
        .column(Letter::NUMBER)
        .column(Letter::RECEIVED_ON)
        .column(Letter::KIND)
        .column(Letter::ADDRESSEE)
        .column(Letter::DEPARTMENT)
        .column(Letter::DESTINATION)
        .column(Letter::CARRIER)
        .column(Letter::TRACKING_NO)
        .column(Letter::STATE)
        .signature("collected-by-hand")
}
