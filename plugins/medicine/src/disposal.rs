//! Disposal: what is quarantined leaves the stock by a slip that two people sign (M5). Its lines are the lots that refer to it.

use deskbell_sdk::prelude::*;

use crate::lot::{Lot, LotState, to_dispose};
use crate::movement::{Movement, Reason};

/// Lots on their way out, until both have signed.
#[derive(Record)]
#[record(name = "disposal", number = "MD/day", index = "opened_on")]
pub struct Disposal {
    pub state: DisposalState,
    /// The day it was written.
    #[field(signed)]
    pub opened_on: Day,
    /// How it is disposed of.
    #[field(editable, signed, max = 80)]
    pub manner: String,
}

#[derive(State, Clone, PartialEq)]
pub enum DisposalState {
    Open,
    /// M5: a clerk and the supervisor have signed.
    #[state(closed)]
    Disposed {
        disposed_at: Instant,
        n_lots: i64,
    },
}

/// A slip as it is written.
#[derive(Args)]
pub struct NewDisposal {
    /// How it is disposed of: back to the pharmacy, or destroyed.
    #[field(max = 80)]
    pub manner: String,
}

/// 药品报废单
#[derive(Paper)]
pub struct DisposalPaper {
    pub number: String,
    pub opened_on: Day,
    pub manner: String,
    /// A line a lot.
    pub lines: Vec<DisposalLine>,
    pub n_lots: i64,
    pub disposed_at: Option<Instant>,
}

#[derive(Paper)]
pub struct DisposalLine {
    pub item: String,
    pub lot_no: String,
    pub expires_on: Day,
    pub quantity: i64,
    pub unit: String,
    pub reason: Option<String>,
}

/// M5: writes a slip with everything that is quarantined and on no other.
pub fn open(cx: &mut Cx, new: NewDisposal) -> Result<Stored<Disposal>> {
    let lots = cx.find(to_dispose())?;
    Rule("M5").requires(!lots.is_empty(), "nothing-is-quarantined")?;
    let (state, opened_on) = (DisposalState::Open, cx.today());
    let slip = cx.insert(Disposal { state, opened_on, manner: new.manner })?;
    for mut lot in lots {
        lot.disposal = Some(slip.to_ref());
        cx.update(lot)?;
    }
    cx.paper("disposal-slip", &slip)?;
    Ok(slip)
}

/// M5: the supervisor has signed after the clerk: what is on the slip has left the stock.
pub fn dispose(cx: &mut Cx, mut slip: Stored<Disposal>) -> Result<Stored<Disposal>> {
    Rule("M5").requires(slip.state == DisposalState::Open, "slip-is-signed")?;
    let lots = cx.find_and_hold(lines(&slip), Rule("M5").refuse("slip-has-changed"))?;
    let n_lots = lots.len() as i64;
    let today = cx.today();
    for mut lot in lots {
        if lot.quantity > 0 {
            let out = Movement { disposal: Some(slip.to_ref()), ..Movement::of(&lot, -lot.quantity, today, Reason::Disposed) };
            cx.post(out, Rule("M5").refuse("slip-has-changed"))?;
            lot = cx.get(&lot.to_ref())?;
        }
        lot.state = LotState::Disposed { disposed_on: today };
        cx.update(lot)?;
    }
    slip.state = DisposalState::Disposed { disposed_at: cx.now(), n_lots };
    let slip = cx.update(slip)?;
    cx.paper("disposal-slip", &slip)?;
    Ok(slip)
}

/// Slips that wait for a signature.
pub fn to_sign(on: Day) -> Query<Disposal> {
    Disposal::STATE.is_open().and(Disposal::OPENED_ON.le(on)).sort_by(Disposal::NUMBER)
}

pub fn paper(cx: &Cx, slip: &Stored<Disposal>) -> Result<DisposalPaper> {
    let lots = cx.find(lines(slip))?;
    let disposed_at = match slip.state {
        DisposalState::Open => None,
        DisposalState::Disposed { disposed_at, .. } => Some(disposed_at),
    };
    Ok(DisposalPaper {
        number: slip.number().to_owned(),
        opened_on: slip.opened_on,
        manner: slip.manner.clone(),
        n_lots: lots.len() as i64,
        lines: lots.iter().map(|lot| DisposalLine::of(cx, slip, lot)).collect::<Result<_>>()?,
        disposed_at,
    })
}

fn lines(slip: &Stored<Disposal>) -> Query<Lot> {
    Lot::DISPOSAL.is(slip).sort_by(Lot::EXPIRES_ON).sort_by(Lot::NUMBER)
}

impl DisposalLine {
    /// What is on the slip; once it has left, the entries that took it out still say how many.
    fn of(cx: &Cx, slip: &Stored<Disposal>, lot: &Stored<Lot>) -> Result<DisposalLine> {
        let item = cx.get(&lot.item)?;
        let gone: i64 = cx.find(Movement::DISPOSAL.is(slip).and(Movement::LOT.is(lot)))?.iter().map(|out| -out.quantity).sum();
        let reason = match &lot.state {
            LotState::Quarantined { reason, .. } => reason.clone(),
            _ => None,
        };
        Ok(DisposalLine {
            item: item.name.clone(),
            lot_no: lot.lot_no.clone(),
            expires_on: lot.expires_on,
            quantity: lot.quantity + gone,
            unit: item.unit.clone(),
            reason,
        })
    }
}
