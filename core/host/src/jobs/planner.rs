//! The planner: a pure function of a schedule, its cursor and now, which decides what happens to every occurrence since.
//!
//! Not here: writing rows (`store::jobs`), what is already running (`overlap` is the ledger's), the clock.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::RunKind;
use super::calendar::Calendar;

/// An occurrence planned later than this was missed; up to it, it is merely late.
pub const GRACE: TimeDelta = TimeDelta::seconds(60);

/// Most rows one plan makes of a schedule. What is older is kept as one row that covers a span, so that five years of a
/// minutely job cost no more than a night of it.
pub const ROWS_AT_MOST: usize = 400;

/// What becomes of occurrences that were missed while the desk was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misfire {
    /// One run for all of them, under the date of the latest.
    #[default]
    OnceLatest,
    /// One run for all of them, under the date of the earliest.
    OnceEarliest,
    /// A run each, for the newest `max_catchup` of them.
    All,
    /// No run.
    Skip,
}

/// The span of local time in which a job runs at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OncePer {
    LocalDay,
    LocalMonth,
}

/// What planning depends on.
#[derive(Debug, Clone)]
pub struct Rule {
    pub calendar: Calendar,
    pub misfire: Misfire,
    /// For [`Misfire::All`]; the newest is never refused.
    pub max_catchup: usize,
    pub once_per: Option<OncePer>,
}

/// A row for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Unique for the job and site.
    pub key: String,
    pub scheduled_for: DateTime<Utc>,
    /// The first occurrence that the row stands for, where it stands for more than one.
    pub covers_from: Option<DateTime<Utc>>,
    pub fate: Fate,
}

/// What happens to an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Run(RunKind),
    /// Another row's run does its work; its key.
    Coalesced(String),
    Skipped(SkipReason),
}

/// Why there is no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Missed, under [`Misfire::Skip`].
    Missed,
    /// Missed, and older than the newest `max_catchup`.
    OverCap,
    /// The run before was still going.
    Overlap,
    /// Its plugin is gone.
    NoHandler,
    /// The job was paused while it waited.
    Paused,
}

impl SkipReason {
    pub fn as_str(self) -> &'static str {
        match self {
            SkipReason::Missed => "missed",
            SkipReason::OverCap => "over-cap",
            SkipReason::Overlap => "overlap",
            SkipReason::NoHandler => "no-handler",
            SkipReason::Paused => "paused",
        }
    }
}

/// Plans the occurrences in `(cursor, now]`, oldest first; each is in exactly one row.
///
/// `last_key` is the key of the newest row there is: with `once_per`, an occurrence in the same day or month belongs to it.
pub fn plan(rule: &Rule, cursor: DateTime<Utc>, last_key: Option<&str>, now: DateTime<Utc>) -> Vec<Planned> {
    if now <= cursor {
        return Vec::new();
    }
    let timeline = Timeline { calendar: &rule.calendar, once_per: rule.once_per };
    let span = timeline.since(cursor, last_key, now);
    let n_late = span.recent.iter().filter(|occurrence| now - occurrence.at > GRACE).count();
    let (late, on_time) = span.recent.split_at(n_late);
    let mut rows = match rule.misfire {
        Misfire::OnceLatest => once_latest(span.older, late, on_time),
        Misfire::OnceEarliest => once_earliest(&timeline, span.older, late),
        Misfire::All => catch_up(span.older, late, on_time.is_empty(), rule.max_catchup),
        Misfire::Skip => skip(span.older, late),
    };
    rows.extend(on_time.iter().map(|occurrence| occurrence.row(Fate::Run(RunKind::Scheduled))));
    rows
}

fn once_latest(older: Option<Older>, late: &[Occurrence], on_time: &[Occurrence]) -> Vec<Planned> {
    // A run that is due anyway does the work of those before it.
    let Some(target) = on_time.first().or(late.last()) else { return Vec::new() };
    let fate = |occurrence: &Occurrence| {
        if occurrence == target { Fate::Run(RunKind::CatchUp) } else { Fate::Coalesced(target.key.clone()) }
    };
    let older = older.map(|older| older.row(Fate::Coalesced(target.key.clone())));
    older.into_iter().chain(late.iter().map(|occurrence| occurrence.row(fate(occurrence)))).collect()
}

fn once_earliest(timeline: &Timeline<'_>, older: Option<Older>, late: &[Occurrence]) -> Vec<Planned> {
    let Some(target) = older.as_ref().map(|older| &older.first).or(late.first()).cloned() else { return Vec::new() };
    let mut rows = vec![target.row(Fate::Run(RunKind::CatchUp))];
    let coalesced = Fate::Coalesced(target.key.clone());
    if let Some(rest) = older.and_then(|older| older.without_first(timeline)) {
        rows.push(rest.row(coalesced.clone()));
    }
    rows.extend(late.iter().filter(|occurrence| **occurrence != target).map(|occurrence| occurrence.row(coalesced.clone())));
    rows
}

fn catch_up(older: Option<Older>, late: &[Occurrence], is_newest_late: bool, max_catchup: usize) -> Vec<Planned> {
    let at_least = usize::from(is_newest_late);
    let n_refused = late.len().saturating_sub(max_catchup.max(at_least));
    let over_cap = Fate::Skipped(SkipReason::OverCap);
    let fate = |index: usize| if index < n_refused { over_cap.clone() } else { Fate::Run(RunKind::CatchUp) };
    let older = older.map(|older| older.row(over_cap.clone()));
    older.into_iter().chain(late.iter().enumerate().map(|(index, occurrence)| occurrence.row(fate(index)))).collect()
}

