//! Gifts to a good cause, given with planning and before loss prevention as witness (G8).

use deskbell_sdk::prelude::*;

use crate::gift::Gift;
use crate::movement::{Reason, take_out};

/// A gift to a good cause.
#[derive(Record)]
#[record(name = "charity-gift", number = "CG/year", index = "given_on")]
pub struct CharityGift {
    /// Which gift.
    pub gift: Ref<Gift>,
    /// Pieces.
    pub quantity: i64,
    /// Who gets it: a school, a home.
    #[field(searchable, max = 80)]
    pub beneficiary: String,
    /// Who takes it there, or fetches it.
    #[field(personal, max = 60)]
    pub received_by: String,
    /// The day.
    pub given_on: Day,
}

/// What is given, and to whom.
#[derive(Args)]
pub struct Give {
    /// Which gift.
    pub gift: Ref<Gift>,
    /// Pieces.
    #[field(max = 1_000_000)]
    pub quantity: i64,
    /// Who gets it.
    #[field(max = 80)]
    pub beneficiary: String,
    /// Who takes it there, or fetches it.
    #[field(personal, max = 60)]
    pub received_by: String,
}

/// G8: gives gifts to a good cause; loss prevention signs as witness, and planning is told.
pub fn give(cx: &mut Cx, new: Give) -> Result<Stored<CharityGift>> {
    let gift = cx.get(&new.gift)?;
    cx.get(&gift.activity)?.must_run(Rule("G8"), cx.today())?;
    take_out(cx, &gift, new.quantity, Reason::Charity)?;
    let given = cx.insert(CharityGift {
        gift: new.gift,
        quantity: new.quantity,
        beneficiary: new.beneficiary,
        received_by: new.received_by,
        given_on: cx.today(),
    })?;
    cx.needs_sign_off("loss-prevention", Role::LOSS_PREVENTION, Rule("G8").refuse("charity-needs-witness")).about(&given);
    let notice = cx.notice(Role::PLANNING, "charity-gift-given").about(&given).with("beneficiary", &given.beneficiary);
    notice.with("name", &gift.name).with("quantity", given.quantity).with("unit", &gift.unit);
    Ok(given)
}
