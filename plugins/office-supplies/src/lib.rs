//! Office supplies 办公用品: what departments ask for by the 25th, one order a month, who fetched what; packing, and what lies
//! on the counter.
//!
//! Not here: what the order costs and where it is bought (purchasing's matter), how a paper looks
//! (`templates/office-supplies/`), when jobs run (`schedules/office-supplies.toml`). The rules O1–O5 stand where they are kept.

pub mod catalogue; // What may be asked for.
pub mod consumable; // Straws and spoons on the counter, and when to refill them (O5).
pub mod department; // Who asks, and who is reminded (O2).
pub mod line; // An item on a request, from asking to issue.
pub mod month; // The order of a month, merged from what was approved (O3).
pub mod packing; // Goods packed for a customer at cost (O4).
pub mod request; // A department's request, its states and its deadline (O1).
#[cfg(test)]
mod tests;

use deskbell_sdk::prelude::*;

use crate::catalogue::Item;
use crate::consumable::{Consumable, Movement};
use crate::department::Department;
use crate::line::Line;
use crate::month::MonthSheet;
use crate::packing::Packing;
use crate::request::Request;

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.office-supplies]`.
#[derive(Settings)]
pub struct Settings {
    /// The day of the month through whose end the requests for the next month are taken (O1).
    #[default = 25]
    pub deadline_day: MonthDay,
    /// Days before the deadline on which departments without a request are reminded (O2).
    #[default = 3]
    pub reminder_days_before: Days,
    /// What packing costs a customer, in fen (O4).
    #[default = 500]
    pub packing_fee_fen: Fen,
}

/// The table of contents: everything that office supplies can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Request>()
        .on_create(request::open)
        .action("ask-for", line::ask_for)
        .action("submit", request::submit)
        .action("approve", request::approve)
        .action("reject", request::reject)
        .action("issue", request::issue)
        .due("to-submit", |_: &Cx, on| request::to_submit(on))
        .due("to-approve", |_: &Cx, on| request::to_approve(on))
        .due("to-issue", |_: &Cx, on| request::to_issue(on));
    desk.record::<Line>().made_by_the_plugin();
    desk.record::<MonthSheet>()
        .made_by_the_plugin()
        .signed_by("supervisor", Role::SUPERVISOR)
        .signed_by("purchasing", Role::PURCHASING)
        .in_order(Rule("O3"));
    desk.record::<Department>().on_create(department::enter).due("without-request", department::without_request);
    desk.record::<Item>();
    desk.record::<Consumable>()
        .on_create(consumable::lay_out)
        .on_change(consumable::amend)
        .action("refill", consumable::refill)
        .action("use", consumable::use_up)
        .action("count", consumable::count)
        .due("to-refill", |_: &Cx, _| consumable::to_refill());
    desk.ledger::<Movement>();
    desk.record::<Packing>().on_create(packing::pack);

    desk.job("deadline-reminder", department::remind);
    desk.job("close-month", month::close);

    desk.form("request", Request::FOR_MONTH, request::paper);
    desk.form("month-sheet", MonthSheet::FOR_MONTH, month::paper);
    desk.form("packing-receipt", Packing::PACKED_ON, packing::paper);
    desk.form_for_period("counter-stock", consumable::paper);
    desk.register_of(line::register());
    desk.register_of(packing::register());
}
