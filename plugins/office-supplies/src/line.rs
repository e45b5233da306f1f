//! Lines: one item of a request, from asking to issue.

use deskbell_sdk::prelude::*;

use crate::catalogue::Item;
use crate::request::{Request, RequestState};

/// An item that a department asks for.
#[derive(Record)]
#[record(name = "line", unique = "request, item", index = "issued_on")]
pub struct Line {
    /// The request it stands on.
    pub request: Ref<Request>,
    /// The item of the catalogue.
    pub item: Ref<Item>,
    /// What the item was called when it was asked for.
    #[field(max = 60)]
    pub item_name: String,
    #[field(max = 10)]
    pub unit: String,
    /// How many; a line with none is not printed.
    #[default = 0]
    pub quantity: i64,
    /// What for.
    #[field(max = 80)]
    pub purpose: Option<String>,
    /// Who asked, as the register prints it.
    #[field(max = 60)]
    pub department: String,
    /// O3: the day it was fetched.
    pub issued_on: Option<Day>,
    /// O3: who fetched it.
    #[field(personal, max = 60)]
    pub issued_to: Option<String>,
}

/// What a department asks for.
#[derive(Args)]
pub struct AskFor {
    /// The item of the catalogue.
    pub item: Ref<Item>,
    /// How many; 0 takes it off again.
    pub quantity: i64,
    /// What for.
    #[field(max = 80)]
    pub purpose: Option<String>,
}

/// A line on paper.
#[derive(Paper)]
pub struct PaperLine {
    pub item: String,
    pub unit: String,
    pub quantity: i64,
    pub purpose: Option<String>,
}

impl PaperLine {
    pub fn of(line: &Stored<Line>) -> PaperLine {
        PaperLine {
            item: line.item_name.clone(),
            unit: line.unit.clone(),
            quantity: line.quantity,
            purpose: line.purpose.clone(),
        }
    }
}

/// O1: puts an item on a draft, or corrects how many.
pub fn ask_for(cx: &mut Cx, request: Stored<Request>, ask: AskFor) -> Result<Stored<Request>> {
    cx.hold(&request, Request::STATE.is(RequestState::DRAFT), Rule("O1").refuse("request-is-submitted"))?;
    Rule("O1").requires(ask.quantity >= 0, "quantity-is-negative")?;
    let item = cx.get(&ask.item)?;
    Rule("O1").requires(item.is_offered, "item-is-not-offered")?;
    let new = Line {
        request: request.to_ref(),
        item: item.to_ref(),
        item_name: item.name.clone(),
        unit: item.unit.clone(),
        quantity: 0,
        purpose: None,
        department: request.department_name.clone(),
        issued_on: None,
        issued_to: None,
    };
    let mut line = cx.find_or_insert(Line::REQUEST.is(&request).and(Line::ITEM.is(&item)), new)?;
    line.quantity = ask.quantity;
    line.purpose = ask.purpose;
    cx.update(line)?;
    Ok(request)
}

/// What a request asks for, by the items' names.
pub fn of(request: &Stored<Request>) -> Query<Line> {
    Line::REQUEST.is(request).and(Line::QUANTITY.gt(0)).sort_by(Line::ITEM_NAME)
}

/// 领用登记表, the register of what was fetched.
pub fn register() -> RegisterOf<Line> {
    RegisterOf::by(Line::ISSUED_ON)
        .column(Line::ISSUED_ON)
        .column(Line::DEPARTMENT)
        .column(Line::ITEM_NAME)
        .column(Line::QUANTITY)
        .column(Line::UNIT)
        .column(Line::PURPOSE)
        .column(Line::ISSUED_TO)
        .signature("fetched-by-hand")
}
