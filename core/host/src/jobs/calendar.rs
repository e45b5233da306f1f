//! When a job is due: a cron expression or the store's hours, read in a time zone, through croner.
//!
//! Not here: what to do about occurrences that were missed (`planner`), how a schedule reads in words (`words`).

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SubsecRound, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// When the store opens and closes, by its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

/// A schedule's `cron` line in a zone: tells every instant at which the job is due, in whole seconds.
#[derive(Debug, Clone)]
pub struct Calendar {
    expression: Expression,
    /// Shared by all sites whose clocks and hours are the same: read, a line is some kilobytes.
    cron: Arc<Cron>,
    zone: Tz,
}

/// What the `cron` line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// Six fields, seconds first.
    Cron(String),
    /// `@opens-15m`: so many minutes after (before, where negative) the store opens or closes, at `time`.
    Hours { edge: Edge, minutes: i64, time: NaiveTime },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Opens,
    Closes,
}

/// Why a `cron` line can't be used: what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CalendarError(String);

impl Calendar {
    /// Reads a `cron` line. One that never comes due (`30 2`: 30 February) is an error, found in bounded time.
    pub fn parse(line: &str, zone: Tz, hours: Hours) -> Result<Self, CalendarError> {
        let expression = match line.trim() {
            at if at.starts_with('@') => parse_at(at, hours)?,
            fields => Expression::Cron(checked_fields(fields)?),
        };
        let cron = match &expression {
            Expression::Cron(fields) => parse_cron(fields)?,
            Expression::Hours { time, .. } => parse_cron(&daily_at(*time))?,
        };
        let calendar = Calendar { expression, cron: Arc::new(cron), zone };
        match calendar.next_after(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(calendar),
            None => Err(CalendarError(format!("`{line}` never comes: no year has such a day"))),
        }
    }

    pub fn zone(&self) -> Tz {
        self.zone
    }

    pub(super) fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The first occurrence after an instant; none when there is no more before croner's horizon (the year 5000).
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // croner carries fractions of a second over into what it finds, where they would defeat the ledger's unique key.
        let after = after.trunc_subsecs(0);
        let mut from = after.with_timezone(&self.zone);
        let mut inclusive = false;
        // A calendar error must not end a schedule for good: one search a skipped day, and no zone skipped more than two.
        for _ in 0..3 {
            match self.cron.find_next_occurrence(&from, inclusive) {
                Ok(found) if found.with_timezone(&Utc) > after => return Some(found.with_timezone(&Utc).trunc_subsecs(0)),
                Ok(found) => (from, inclusive) = (found + TimeDelta::seconds(1), true),
                Err(_) => (from, inclusive) = (self.midnight_after_a_skipped_day(from)?, true),
            }
        }
        None
    }

    /// The last occurrence in `(after, before)`; works forwards only, because croner's backward search skips differently.
    pub(super) fn last_between(&self, after: DateTime<Utc>, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let comes_before_the_end = |from: DateTime<Utc>| self.next_after(from).filter(|next| *next < before);
        let mut found = comes_before_the_end(after)?;
        // `found` is in the span; halve what lies between it and the end until nothing more is.
        let mut end = before;
        while end - found > TimeDelta::seconds(1) {
            let middle = (found + (end - found) / 2).trunc_subsecs(0);
            match comes_before_the_end(middle) {
                Some(later) => found = later,
                None if middle <= found => break,
                None => end = middle,
            }
        }
        while let Some(later) = comes_before_the_end(found) {
            found = later;
        }
        Some(found)
    }

    /// The local date of an instant.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The first instant of a local day, or of the next one that exists.
    pub(super) fn day_starts(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        start_of(day, self.zone).map(|start| start.with_timezone(&Utc))
    }

    /// croner gives up on a gap of more than two hours: Apia had no 2011-12-30 at all. Search goes on behind that day.
    fn midnight_after_a_skipped_day(&self, from: DateTime<Tz>) -> Option<DateTime<Tz>> {
        // croner looks at most as far as its next match, and a match is at most eight years away (29 February, over 2100).
        const DAYS_AHEAD: u64 = 8 * 366;
        let today = from.date_naive();
        let is_skipped = |day: &NaiveDate| {
            let noon = day.and_time(NaiveTime::MIN) + TimeDelta::hours(12);
            self.zone.from_local_datetime(&noon).earliest().is_none()
        };
        let days = (1..=DAYS_AHEAD).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        let skipped = days.into_iter().find(is_skipped)?;
        start_of(skipped, self.zone)
    }
}

