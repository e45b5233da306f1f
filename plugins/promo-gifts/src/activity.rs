//! An activity: what a supplier gives away at the desk, from when to when, and by which rule.

use deskbell_sdk::Turnover;
use deskbell_sdk::prelude::*;

use crate::gift::{Gift, Place};
use crate::intake::{Intake, Source};
use crate::movement::Movement;

/// A supplier's or the mall's own activity with gifts.
#[derive(Record)]
#[record(name = "activity", number = "PA/year", index = "ends_on")]
pub struct Activity {
    pub state: ActivityState,
    /// What it is called.
    #[field(searchable, editable, max = 80)]
    pub name: String,
    /// Whose gifts they are.
    #[field(searchable, editable, max = 80)]
    pub supplier: String,
    /// Who gets what, as customers read it.
    #[field(editable, long)]
    pub rule: String,
    /// The first day.
    #[field(editable)]
    pub starts_on: Day,
    /// The last day, through its end.
    #[field(editable)]
    pub ends_on: Day,
    /// Who answers for it: fetches receipts and what is left.
    #[field(personal, searchable, editable, max = 60)]
    pub person_in_charge: String,
    /// Where the person in charge is reached.
    #[field(personal, editable, max = 60)]
    pub contact: Option<String>,
    /// G3: receipts stay at the desk until the person in charge fetches them.
    pub keeps_receipts: bool,
    /// G2: handouts for one receipt.
    #[field(editable, min = 1, max = 100)]
    pub handouts_per_receipt: i64,
    /// G2: the least that a receipt must come to, in fen.
    #[field(editable)]
    pub purchase_from_fen: Fen,
}

/// Where an activity stands.
#[derive(State, Clone, PartialEq)]
pub enum ActivityState {
    /// Planned or on.
    Running,
    /// G6: over, and what was left is on its slip.
    Ended { ended_on: Day },
    /// Over, and nothing of it is left at the desk.
    #[state(closed)]
    Settled { ended_on: Day, settled_on: Day },
}

/// What is written down before the first gift goes out.
#[derive(Args)]
pub struct Announce {
    /// What it is called.
    #[field(max = 80)]
    pub name: String,
    /// Whose gifts they are.
    #[field(max = 80)]
    pub supplier: String,
    /// Who gets what, as customers read it.
    #[field(long)]
    pub rule: String,
    /// The first day.
    pub starts_on: Day,
    /// The last day, through its end.
    pub ends_on: Day,
    /// Who answers for it.
    #[field(personal, max = 60)]
    pub person_in_charge: String,
    /// Where the person in charge is reached.
    #[field(personal, max = 60)]
    pub contact: Option<String>,
    /// Receipts stay at the desk until the person in charge fetches them.
    #[default = false]
    pub keeps_receipts: bool,
    /// Handouts for one receipt.
    #[default = 1]
    #[field(min = 1, max = 100)]
    pub handouts_per_receipt: i64,
    /// The least that a receipt must come to, in fen.
    #[default = 0]
    pub purchase_from_fen: Fen,
}

/// 赠品派发活动登记表
#[derive(Paper)]
pub struct ActivityPaper {
    pub number: String,
    pub name: String,
    pub supplier: String,
    pub rule: String,
    pub starts_on: Day,
    pub ends_on: Day,
    pub person_in_charge: String,
    pub contact: Option<String>,
    pub keeps_receipts: bool,
    pub handouts_per_receipt: i64,
    pub purchase_from_fen: Fen,
    /// What came, oldest first.
    pub intakes: Vec<IntakeLine>,
    /// What became of it, a line an account.
    pub gifts: Vec<GiftLine>,
}

#[derive(Paper)]
pub struct IntakeLine {
    pub number: String,
    pub received_on: Day,
    pub gift: String,
    pub source: Source,
    pub list_no: String,
    pub listed: i64,
    pub received: i64,
}

#[derive(Paper)]
pub struct GiftLine {
    pub name: String,
    pub unit: String,
    pub place: Place,
    pub turnover: Turnover,
}

impl Activity {
    /// Refuses, by the rule of what is asked for, before the first day and after the last.
    pub fn must_run(&self, rule: Rule, today: Day) -> Result<()> {
        if today < self.starts_on {
            let refusal = rule.refuse("activity-has-not-begun");
            return Err(refusal.with("name", &self.name).with("starts_on", self.starts_on).into());
        }
        self.must_not_be_over(rule, today)
    }

