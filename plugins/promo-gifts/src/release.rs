//! The list by which kept receipts leave the desk: fetched by the person in charge, or released after forty days (G3).

use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::activity::Activity;
use crate::receipt::{self, KeptReceipt, KeptReceiptState};

/// A list of receipts. A site has at most one that is open, to which the night's job adds.
#[derive(Record)]
#[record(name = "release", number = "RR/day", index = "opened_on")]
pub struct Release {
    pub state: ReleaseState,
    /// The day that opened it.
    #[field(signed)]
    pub opened_on: Day,
    /// The activity whose person in charge came; none for what nobody fetched.
    pub activity: Option<Ref<Activity>>,
}

#[derive(State, Clone, PartialEq)]
pub enum ReleaseState {
    /// Of receipts that nobody fetched, until the supervisor has signed for them.
    Open,
    /// The receipts have left the desk.
    #[state(closed)]
    Closed {
        closed_at: Instant,
        n_receipts: i64,
        #[field(personal)]
        collected_by: Option<String>,
    },
}

/// Who fetches the receipts of an activity.
#[derive(Args)]
pub struct CollectReceipts {
    /// The name on the card of who fetches them.
    #[field(personal, max = 60)]
    pub collected_by: String,
}

/// 小票交接单
#[derive(Paper)]
pub struct ReleasePaper {
    pub number: String,
    pub opened_on: Day,
    /// Nobody came in forty days, so the desk is no longer liable.
    pub is_overdue: bool,
    pub collected_by: Option<String>,
    /// A line a receipt, longest kept first.
    pub lines: Vec<ReleaseLine>,
    pub n_receipts: i64,
}

#[derive(Paper)]
pub struct ReleaseLine {
    pub number: String,
    pub receipt_no: String,
    pub activity: String,
    pub person_in_charge: String,
    pub kept_on: Day,
    pub not_liable_since: Option<Day>,
}

/// G3: the person in charge fetches every receipt that is kept for the activity.
pub fn collect(cx: &mut Cx, activity: Stored<Activity>, by: CollectReceipts) -> Result<Stored<Activity>> {
    let kept = KeptReceipt::ACTIVITY.is(&activity).and(KeptReceipt::STATE.is(KeptReceiptState::KEPT));
    let receipts = cx.find_and_hold(kept, Rule("G3").refuse("receipts-have-changed"))?;
    Rule("G3").requires(!receipts.is_empty(), "no-receipt-is-kept")?;
    let (closed_at, n_receipts, collected_by) = (cx.now(), receipts.len() as i64, Some(by.collected_by));
    let state = ReleaseState::Closed { closed_at, n_receipts, collected_by };
    let list = cx.insert(Release { state, opened_on: cx.today(), activity: Some(activity.to_ref()) })?;
    for mut receipt in receipts {
        receipt.state = KeptReceiptState::Collected { collected_on: cx.today() };
        receipt.release = Some(list.to_ref());
        cx.update(receipt)?;
    }
    cx.paper("receipt-release", &list)?;
    Ok(activity)
}

/// G3: puts what was kept for too long on the one open list. The desk is no longer liable for it, and forgets whose it was.
pub fn release_overdue(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let overdue = cx.find(receipt::release(cx).reached(cx.today()))?;
    if overdue.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let new = Release { state: ReleaseState::Open, opened_on: cx.today(), activity: None };
    let list = cx.find_or_insert(Release::STATE.is_open(), new)?;
    // The supervisor may sign while this job runs: then the receipts belong on the next list.
    cx.hold(&list, Release::STATE.is_open(), Rule("G3").refuse("release-is-closed"))?;
    let released = cx.each(overdue, |cx, mut receipt| {
        receipt.state = KeptReceiptState::Released { not_liable_since: cx.today() };
        receipt.release = Some(list.to_ref());
        cx.erase(receipt)
    })?;
    cx.paper("receipt-release", &list)?;
    Ok(Outcome::counted("released", released))
}

/// G3: the supervisor has signed: the receipts on the list have left the desk.
pub fn close(cx: &mut Cx, mut list: Stored<Release>) -> Result<Stored<Release>> {
    Rule("G3").requires(list.state == ReleaseState::Open, "release-is-closed")?;
    let receipts = cx.find_and_hold(lines(&list), Rule("G3").refuse("receipts-have-changed"))?;
    let n_receipts = receipts.len() as i64;
    list.state = ReleaseState::Closed { closed_at: cx.now(), n_receipts, collected_by: None };
    let list = cx.update(list)?;
    cx.paper("receipt-release", &list)?;
    Ok(list)
}

/// The list that waits for the supervisor.
pub fn to_sign(_: &Cx, on: Day) -> Query<Release> {
    Release::STATE.is_open().and(Release::OPENED_ON.le(on))
}

pub fn paper(cx: &Cx, list: &Stored<Release>) -> Result<ReleasePaper> {
    let receipts = cx.find(lines(list))?;
    let lines: Vec<ReleaseLine> = receipts.iter().map(|receipt| ReleaseLine::of(cx, receipt)).collect::<Result<_>>()?;
    let collected_by = match &list.state {
        ReleaseState::Open => None,
        ReleaseState::Closed { collected_by, .. } => collected_by.clone(),
    };
    Ok(ReleasePaper {
        number: list.number().to_owned(),
        opened_on: list.opened_on,
        is_overdue: list.activity.is_none(),
        collected_by,
        n_receipts: lines.len() as i64,
        lines,
    })
}

fn lines(list: &Stored<Release>) -> Query<KeptReceipt> {
    KeptReceipt::RELEASE.is(list).sort_by(KeptReceipt::KEPT_ON).sort_by(KeptReceipt::NUMBER)
}

impl ReleaseLine {
    fn of(cx: &Cx, receipt: &Stored<KeptReceipt>) -> Result<ReleaseLine> {
        let activity = cx.get(&receipt.activity)?;
        let not_liable_since = match receipt.state {
            KeptReceiptState::Released { not_liable_since } => Some(not_liable_since),
            _ => None,
        };
        Ok(ReleaseLine {
            number: receipt.number().to_owned(),
            receipt_no: receipt.receipt_no.clone(),
            activity: activity.name.clone(),
            person_in_charge: activity.person_in_charge.clone(),
            kept_on: receipt.kept_on,
            not_liable_since,
        })
    }
}
