//! The second-floor round: the office's mail is brought, and each line is signed (L4).

use deskbell_sdk::prelude::*;

use crate::letter::{Destination, Kind, Letter, LetterState};

/// 办公室信件派送单
#[derive(Paper)]
pub struct RoundPaper {
    /// The day of the round.
    pub on: Day,
    /// A line a letter, by department; the template adds the box to sign in.
    pub lines: Vec<RoundLine>,
    pub n_letters: i64,
}

#[derive(Paper)]
pub struct RoundLine {
    pub number: String,
    pub addressee: String,
    pub department: Option<String>,
    pub kind: Kind,
    pub received_on: Day,
}

/// Who signed a line of the round.
#[derive(Args)]
pub struct Deliver {
    /// The name signed on the line.
    #[field(personal, max = 60)]
    pub delivered_to: String,
}

/// L4: notes that the round brought a letter, and who signed for it.
pub fn deliver(cx: &mut Cx, mut letter: Stored<Letter>, to: Deliver) -> Result<Stored<Letter>> {
    Rule("L4").requires(letter.destination == Destination::SecondFloorOffice, "only-office-mail-is-brought")?;
    letter.must_be_waiting(Rule("L4"))?;
    letter.settle(LetterState::Delivered { delivered_to: to.delivered_to, delivered_at: cx.now() });
    cx.update(letter)
}

pub fn paper(cx: &Cx, period: Period) -> Result<RoundPaper> {
    let to_bring = Letter::is_waiting()
        .and(Letter::DESTINATION.is(Destination::SecondFloorOffice))
        .and(Letter::RECEIVED_ON.le(period.to))
        .sort_by(Letter::DEPARTMENT)
        .sort_by(Letter::NUMBER);
    let lines: Vec<RoundLine> = cx.find(to_bring)?.iter().map(RoundLine::of).collect();
    Ok(RoundPaper { on: period.to, n_letters: lines.len() as i64, lines })
}

impl RoundLine {
    fn of(letter: &Stored<Letter>) -> RoundLine {
        RoundLine {
            number: letter.number().to_owned(),
            addressee: letter.addressee.clone(),
            department: letter.department.clone(),
            kind: letter.kind,
            received_on: letter.received_on,
        }
    }
}
