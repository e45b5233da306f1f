//! A use: what was given to whom, from the lots that expire first (M2), and whom to tell at once (M3).

use deskbell_sdk::prelude::*;

use crate::item::Item;
use crate::lot::Lot;
use crate::movement::{Movement, Reason};

/// Medicine that was given to somebody.
#[derive(Record)]
#[record(name = "use", number = "MU/day", index = "used_on")]
pub struct Use {
    /// What was given.
    pub item: Ref<Item>,
    /// What it was called.
    #[field(searchable, max = 60)]
    pub item_name: String,
    /// How many.
    pub quantity: i64,
    /// M2: the lots it came from.
    #[field(max = 200)]
    pub lots: String,
    /// For whom.
    pub given_to: GivenTo,
    /// The name.
    #[field(personal, searchable, editable, max = 60)]
    pub name: String,
    /// What had happened.
    #[field(personal, editable, long)]
    pub complaint: String,
    /// M3: it could not wait.
    pub is_urgent: bool,
    /// The day.
    pub used_on: Day,
    /// The clerk who gave it.
    #[field(max = 60)]
    pub given_by: String,
}

/// Who is given medicine.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenTo {
    Customer,
    Staff,
}

/// What a clerk writes down.
#[derive(Args)]
pub struct Give {
    /// What is given.
    pub item: Ref<Item>,
    /// How many.
    #[default = 1]
    pub quantity: i64,
    /// For whom.
    pub given_to: GivenTo,
    /// The name.
    #[field(personal, max = 60)]
    pub name: String,
    /// What has happened.
    #[field(personal, long)]
    pub complaint: String,
    /// It can't wait: the supervisor is told at once.
    #[default = false]
    pub is_urgent: bool,
}

/// M2, M3: gives medicine from the lots that expire first, and tells the supervisor at once where it is urgent.
pub fn give(cx: &mut Cx, new: Give) -> Result<Stored<Use>> {
    Rule("M2").requires(new.quantity > 0, "quantity-is-not-positive")?;
    let item = cx.get(&new.item)?;
    let (used_on, given_by) = (cx.today(), cx.actor().name.clone());
    let mut given = cx.insert(Use {
        item: new.item,
        item_name: item.name.clone(),
        quantity: new.quantity,
        lots: String::new(),
        given_to: new.given_to,
        name: new.name,
        complaint: new.complaint,
        is_urgent: new.is_urgent,
        used_on,
        given_by,
    })?;
    given.lots = take(cx, &item, &given)?.join(", ");
    let given = cx.update(given)?;
    if given.is_urgent {
        let notice = cx.notice(Role::SUPERVISOR, "urgent-use").about(&given);
        notice.with("item", &given.item_name).with("number", given.number());
    }
    Ok(given)
}

/// M2: takes from the usable lots in the order of their dates, and says which.
fn take(cx: &mut Cx, item: &Stored<Item>, given: &Stored<Use>) -> Result<Vec<String>> {
    let (today, mut lots) = (cx.today(), Vec::new());
    let refusal = Rule("M2").refuse("not-enough-usable").with("item", &item.name);
    cx.draw(Lot::usable(item, today), given.quantity, refusal, |lot: &Stored<Lot>, part| {
        lots.push(format!("{} ×{part}", lot.lot_no));
        Movement { given: Some(given.to_ref()), ..Movement::of(lot, -part, today, Reason::Used) }
    })?;
    Ok(lots)
}

/// 药品使用登记表, the register of uses.
pub fn register() -> RegisterOf<Use> {
    RegisterOf::by(Use::USED_ON)
        .column(Use::NUMBER)
        .column(Use::USED_ON)
        .column(Use::ITEM_NAME)
        .column(Use::QUANTITY)
        .column(Use::LOTS)
        .column(Use::GIVEN_TO)
        .column(Use::NAME)
        .column(Use::COMPLAINT)
        .column(Use::IS_URGENT)
        .column(Use::GIVEN_BY)
        .signature("received-by-hand")
}
