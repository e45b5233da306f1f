//! Staff birthday gifts 员工生日礼物: who has a birthday next month, what HR hands over for them, and who has got it.
//!
//! Not here: what a voucher is good for, the staff file (HR's matter), the broadcast itself (`broadcasts`), how a paper looks
//! (`templates/birthday-gifts/`), when jobs run (`schedules/birthday-gifts.toml`). The rules B1–B5 stand where they are kept.

pub mod employee; // Who works here, as HR's list says it, and who has left (B4).
pub mod gift; // One gift for one birthday: handed over, delivered or returned (B2, B4, B5).
pub mod list; // Next month's gifts, signed for by HR and the desk (B1, B3).
pub mod morning; // The day's broadcast, cards and what is still to deliver (B2, B5).
#[cfg(test)]
mod tests;

use deskbell_sdk::prelude::*;

use crate::employee::Employee;
use crate::gift::Gift;
use crate::list::HandoverList;

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.birthday-gifts]`.
#[derive(Settings)]
pub struct Settings {
    /// Months of service, counted to the birthday, from which somebody has a gift (B1).
    #[default = 12]
    #[field(min = 0, max = 600)]
    pub minimum_tenure_months: i64,
    /// When those born on 29 February have their birthday in a common year (B3).
    #[default = "feb-28"]
    pub leap_day: LeapDay,
}

/// The table of contents: everything that birthday gifts can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Employee>().on_create_or_amend(employee::take_over).action("leave", employee::leave);
    desk.record::<HandoverList>()
        .made_by_the_plugin()
        .one_open_per_site()
        .sign_off("hr", Role::HR, list::must_be_complete)
        .sign_off("desk", [Role::CLERK, Role::SUPERVISOR], list::take_over)
        .in_order(Rule("B1"))
        .by_different_people(Rule("B1"))
        .due("list-to-sign", |_: &Cx, on| list::to_sign(on));
    desk.record::<Gift>()
        .made_by_the_plugin()
        .action("note-voucher", gift::note_voucher)
        .action("deliver", gift::deliver)
        .action("return-to-hr", gift::return_to_hr)
        .deadline("to-deliver", |_: &Cx| gift::undelivered())
        .due("to-return", |_: &Cx, _| gift::to_return());

    desk.job("list-next-month", list::list_next_month);
    desk.job("todays-birthdays", morning::celebrate);

    desk.form("handover-list", HandoverList::OPENED_ON, list::paper);
    desk.form("card", Gift::BIRTHDAY_ON, morning::card);
    desk.form_for_period("broadcast-script", morning::script);
    desk.form_for_period("delivery-list", morning::delivery_list);
    desk.register_of(gift::register());
}
