//! The sign-off sheet: the day's tickets, for which security comes and signs (R2). Its lines are the tickets that refer to it.

use deskbell_sdk::prelude::*;

use crate::ticket::{Ticket, TicketLine, TicketState};

/// The tickets of one day, until security has signed for them all.
#[derive(Record)]
#[record(name = "sign-off-sheet", number = "RS/day", unique = "opened_on")]
pub struct SignOffSheet {
    pub state: SheetState,
    /// The day whose tickets it lists.
    #[field(signed)]
    pub opened_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum SheetState {
    /// It lists a ticket that nobody has signed for.
    Open,
    /// Security has signed for every line; the day's next ticket opens it again.
    #[state(closed)]
    Signed { signed_at: Instant },
}

/// 报修单签收表
#[derive(Paper)]
pub struct SheetPaper {
    pub number: String,
    pub opened_on: Day,
    /// A line a ticket, in the order they came.
    pub lines: Vec<TicketLine>,
    pub n_tickets: i64,
    /// Every line is signed for.
    pub is_signed: bool,
}

/// R2: the one sheet of today, open for another ticket.
pub fn of_the_day(cx: &mut Cx) -> Result<Stored<SignOffSheet>> {
    let today = cx.today();
    let new = SignOffSheet { state: SheetState::Open, opened_on: today };
    let mut sheet = cx.find_or_insert(SignOffSheet::OPENED_ON.is(today), new)?;
    sheet.state = SheetState::Open;
    let sheet = cx.update(sheet)?;
    // Security may sign meanwhile: then the sheet is opened again.
    cx.hold(&sheet, SignOffSheet::STATE.is_open(), Rule("R2").refuse("sheet-is-signed"))?;
    Ok(sheet)
}

/// R2: security has signed: for every line that nobody had signed for yet.
pub fn sign_for(cx: &mut Cx, mut sheet: Stored<SignOffSheet>) -> Result<Stored<SignOffSheet>> {
    // A ticket may come meanwhile: it must not stay behind on a signed sheet.
    let unsigned = lines(&sheet).and(Ticket::SIGNED_FOR_ON.is_null());
    let unsigned = cx.find_and_hold(unsigned, Rule("R2").refuse("sheet-has-changed"))?;
    Rule("R2").requires(!unsigned.is_empty(), "nothing-to-sign-for")?;
    for mut ticket in unsigned {
        ticket.signed_for_on = Some(cx.today());
        if ticket.state == TicketState::Open {
            ticket.state = TicketState::SignedFor;
        }
        cx.update(ticket)?;
    }
    sheet.state = SheetState::Signed { signed_at: cx.now() };
    let sheet = cx.update(sheet)?;
    cx.paper("sign-off-sheet", &sheet)?;
    Ok(sheet)
}

/// The sheets that wait for security.
pub fn to_sign_for(_: &Cx, on: Day) -> Query<SignOffSheet> {
    SignOffSheet::STATE.is_open().and(SignOffSheet::OPENED_ON.le(on)).sort_by(SignOffSheet::OPENED_ON)
}

pub fn paper(cx: &Cx, sheet: &Stored<SignOffSheet>) -> Result<SheetPaper> {
    let lines: Vec<TicketLine> = cx.find(lines(sheet))?.iter().map(|ticket| TicketLine::of(ticket, cx.today())).collect();
    Ok(SheetPaper {
        number: sheet.number().to_owned(),
        opened_on: sheet.opened_on,
        n_tickets: lines.len() as i64,
        lines,
        is_signed: sheet.state != SheetState::Open,
    })
}

fn lines(sheet: &Stored<SignOffSheet>) -> Query<Ticket> {
    Ticket::SHEET.is(sheet).sort_by(Ticket::NUMBER)
}