/// The first instant of a local day: midnight, or what follows where the clocks skip it.
fn start_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Tz>> {
    const QUARTER_HOURS_IN_TWO_DAYS: i32 = 2 * 96;
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=QUARTER_HOURS_IN_TWO_DAYS)
        .find_map(|quarter| zone.from_local_datetime(&(midnight + TimeDelta::minutes(15) * quarter)).earliest())
}

fn parse_cron(fields: &str) -> Result<Cron, CalendarError> {
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
    parser.parse(fields).map_err(|error| CalendarError(format!("`{fields}`: {error}")))
}

fn daily_at(time: NaiveTime) -> String {
    format!("{} {} {} * * *", time.second(), time.minute(), time.hour())
}

/// Reads `@opens`, `@closes+10m`, `@opens-1h`, and croner's `@daily` and its like.
fn parse_at(text: &str, hours: Hours) -> Result<Expression, CalendarError> {
    let named = match text {
        "@yearly" | "@annually" => Some("0 0 0 1 1 *"),
        "@monthly" => Some("0 0 0 1 * *"),
        "@weekly" => Some("0 0 0 * * 0"),
        "@daily" | "@midnight" => Some("0 0 0 * * *"),
        "@hourly" => Some("0 0 * * * *"),
        _ => None,
    };
    if let Some(fields) = named {
        return Ok(Expression::Cron(fields.to_owned()));
    }
    let wrong = || {
        CalendarError(format!(
            "`{text}` is no time the store knows: expected @opens or @closes, with minutes or hours before or after it as in \
             @opens-15m or @closes+1h"
        ))
    };
    let (edge, rest) = if let Some(rest) = text.strip_prefix("@opens") {
        (Edge::Opens, rest)
    } else if let Some(rest) = text.strip_prefix("@closes") {
        (Edge::Closes, rest)
    } else {
        return Err(wrong());
    };
    let minutes = parse_offset(rest).ok_or_else(wrong)?;
    let start = match edge {
        Edge::Opens => hours.opens,
        Edge::Closes => hours.closes,
    };
    let (time, _) = start.overflowing_add_signed(TimeDelta::minutes(minutes));
    Ok(Expression::Hours { edge, minutes, time })
}

/// `-15m` → -15, `+1h` → 60, nothing → 0; less than a day.
fn parse_offset(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "-" => -1,
        "+" => 1,
        _ => return None,
    };
    let (number, unit) = text[1..].split_at_checked(text.len() - 2)?;
    let number: i64 = number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    let minutes = match unit {
        "m" => number,
        "h" => number.checked_mul(60)?,
        _ => return None,
    };
    (minutes < 24 * 60).then_some(sign * minutes)
}

/// One of the six fields: what it may hold, for messages that name it.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
    /// Letters and signs beyond `*`, digits, `,`, `-` and `/`.
    signs: &'static str,
    /// What stands alone for the field in a test pattern.
    position: usize,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, names: &[], signs: "", position: 0 },
    Field { name: "minute", least: 0, most: 59, names: &[], signs: "", position: 1 },
    Field { name: "hour", least: 0, most: 23, names: &[], signs: "", position: 2 },
    Field { name: "day of month", least: 1, most: 31, names: &[], signs: "LW?", position: 3 },
    Field { name: "month", least: 1, most: 12, names: &MONTHS, signs: "", position: 4 },
    Field { name: "weekday", least: 0, most: 7, names: &WEEKDAYS, signs: "L#+?", position: 5 },
];

/// Checks the six fields one by one, because croner's own errors don't say which of them is wrong.
fn checked_fields(text: &str) -> Result<String, CalendarError> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    match fields.len() {
        6 => {}
        5 => {
            return Err(CalendarError(format!(
                "`{text}` has five fields: a schedule has six, seconds first, so write `0 {}`",
                fields.join(" ")
            )));
        }
        n => {
            return Err(CalendarError(format!(
                "`{text}` has {n} field{}: a schedule has six (second, minute, hour, day of month, month, weekday), \
                 as in `0 30 2 * * *`",
                if n == 1 { "" } else { "s" }
            )));
        }
    }
    for (field, text) in FIELDS.iter().zip(&fields) {
        field.check(text)?;
    }
    Ok(fields.join(" "))
}

