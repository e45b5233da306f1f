//! The ledger of the medicine box: every change of a quantity, and what it adds up to (M6).

use deskbell_sdk::prelude::*;

use crate::disposal::Disposal;
use crate::item::Item;
use crate::lot::Lot;
use crate::usage::Use;

/// What moved the quantity of a lot.
#[derive(Record)]
#[record(name = "movement", index = "lot, moved_on", index = "moved_on")]
pub struct Movement {
    pub lot: Ref<Lot>,
    /// In is positive.
    pub quantity: i64,
    pub moved_on: Day,
    pub reason: Reason,
    /// What it was given for.
    pub given: Option<Ref<Use>>,
    /// The slip that it left by.
    pub disposal: Option<Ref<Disposal>>,
    /// M6: why a count differs.
    #[field(max = 80)]
    pub note: Option<String>,
}

impl Entry for Movement {
    type Account = Lot;
    const ACCOUNT: Column<Movement, Ref<Lot>> = Movement::LOT;
    const AMOUNT: Column<Movement, i64> = Movement::QUANTITY;
    const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
    const BALANCE: Column<Lot, i64> = Lot::QUANTITY;
}

#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Received,
    Used,
    Counted,
    Disposed,
}

/// 药品库存登记表
#[derive(Paper)]
pub struct StockPaper {
    pub from: Day,
    pub to: Day,
    /// A line a lot that was there or moved, by medicine and date.
    pub lines: Vec<StockLine>,
}

#[derive(Paper)]
pub struct StockLine {
    pub item: String,
    pub unit: String,
    pub lot_no: String,
    pub expires_on: Day,
    pub turnover: Turnover,
    /// May be given on the last day of the period.
    pub is_usable: bool,
}

impl Movement {
    /// A movement of a lot on a day, for a reason.
    pub fn of(lot: &Stored<Lot>, quantity: i64, moved_on: Day, reason: Reason) -> Movement {
        Movement { lot: lot.to_ref(), quantity, moved_on, reason, given: None, disposal: None, note: None }
    }
}

pub fn paper(cx: &Cx, period: Period) -> Result<StockPaper> {
    let mut lines = Vec::new();
    let lots = cx.find(Lot::RECEIVED_ON.le(period.to).sort_by(Lot::EXPIRES_ON))?;
    let turnovers = cx.turnovers::<Movement>(&lots, period)?;
    for (lot, turnover) in lots.iter().zip(turnovers) {
        if turnover == Turnover::default() {
            continue;
        }
        let item: Stored<Item> = cx.get(&lot.item)?;
        lines.push(StockLine {
            item: item.name.clone(),
            unit: item.unit.clone(),
            lot_no: lot.lot_no.clone(),
            expires_on: lot.expires_on,
            turnover,
            is_usable: lot.may_be_given(period.to),
        });
    }
    lines.sort_by(|a, b| a.item.cmp(&b.item));
    Ok(StockPaper { from: period.from, to: period.to, lines })
}
