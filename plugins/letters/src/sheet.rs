//! The hand-off sheet: unclaimed mail on its way to HR (L7). Its lines are the letters that refer to it.

use deskbell_sdk::prelude::*;

use crate::letter::{Kind, Letter, LetterState};

/// What waited too long, until HR signs for it. A site has at most one open sheet.
#[derive(Record)]
#[record(name = "handoff-sheet", number = "HS/day", index = "opened_on")]
pub struct HandoffSheet {
    pub state: SheetState,
    /// The night that opened it.
    #[field(signed)]
    pub opened_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum SheetState {
    /// The night's job adds to it, a letter settled meanwhile leaves it.
    Open,
    /// HR has signed: it lists what was handed over, for good.
    #[state(closed)]
    HandedOver { handed_over_at: Instant, n_letters: i64 },
}

/// 逾期信件移交单
#[derive(Paper)]
pub struct SheetPaper {
    pub number: String,
    pub opened_on: Day,
    /// The day for which it is printed, and from which waiting is counted.
    pub printed_on: Day,
    /// A line a letter, longest waiting first.
    pub lines: Vec<SheetLine>,
    pub n_letters: i64,
    /// When HR signed; the box is empty before that.
    pub handed_over_at: Option<Instant>,
}

#[derive(Paper)]
pub struct SheetLine {
    pub number: String,
    pub addressee: String,
    pub department: Option<String>,
    pub kind: Kind,
    pub received_on: Day,
    pub days_waited: i64,
}

impl HandoffSheet {
    pub fn opened(on: Day) -> HandoffSheet {
        HandoffSheet { state: SheetState::Open, opened_on: on }
    }
}

/// L7: HR has signed. The sheet closes with what it lists now, and its letters have left the desk.
pub fn hand_over(cx: &mut Cx, mut sheet: Stored<HandoffSheet>) -> Result<Stored<HandoffSheet>> {
    Rule("L7").requires(sheet.state == SheetState::Open, "sheet-is-closed")?;
    // The night's job may add a letter meanwhile: it must not stay behind on a closed sheet.
    let letters = cx.find_and_hold(lines(&sheet), Rule("L7").refuse("sheet-has-changed"))?;
    Rule("L7").requires(!letters.is_empty(), "sheet-is-empty")?;
    let n_letters = letters.len() as i64;
    for mut letter in letters {
        letter.state = LetterState::HandedToHr { handed_to_hr_at: cx.now() };
        cx.update(letter)?;
    }
    sheet.state = SheetState::HandedOver { handed_over_at: cx.now(), n_letters };
    let sheet = cx.update(sheet)?;
    cx.paper("handoff-sheet", &sheet)?;
    Ok(sheet)
}

/// The sheet that waits for HR.
pub fn to_sign(_: &Cx, on: Day) -> Query<HandoffSheet> {
    HandoffSheet::STATE.is_open().and(HandoffSheet::OPENED_ON.le(on))
}

pub fn paper(cx: &Cx, sheet: &Stored<HandoffSheet>) -> Result<SheetPaper> {
    let lines: Vec<SheetLine> = cx.find(lines(sheet))?.iter().map(|letter| SheetLine::of(letter, cx.today())).collect();
    let handed_over_at = match sheet.state {
        SheetState::Open => None,
        SheetState::HandedOver { handed_over_at, .. } => Some(handed_over_at),
    };
    Ok(SheetPaper {
        number: sheet.number().to_owned(),
        opened_on: sheet.opened_on,
        printed_on: cx.today(),
        n_letters: lines.len() as i64,
        lines,
        handed_over_at,
    })
}

fn lines(sheet: &Stored<HandoffSheet>) -> Query<Letter> {
    Letter::SHEET.is(sheet).sort_by(Letter::RECEIVED_ON).sort_by(Letter::NUMBER)
}

impl SheetLine {
    fn of(letter: &Stored<Letter>, today: Day) -> SheetLine {
        SheetLine {
            number: letter.number().to_owned(),
            addressee: letter.addressee.clone(),
            department: letter.department.clone(),
            kind: letter.kind,
            received_on: letter.received_on,
            days_waited: (today - letter.received_on).num_days(),
        }
    }
}
