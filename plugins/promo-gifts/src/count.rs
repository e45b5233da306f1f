//! A count: what is there is what the ledger says, and a shortage that nobody can explain goes to loss prevention (G1, G9).

use deskbell_sdk::prelude::*;

use crate::gift::{Gift, Place};
use crate::movement::{Movement, Reason};

/// What a clerk counted.
#[derive(Args)]
pub struct Count {
    /// Pieces that are there.
    #[field(max = 1_000_000)]
    pub counted: i64,
    /// Why it is not what it should be; for a shortage the supervisor then signs.
    #[field(long)]
    pub explanation: Option<String>,
}

/// G1: books what a count found. A shortage is explained before the supervisor, or loss prevention looks into it.
pub fn count(cx: &mut Cx, gift: Stored<Gift>, count: Count) -> Result<Stored<Gift>> {
    Rule("G1").requires(count.counted >= 0, "count-below-zero")?;
    cx.get(&gift.activity)?.must_not_be_settled()?;
    let missing = gift.in_stock - count.counted;
    if missing > 0 && count.explanation.is_some() {
        let refusal = Rule("G1").refuse("explanation-needs-supervisor").with("missing", missing).with("unit", &gift.unit);
        cx.needs_sign_off("supervisor", Role::SUPERVISOR, refusal).about(&gift);
    } else if missing > 0 {
        let notice = cx.notice(Role::LOSS_PREVENTION, "gifts-missing").about(&gift).with("missing", missing);
        notice.with("name", &gift.name).with("unit", &gift.unit).with("counted", count.counted);
    }
    let found = Movement { note: count.explanation, ..Movement::of(cx, &gift, 0, Reason::Count) };
    let refusal = Rule("G1").refuse("stock-has-changed").with("name", &gift.name);
    cx.post_count(&gift, count.counted, refusal, |difference| Movement { quantity: difference, ..found })?;
    let mut gift = cx.get(&gift.to_ref())?;
    gift.counted_on = Some(cx.today());
    if gift.place == Place::FrontDesk {
        gift.to_refill = (gift.full - count.counted).max(0);
    }
    cx.update(gift)
}
