//! The morning notice: the names with waiting mail, for the staff passage (L3).

use deskbell_sdk::prelude::*;

use crate::letter::{Destination, Kind, Letter};

/// 信件领取通知
#[derive(Paper)]
pub struct NoticePaper {
    /// The day it hangs in the passage.
    pub on: Day,
    /// A line a letter, by name.
    pub lines: Vec<NoticeLine>,
    pub n_letters: i64,
}

#[derive(Paper)]
pub struct NoticeLine {
    pub addressee: String,
    pub department: Option<String>,
    pub kind: Kind,
    pub received_on: Day,
}

/// L3: prints the morning's notice, and notes who has now been told.
pub fn publish(cx: &mut Cx) -> Result<Outcome> {
    let today = cx.today();
    let named = cx.find(for_the_passage(today))?;
    if named.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let named = cx.each(named, |cx, mut letter| {
        letter.announced(cx.now());
        cx.update(letter)
    })?;
    cx.paper_for("collection-notice", today, today)?;
    Ok(Outcome::counted("named", named))
}

pub fn paper(cx: &Cx, period: Period) -> Result<NoticePaper> {
    let lines: Vec<NoticeLine> = cx.find(for_the_passage(period.to))?.iter().map(NoticeLine::of).collect();
    Ok(NoticePaper { on: period.to, n_letters: lines.len() as i64, lines })
}

/// The office's mail is brought (L4), the third floor is called (L5): all other mail is announced here.
fn for_the_passage(on: Day) -> Query<Letter> {
    Letter::is_waiting()
        .and(Letter::DESTINATION.one_of([Destination::StaffPassage, Destination::Other]))
        .and(Letter::RECEIVED_ON.le(on))
        .sort_by(Letter::ADDRESSEE)
        .sort_by(Letter::NUMBER)
}

impl NoticeLine {
    fn of(letter: &Stored<Letter>) -> NoticeLine {
        NoticeLine {
            addressee: letter.addressee.clone(),
            department: letter.department.clone(),
            kind: letter.kind,
            received_on: letter.received_on,
        }
    }
}
