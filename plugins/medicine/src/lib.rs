//! First-aid medicine 药品管理: what is in the box, who was given what, and what may not be given any more.
//!
//! Not here: who pays for it (purchasing's matter), how a paper looks (`templates/medicine/`), when jobs run
//! (`schedules/medicine.toml`). The rules M1–M7 stand where they are kept.

pub mod clinic; // Whom to call when the box is not enough (M7).
pub mod disposal; // How quarantined lots leave the stock (M5).
pub mod item; // A medicine, its minimum, and the standard list (M1).
pub mod lot; // A lot: usable through its date, quarantined after it (M4).
pub mod movement; // The ledger: every change of a quantity (M6).
pub mod restock; // The request for what has run low (M1).
#[cfg(test)]
mod tests;
pub mod training; // Who is trained in first aid, and until when (M7).
pub mod usage; // What was given to whom, from the lot that expires first (M2, M3).

use deskbell_sdk::prelude::*;

use crate::clinic::Clinic;
use crate::disposal::Disposal;
use crate::item::Item;
use crate::lot::Lot;
use crate::movement::Movement;
use crate::restock::Restock;
use crate::training::Training;
use crate::usage::Use;

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.medicine]`.
#[derive(Settings)]
pub struct Settings {
    /// Days before a lot's expiry from which it is warned of (M4).
    #[default = 30]
    pub expiry_warning_days: Days,
    /// Days before a first-aid training runs out from which its renewal is due (M7).
    #[default = 30]
    pub training_warning_days: Days,
}

/// The table of contents: everything that medicine can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Item>().action("receive", lot::receive);
    desk.record::<Lot>()
        .made_by_the_plugin()
        .action("count", lot::count)
        .action("quarantine", lot::quarantine)
        .deadline("expires-soon", lot::expires_soon)
        .due("to-dispose", |_: &Cx, _| lot::to_dispose());
    desk.ledger::<Movement>();
    desk.record::<Use>().on_create(usage::give);
    desk.record::<Restock>()
        .made_by_the_plugin()
        .action("cancel", restock::cancel)
        .due("to-restock", |_: &Cx, on| restock::waiting(on));
    desk.record::<Disposal>()
        .on_create(disposal::open)
        .signed_by("clerk", [Role::CLERK, Role::SUPERVISOR])
        .sign_off("supervisor", Role::SUPERVISOR, disposal::dispose)
        .in_order(Rule("M5"))
        .by_different_people(Rule("M5"))
        .due("disposal-to-sign", |_: &Cx, on| disposal::to_sign(on));
    desk.record::<Clinic>();
    desk.record::<Training>()
        .on_create(training::enter)
        .action("renew", training::renew)
        .deadline("training-to-renew", training::runs_out);
    desk.action("set-up-standard-list", item::set_up_standard_list);

    desk.job("expiry-check", lot::check_expiry);
    desk.job("stock-check", restock::check_stock);

    desk.form_for_period("stock", movement::paper);
    desk.form("disposal-slip", Disposal::OPENED_ON, disposal::paper);
    desk.form("restock-request", Restock::REQUESTED_ON, restock::paper);
    desk.form_for_period("first-aid", clinic::paper);
    desk.register_of(usage::register());
}
