//! What lies free on the counter: straws, spoons, napkins; refilled before it runs out (O5).

use deskbell_sdk::prelude::*;

/// Something that customers take for nothing.
#[derive(Record)]
#[record(name = "consumable", number = "OC/ever", unique = "name")]
pub struct Consumable {
    pub state: ConsumableState,
    /// What it is.
    #[field(searchable, editable, max = 60)]
    pub name: String,
    /// What it is counted in.
    #[field(editable, max = 10)]
    pub unit: String,
    /// O5: fewer than so many, and it is refilled.
    #[field(editable, min = 1)]
    pub minimum: i64,
    /// How many lie there, by the books.
    #[default = 0]
    pub in_stock: i64,
}

/// Whether there is enough of it.
#[derive(State, Clone, PartialEq)]
pub enum ConsumableState {
    ToRefill,
    Enough,
}

/// What moved the stock of a consumable.
#[derive(Record)]
#[record(name = "movement", index = "consumable, moved_on", index = "moved_on")]
pub struct Movement {
    pub consumable: Ref<Consumable>,
    /// In is positive.
    pub quantity: i64,
    pub moved_on: Day,
    pub reason: Reason,
    /// Why a count differs.
    #[field(max = 80)]
    pub note: Option<String>,
}

impl Entry for Movement {
    type Account = Consumable;
    const ACCOUNT: Column<Movement, Ref<Consumable>> = Movement::CONSUMABLE;
    const AMOUNT: Column<Movement, i64> = Movement::QUANTITY;
    const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
    const BALANCE: Column<Consumable, i64> = Consumable::IN_STOCK;
}

#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Refilled,
    Used,
    Counted,
}

/// Something that is laid out from now on.
#[derive(Args)]
pub struct NewConsumable {
    /// What it is.
    #[field(max = 60)]
    pub name: String,
    /// What it is counted in.
    #[field(max = 10)]
    pub unit: String,
    /// Fewer than so many, and it is refilled.
    #[field(min = 1)]
    pub minimum: i64,
}

/// How many were put there, or taken away.
#[derive(Args)]
pub struct Quantity {
    /// How many.
    pub quantity: i64,
}

/// What a look at the counter found.
#[derive(Args)]
pub struct Count {
    /// How many lie there.
    pub counted: i64,
    /// Why it differs from the books.
    #[field(max = 80)]
    pub note: Option<String>,
}

/// 台面用品收发表
#[derive(Paper)]
pub struct StockPaper {
    pub from: Day,
    pub to: Day,
    /// A line a consumable, by name.
    pub lines: Vec<StockLine>,
}

#[derive(Paper)]
pub struct StockLine {
    pub name: String,
    pub unit: String,
    pub minimum: i64,
    pub turnover: Turnover,
}

pub fn lay_out(cx: &mut Cx, new: NewConsumable) -> Result<Stored<Consumable>> {
    let state = ConsumableState::Enough;
    let laid_out = cx.insert(Consumable { state, name: new.name, unit: new.unit, minimum: new.minimum, in_stock: 0 })?;
    look_at(cx, laid_out)
}

pub fn amend(cx: &mut Cx, consumable: Stored<Consumable>) -> Result<Stored<Consumable>> {
    let consumable = cx.update(consumable)?;
    look_at(cx, consumable)
}

/// O5: puts more on the counter.
pub fn refill(cx: &mut Cx, consumable: Stored<Consumable>, put: Quantity) -> Result<Stored<Consumable>> {
    moved(cx, &consumable, put, Reason::Refilled)
}

/// O5: notes what customers have taken.
pub fn use_up(cx: &mut Cx, consumable: Stored<Consumable>, taken: Quantity) -> Result<Stored<Consumable>> {
    moved(cx, &consumable, taken, Reason::Used)
}

fn moved(cx: &mut Cx, consumable: &Stored<Consumable>, by: Quantity, reason: Reason) -> Result<Stored<Consumable>> {
    Rule("O5").requires(by.quantity > 0, "quantity-is-not-positive")?;
    let quantity = if reason == Reason::Used { -by.quantity } else { by.quantity };
    let movement = Movement { consumable: consumable.to_ref(), quantity, moved_on: cx.today(), reason, note: None };
    cx.post(movement, Rule("O5").refuse("counter-has-fewer"))?;
    look_at(cx, cx.get(&consumable.to_ref())?)
}

/// O5: corrects the books to what lies there, with the reason.
pub fn count(cx: &mut Cx, consumable: Stored<Consumable>, found: Count) -> Result<Stored<Consumable>> {
    let (account, moved_on, note) = (consumable.to_ref(), cx.today(), found.note);
    let refusal = Rule("O5").refuse("count-is-negative");
    cx.post_count(&consumable, found.counted, refusal, |quantity| Movement {
        consumable: account,
        quantity,
        moved_on,
        reason: Reason::Counted,
        note,
    })?;
    look_at(cx, cx.get(&account)?)
}

/// O5: raises the task to refill once there is too little, and takes it back once there is enough.
fn look_at(cx: &mut Cx, mut consumable: Stored<Consumable>) -> Result<Stored<Consumable>> {
    let is_short = consumable.in_stock < consumable.minimum;
    let state = if is_short { ConsumableState::ToRefill } else { ConsumableState::Enough };
    if state == consumable.state {
        return Ok(consumable);
    }
    consumable.state = state;
    let consumable = cx.update(consumable)?;
    if is_short {
        let task = cx.task("refill").about(&consumable).due_on(cx.today());
        task.with("name", &consumable.name).with("minimum", consumable.minimum).with("unit", &consumable.unit);
    }
    Ok(consumable)
}

/// What has run low on the counter.
pub fn to_refill() -> Query<Consumable> {
    Consumable::STATE.is(ConsumableState::TO_REFILL).sort_by(Consumable::NAME)
}

pub fn paper(cx: &Cx, period: Period) -> Result<StockPaper> {
    let consumables = cx.find(Consumable::all().sort_by(Consumable::NAME))?;
    let turnovers = cx.turnovers::<Movement>(&consumables, period)?;
    let line = |(consumable, turnover): (&Stored<Consumable>, Turnover)| StockLine {
        name: consumable.name.clone(),
        unit: consumable.unit.clone(),
        minimum: consumable.minimum,
        turnover,
    };
    Ok(StockPaper { from: period.from, to: period.to, lines: consumables.iter().zip(turnovers).map(line).collect() })
}
