//! Work orders: what tenants and residents report goes to maintenance in time, and they hear how it ended (R6).

use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::ticket::{ReportedBy, Ticket, TicketState, by_age};

/// Where a ticket's work order stands.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkOrder {
    /// Staff and customers report without one.
    NotNeeded,
    ToDispatch,
    /// Maintenance has it; the reporter is owed a call once it is fixed.
    Dispatched,
    CalledBack,
}

/// Who in maintenance takes a work order.
#[derive(Args)]
pub struct Dispatch {
    /// Who takes it.
    #[field(personal, max = 60)]
    pub dispatched_to: String,
}

/// A call to the reporter.
#[derive(Args)]
pub struct CallBack {
    /// What the reporter said of the repair.
    #[field(personal, long)]
    pub opinion: Option<String>,
}

impl WorkOrder {
    pub fn for_report_by(reporter: ReportedBy) -> WorkOrder {
        match reporter {
            ReportedBy::Tenant | ReportedBy::Resident => WorkOrder::ToDispatch,
            ReportedBy::Staff | ReportedBy::Customer => WorkOrder::NotNeeded,
        }
    }

    pub fn is_owed_a_call(self) -> bool {
        matches!(self, WorkOrder::ToDispatch | WorkOrder::Dispatched)
    }

    fn must_be(self, expected: WorkOrder) -> Result<()> {
        let key = match self {
            WorkOrder::NotNeeded => "ticket-has-no-work-order",
            WorkOrder::ToDispatch => "work-order-is-not-dispatched",
            WorkOrder::Dispatched => "work-order-is-dispatched",
            WorkOrder::CalledBack => "reporter-is-called-back",
        };
        Ok(Rule("R6").requires(self == expected, key)?)
    }
}

/// R6: maintenance has taken the work order; whether that was in time stays on the ticket.
pub fn dispatch(cx: &mut Cx<Settings>, mut ticket: Stored<Ticket>, to: Dispatch) -> Result<Stored<Ticket>> {
    ticket.work_order.must_be(WorkOrder::ToDispatch)?;
    ticket.work_order = WorkOrder::Dispatched;
    ticket.dispatched_to = Some(to.dispatched_to);
    ticket.dispatched_at = Some(cx.now());
    ticket.dispatched_late = ticket.created_at() < in_time_since(cx);
    cx.update(ticket)
}

/// R6: the reporter was told that it is fixed, and asked whether that is so.
pub fn call_back(cx: &mut Cx, mut ticket: Stored<Ticket>, call: CallBack) -> Result<Stored<Ticket>> {
    ticket.work_order.must_be(WorkOrder::Dispatched)?;
    ticket.state.must_be_fixed(Rule("R6"))?;
    ticket.work_order = WorkOrder::CalledBack;
    ticket.called_back_at = Some(cx.now());
    ticket.opinion = call.opinion;
    cx.update(ticket)
}

/// R6: work orders that maintenance should get, and still can get in time.
pub fn to_dispatch(cx: &Cx<Settings>, on: Day) -> Query<Ticket> {
    undispatched(on).and(Ticket::CREATED_AT.ge(in_time_since(cx)))
}

/// R6: work orders that are late already.
pub fn late_to_dispatch(cx: &Cx<Settings>, on: Day) -> Query<Ticket> {
    undispatched(on).and(Ticket::CREATED_AT.lt(in_time_since(cx)))
}

/// R6: reporters to be told that it is fixed.
pub fn to_call_back(_: &Cx, on: Day) -> Query<Ticket> {
    by_age(Ticket::WORK_ORDER.is(WorkOrder::Dispatched).and(Ticket::STATE.is(TicketState::FIXED)), on)
}

fn undispatched(on: Day) -> Query<Ticket> {
    by_age(Ticket::WORK_ORDER.is(WorkOrder::ToDispatch), on)
}

/// What was reported before this instant is late: four hours after the report are still in time.
fn in_time_since(cx: &Cx<Settings>) -> Instant {
    cx.now() - cx.settings().dispatch_within_hours
}
