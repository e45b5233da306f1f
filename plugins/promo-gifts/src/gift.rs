//! A gift in stock: an account of the ledger, from its intake to its last piece (G1).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;

/// One kind of gift of an activity in one place.
#[derive(Record)]
#[record(name = "gift", number = "PG/ever", unique = "activity, name, place")]
pub struct Gift {
    /// The activity it is given away in.
    pub activity: Ref<Activity>,
    /// What it is.
    #[field(searchable, max = 60)]
    pub name: String,
    /// What one piece is called.
    #[field(editable, max = 10)]
    pub unit: String,
    /// Where it is kept.
    pub place: Place,
    /// G6: pieces that go out on a usual day, wherever they stand.
    #[field(editable, min = 0, max = 1_000_000)]
    pub expected_daily_use: i64,
    /// G6: what planning was told of its stock.
    pub warned: Warned,
    /// G9: pieces that should stand at the front desk.
    #[field(editable, min = 0, max = 1_000_000)]
    pub full: i64,
    /// G9: pieces that were missing there at the last count.
    pub to_refill: i64,
    /// The day it was counted last.
    pub counted_on: Option<Day>,
    /// G1: pieces there are, by the ledger.
    #[default = 0]
    pub in_stock: i64,
}

/// Where a gift is kept.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Storeroom,
    /// G9
    FrontDesk,
}

/// G6: the stages of a stock that runs out.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warned {
    Not,
    /// It won't do for the days ahead.
    Low,
    /// There is none.
    Empty,
}

impl Warned {
    /// Whether planning is told: what only got better has just to be forgotten.
    pub fn is_news_after(self, before: Warned) -> bool {
        matches!((before, self), (Warned::Not, Warned::Low | Warned::Empty) | (Warned::Low, Warned::Empty))
    }
}

/// A gift, before the first piece of it comes.
#[derive(Args)]
pub struct NewGift {
    /// The activity it is given away in.
    pub activity: Ref<Activity>,
    /// What it is.
    #[field(max = 60)]
    pub name: String,
    /// What one piece is called.
    #[default = "件"]
    #[field(max = 10)]
    pub unit: String,
    /// Pieces that will go out on a usual day.
    #[default = 0]
    #[field(min = 0, max = 1_000_000)]
    pub expected_daily_use: i64,
}

impl Gift {
    pub fn new(activity: Ref<Activity>, name: String, unit: String, place: Place) -> Gift {
        Gift {
            activity,
            name,
            unit,
            place,
            expected_daily_use: 0,
            warned: Warned::Not,
            full: 0,
            to_refill: 0,
            counted_on: None,
            in_stock: 0,
        }
    }

    /// The accounts of an activity.
    pub fn of(activity: &Stored<Activity>) -> Query<Gift> {
        Gift::ACTIVITY.is(activity).sort_by(Gift::NAME).sort_by(Gift::NUMBER)
    }

    /// Those of them that hold something.
    pub fn left_of(activity: &Stored<Activity>) -> Query<Gift> {
        Gift::of(activity).and(Gift::IN_STOCK.gt(0))
    }
}

/// G1: opens the account of a gift, in the storeroom; its pieces come by intake.
pub fn add(cx: &mut Cx, new: NewGift) -> Result<Stored<Gift>> {
    cx.get(&new.activity)?.must_not_be_over(Rule("G1"), cx.today())?;
    let gift = Gift::new(new.activity, new.name, new.unit, Place::Storeroom);
    cx.insert(Gift { expected_daily_use: new.expected_daily_use, ..gift })
}