impl Field {
    fn check(&self, text: &str) -> Result<(), CalendarError> {
        let upper = text.to_uppercase();
        if self.signs.contains('L') && upper.starts_with("L-") {
            return Err(
                self.wrong(format_args!("`{text}` counts back from the month's end, which is not understood; use L or 15W"))
            );
        }
        let numbers = self.without_names(&upper);
        if let Some(sign) = numbers.chars().find(|sign| !self.takes(*sign)) {
            return Err(self.wrong(format_args!("`{text}` has `{sign}` in it, which has no meaning here")));
        }
        // What follows `/` is a step and what follows `#` a week, neither of them a value of the field.
        for part in numbers.split(',') {
            let values = part.split(['/', '#']).next().unwrap_or_default();
            for number in values.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()) {
                let is_within = number.parse().is_ok_and(|number: u32| (self.least..=self.most).contains(&number));
                if !is_within {
                    return Err(CalendarError(format!("{} must be {self}, got {number}", self.name)));
                }
            }
        }
        let mut alone = ["*"; 6];
        alone[self.position] = text;
        match parse_cron(&alone.join(" ")) {
            Ok(_) => Ok(()),
            Err(_) => {
                Err(self.wrong(format_args!("`{text}` is not understood; write {self}, *, a list 1,2, a range 1-5 or steps */2")))
            }
        }
    }

    fn without_names(&self, upper: &str) -> String {
        let mut text = upper.to_owned();
        for (index, name) in self.names.iter().enumerate() {
            text = text.replace(name, &(index as u32 + self.least).to_string());
        }
        text
    }

    fn takes(&self, sign: char) -> bool {
        sign.is_ascii_digit() || "*,-/".contains(sign) || self.signs.contains(sign)
    }

    fn wrong(&self, what: fmt::Arguments<'_>) -> CalendarError {
        CalendarError(format!("{}: {what}", self.name))
    }
}

