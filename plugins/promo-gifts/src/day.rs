//! The day's handouts for finance, as they were rung up at the till; and what petty cash paid for prizes (G5, G7).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use deskbell_sdk::prelude::*;

use crate::handout::{Handout, HandoutState};
use crate::redemption::Redemption;

/// 当日赠品派发表
#[derive(Paper)]
pub struct DayPaper {
    pub from: Day,
    pub to: Day,
    /// A line a handout, in order.
    pub lines: Vec<DayLine>,
    pub n_handouts: i64,
    pub n_pieces: i64,
    /// Prizes in cash, paid from petty cash.
    pub n_cash_prizes: i64,
    pub cash_fen: Fen,
}

#[derive(Paper)]
pub struct DayLine {
    pub number: String,
    pub till_no: String,
    pub receipt_no: String,
    pub till_amount_fen: Fen,
    pub activity: String,
    pub gift: String,
    pub quantity: i64,
    pub handed_out_by: String,
}

/// G7: every handout in force, with its number at the till.
pub fn paper(cx: &Cx, period: Period) -> Result<DayPaper> {
    let handouts = Handout::HANDED_OUT_ON.between(period.from, period.to).and(Handout::STATE.is(HandoutState::HANDED_OUT));
    let mut names = BTreeMap::new();
    let mut lines = Vec::new();
    for handout in cx.find(handouts.sort_by(Handout::NUMBER))? {
        let (activity, gift) = match names.entry(handout.gift.id()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((cx.get(&handout.activity)?.name.clone(), cx.get(&handout.gift)?.name.clone())),
        };
        lines.push(DayLine::of(&handout, activity.clone(), gift.clone()));
    }
    let in_cash = Redemption::REDEEMED_ON.between(period.from, period.to).and(Redemption::CASH_FEN.gt(Fen(0)));
    let in_cash = cx.find(in_cash)?;
    Ok(DayPaper {
        from: period.from,
        to: period.to,
        n_handouts: lines.len() as i64,
        n_pieces: lines.iter().map(|line| line.quantity).sum(),
        lines,
        n_cash_prizes: in_cash.len() as i64,
        cash_fen: in_cash.iter().map(|redemption| redemption.cash_fen).sum(),
    })
}

impl DayLine {
    fn of(handout: &Stored<Handout>, activity: String, gift: String) -> DayLine {
        DayLine {
            number: handout.number().to_owned(),
            till_no: handout.till_no.clone(),
            receipt_no: handout.receipt_no.clone(),
            till_amount_fen: handout.till_amount_fen,
            activity,
            gift,
            quantity: handout.quantity,
            handed_out_by: handout.handed_out_by.clone(),
        }
    }
}
