//! What is left when an activity ends: fetched by its promoter or person in charge, or the mall's after a time (G4, G6).

use deskbell_sdk::prelude::*;
use deskbell_sdk::{Deadline, Each};

use crate::Settings;
use crate::activity::{Activity, ActivityState};
use crate::gift::{Gift, Place};
use crate::movement::{Movement, Reason, take_out_all};

/// The slip of an activity's leftovers. Its lines are the gifts of the activity.
#[derive(Record)]
#[record(name = "disposal", number = "GD/day", unique = "activity", index = "ended_on")]
pub struct Disposal {
    pub state: DisposalState,
    /// Which activity is over.
    #[field(signed)]
    pub activity: Ref<Activity>,
    /// Its last day.
    #[field(signed)]
    pub ended_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum DisposalState {
    /// G6: listed; its promoter or person in charge may fetch it.
    Waiting,
    /// G4: nobody came. It is the mall's, and leaves the stock once both have signed.
    Unclaimed { unclaimed_since: Day },
    #[state(closed)]
    HandedBack {
        #[field(personal)]
        fetched_by: String,
        done_on: Day,
        n_pieces: i64,
    },
    /// G4
    #[state(closed)]
    HandedToMall { done_on: Day, n_pieces: i64 },
}

/// Who fetches what is left.
#[derive(Args)]
pub struct HandBack {
    /// The promoter or person in charge.
    #[field(personal, max = 60)]
    pub fetched_by: String,
}

/// 赠品处理单
#[derive(Paper)]
pub struct DisposalPaper {
    pub number: String,
    pub activity: String,
    pub supplier: String,
    pub person_in_charge: String,
    pub ended_on: Day,
    /// The first day on which it is the mall's.
    pub unclaimed_from: Day,
    pub is_the_malls: bool,
    pub fetched_by: Option<String>,
    pub done_on: Option<Day>,
    /// A line a gift with anything left.
    pub lines: Vec<DisposalLine>,
    pub n_pieces: i64,
}

#[derive(Paper)]
pub struct DisposalLine {
    pub name: String,
    pub unit: String,
    pub place: Place,
    pub quantity: i64,
}

/// G4: ended on the 1st and 15 days: its promoter's through the 16th, and due on the 17th.
pub fn unclaimed(cx: &Cx<Settings>) -> Deadline<Disposal> {
    Deadline::past(Disposal::ENDED_ON, cx.settings().unclaimed_after_days).among(Disposal::STATE.is(DisposalState::WAITING))
}

/// G6: lists what is left of each activity that is over, once; planning is told of it. With nothing left it is settled.
pub fn list_leftovers(cx: &mut Cx<Settings>) -> Result<Each> {
    let over = Deadline::past(Activity::ENDS_ON, Days(0)).among(Activity::STATE.is(ActivityState::RUNNING));
    let over = cx.find(over.reached(cx.today()))?;
    cx.each(over, |cx, mut activity| {
        let n_left = cx.count(Gift::left_of(&activity))?;
        if n_left == 0 {
            activity.settle(cx.today());
            return cx.update(activity).map(drop);
        }
        activity.state = ActivityState::Ended { ended_on: activity.ends_on };
        let activity = cx.update(activity)?;
        let (state, ended_on) = (DisposalState::Waiting, activity.ends_on);
        let slip = cx.insert(Disposal { state, activity: activity.to_ref(), ended_on })?;
        cx.notice(Role::PLANNING, "leftovers-listed").about(&slip).with("activity", &activity.name).with("number", slip.number());
        cx.paper("disposal-slip", &slip)
    })
}

/// G4: what nobody fetched in time is the mall's; the supervisor is told, and the slip waits for its signatures.
pub fn list_unclaimed(cx: &mut Cx<Settings>) -> Result<Outcome> {
    // After an outage an activity may be over for so long that its slip is made and due in one night.
    let listed = list_leftovers(cx)?;
    let unclaimed = cx.find(unclaimed(cx).reached(cx.today()))?;
    if unclaimed.is_empty() && listed.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let unclaimed = cx.each(unclaimed, |cx, mut slip| {
        slip.state = DisposalState::Unclaimed { unclaimed_since: cx.today() };
        let slip = cx.update(slip)?;
        let activity = cx.get(&slip.activity)?;
        cx.notice(Role::SUPERVISOR, "gifts-unclaimed")
            .about(&slip)
            .with("activity", &activity.name)
            .with("number", slip.number());
        cx.paper("disposal-slip", &slip)
    })?;
    Ok(Outcome::counted("unclaimed", unclaimed).count("ended", listed.done))
}

/// G4: the promoter or the person in charge fetches what is left, as long as it is not the mall's.
pub fn hand_back(cx: &mut Cx<Settings>, mut slip: Stored<Disposal>, to: HandBack) -> Result<Stored<Disposal>> {
    let is_theirs = slip.state == DisposalState::Waiting && cx.today() < unclaimed(cx).since(slip.ended_on);
    Rule("G4").requires(is_theirs, "gifts-are-not-theirs")?;
    let n_pieces = empty(cx, &slip, Reason::HandedBack)?;
    slip.state = DisposalState::HandedBack { fetched_by: to.fetched_by, done_on: cx.today(), n_pieces };
    let slip = cx.update(slip)?;
    cx.paper("disposal-slip", &slip)?;
    Ok(slip)
}

/// G4: nobody signs for gifts that somebody may still fetch.
pub fn must_be_the_malls(_: &mut Cx, slip: Stored<Disposal>) -> Result<Stored<Disposal>> {
    let is_the_malls = matches!(slip.state, DisposalState::Unclaimed { .. });
    Rule("G4").requires(is_the_malls, "slip-is-not-to-sign")?;
    Ok(slip)
}

/// G4: both have signed: the gifts leave the stock.
pub fn move_out(cx: &mut Cx, slip: Stored<Disposal>) -> Result<Stored<Disposal>> {
    let mut slip = must_be_the_malls(cx, slip)?;
    let n_pieces = empty(cx, &slip, Reason::HandedToMall)?;
    slip.state = DisposalState::HandedToMall { done_on: cx.today(), n_pieces };
    let slip = cx.update(slip)?;
    cx.paper("disposal-slip", &slip)?;
    Ok(slip)
}

/// Takes all gifts of the slip out of stock, and settles its activity.
fn empty<S>(cx: &mut Cx<S>, slip: &Stored<Disposal>, reason: Reason) -> Result<i64> {
    let mut activity = cx.get(&slip.activity)?;
    let mut n_pieces = 0;
    for gift in cx.find_and_hold(Gift::left_of(&activity), Rule("G1").refuse("stock-has-changed").with("name", &activity.name))? {
        n_pieces += take_out_all(cx, &gift, reason)?;
    }
    activity.settle(cx.today());
    cx.update(activity)?;
    Ok(n_pieces)
}

/// Slips that wait for their signatures.
pub fn to_sign(_: &Cx, on: Day) -> Query<Disposal> {
    let unclaimed = Disposal::STATE.is(DisposalState::UNCLAIMED);
    unclaimed.and(Disposal::STATE.field(DisposalState::UNCLAIMED_SINCE).le(on)).sort_by(Disposal::NUMBER)
}

pub fn paper(cx: &Cx<Settings>, slip: &Stored<Disposal>) -> Result<DisposalPaper> {
    let activity = cx.get(&slip.activity)?;
    let lines = lines(cx, slip, &activity)?;
    let (fetched_by, done_on) = match &slip.state {
        DisposalState::HandedBack { fetched_by, done_on, .. } => (Some(fetched_by.clone()), Some(*done_on)),
        DisposalState::HandedToMall { done_on, .. } => (None, Some(*done_on)),
        _ => (None, None),
    };
    Ok(DisposalPaper {
        number: slip.number().to_owned(),
        activity: activity.name.clone(),
        supplier: activity.supplier.clone(),
        person_in_charge: activity.person_in_charge.clone(),
        ended_on: slip.ended_on,
        unclaimed_from: unclaimed(cx).since(slip.ended_on),
        is_the_malls: matches!(slip.state, DisposalState::Unclaimed { .. } | DisposalState::HandedToMall { .. }),
        fetched_by,
        done_on,
        n_pieces: lines.iter().map(|line| line.quantity).sum(),
        lines,
    })
}

/// What is in stock now; once it is gone, what went.
fn lines(cx: &Cx<Settings>, slip: &Disposal, activity: &Stored<Activity>) -> Result<Vec<DisposalLine>> {
    if matches!(slip.state, DisposalState::Waiting | DisposalState::Unclaimed { .. }) {
        let left = cx.find(Gift::left_of(activity))?;
        return Ok(left.iter().map(|gift| DisposalLine::of(gift, gift.in_stock)).collect());
    }
    let mut lines = Vec::new();
    for gift in cx.find(Gift::of(activity))? {
        let went = Movement::GIFT.is(&gift).and(Movement::REASON.one_of([Reason::HandedBack, Reason::HandedToMall]));
        lines.extend(cx.find(went)?.iter().map(|movement| DisposalLine::of(&gift, -movement.quantity)));
    }
    Ok(lines)
}

impl DisposalLine {
    fn of(gift: &Gift, quantity: i64) -> DisposalLine {
        DisposalLine { name: gift.name.clone(), unit: gift.unit.clone(), place: gift.place, quantity }
    }
}