    pub fn must_not_be_over(&self, rule: Rule, today: Day) -> Result<()> {
        if self.state == ActivityState::Running && today <= self.ends_on {
            return Ok(());
        }
        let refusal = rule.refuse("activity-is-over");
        Err(refusal.with("name", &self.name).with("ends_on", self.ends_on).into())
    }

    /// G1: what left the desk is not counted any more.
    pub fn must_not_be_settled(&self) -> Result<()> {
        let is_settled = matches!(self.state, ActivityState::Settled { .. });
        Ok(Rule("G1").requires(!is_settled, "activity-is-settled")?)
    }

    /// Nothing of it is left at the desk any more.
    pub fn settle(&mut self, today: Day) {
        self.state = ActivityState::Settled { ended_on: self.ends_on, settled_on: today };
    }

    fn must_make_sense(&self) -> Result<()> {
        if self.ends_on < self.starts_on {
            return Err(Error::invalid("ends_on", "ends-before-it-starts"));
        }
        if self.purchase_from_fen < Fen(0) {
            return Err(Error::invalid("purchase_from_fen", "amount-is-negative"));
        }
        Ok(())
    }
}

/// Writes an activity down.
pub fn announce(cx: &mut Cx, new: Announce) -> Result<Stored<Activity>> {
    let activity = Activity {
        state: ActivityState::Running,
        name: new.name,
        supplier: new.supplier,
        rule: new.rule,
        starts_on: new.starts_on,
        ends_on: new.ends_on,
        person_in_charge: new.person_in_charge,
        contact: new.contact,
        keeps_receipts: new.keeps_receipts,
        handouts_per_receipt: new.handouts_per_receipt,
        purchase_from_fen: new.purchase_from_fen,
    };
    activity.must_make_sense()?;
    cx.insert(activity)
}

/// G4: corrects or extends an activity; once it is over its days stay, since what was left is counted from them.
pub fn amend(cx: &mut Cx, activity: Stored<Activity>) -> Result<Stored<Activity>> {
    activity.before().must_not_be_over(Rule("G4"), cx.today())?;
    activity.must_make_sense()?;
    cx.update(activity)
}

pub fn paper(cx: &Cx, activity: &Stored<Activity>) -> Result<ActivityPaper> {
    let gifts = cx.find(Gift::of(activity))?;
    let mut intakes = Vec::new();
    for intake in cx.find(Intake::ACTIVITY.is(activity).sort_by(Intake::NUMBER))? {
        let gift = cx.get(&intake.gift)?;
        intakes.push(IntakeLine::of(&intake, &gift));
    }
    // No gift moves before its activity is written down; a day earlier, since that instant's date is UTC's.
    let period = Period { from: activity.created_at().date_naive() - Days(1), to: cx.today() };
    let turnovers = cx.turnovers::<Movement>(&gifts, period)?;
    let gifts = gifts.iter().zip(turnovers).map(|(gift, turnover)| GiftLine::of(gift, turnover)).collect();
    Ok(ActivityPaper {
        number: activity.number().to_owned(),
        name: activity.name.clone(),
        supplier: activity.supplier.clone(),
        rule: activity.rule.clone(),
        starts_on: activity.starts_on,
        ends_on: activity.ends_on,
        person_in_charge: activity.person_in_charge.clone(),
        contact: activity.contact.clone(),
        keeps_receipts: activity.keeps_receipts,
        handouts_per_receipt: activity.handouts_per_receipt,
        purchase_from_fen: activity.purchase_from_fen,
        intakes,
        gifts,
    })
}

/// 活动登记册, the register of activities.
pub fn register() -> RegisterOf<Activity> {
    RegisterOf::by(Activity::STARTS_ON)
        .column(Activity::NUMBER)
        .column(Activity::NAME)
        .column(Activity::SUPPLIER)
        .column(Activity::STARTS_ON)
        .column(Activity::ENDS_ON)
        .column(Activity::PERSON_IN_CHARGE)
        .column(Activity::KEEPS_RECEIPTS)
        .column(Activity::STATE)
        .signature("in-charge-by-hand")
}

impl IntakeLine {
    fn of(intake: &Stored<Intake>, gift: &Gift) -> IntakeLine {
        IntakeLine {
            number: intake.number().to_owned(),
            received_on: intake.received_on,
            gift: gift.name.clone(),
            source: intake.source,
            list_no: intake.list_no.clone(),
            listed: intake.listed,
            received: intake.received,
        }
    }
}

impl GiftLine {
    fn of(gift: &Gift, turnover: Turnover) -> GiftLine {
        GiftLine { name: gift.name.clone(), unit: gift.unit.clone(), place: gift.place, turnover }
    }
}
