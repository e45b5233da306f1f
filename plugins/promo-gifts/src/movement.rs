//! The ledger of gifts: every piece that came or went, why, and by whom (G1).

use deskbell_sdk::Entry;
use deskbell_sdk::prelude::*;

use crate::gift::Gift;

/// What moved the stock of a gift.
#[derive(Record)]
#[record(name = "movement", index = "gift, moved_on", index = "moved_on")]
pub struct Movement {
    /// Which gift.
    pub gift: Ref<Gift>,
    /// How many: in is positive.
    pub quantity: i64,
    /// The day.
    pub moved_on: Day,
    /// Why.
    pub reason: Reason,
    /// Who moved it.
    pub moved_by: String,
    /// What else there is to say.
    #[field(long)]
    pub note: Option<String>,
}

/// Why a gift moved.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A supplier's, through receiving.
    Intake,
    /// The mall's own, through receiving.
    Purchase,
    Handout,
    /// A handout that was a mistake.
    TakenBack,
    Redemption,
    Prize,
    Charity,
    /// From the storeroom to the front desk.
    Refill,
    Count,
    /// To the promoter or the person in charge.
    HandedBack,
    HandedToMall,
}

impl Entry for Movement {
    type Account = Gift;
    const ACCOUNT: Column<Movement, Ref<Gift>> = Movement::GIFT;
    const AMOUNT: Column<Movement, i64> = Movement::QUANTITY;
    const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
    const BALANCE: Column<Gift, i64> = Gift::IN_STOCK;
}

impl Movement {
    pub fn of<S>(cx: &Cx<S>, gift: &Stored<Gift>, quantity: i64, reason: Reason) -> Movement {
        let moved_by = cx.actor().name.clone();
        Movement { gift: gift.to_ref(), quantity, moved_on: cx.today(), reason, moved_by, note: None }
    }
}

/// G1: puts pieces in stock.
pub fn put_in<S>(cx: &mut Cx<S>, gift: &Stored<Gift>, quantity: i64, reason: Reason) -> Result<()> {
    must_be_some(quantity)?;
    cx.post(Movement::of(cx, gift, quantity, reason), not_enough(gift))?;
    Ok(())
}

/// G1: takes pieces out of stock, if there are as many.
pub fn take_out<S>(cx: &mut Cx<S>, gift: &Stored<Gift>, quantity: i64, reason: Reason) -> Result<()> {
    must_be_some(quantity)?;
    cx.post(Movement::of(cx, gift, -quantity, reason), not_enough(gift))?;
    Ok(())
}

/// G1: takes out whatever is left, and says how many that was.
pub fn take_out_all<S>(cx: &mut Cx<S>, gift: &Stored<Gift>, reason: Reason) -> Result<i64> {
    let refusal = Rule("G1").refuse("stock-has-changed").with("name", &gift.name);
    let left = Movement::of(cx, gift, 0, reason);
    cx.post_count(gift, 0, refusal, |difference| Movement { quantity: difference, ..left })?;
    Ok(gift.in_stock)
}

/// G1: nothing and less than nothing can't be moved.
fn must_be_some(quantity: i64) -> Result<()> {
    Ok(Rule("G1").requires(quantity > 0, "quantity-below-one")?)
}

fn not_enough(gift: &Gift) -> deskbell_sdk::Refused {
    let refusal = Rule("G1").refuse("not-enough-gifts");
    refusal.with("name", &gift.name).with("in_stock", gift.in_stock).with("unit", &gift.unit)
}

/// 赠品收发登记册, the ledger on paper.
pub fn register() -> RegisterOf<Movement> {
    RegisterOf::by(Movement::MOVED_ON)
        .column(Movement::MOVED_ON)
        .column(Movement::GIFT)
        .column(Movement::REASON)
        .column(Movement::QUANTITY)
        .column(Movement::MOVED_BY)
        .column(Movement::NOTE)
}
