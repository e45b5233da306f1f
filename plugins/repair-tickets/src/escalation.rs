//! What security signed for and nobody fixed: the duty manager is told, stage by stage (R5).

use deskbell_sdk::Each;
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::ticket::{Ticket, TicketState, tell};

/// R5: tells the duty manager of each ticket that has come to a stage of which it was not told yet.
pub fn escalate(cx: &mut Cx<Settings>) -> Result<Each> {
    let (today, after) = (cx.today(), cx.settings().escalate_after_days);
    let mut tickets = cx.find(waiting(after).reached(today))?;
    tickets.retain(|ticket| ticket.stage(today, after) > ticket.escalation_stage);
    cx.each(tickets, |cx, mut ticket| {
        ticket.escalation_stage = ticket.stage(today, after);
        let ticket = cx.update(ticket)?;
        tell(cx, Role::DUTY_MANAGER, "ticket-escalated", &ticket).with("stage", ticket.escalation_stage);
        Ok(())
    })
}

/// Signed for more than so many full days ago, and still broken.
fn waiting(after: Days) -> Deadline<Ticket> {
    Deadline::past(Ticket::SIGNED_FOR_ON, after).among(Ticket::is_unfixed())
}

impl Ticket {
    fn stage(&self, today: Day, after: Days) -> i64 {
        let since = match self.state {
            TicketState::Reopened { reopened_on, .. } => Some(reopened_on),
            _ => self.signed_for_on,
        };
        since.map_or(0, |since| stage(since, today, after))
    }
}

/// The stage of a ticket that waits since a day. Signed for on the 1st and 3 days: stage 1 on the 5th, stage 2 on the 8th.
pub(crate) fn stage(since: Day, today: Day, after: Days) -> i64 {
    let days = (today - since).num_days();
    // "More than three days" are over on the fourth, "more than six" on the seventh.
    (days - 1).max(0) / i64::from(after.0)
}