impl fmt::Display for Field {
    /// The values it takes, `0–59`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.least, self.most)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    pub(crate) fn hours() -> Hours {
        Hours { opens: NaiveTime::from_hms_opt(10, 0, 0).unwrap(), closes: NaiveTime::from_hms_opt(22, 0, 0).unwrap() }
    }

    pub(crate) fn calendar(line: &str, zone: &str) -> Calendar {
        Calendar::parse(line, zone.parse().unwrap(), hours()).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    /// Says which local times follow `after`.
    fn check(line: &str, zone: &str, after: &str, expected: &[&str]) {
        let calendar = calendar(line, zone);
        let mut cursor = at(after);
        let mut found = Vec::new();
        for _ in expected {
            cursor = calendar.next_after(cursor).expect("the schedule goes on");
            found.push(cursor.with_timezone(&calendar.zone).to_rfc3339());
        }
        assert_eq!(found, expected, "{line} in {zone}");
    }

    fn check_error(line: &str, expected: &str) {
        let error = Calendar::parse(line, Tz::UTC, hours()).expect_err(line).to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }

    #[test]
    fn local_time_stays_through_both_clock_changes() {
        let new_york = "America/New_York";
        check("0 0 21 * * *", new_york, "2026-03-07T12:00:00Z", &["2026-03-07T21:00:00-05:00", "2026-03-08T21:00:00-04:00"]);
        check("0 0 21 * * *", new_york, "2026-10-31T12:00:00Z", &["2026-10-31T21:00:00-04:00", "2026-11-01T21:00:00-05:00"]);
    }

    #[test]
    fn a_time_in_the_gap_runs_once_behind_it() {
        let expected = ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"];
        check("0 30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", &expected);
        let cairo = ["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"];
        check("0 0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", &cairo);
        let lord_howe = ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"];
        check("0 15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", &lord_howe);
    }

    #[test]
    fn a_time_in_the_fold_runs_in_its_first_half_only() {
        let expected = ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"];
        check("0 30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", &expected);
        let lord_howe = ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"];
        check("0 45 1 * * *", "Australia/Lord_Howe", "2026-04-04T10:00:00Z", &lord_howe);
        let halves = [
            "2026-11-01T01:00:00-04:00",
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:00:00-05:00",
            "2026-11-01T01:30:00-05:00",
            "2026-11-01T02:00:00-05:00",
        ];
        check("0 */30 * * * *", "America/New_York", "2026-11-01T04:30:00Z", &halves);
    }

    #[test]
    fn the_hour_before_a_gap_runs_once() {
        let expected = ["2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+01:00"];
        check("0 0 0 * * *", "Europe/London", "2026-03-28T12:00:00Z", &expected);
    }

    #[test]
    fn a_schedule_survives_a_day_that_never_was() {
        let expected = ["2011-12-29T09:00:00-10:00", "2011-12-31T09:00:00+14:00", "2012-01-01T09:00:00+14:00"];
        check("0 0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", &expected);
        check("0 0 9 30 12 *", "Pacific/Apia", "2010-12-31T00:00:00Z", &["2012-12-30T09:00:00+14:00"]);
    }

    #[test]
    fn month_ends_and_leap_days_are_the_calendars() {
        let calendar = calendar("0 0 9 L * *", "Asia/Shanghai");
        let mut cursor = at("2026-12-31T12:00:00Z");
        let mut last_days = Vec::new();
        for _ in 0..14 {
            cursor = calendar.next_after(cursor).unwrap();
            last_days.push(calendar.date(cursor));
        }
        assert!(last_days.iter().all(|day| day.succ_opt().unwrap().to_string().ends_with("-01")), "{last_days:?}");
        assert_eq!(last_days[13].to_string(), "2028-02-29");
        let leap = ["2028-02-29T00:00:00+08:00", "2032-02-29T00:00:00+08:00"];
        check("0 0 0 29 2 *", "Asia/Shanghai", "2026-11-24T00:00:00Z", &leap);
        check("0 0 0 29 2 *", "Asia/Shanghai", "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00+08:00"]);
        check("0 0 9 25 * *", "Asia/Shanghai", "2027-04-24T00:00:00Z", &["2027-04-25T09:00:00+08:00"]);
        check("0 0 9 * * FRI#2", "Asia/Shanghai", "2026-11-24T00:00:00Z", &["2026-12-11T09:00:00+08:00"]);
        check("0 0 9 15W * *", "Asia/Shanghai", "2026-11-01T00:00:00Z", &["2026-11-16T09:00:00+08:00"]);
        check("0 0 9 LW * *", "Asia/Shanghai", "2027-01-01T00:00:00Z", &["2027-01-29T09:00:00+08:00"]);
    }

    #[test]
    fn the_stores_hours_are_times_too() {
        check("@opens", "Asia/Shanghai", "2026-11-24T00:00:00Z", &["2026-11-24T10:00:00+08:00"]);
        check("@opens-15m", "Asia/Shanghai", "2026-11-24T00:00:00Z", &["2026-11-24T09:45:00+08:00"]);
        check("@closes+1h", "Asia/Shanghai", "2026-11-24T00:00:00Z", &["2026-11-24T23:00:00+08:00"]);
        check("@daily", "Asia/Shanghai", "2026-11-24T00:00:00Z", &["2026-11-25T00:00:00+08:00"]);
        check_error("@noon", "expected @opens or @closes");
        check_error("@opens-15", "expected @opens or @closes");
        check_error("@opens-24h", "expected @opens or @closes");
        check_error("@opens-é", "expected @opens or @closes");
    }

    #[test]
    fn occurrences_are_whole_seconds() {
        let next = calendar("0 30 22 * * *", "Asia/Shanghai").next_after(at("2026-11-24T00:00:00.209766899Z")).unwrap();
        assert_eq!(next, at("2026-11-24T14:30:00Z"));
        let next = calendar("* * * * * *", "UTC").next_after(at("2026-11-24T00:00:00.900Z")).unwrap();
        assert_eq!(next, at("2026-11-24T00:00:01Z"));
    }

    #[test]
    fn a_wrong_field_is_named_with_what_it_takes() {
        check_error("0 61 2 * * *", "minute must be 0–59, got 61");
        check_error("60 0 2 * * *", "second must be 0–59, got 60");
        check_error("0 0 24 * * *", "hour must be 0–23, got 24");
        check_error("0 0 2 0 * *", "day of month must be 1–31, got 0");
        check_error("0 0 2 * 13 *", "month must be 1–12, got 13");
        check_error("0 0 2 * * 8", "weekday must be 0–7, got 8");
        check_error("0 0 2 99999999999 * *", "day of month must be 1–31");
        check_error("0 0 2 L-3 * *", "day of month: `L-3`");
        check_error("0 0 2 * MON *", "month: `MON`");
        check_error("0 5- 2 * * *", "minute: `5-`");
        check_error("0 x 2 * * *", "minute: `x`");
        check_error("30 2 * * *", "six, seconds first, so write `0 30 2 * * *`");
        check_error("0 0 2 * * * 2027", "7 fields");
        check_error("", "0 fields");
    }

    #[test]
    fn a_day_that_no_year_has_is_rejected_in_bounded_time() {
        let started = Instant::now();
        check_error("0 0 0 30 2 *", "never comes");
        check_error("0 0 0 31 4,6,9,11 *", "never comes");
        assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
    }

    #[test]
    fn the_last_occurrence_of_a_span_is_found_without_walking_it() {
        let minutely = calendar("0 * * * * *", "Asia/Shanghai");
        let last = minutely.last_between(at("2021-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
        assert_eq!(last, Some(at("2025-12-31T23:59:00Z")));
        let yearly = calendar("0 0 9 1 3 *", "UTC");
        assert_eq!(yearly.last_between(at("2021-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")), Some(at("2025-03-01T09:00:00Z")));
        assert_eq!(yearly.last_between(at("2025-03-01T09:00:00Z"), at("2026-01-01T00:00:00Z")), None);
    }
}
