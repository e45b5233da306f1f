//! Goods that stand at the front desk: an account of their own, counted each day and refilled from the storeroom (G9).

use deskbell_sdk::prelude::*;

use crate::gift::{Gift, Place};
use crate::movement::{Reason, put_in, take_out};

/// How many should stand at the front desk.
#[derive(Args)]
pub struct PutOnFrontDesk {
    /// Pieces that should stand there.
    #[field(max = 1_000_000)]
    pub full: i64,
}

/// What is put there again.
#[derive(Args)]
pub struct Refill {
    /// Pieces; all that are missing, if it is left out.
    #[field(max = 1_000_000)]
    pub quantity: Option<i64>,
}

/// G9: takes pieces of a gift from the storeroom to the front desk, where they are counted from now on.
pub fn put_out(cx: &mut Cx, gift: Stored<Gift>, out: PutOnFrontDesk) -> Result<Stored<Gift>> {
    Rule("G9").requires(gift.place == Place::Storeroom, "gift-is-on-front-desk")?;
    cx.get(&gift.activity)?.must_not_be_over(Rule("G9"), cx.today())?;
    let there = Gift::ACTIVITY.is(gift.activity).and(Gift::NAME.is(&gift.name)).and(Gift::PLACE.is(Place::FrontDesk));
    cx.require(there, ..=0, Rule("G9").refuse("gift-is-on-front-desk"))?;
    let new = Gift::new(gift.activity, gift.name.clone(), gift.unit.clone(), Place::FrontDesk);
    let on_desk = cx.insert(Gift { full: out.full, counted_on: Some(cx.today()), ..new })?;
    move_to_front_desk(cx, &gift, &on_desk, out.full)?;
    cx.get(&gift.to_ref())
}

/// G9: fills up what is missing at the front desk.
pub fn refill(cx: &mut Cx, on_desk: Stored<Gift>, refill: Refill) -> Result<Stored<Gift>> {
    Rule("G9").requires(on_desk.place == Place::FrontDesk, "only-front-desk-is-refilled")?;
    cx.get(&on_desk.activity)?.must_not_be_over(Rule("G9"), cx.today())?;
    let lacking = on_desk.full - on_desk.in_stock;
    let quantity = refill.quantity.unwrap_or(lacking);
    Rule("G9").requires(quantity <= lacking, "front-desk-is-full")?;
    let source = Gift::ACTIVITY.is(on_desk.activity).and(Gift::NAME.is(&on_desk.name)).and(Gift::PLACE.is(Place::Storeroom));
    let source = cx.find_first(source)?.ok_or_else(|| Error::not_found(format!("storeroom of {}", on_desk.number())))?;
    move_to_front_desk(cx, &source, &on_desk, quantity)?;
    let mut on_desk = cx.get(&on_desk.to_ref())?;
    on_desk.to_refill = (on_desk.full - on_desk.in_stock).max(0);
    cx.update(on_desk)
}

fn move_to_front_desk(cx: &mut Cx, from: &Stored<Gift>, on_desk: &Stored<Gift>, quantity: i64) -> Result<()> {
    take_out(cx, from, quantity, Reason::Refill)?;
    put_in(cx, on_desk, quantity, Reason::Refill)
}

/// G9: what stands at the front desk and was not counted that day.
pub fn to_count(_: &Cx, on: Day) -> Query<Gift> {
    on_front_desk().and(Gift::COUNTED_ON.lt(on)).and(Gift::IN_STOCK.gt(0))
}

/// G9: what was missing at the last count.
pub fn to_refill(_: &Cx, _: Day) -> Query<Gift> {
    on_front_desk().and(Gift::TO_REFILL.gt(0))
}

fn on_front_desk() -> Query<Gift> {
    Gift::PLACE.is(Place::FrontDesk).sort_by(Gift::NUMBER)
}
