//! A lot: some of a medicine with one expiry date; usable through that day, and quarantined the day after (M4).

use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::disposal::Disposal;
use crate::item::Item;
use crate::movement::{Movement, Reason};
use crate::restock;

/// Some of a medicine with one expiry date.
#[derive(Record)]
#[record(name = "lot", number = "ML/ever", unique = "item, lot_no", index = "item, expires_on", index = "disposal")]
pub struct Lot {
    pub state: LotState,
    /// What it is.
    #[field(signed)]
    pub item: Ref<Item>,
    /// The maker's number of the lot.
    #[field(searchable, signed, max = 40)]
    pub lot_no: String,
    /// M4: the last day on which it may be given.
    #[field(signed)]
    pub expires_on: Day,
    /// The day the first of it came.
    pub received_on: Day,
    /// M6: how many there are: the sum of what moved.
    #[default = 0]
    pub quantity: i64,
    /// M4: it was warned of.
    #[default = false]
    pub was_warned: bool,
    /// M5: the slip that it leaves by.
    pub disposal: Option<Ref<Disposal>>,
}

/// Whether a lot may be given.
#[derive(State, Clone, PartialEq)]
pub enum LotState {
    Usable,
    /// M4: past its date, or set aside.
    Quarantined {
        quarantined_on: Day,
        #[field(max = 80)]
        reason: Option<String>,
    },
    /// Past its date, with nothing left of it.
    #[state(closed)]
    Finished,
    /// M5
    #[state(closed)]
    Disposed {
        disposed_on: Day,
    },
}

/// What came in.
#[derive(Args)]
pub struct Receive {
    /// The maker's number of the lot.
    #[field(max = 40)]
    pub lot_no: String,
    /// The last day on which it may be given.
    pub expires_on: Day,
    /// How many came.
    pub quantity: i64,
}

/// What a look into the box found.
#[derive(Args)]
pub struct Count {
    /// How many there are.
    pub counted: i64,
    /// M6: why it differs from the books.
    #[field(max = 80)]
    pub note: String,
}

/// Why a lot is set aside before its date.
#[derive(Args)]
pub struct SetAside {
    /// What is wrong with it.
    #[field(max = 80)]
    pub reason: String,
}

impl Lot {
    /// M2, M4: the lots of a medicine that may be given on a day, first to expire first.
    pub fn usable(item: &Stored<Item>, on: Day) -> Query<Lot> {
        let usable = Lot::ITEM.is(item).and(Lot::STATE.is(LotState::USABLE)).and(Lot::EXPIRES_ON.ge(on));
        usable.and(Lot::QUANTITY.gt(0)).sort_by(Lot::EXPIRES_ON).sort_by(Lot::NUMBER)
    }

    pub fn may_be_given(&self, on: Day) -> bool {
        self.state == LotState::Usable && on <= self.expires_on
    }
}

/// M1, M4: takes in what came; more of a lot that is there adds to it. What is past its date is not taken in.
pub fn receive(cx: &mut Cx, item: Stored<Item>, came: Receive) -> Result<Stored<Item>> {
    Rule("M6").requires(came.quantity > 0, "quantity-is-not-positive")?;
    Rule("M4").requires(cx.today() <= came.expires_on, "lot-is-past-its-date")?;
    let new = Lot {
        state: LotState::Usable,
        item: item.to_ref(),
        lot_no: came.lot_no.clone(),
        expires_on: came.expires_on,
        received_on: cx.today(),
        quantity: 0,
        was_warned: false,
        disposal: None,
    };
    let lot = cx.find_or_insert(Lot::ITEM.is(&item).and(Lot::LOT_NO.is(&came.lot_no)), new)?;
    Rule("M4").requires(lot.expires_on == came.expires_on, "lot-has-another-date")?;
    Rule("M4").requires(lot.state == LotState::Usable, "lot-is-set-aside")?;
    let movement = Movement::of(&lot, came.quantity, cx.today(), Reason::Received);
    cx.post(movement, Rule("M6").refuse("quantity-is-not-positive"))?;
    restock::end(cx, &item)?;
    Ok(item)
}

