//! The opening's list: what the clerk on duty looks at first, every day until it is verified (R4).

use deskbell_sdk::prelude::*;

use crate::ticket::{Ticket, TicketLine, by_age};

/// 开门复查表
#[derive(Paper)]
pub struct OpeningPaper {
    /// The day that opens.
    pub on: Day,
    /// A line a ticket, oldest first.
    pub lines: Vec<OpeningLine>,
    pub n_tickets: i64,
}

#[derive(Paper)]
pub struct OpeningLine {
    pub ticket: TicketLine,
    /// Said to be fixed, so that the clerk verifies or reopens it.
    pub is_fixed: bool,
    /// R5: how often the duty manager was told of it.
    pub escalation_stage: i64,
}

/// R4: what is not fixed, or fixed and not yet verified.
pub fn unverified(on: Day) -> Query<Ticket> {
    by_age(Ticket::STATE.is_open(), on)
}

pub fn paper(cx: &Cx, period: Period) -> Result<OpeningPaper> {
    let lines: Vec<OpeningLine> =
        cx.find(unverified(period.to))?.iter().map(|ticket| OpeningLine::of(ticket, period.to)).collect();
    Ok(OpeningPaper { on: period.to, n_tickets: lines.len() as i64, lines })
}

impl OpeningLine {
    fn of(ticket: &Stored<Ticket>, on: Day) -> OpeningLine {
        OpeningLine {
            ticket: TicketLine::of(ticket, on),
            is_fixed: !ticket.state.is_unfixed(),
            escalation_stage: ticket.escalation_stage,
        }
    }
}
