//! An intake: what came through receiving, against its gift list (G1).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;
use crate::gift::Gift;
use crate::movement::{Reason, put_in};

/// Gifts that receiving handed to the desk.
#[derive(Record)]
#[record(name = "intake", number = "GI/day", index = "activity", index = "received_on")]
pub struct Intake {
    /// The activity they are for.
    pub activity: Ref<Activity>,
    /// Which gift.
    pub gift: Ref<Gift>,
    /// Whose they were.
    #[field(signed)]
    pub source: Source,
    /// The number of the gift list they came with.
    #[field(searchable, signed, max = 60)]
    pub list_no: String,
    /// Pieces on the list.
    #[field(signed)]
    pub listed: i64,
    /// Pieces that were there.
    #[field(signed)]
    pub received: i64,
    /// The day.
    #[field(signed)]
    pub received_on: Day,
    /// Who brought them.
    #[field(personal, max = 60)]
    pub brought_by: Option<String>,
}

/// Whose the gifts were before they came.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Supplier,
    /// Bought by the mall.
    Purchase,
}

/// What a clerk writes down when receiving brings gifts.
#[derive(Args)]
pub struct TakeIn {
    /// Which gift.
    pub gift: Ref<Gift>,
    /// Whose they were.
    #[default = "supplier"]
    pub source: Source,
    /// The number of the gift list they came with.
    #[field(max = 60)]
    pub list_no: String,
    /// Pieces on the list.
    #[field(max = 1_000_000)]
    pub listed: i64,
    /// Pieces that were counted in.
    #[field(max = 1_000_000)]
    pub received: i64,
    /// Who brought them.
    #[field(personal, max = 60)]
    pub brought_by: Option<String>,
}

impl Source {
    fn reason(self) -> Reason {
        match self {
            Source::Supplier => Reason::Intake,
            Source::Purchase => Reason::Purchase,
        }
    }
}

/// G1: registers what came, which is company property from now on. Where list and count differ, purchasing is told.
pub fn take_in(cx: &mut Cx, new: TakeIn) -> Result<Stored<Intake>> {
    let gift = cx.get(&new.gift)?;
    let activity = cx.get(&gift.activity)?;
    activity.must_not_be_over(Rule("G1"), cx.today())?;
    put_in(cx, &gift, new.received, new.source.reason())?;
    let intake = cx.insert(Intake {
        activity: gift.activity,
        gift: new.gift,
        source: new.source,
        list_no: new.list_no,
        listed: new.listed,
        received: new.received,
        received_on: cx.today(),
        brought_by: new.brought_by,
    })?;
    if intake.received != intake.listed {
        let notice = cx.notice(Role::PURCHASING, "intake-differs").about(&intake).with("number", intake.number());
        notice.with("name", &gift.name).with("listed", intake.listed).with("received", intake.received);
    }
    Ok(intake)
}