/// M6: sets the books right to what is there, with the reason.
pub fn count(cx: &mut Cx, lot: Stored<Lot>, found: Count) -> Result<Stored<Lot>> {
    Rule("M6").requires(!deskbell_sdk::State::is_closed(&lot.state), "lot-has-left")?;
    // Or one person could take out what two have to sign for.
    Rule("M5").requires(lot.state == LotState::Usable, "quarantined-lots-leave-by-a-slip")?;
    let today = cx.today();
    let refusal = Rule("M6").refuse("count-is-negative");
    cx.post_count(&lot, found.counted, refusal, |difference| Movement {
        note: Some(found.note),
        ..Movement::of(&lot, difference, today, Reason::Counted)
    })?;
    let item = cx.get(&lot.item)?;
    restock::end(cx, &item)?;
    cx.get(&lot.to_ref())
}

/// M4: sets a lot aside before its date: opened, broken, or recalled.
pub fn quarantine(cx: &mut Cx, mut lot: Stored<Lot>, why: SetAside) -> Result<Stored<Lot>> {
    Rule("M4").requires(lot.state == LotState::Usable, "lot-is-set-aside")?;
    lot.state = LotState::Quarantined { quarantined_on: cx.today(), reason: Some(why.reason) };
    cx.update(lot)
}

/// M4: lots that expire within the days of the warning, and have something in them.
pub fn expires_soon(cx: &Cx<Settings>) -> Deadline<Lot> {
    let filled = Lot::STATE.is(LotState::USABLE).and(Lot::QUANTITY.gt(0));
    Deadline::ahead(Lot::EXPIRES_ON, cx.settings().expiry_warning_days).among(filled)
}

/// M4: lots past their date that may still seem usable.
fn expired() -> Deadline<Lot> {
    Deadline::past(Lot::EXPIRES_ON, Days(0)).among(Lot::STATE.is(LotState::USABLE))
}

/// M4: warns of each lot once before its date, and quarantines it the day after.
pub fn check_expiry(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let today = cx.today();
    let expired = cx.find(expired().reached(today))?;
    let expiring = cx.find(expires_soon(cx).reached(today).and(Lot::EXPIRES_ON.ge(today)).and(Lot::WAS_WARNED.is(false)))?;
    if expired.is_empty() && expiring.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let quarantined = cx.each(expired, |cx, mut lot| {
        if lot.quantity == 0 {
            lot.state = LotState::Finished;
            return cx.update(lot);
        }
        lot.state = LotState::Quarantined { quarantined_on: today, reason: None };
        let lot = cx.update(lot)?;
        tell(cx, "lot-quarantined", &lot)?;
        Ok(lot)
    })?;
    let warned = cx.each(expiring, |cx, mut lot| {
        lot.was_warned = true;
        let lot = cx.update(lot)?;
        tell(cx, "lot-expires-soon", &lot)
    })?;
    Ok(Outcome::counted("warned", warned).count("quarantined", quarantined.done))
}

fn tell(cx: &mut Cx<Settings>, key: &str, lot: &Stored<Lot>) -> Result<()> {
    let item = cx.get(&lot.item)?;
    let notice = cx.notice(Role::SUPERVISOR, key).about(lot);
    notice.with("item", &item.name).with("lot", &lot.lot_no).with("expires", lot.expires_on).with("n", lot.quantity);
    Ok(())
}

/// M5: what is set aside and on no slip yet.
pub fn to_dispose() -> Query<Lot> {
    let set_aside = Lot::STATE.is(LotState::QUARANTINED).and(Lot::DISPOSAL.is_null());
    set_aside.sort_by(Lot::EXPIRES_ON).sort_by(Lot::NUMBER)
}
