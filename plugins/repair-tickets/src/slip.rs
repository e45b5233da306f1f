//! The slip 报修单: one ticket on paper, for security and maintenance.

use deskbell_sdk::prelude::*;

use crate::ticket::{ReportedBy, Ticket, TicketState, Urgency};

/// 报修单
#[derive(Paper)]
pub struct SlipPaper {
    pub number: String,
    /// The sign-off sheet that lists it.
    pub sheet_number: String,
    pub found_at: Instant,
    pub place: String,
    pub broken_item: String,
    pub description: Option<String>,
    pub urgency: Urgency,
    pub phoned_to: Option<String>,
    pub phoned_at: Option<Instant>,
    pub reported_by: ReportedBy,
    pub reporter: Option<String>,
    pub contact: Option<String>,
    pub signed_for_on: Option<Day>,
    pub fixed_at: Option<Instant>,
    pub verified_by: Option<String>,
}

pub fn paper(cx: &Cx, ticket: &Stored<Ticket>) -> Result<SlipPaper> {
    let (fixed_at, verified_by) = match &ticket.state {
        TicketState::Fixed { fixed_at } => (Some(*fixed_at), None),
        TicketState::Verified { fixed_at, verified_by, .. } => (Some(*fixed_at), Some(verified_by.clone())),
        _ => (None, None),
    };
    Ok(SlipPaper {
        number: ticket.number().to_owned(),
        sheet_number: cx.get(&ticket.sheet)?.number().to_owned(),
        found_at: ticket.found_at,
        place: ticket.place.clone(),
        broken_item: ticket.broken_item.clone(),
        description: ticket.description.clone(),
        urgency: ticket.urgency,
        phoned_to: ticket.phoned_to.clone(),
        phoned_at: ticket.phoned_at,
        reported_by: ticket.reported_by,
        reporter: ticket.reporter.clone(),
        contact: ticket.contact.clone(),
        signed_for_on: ticket.signed_for_on,
        fixed_at,
        verified_by,
    })
}