fn skip(older: Option<Older>, late: &[Occurrence]) -> Vec<Planned> {
    let missed = Fate::Skipped(SkipReason::Missed);
    let older = older.map(|older| older.row(missed.clone()));
    older.into_iter().chain(late.iter().map(|occurrence| occurrence.row(missed.clone()))).collect()
}

/// One time at which the job is due, with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Occurrence {
    at: DateTime<Utc>,
    key: String,
}

impl Occurrence {
    fn row(&self, fate: Fate) -> Planned {
        Planned { key: self.key.clone(), scheduled_for: self.at, covers_from: None, fate }
    }
}

/// What happened since the cursor: the newest occurrences one by one, and those before them as a span.
struct Since {
    older: Option<Older>,
    recent: Vec<Occurrence>,
}

/// A span of occurrences that nobody wants to read one by one.
struct Older {
    first: Occurrence,
    last: Occurrence,
}

impl Older {
    fn row(self, fate: Fate) -> Planned {
        let covers_from = (self.first != self.last).then_some(self.first.at);
        Planned { covers_from, ..self.last.row(fate) }
    }

    fn without_first(self, timeline: &Timeline<'_>) -> Option<Older> {
        let first = timeline.next_after(self.first.at, Some(&self.first.key)).filter(|next| next.at <= self.last.at)?;
        Some(Older { first, last: self.last })
    }
}

/// The occurrences of a calendar, the first of each local day or month where there is to be one only.
struct Timeline<'a> {
    calendar: &'a Calendar,
    once_per: Option<OncePer>,
}

impl Timeline<'_> {
    fn since(&self, cursor: DateTime<Utc>, last_key: Option<&str>, now: DateTime<Utc>) -> Since {
        match self.walk(cursor, last_key, now) {
            Some(recent) => Since { older: None, recent },
            None => self.newest_since(cursor, last_key, now),
        }
    }

    /// The newest occurrences out of more than [`ROWS_AT_MOST`]: those of the longest span, doubled from an hour, that fits.
    fn newest_since(&self, cursor: DateTime<Utc>, last_key: Option<&str>, now: DateTime<Utc>) -> Since {
        let mut width = GRACE;
        let mut start = now;
        let mut recent = Vec::new();
        loop {
            let wider = self.period_start(now - width) - TimeDelta::seconds(1);
            if wider <= cursor {
                break;
            }
            let Some(found) = self.walk(wider, None, now) else { break };
            (start, recent) = (wider, found);
            width = width * 2;
        }
        let first = self.next_after(cursor, last_key).filter(|first| first.at <= start);
        let older = first.map(|first| Older { last: self.last_until(start, &first), first });
        Since { older, recent }
    }

    /// All occurrences in `(after, until]`, or `None` when they are more than [`ROWS_AT_MOST`].
    fn walk(&self, after: DateTime<Utc>, last_key: Option<&str>, until: DateTime<Utc>) -> Option<Vec<Occurrence>> {
        let mut found: Vec<Occurrence> = Vec::new();
        let mut next = self.next_after(after, last_key);
        while let Some(occurrence) = next.filter(|next| next.at <= until) {
            if found.len() == ROWS_AT_MOST {
                return None;
            }
            next = self.next_after(occurrence.at, Some(&occurrence.key));
            found.push(occurrence);
        }
        Some(found)
    }

    /// The first occurrence after an instant whose key is another than `last_key`.
    fn next_after(&self, after: DateTime<Utc>, last_key: Option<&str>) -> Option<Occurrence> {
        let at = self.calendar.next_after(after)?;
        let key = self.key(at);
        if last_key != Some(key.as_str()) {
            return Some(Occurrence { at, key });
        }
        let rest_of_period = self.next_period_start(at).unwrap_or(at + TimeDelta::seconds(1)) - TimeDelta::seconds(1);
        let at = self.calendar.next_after(rest_of_period)?;
        Some(Occurrence { at, key: self.key(at) })
    }

    /// The last occurrence up to an instant; `first` is known to be one.
    fn last_until(&self, until: DateTime<Utc>, first: &Occurrence) -> Occurrence {
        let Some(last) = self.calendar.last_between(first.at, until + TimeDelta::seconds(1)) else { return first.clone() };
        if self.key(last) == first.key {
            return first.clone();
        }
        // With one a period, it is the first of its period that counts.
        let period = self.period_start(last) - TimeDelta::seconds(1);
        let at = if self.once_per.is_some() { self.calendar.next_after(period).unwrap_or(last) } else { last };
        Occurrence { at, key: self.key(at) }
    }

    /// The key under which an occurrence is in the ledger: its instant, or the local day or month that has one run only.
    fn key(&self, at: DateTime<Utc>) -> String {
        let day = self.calendar.date(at);
        match self.once_per {
            None => at.to_rfc3339_opts(SecondsFormat::Secs, true),
            Some(OncePer::LocalDay) => day.to_string(),
            Some(OncePer::LocalMonth) => day.format("%Y-%m").to_string(),
        }
    }

    /// The first instant of the day or month that `at` is in; `at` itself where every occurrence counts.
    fn period_start(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let Some(period) = self.period(at) else { return at };
        self.calendar.day_starts(period.start).unwrap_or(at)
    }

    fn next_period_start(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.calendar.day_starts(self.period(at)?.end)
    }

    /// The local days from the first of the period to the first of the next.
    fn period(&self, at: DateTime<Utc>) -> Option<Range<NaiveDate>> {
        let day = self.calendar.date(at);
        match self.once_per? {
            OncePer::LocalDay => Some(day..day.succ_opt()?),
            OncePer::LocalMonth => {
                let first = day.with_day(1)?;
                Some(first..first.checked_add_months(chrono::Months::new(1))?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
