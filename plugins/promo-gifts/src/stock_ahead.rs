//! Looking ahead: whether the gifts of a running activity will do for the next days (G6).

use deskbell_sdk::Each;
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::activity::{Activity, ActivityState};
use crate::disposal::list_leftovers;
use crate::gift::{Gift, Place, Warned};

/// G6: warns planning of what runs out while an activity runs, and lists at once what is left of one that is over.
pub fn look_ahead(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let listed = list_leftovers(cx)?;
    let warned = warn(cx)?;
    if listed.is_empty() && warned.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    Ok(Outcome::counted("warned", warned).count("ended", listed.done))
}

/// G6: tells planning of each gift that has come to a stage of which it was not told; what was refilled is warned of anew.
fn warn(cx: &mut Cx<Settings>) -> Result<Each> {
    let mut to_note = Vec::new();
    for activity in cx.find(running(cx.today()))? {
        let gifts = cx.find(Gift::of(&activity))?;
        for gift in gifts.iter().filter(|gift| gift.place == Place::Storeroom) {
            let in_stock = gifts.iter().filter(|other| other.name == gift.name).map(|other| other.in_stock).sum();
            if stage(in_stock, gift.expected_daily_use, cx.settings().days_ahead) != gift.warned {
                to_note.push((gift.to_ref(), in_stock));
            }
        }
    }
    let days_ahead = cx.settings().days_ahead;
    let mut n_warned = 0;
    let gifts: Vec<Ref<Gift>> = to_note.iter().map(|(gift, _)| *gift).collect();
    let noted = cx.each(gifts, |cx, reference| {
        let mut gift = cx.get(&reference)?;
        let in_stock = to_note.iter().find(|(other, _)| *other == reference).map_or(0, |(_, in_stock)| *in_stock);
        let before = gift.warned;
        gift.warned = stage(in_stock, gift.expected_daily_use, days_ahead);
        let gift = cx.update(gift)?;
        if gift.warned.is_news_after(before) {
            n_warned += 1;
            let activity = cx.get(&gift.activity)?;
            let notice = cx.notice(Role::PLANNING, "stock-runs-out").about(&gift).with("stage", gift.warned);
            notice.with("name", &gift.name).with("activity", &activity.name).with("in_stock", in_stock).with("unit", &gift.unit);
        }
        Ok(())
    })?;
    Ok(Each { done: n_warned, left_out: noted.left_out })
}

/// Activities that are on.
fn running(today: Day) -> Query<Activity> {
    let is_on = Activity::STARTS_ON.le(today).and(Activity::ENDS_ON.ge(today));
    Activity::STATE.is(ActivityState::RUNNING).and(is_on).sort_by(Activity::NUMBER)
}

/// G6: five a day and three days: 15 will do, 14 is low.
pub(crate) fn stage(in_stock: i64, expected_daily_use: i64, days_ahead: Days) -> Warned {
    let needed = expected_daily_use.saturating_mul(days_ahead.0.into());
    match in_stock {
        0 if needed > 0 => Warned::Empty,
        _ if in_stock < needed => Warned::Low,
        _ => Warned::Not,
    }
}
