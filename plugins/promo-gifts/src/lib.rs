//! Gift distribution 赠品派发: what suppliers give away at the desk, to the last piece, and the receipts kept for it.
//!
//! Not here: the float that prizes in cash come from (the `petty-cash` function), points and parking vouchers (`membership`),
//! labels for what suppliers bring in (`non-sale-labels`), how a paper looks (`templates/promo-gifts/`), when jobs run
//! (`schedules/promo-gifts.toml`). The rules G1–G9 stand where they are kept.

pub mod activity; // What a supplier gives away, from when to when, and by which rule.
pub mod charity; // Gifts to a good cause (G8).
pub mod count; // Counting, and what a shortage means (G1).
pub mod day; // The day's handouts, for finance (G7).
pub mod disposal; // What is left at the end, until somebody takes it or the mall does (G4, G6).
pub mod draw; // A prize draw and its winners (G8).
pub mod draw_entry; // Who takes part in a draw, and the prize handed over (G8).
pub mod front_desk; // Goods that stand at the front desk (G9).
pub mod gift; // A gift in stock: an account of the ledger (G1).
pub mod handout; // A gift against a receipt (G2, G7).
pub mod intake; // What came through receiving (G1).
pub mod movement; // Every piece that came or went (G1).
pub mod receipt; // A receipt that stays at the desk (G3).
pub mod redemption; // Caps and prize tickets, redeemed before a witness (G5).
pub mod release; // The list by which kept receipts leave the desk (G3).
pub mod stock_ahead; // Whether what is there will do for the next days (G6).
#[cfg(test)]
mod tests;
pub mod token_handover; // Caps and tickets on their way to purchasing (G5).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;
use crate::charity::CharityGift;
use crate::disposal::Disposal;
use crate::draw::Draw;
use crate::draw_entry::DrawEntry;
use crate::gift::Gift;
use crate::handout::Handout;
use crate::intake::Intake;
use crate::movement::Movement;
use crate::receipt::KeptReceipt;
use crate::redemption::Redemption;
use crate::release::Release;
use crate::token_handover::TokenHandover;

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.promo-gifts]`.
#[derive(Settings)]
pub struct Settings {
    /// Full days that a receipt is kept for its activity before it is released (G3).
    #[default = 40]
    pub receipt_retention_days: Days,
    /// Full days after an activity's end during which its gifts may be fetched; then they are the mall's (G4).
    #[default = 15]
    pub unclaimed_after_days: Days,
    /// Days for which the stock of a running activity should do (G6).
    #[default = 3]
    pub days_ahead: Days,
}

/// The table of contents: everything that gift distribution can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Activity>()
        .on_create(activity::announce)
        .on_change(activity::amend)
        .action("collect-receipts", release::collect);
    desk.record::<Gift>()
        .on_create(gift::add)
        .action("count", count::count)
        .action("put-on-front-desk", front_desk::put_out)
        .action("refill", front_desk::refill)
        .due("to-count", front_desk::to_count)
        .due("to-refill", front_desk::to_refill);
    desk.ledger::<Movement>();
    desk.record::<Intake>().on_create(intake::take_in).signed_by("receiving", Role::RECEIVING);
    desk.record::<Handout>().on_create(handout::hand_out).action("take-back", handout::take_back);
    desk.record::<KeptReceipt>().made_by_the_plugin().deadline("to-release", receipt::release);
    desk.record::<Release>()
        .made_by_the_plugin()
        .one_open_per_site()
        .sign_off("supervisor", Role::SUPERVISOR, release::close)
        .due("release-to-sign", release::to_sign);
    desk.record::<Disposal>()
        .made_by_the_plugin()
        .action("hand-back", disposal::hand_back)
        .sign_off("clerk", [Role::CLERK, Role::SUPERVISOR], disposal::must_be_the_malls)
        .sign_off("supervisor", Role::SUPERVISOR, disposal::move_out)
        .in_order(Rule("G4"))
        .by_different_people(Rule("G4"))
        .deadline("unclaimed", disposal::unclaimed)
        .due("disposal-to-sign", disposal::to_sign);
    desk.record::<Redemption>().on_create(redemption::redeem);
    desk.record::<TokenHandover>()
        .made_by_the_plugin()
        .one_open_per_site()
        .sign_off("purchasing", Role::PURCHASING, token_handover::hand_over)
        .due("tokens-to-hand-over", token_handover::to_hand_over);
    desk.record::<Draw>()
        .on_create(draw::plan)
        .action("draw-winner", draw::draw_winner)
        .action("finish", draw::finish)
        .due("to-draw", draw::to_draw);
    desk.record::<DrawEntry>()
        .on_create(draw_entry::enter)
        .action("hand-over-prize", draw_entry::hand_over_prize)
        .due("prize-to-collect", draw_entry::prize_to_collect);
    desk.record::<CharityGift>().on_create(charity::give);

    desk.job("release-receipts", release::release_overdue);
    desk.job("unclaimed-gifts", disposal::list_unclaimed);
    desk.job("stock-ahead", stock_ahead::look_ahead);

    desk.form("activity-sheet", Activity::STARTS_ON, activity::paper);
    desk.form("receipt-release", Release::OPENED_ON, release::paper);
    desk.form("disposal-slip", Disposal::ENDED_ON, disposal::paper);
    desk.form("token-handover", TokenHandover::OPENED_ON, token_handover::paper);
    desk.form("winners", Draw::DRAWS_ON, draw::paper);
    desk.form_for_period("days-handouts", day::paper);
    desk.register_of(activity::register());
    desk.register_of(handout::register());
    desk.register_of(redemption::register());
    desk.register_of(movement::register());
}
