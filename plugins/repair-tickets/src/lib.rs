//! Faults in public areas 报修: reported, signed for by security, checked every evening and every morning until they are fixed.
//!
//! Not here: paid repairs and their bills (the `permits` function), goods that customers bring for repair (`goods-repair`),
//! how a paper looks (`templates/repair-tickets/`), when jobs run (`schedules/repair-tickets.toml`).
//! The rules R1–R6 stand where they are kept.

pub mod check; // The evening's round: fixed or not, ticket by ticket (R3).
pub mod escalation; // What waits so long that the duty manager must know (R5).
pub mod opening; // The opening's list, every day until a ticket is verified (R4).
pub mod sheet; // The day's sheet that security signs (R2).
pub mod slip; // One ticket on paper.
#[cfg(test)]
mod tests;
pub mod ticket; // A fault, its states, and what must be known of it (R1, R4).
pub mod work_order; // What tenants and residents report, for maintenance (R6).

use deskbell_sdk::prelude::*;

use crate::check::{Check, CheckLine};
use crate::sheet::SignOffSheet;
use crate::ticket::{Reopen, Report, Ticket, TicketState};

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.repair-tickets]`.
#[derive(Settings)]
pub struct Settings {
    /// Full days that a ticket signed for may stay broken; past them, and past each as many again, the duty manager is told (R5).
    #[default = 3]
    #[field(min = 1)]
    pub escalate_after_days: Days,
    /// Hours within which a tenant's or resident's fault goes to maintenance (R6).
    #[default = 4]
    #[field(min = 1)]
    pub dispatch_within_hours: Hours,
}

/// The table of contents: everything that repair tickets can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Ticket>()
        .on_create(report)
        .on_change(amend)
        .action("fix", fix)
        .action("verify", verify)
        .action("reopen", reopen)
        .action("dispatch", work_order::dispatch)
        .action("call-back", work_order::call_back)
        .due("to-fix", |_: &Cx, on| ticket::unfixed(on))
        .due("to-dispatch", work_order::to_dispatch)
        .due("late-to-dispatch", work_order::late_to_dispatch)
        .due("to-call-back", work_order::to_call_back)
        .due("to-verify", ticket::to_verify);
    desk.record::<SignOffSheet>()
        .made_by_the_plugin()
        .sign_off("security", Role::SECURITY, sheet::sign_for)
        .due("to-sign-for", sheet::to_sign_for);
    desk.record::<Check>().made_by_the_plugin().action("tick", check::tick).due("to-tick", check::to_tick);
    desk.record::<CheckLine>().made_by_the_plugin();

    desk.job("evening-check", check::list_unfixed);
    desk.job("morning-recheck", recheck);

    desk.form("slip", Ticket::REPORTED_ON, slip::paper);
    desk.form("sign-off-sheet", SignOffSheet::OPENED_ON, sheet::paper);
    desk.form("check-sheet", Check::CHECKED_ON, check::paper);
    desk.form_for_period("opening-check", opening::paper);
    desk.register_of(ticket::register());
}

/// R1, R2: writes a fault down, puts it on the day's sheet, and tells security to come and sign for it.
fn report(cx: &mut Cx, report: Report) -> Result<Stored<Ticket>> {
    let sheet = sheet::of_the_day(cx)?;
    let ticket = cx.insert(Ticket::reported(report, &sheet, cx.today(), cx.now())?)?;
    ticket::tell(cx, Role::SECURITY, "sign-for-ticket", &ticket);
    Ok(ticket)
}

/// R2: corrects what was written down wrong. What security signed for stays what it was.
fn amend(cx: &mut Cx, ticket: Stored<Ticket>) -> Result<Stored<Ticket>> {
    let before = ticket.before();
    let is_same_fault = ticket.place == before.place && ticket.broken_item == before.broken_item;
    Rule("R2").requires(is_same_fault || ticket.signed_for_on.is_none(), "ticket-is-signed-for")?;
    ticket.must_say_enough(cx.now())?;
    cx.update(ticket)
}

/// R4: notes that maintenance is done; whether it holds, a clerk verifies.
fn fix(cx: &mut Cx, mut ticket: Stored<Ticket>, (): ()) -> Result<Stored<Ticket>> {
    Rule("R4").requires(ticket.state.is_unfixed(), "ticket-is-fixed")?;
    ticket.state = TicketState::Fixed { fixed_at: cx.now() };
    cx.update(ticket)
}

/// R4: a clerk has seen that it is fixed. R6: its reporter must have heard of it first.
fn verify(cx: &mut Cx, mut ticket: Stored<Ticket>, (): ()) -> Result<Stored<Ticket>> {
    let fixed_at = ticket.state.must_be_fixed(Rule("R4"))?;
    Rule("R6").requires(!ticket.work_order.is_owed_a_call(), "reporter-not-called-back")?;
    ticket.state = TicketState::Verified { fixed_at, verified_at: cx.now(), verified_by: cx.actor().name.clone() };
    cx.update(ticket)
}

/// R4: a clerk has seen that it is not fixed after all; the round of checks begins anew, and so do the stages of R5.
fn reopen(cx: &mut Cx, mut ticket: Stored<Ticket>, why: Reopen) -> Result<Stored<Ticket>> {
    ticket.state.must_be_fixed(Rule("R4"))?;
    ticket.reopened(why, cx.today());
    let ticket = cx.update(ticket)?;
    ticket::tell(cx, Role::SECURITY, "ticket-reopened", &ticket);
    Ok(ticket)
}

/// R4, R5: prints what the clerk who opens has to look at, and tells the duty manager of what waits too long.
fn recheck(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let to_recheck = cx.count(opening::unverified(cx.today()))?;
    if to_recheck == 0 {
        return Ok(Outcome::nothing_due());
    }
    let escalated = escalation::escalate(cx)?;
    cx.paper_for("opening-check", cx.today(), cx.today())?;
    Ok(Outcome::counted("escalated", escalated).count("to-recheck", to_recheck.cast_signed()))
}
