//! Restock requests: what has run low, asked for once (M1).

use deskbell_sdk::prelude::*;

use crate::item::Item;
use crate::lot::Lot;

/// A request for a medicine that has run low.
#[derive(Record)]
#[record(name = "restock", number = "MR/day", index = "item", index = "requested_on")]
pub struct Restock {
    pub state: RestockState,
    /// What is lacking.
    pub item: Ref<Item>,
    /// The night that found it lacking.
    #[field(signed)]
    pub requested_on: Day,
    /// How many could still be given.
    #[field(signed)]
    pub in_stock: i64,
    /// How many there should be at least.
    #[field(signed)]
    pub minimum: i64,
}

#[derive(State, Clone, PartialEq)]
pub enum RestockState {
    Open,
    /// There is enough of it again.
    #[state(closed)]
    Received {
        received_on: Day,
    },
    #[state(closed)]
    Cancelled {
        #[field(max = 80)]
        reason: String,
    },
}

/// Why nothing is bought.
#[derive(Args)]
pub struct Cancel {
    /// The reason.
    #[field(max = 80)]
    pub reason: String,
}

/// 补货申请单
#[derive(Paper)]
pub struct RestockPaper {
    pub number: String,
    pub requested_on: Day,
    pub item: String,
    pub unit: String,
    pub in_stock: i64,
    pub minimum: i64,
    pub lacking: i64,
}

/// M1: asks for each medicine of which too few may be given, unless that is asked for already.
pub fn check_stock(cx: &mut Cx) -> Result<Outcome> {
    let mut low = Vec::new();
    for item in cx.find(Item::all().sort_by(Item::NAME))? {
        let in_stock = in_stock(cx, &item)?;
        if in_stock < item.minimum && cx.find_first(open_for(&item))?.is_none() {
            low.push((item, in_stock));
        }
    }
    if low.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let requested = low.len() as i64;
    for (item, in_stock) in low {
        cx.require(open_for(&item), ..=0, Rule("M1").refuse("is-requested"))?;
        let (state, item_ref, minimum) = (RestockState::Open, item.to_ref(), item.minimum);
        let request = cx.insert(Restock { state, item: item_ref, requested_on: cx.today(), in_stock, minimum })?;
        let notice = cx.notice(Role::SUPERVISOR, "restock").about(&request);
        notice.with("item", &item.name).with("n", in_stock).with("minimum", minimum).with("unit", &item.unit);
        cx.paper("restock-request", &request)?;
    }
    Ok(Outcome::new("requested").count("requested", requested))
}

/// How many of a medicine may be given today.
fn in_stock(cx: &Cx, item: &Stored<Item>) -> Result<i64> {
    Ok(cx.find(Lot::usable(item, cx.today()))?.iter().map(|lot| lot.quantity).sum())
}

fn open_for(item: &Stored<Item>) -> Query<Restock> {
    Restock::ITEM.is(item).and(Restock::STATE.is_open())
}

/// M1: a request is done with once there is enough again.
pub fn end(cx: &mut Cx, item: &Stored<Item>) -> Result<()> {
    if in_stock(cx, item)? < item.minimum {
        return Ok(());
    }
    for mut request in cx.find(open_for(item))? {
        request.state = RestockState::Received { received_on: cx.today() };
        cx.update(request)?;
    }
    Ok(())
}

/// M1: nothing is bought after all; should it still lack tonight, it is asked for again.
pub fn cancel(cx: &mut Cx, mut request: Stored<Restock>, why: Cancel) -> Result<Stored<Restock>> {
    Rule("M1").requires(request.state == RestockState::Open, "request-is-done")?;
    request.state = RestockState::Cancelled { reason: why.reason };
    cx.update(request)
}

/// What was asked for and has not come.
pub fn waiting(on: Day) -> Query<Restock> {
    Restock::STATE.is_open().and(Restock::REQUESTED_ON.le(on)).sort_by(Restock::NUMBER)
}

pub fn paper(cx: &Cx, request: &Stored<Restock>) -> Result<RestockPaper> {
    let item = cx.get(&request.item)?;
    Ok(RestockPaper {
        number: request.number().to_owned(),
        requested_on: request.requested_on,
        item: item.name.clone(),
        unit: item.unit.clone(),
        in_stock: request.in_stock,
        minimum: request.minimum,
        lacking: request.minimum - request.in_stock,
    })
}
