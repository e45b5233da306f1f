//! Deadlines: when a record is due, counted in days from a day that it holds.

use chrono::TimeDelta;
use deskbell_proto::value::{FIRST_DAY, LAST_DAY};
use deskbell_proto::{DueQuestion, DueSince};

use crate::field::{Day, Days};
use crate::query::{Column, Query};
use crate::record::Record;

/// When records of a type are due, as a rule says it: "more than seven days after", "thirty days before".
///
/// One declaration serves everybody who asks: the job's sweep ([`reached`](Deadline::reached)), the desk's day and the
/// preview of what comes ([`OfRecord::deadline`](crate::OfRecord::deadline)), and the paper that says since when
/// ([`since`](Deadline::since)).
///
/// ```
/// # use deskbell_sdk::prelude::*;
/// # /// A receipt kept for an activity.
/// # #[derive(Record)] #[record(name = "receipt")] struct Receipt { kept_on: Day }
/// // G3: kept for forty days: until 10 February when it was kept on 1 January, and due on the 11th.
/// let release = Deadline::past(Receipt::KEPT_ON, Days(40));
/// let kept_on: Day = "2026-01-01".parse().unwrap();
/// assert_eq!(release.since(kept_on).to_string(), "2026-02-11");
/// ```
#[derive(Debug)]
pub struct Deadline<R> {
    day: Column<R, Day>,
    /// From that day to the first on which the record is due.
    days: i64,
    among: Option<Query<R>>,
}

impl<R: Record> Deadline<R> {
    /// Due when more than so many full days are over: with `Days(0)` from the day after, with `Days(7)` from the eighth.
    pub fn past(day: Column<R, Day>, days: Days) -> Self {
        Deadline::from(day, i64::from(days.0) + 1)
    }

    /// Due on the day itself.
    pub fn on(day: Column<R, Day>) -> Self {
        Deadline::from(day, 0)
    }

    /// Due from so many days before the day.
    pub fn ahead(day: Column<R, Day>, days: Days) -> Self {
        Deadline::from(day, -i64::from(days.0))
    }

    fn from(day: Column<R, Day>, days: i64) -> Self {
        Deadline { day, days, among: None }
    }

    /// Narrows it: only records that answer the query are ever due.
    #[must_use]
    pub fn among(mut self, query: Query<R>) -> Self {
        self.among = Some(match self.among.take() {
            Some(before) => before.and(query),
            None => query,
        });
        self
    }

    /// The records that are due on a day, longest due first.
    pub fn reached(&self, on: Day) -> Query<R> {
        let reached = self.day.le(shifted(on, -self.days));
        let narrowed = match &self.among {
            Some(among) => among.clone().and(reached),
            None => reached,
        };
        narrowed.sort_by(self.day).sort_by(R::NUMBER)
    }

    /// The first day on which a record with this day is due.
    pub fn since(&self, day: Day) -> Day {
        shifted(day, self.days)
    }

    /// The question of a day as it crosses the boundary.
    pub(crate) fn question(&self, on: Day, plugin: &str) -> DueQuestion {
        let since = DueSince { field: self.day.name().to_owned(), days: self.days };
        DueQuestion { find: self.reached(on).find(plugin), since: Some(since) }
    }
}

fn shifted(day: Day, days: i64) -> Day {
    let end = if days < 0 { FIRST_DAY } else { LAST_DAY };
    let shifted = TimeDelta::try_days(days).and_then(|days| day.checked_add_signed(days)).unwrap_or(end);
    shifted.clamp(FIRST_DAY, LAST_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// A thing with a day.
    #[derive(Record)]
    #[record(name = "thing")]
    struct Thing {
        ends_on: Day,
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn check(deadline: &Deadline<Thing>, of: &str, first: &str) {
        assert_eq!(deadline.since(day(of)), day(first), "{deadline:?} of {of}");
        let reached = |on: Day| {
            let find = deadline.reached(on).find("plugin");
            let row = serde_json::json!({"ends_on": of, "void_reason": null});
            find.filter.matches(row.as_object().unwrap())
        };
        assert!(reached(day(first)) && !reached(day(first).pred_opt().unwrap()), "{deadline:?} of {of}");
    }

    #[test]
    fn a_deadline_has_one_first_day_for_the_job_the_desk_and_the_paper() {
        check(&Deadline::past(Thing::ENDS_ON, Days(40)), "2026-01-01", "2026-02-11");
        check(&Deadline::past(Thing::ENDS_ON, Days(0)), "2026-12-31", "2027-01-01");
        check(&Deadline::past(Thing::ENDS_ON, Days(15)), "2028-02-20", "2028-03-07");
        check(&Deadline::on(Thing::ENDS_ON), "2028-02-29", "2028-02-29");
        check(&Deadline::ahead(Thing::ENDS_ON, Days(30)), "2026-01-15", "2025-12-16");
    }
}
