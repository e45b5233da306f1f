//! Labels for goods that are not for sale 非卖品标签: who brings goods for a tasting, trial or gift, which labels they carry,
//! and until when.
//!
//! Not here: gifts that the mall itself hands out (`promo-gifts`), how a label looks (`templates/non-sale-labels/`), when jobs
//! run (`schedules/non-sale-labels.toml`). The rules N1–N4 stand where they are kept.

pub mod issue; // Labels issued for an activity: against a credential, affixed, returned, closed (N1, N2, N3).
pub mod label; // One label by its serial, and what a scan tells of it (N2, N4).
pub mod sheet; // Labels on paper: A4 sheets of the store's stock, and single ones.
pub mod stock; // The serials that there are, drawn in their order (N2).
#[cfg(test)]
mod tests;

use deskbell_sdk::prelude::*;

use crate::issue::Issue;
use crate::label::Label;
use crate::stock::{LabelStock, Movement};

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.non-sale-labels]`: the measures of its label sheets, in tenths of a millimetre.
#[derive(Settings)]
pub struct Settings {
    /// Labels side by side on a sheet.
    #[default = 3]
    #[field(min = 1, max = 10)]
    pub sheet_columns: i64,
    /// Labels one above the other on a sheet.
    #[default = 8]
    #[field(min = 1, max = 30)]
    pub sheet_rows: i64,
    /// How wide a label is.
    #[default = 640]
    #[field(min = 500, max = 2100)]
    pub label_width: i64,
    /// How high a label is.
    #[default = 339]
    #[field(min = 250, max = 2970)]
    pub label_height: i64,
    /// From the sheet's left edge to the first label.
    #[default = 65]
    #[field(min = 0, max = 500)]
    pub sheet_left: i64,
    /// From the sheet's upper edge to the first label.
    #[default = 129]
    #[field(min = 0, max = 500)]
    pub sheet_top: i64,
    /// Between labels side by side.
    #[default = 25]
    #[field(min = 0, max = 100)]
    pub gap_across: i64,
    /// Between labels one above the other.
    #[default = 0]
    #[field(min = 0, max = 100)]
    pub gap_down: i64,
}

/// The table of contents: everything that non-sale labels can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Issue>()
        .on_create(issue::issue)
        .action("affix", issue::affix)
        .action("return-unused", issue::return_unused)
        .action("write-off", issue::write_off)
        .action("close", issue::close)
        .action("print-labels", sheet::print)
        .deadline("labels-unaccounted", |_: &Cx| issue::unaccounted());
    desk.record::<Label>().made_by_the_plugin();
    desk.record::<LabelStock>().on_create(stock::take_in);
    desk.ledger::<Movement>();
    desk.action("look-up", label::look_up);

    desk.job("expired-activities", issue::chase_expired);

    desk.form("label-sheet", Issue::ISSUED_ON, sheet::paper);
    desk.form("single-labels", Issue::ISSUED_ON, sheet::paper);
    desk.form_for_period("expired-activities", issue::paper);
    desk.form_for_period("label-stock", stock::paper);
    desk.register_of(issue::register());
}
