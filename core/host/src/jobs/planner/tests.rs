//! The promises of the planner: the cases of the scheduler notes as a table, and random schedules against a brute force.

use std::time::{Duration, Instant};

use chrono::TimeZone;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::jobs::calendar::tests::calendar;

fn rule(cron: &str, zone: &str, misfire: Misfire) -> Rule {
    Rule { calendar: calendar(cron, zone), misfire, max_catchup: 12, once_per: None }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// `run 2026-11-24T13:00`, `into 2026-11-24T13:00`, `over-cap`, with the row's own time in front, in the zone's local time.
fn spell(rule: &Rule, rows: &[Planned]) -> Vec<String> {
    let local = |at: DateTime<Utc>| at.with_timezone(&rule.calendar.zone()).format("%m-%d %H:%M").to_string();
    let spell = |row: &Planned| {
        let fate = match &row.fate {
            Fate::Run(RunKind::CatchUp) => "catch-up".to_owned(),
            Fate::Run(_) => "run".to_owned(),
            Fate::Coalesced(into) => {
                let into = rows.iter().find(|row| row.key == *into).expect("what it went into is planned too");
                format!("into {}", local(into.scheduled_for))
            }
            Fate::Skipped(reason) => reason.as_str().to_owned(),
        };
        let from = row.covers_from.map_or(String::new(), |from| format!("{}..", local(from)));
        format!("{from}{} {fate}", local(row.scheduled_for))
    };
    rows.iter().map(spell).collect()
}

fn check(rule: &Rule, cursor: &str, now: &str, expected: &[&str]) {
    let rows = plan(rule, at(cursor), None, at(now));
    assert_eq!(spell(rule, &rows), expected, "{:?} since {cursor} at {now}", rule.misfire);
}

#[test]
fn an_occurrence_runs_when_it_comes_and_never_before() {
    let rule = rule("0 0 21 * * *", "Asia/Shanghai", Misfire::OnceLatest);
    check(&rule, "2026-11-24T12:59:59Z", "2026-11-24T12:59:59.900Z", &[]);
    check(&rule, "2026-11-24T12:59:59Z", "2026-11-24T13:00:00Z", &["11-24 21:00 run"]);
    check(&rule, "2026-11-24T13:00:00Z", "2026-11-24T13:00:01Z", &[]);
    check(&rule, "2026-11-24T12:59:59Z", "2026-11-24T13:01:00Z", &["11-24 21:00 run"]);
    check(&rule, "2026-11-24T12:59:59Z", "2026-11-24T13:01:01Z", &["11-24 21:00 catch-up"]);
    // A clock set back repeats nothing.
    check(&rule, "2026-11-24T13:00:00Z", "2026-11-19T13:00:00Z", &[]);
}

#[test]
fn each_policy_makes_good_what_was_missed_in_its_own_way() {
    let cron = "0 0 21 * * *";
    let (cursor, now) = ("2026-11-21T00:00:00Z", "2026-11-24T15:10:00Z");
    let with = |misfire| rule(cron, "Asia/Shanghai", misfire);
    check(
        &with(Misfire::OnceLatest),
        cursor,
        now,
        &["11-21 21:00 into 11-24 21:00", "11-22 21:00 into 11-24 21:00", "11-23 21:00 into 11-24 21:00", "11-24 21:00 catch-up"],
    );
    check(
        &with(Misfire::OnceEarliest),
        cursor,
        now,
        &["11-21 21:00 catch-up", "11-22 21:00 into 11-21 21:00", "11-23 21:00 into 11-21 21:00", "11-24 21:00 into 11-21 21:00"],
    );
    check(
        &Rule { max_catchup: 2, ..with(Misfire::All) },
        cursor,
        now,
        &["11-21 21:00 over-cap", "11-22 21:00 over-cap", "11-23 21:00 catch-up", "11-24 21:00 catch-up"],
    );
    check(
        &Rule { max_catchup: 0, ..with(Misfire::All) },
        "2026-11-23T00:00:00Z",
        now,
        &["11-23 21:00 over-cap", "11-24 21:00 catch-up"],
    );
    check(&with(Misfire::Skip), "2026-11-23T00:00:00Z", now, &["11-23 21:00 missed", "11-24 21:00 missed"]);
}

#[test]
fn a_run_that_is_due_now_does_the_work_of_those_before_it() {
    let rule = rule("0 0 21 * * *", "Asia/Shanghai", Misfire::OnceLatest);
    check(
        &rule,
        "2026-11-22T00:00:00Z",
        "2026-11-24T13:00:20Z",
        &["11-22 21:00 into 11-24 21:00", "11-23 21:00 into 11-24 21:00", "11-24 21:00 run"],
    );
}

#[test]
fn forty_days_off_with_a_month_end_and_a_clock_change_lose_nothing() {
    let (cursor, now) = (at("2026-10-10T00:00:00Z"), at("2026-11-19T00:00:00Z"));
    let daily = plan(&rule("0 0 21 * * *", "America/New_York", Misfire::OnceLatest), cursor, None, now);
    assert_eq!(daily.len(), 40);
    assert_eq!(daily.iter().filter(|row| matches!(row.fate, Fate::Coalesced(_))).count(), 39);
    assert!(
        daily.iter().all(|row| row.scheduled_for.with_timezone(&chrono_tz::America::New_York).format("%H").to_string() == "21")
    );
    let monthly = rule("0 0 9 L * *", "Asia/Shanghai", Misfire::All);
    check(
        &monthly,
        "2026-08-10T00:00:00Z",
        "2026-11-19T00:00:00Z",
        &["08-31 09:00 catch-up", "09-30 09:00 catch-up", "10-31 09:00 catch-up"],
    );
}

#[test]
fn forty_days_off_over_the_end_of_february_and_a_short_night_are_accounted_for_by_each_policy() {
    let (cursor, now) = (at("2026-02-10T12:00:00Z"), at("2026-03-22T12:00:00Z"));
    for (misfire, n_runs) in [(Misfire::OnceLatest, 1), (Misfire::OnceEarliest, 1), (Misfire::All, 12), (Misfire::Skip, 0)] {
        let rows = plan(&rule("0 30 2 * * *", "America/New_York", misfire), cursor, None, now);
        let runs: Vec<&Planned> = rows.iter().filter(|row| matches!(row.fate, Fate::Run(RunKind::CatchUp))).collect();
        assert_eq!((rows.len(), runs.len()), (40, n_runs), "{misfire:?}");
        let first_run = runs.first().map(|row| row.scheduled_for.to_rfc3339());
        let expected = match misfire {
            Misfire::OnceLatest => Some("2026-03-22T06:30:00+00:00"),
            Misfire::OnceEarliest => Some("2026-02-11T07:30:00+00:00"),
            Misfire::All => Some("2026-03-11T06:30:00+00:00"),
            Misfire::Skip => None,
        };
        assert_eq!(first_run.as_deref(), expected, "{misfire:?}");
        let short_night = rows.iter().filter(|row| row.scheduled_for.date_naive().to_string() == "2026-03-08");
        assert_eq!(short_night.map(|row| row.scheduled_for).collect::<Vec<_>>(), [at("2026-03-08T07:00:00Z")], "03:00, once");
    }
    let month_ends = rule("0 0 9 L * *", "Asia/Shanghai", Misfire::All);
    check(&month_ends, "2028-01-31T02:00:00Z", "2028-04-01T00:00:00Z", &["02-29 09:00 catch-up", "03-31 09:00 catch-up"]);
}

/// A night in which the clocks change, planned each minute and planned as one outage: `(zone, cron, from, the one run)`.
#[test]
fn a_night_with_a_clock_change_has_one_run_however_it_is_planned() {
    for (zone, cron, from, run) in [
        ("America/New_York", "0 30 2 * * *", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"),
        ("America/New_York", "0 30 1 * * *", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"),
        ("Europe/London", "0 30 1 * * *", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z"),
        ("Europe/London", "0 30 1 * * *", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
        ("Australia/Lord_Howe", "0 15 2 * * *", "2026-10-03T13:30:00Z", "2026-10-03T15:30:00Z"),
        ("Australia/Lord_Howe", "0 45 1 * * *", "2026-04-04T13:00:00Z", "2026-04-04T14:45:00Z"),
        ("Africa/Cairo", "0 0 0 * * *", "2026-04-23T20:00:00Z", "2026-04-23T22:00:00Z"),
        ("Africa/Cairo", "0 30 23 * * *", "2026-10-29T19:00:00Z", "2026-10-29T20:30:00Z"),
    ] {
        let rule = rule(cron, zone, Misfire::All);
        let (start, run) = (at(from), at(run));
        let due = |rows: Vec<Planned>| rows.into_iter().map(|row| row.scheduled_for).collect::<Vec<_>>();
        assert_eq!(due(plan(&rule, start, None, start + TimeDelta::hours(6))), [run], "{cron} in {zone}");
        let minute = |n| start + TimeDelta::minutes(n);
        let each_minute = (0..360).flat_map(|n| due(plan(&rule, minute(n), None, minute(n + 1))));
        assert_eq!(each_minute.collect::<Vec<_>>(), [run], "{cron} in {zone}, minute by minute");
    }
}

#[test]
fn another_line_counts_from_where_the_old_one_was_left() {
    let daily = |cron| Rule { once_per: Some(OncePer::LocalDay), ..rule(cron, "Asia/Shanghai", Misfire::OnceLatest) };
    let (ran, changed_at, midnight) = (Some("2026-11-24"), at("2026-11-24T13:30:00Z"), at("2026-11-24T16:00:00Z"));
    // 21:00 has run, or waits to be run; at 21:30 the line says 22:00: the day has its run.
    assert_eq!(plan(&daily("0 0 22 * * *"), changed_at, ran, midnight), []);
    // Nothing has run yet that day: 22:00 is its run; and a line for a time that is past waits for tomorrow.
    let later = plan(&daily("0 0 22 * * *"), changed_at, Some("2026-11-23"), midnight);
    assert_eq!(later.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["2026-11-24"]);
    assert_eq!(plan(&daily("0 0 20 * * *"), changed_at, Some("2026-11-23"), midnight), []);
    // Without `once_per` the new line is simply another time.
    check(
        &rule("0 0 22 * * *", "Asia/Shanghai", Misfire::OnceLatest),
        "2026-11-24T13:30:00Z",
        "2026-11-24T14:00:00Z",
        &["11-24 22:00 run"],
    );
}

#[test]
fn five_years_of_a_minutely_job_are_planned_in_bounded_time_and_rows_and_the_newest_runs() {
    let (cursor, now) = (at("2021-11-24T00:00:30Z"), at("2026-11-24T00:00:00Z"));
    for misfire in [Misfire::OnceLatest, Misfire::OnceEarliest, Misfire::All, Misfire::Skip] {
        let started = Instant::now();
        let rows = plan(&rule("0 * * * * *", "Asia/Shanghai", misfire), cursor, None, now);
        assert!(started.elapsed() < Duration::from_secs(2), "{misfire:?} took {:?}", started.elapsed());
        assert!(rows.len() <= ROWS_AT_MOST + 2, "{misfire:?} made {} rows", rows.len());
        let newest = rows.last().unwrap();
        assert_eq!((newest.scheduled_for, &newest.fate), (now, &Fate::Run(RunKind::Scheduled)));
        check_cover(&rows, cursor, now, TimeDelta::minutes(1));
    }
}

/// The rows stand for every step from the first after the cursor up to now, without a gap and without one in two rows.
fn check_cover(rows: &[Planned], cursor: DateTime<Utc>, now: DateTime<Utc>, step: TimeDelta) {
    let mut rows: Vec<_> = rows.iter().map(|row| (row.covers_from.unwrap_or(row.scheduled_for), row.scheduled_for)).collect();
    rows.sort();
    assert!(rows[0].0 > cursor && rows[0].0 <= cursor + step);
    assert!(rows.windows(2).all(|pair| pair[0].1 + step == pair[1].0), "{rows:?}");
    assert_eq!(rows.last().unwrap().1, now);
}

#[test]
fn one_run_a_local_day_stays_one_when_the_zone_changes() {
    // 21:00 in New York has run; the zone becomes Chicago's at 21:30, where it is 20:30.
    let chicago = Rule { once_per: Some(OncePer::LocalDay), ..rule("0 0 21 * * *", "America/Chicago", Misfire::OnceLatest) };
    let cursor = at("2026-11-25T02:30:00Z");
    assert_eq!(plan(&chicago, cursor, Some("2026-11-24"), at("2026-11-25T03:00:00Z")), []);
    // It becomes Chicago's at 20:30, before the run: 21:00 comes an hour later, once.
    let rows = plan(&chicago, at("2026-11-25T01:30:00Z"), Some("2026-11-23"), at("2026-11-25T03:00:00Z"));
    assert_eq!(spell(&chicago, &rows), ["11-24 21:00 run"]);
}

#[test]
fn one_run_a_month_is_the_first_of_it() {
    let rule = Rule { once_per: Some(OncePer::LocalMonth), ..rule("0 0 9 25-27 * *", "Asia/Shanghai", Misfire::All) };
    check(
        &rule,
        "2026-09-01T00:00:00Z",
        "2026-11-26T00:00:00Z",
        &["09-25 09:00 catch-up", "10-25 09:00 catch-up", "11-25 09:00 catch-up"],
    );
    assert_eq!(plan(&rule, at("2026-11-25T02:00:00Z"), Some("2026-11"), at("2026-11-27T02:00:00Z")), []);
}

#[test]
fn years_of_one_run_a_day_are_folded_at_the_days_edge() {
    let rule = Rule { once_per: Some(OncePer::LocalDay), ..rule("0 */20 8-20 * * *", "Europe/London", Misfire::All) };
    let rows = plan(&rule, at("2021-06-01T12:05:00Z"), Some("2021-06-01"), at("2026-11-24T12:00:00Z"));
    assert!(rows[0].covers_from.is_some());
    let mut keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "each day has one row");
    assert_eq!(
        (keys.pop(), rule.calendar.date(rows[0].covers_from.unwrap()).to_string()),
        (Some("2026-11-24"), "2021-06-02".into())
    );
    let next_day = rule.calendar.date(rows[0].scheduled_for).succ_opt().unwrap();
    assert_eq!(rule.calendar.date(rows[1].scheduled_for), next_day);
    assert!(rows.iter().all(|row| row.scheduled_for.with_timezone(&rule.calendar.zone()).format("%H:%M").to_string() == "08:00"));
}

const ZONES: [&str; 8] = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kathmandu",
    "UTC",
];

/// A schedule simple enough to be answered by counting: a fixed time of day, or every so many minutes.
#[derive(Debug, Clone)]
enum Simple {
    Daily { hour: u32, minute: u32 },
    Every { minutes: u32 },
}

impl Simple {
    fn cron(&self) -> String {
        match self {
            Simple::Daily { hour, minute } => format!("0 {minute} {hour} * * *"),
            Simple::Every { minutes } => format!("0 */{minutes} * * * *"),
        }
    }

    /// Every occurrence in `(after, until]`, by looking at each minute or each day.
    fn brute_force(&self, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let found: Vec<DateTime<Utc>> = match self {
            Simple::Every { minutes } => {
                let first = after.timestamp().div_euclid(60) + 1;
                let each = (first..=until.timestamp().div_euclid(60)).map(|minute| Utc.timestamp_opt(minute * 60, 0).unwrap());
                each.filter(|at| chrono::Timelike::minute(&at.with_timezone(&zone)) % minutes == 0).collect()
            }
            Simple::Daily { hour, minute } => {
                let first = after.date_naive() - TimeDelta::days(2);
                let days = first.iter_days().take_while(|day| *day <= until.date_naive() + TimeDelta::days(2));
                days.map(|day| first_instant_from(day.and_hms_opt(*hour, *minute, 0).unwrap(), zone)).collect()
            }
        };
        found.into_iter().filter(|at| *at > after && *at <= until).collect()
    }
}

/// A local time, or the first that exists after it.
fn first_instant_from(local: chrono::NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let from = |minutes| zone.from_local_datetime(&(local + TimeDelta::minutes(minutes))).earliest();
    (0..).find_map(from).expect("every gap ends").with_timezone(&Utc)
}

fn simple() -> impl Strategy<Value = Simple> {
    prop_oneof![
        (0u32..24, 0u32..60).prop_map(|(hour, minute)| Simple::Daily { hour, minute }),
        prop_oneof![Just(5u32), Just(15), Just(20), Just(30)].prop_map(|minutes| Simple::Every { minutes }),
    ]
}

fn misfire() -> impl Strategy<Value = Misfire> {
    prop_oneof![Just(Misfire::OnceLatest), Just(Misfire::OnceEarliest), Just(Misfire::All), Just(Misfire::Skip)]
}

/// Seconds since the start of 2026, a year with every clock change there is.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..366 * 86_400).prop_map(|seconds| Utc.timestamp_opt(1_767_225_600 + seconds, 0).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_occurrence_ends_in_exactly_one_row(
        simple in simple(), zone in 0..ZONES.len(), misfire in misfire(), start in instant(),
        outages in proptest::collection::vec(1i64..40 * 86_400, 1..6), max_catchup in 0usize..20,
    ) {
        let rule = Rule { max_catchup, ..rule(&simple.cron(), ZONES[zone], misfire) };
        let mut cursor = start;
        for outage in outages {
            let now = cursor + TimeDelta::seconds(outage);
            let expected = simple.brute_force(rule.calendar.zone(), cursor, now);
            let rows = plan(&rule, cursor, None, now);
            for at in &expected {
                let in_row = |row: &&Planned| (row.covers_from.unwrap_or(row.scheduled_for)..=row.scheduled_for).contains(at);
                prop_assert_eq!(rows.iter().filter(in_row).count(), 1, "{} in {:?}", at, rows);
            }
            let single = rows.iter().filter(|row| row.covers_from.is_none());
            prop_assert!(single.into_iter().all(|row| expected.contains(&row.scheduled_for)));
            let n_runs = rows.iter().filter(|row| matches!(row.fate, Fate::Run(_))).count();
            let n_on_time = expected.iter().filter(|at| now - **at <= GRACE).count();
            let n_late = expected.len() - n_on_time;
            let n_expected = match misfire {
                Misfire::OnceLatest => n_on_time.max(n_late.min(1)),
                Misfire::OnceEarliest => n_on_time + n_late.min(1),
                Misfire::All => n_on_time + n_late.min(max_catchup.max(usize::from(n_on_time == 0))),
                Misfire::Skip => n_on_time,
            };
            prop_assert_eq!(n_runs, n_expected);
            for row in &rows {
                if let Fate::Coalesced(into) = &row.fate {
                    prop_assert!(rows.iter().any(|other| other.key == *into && matches!(other.fate, Fate::Run(_))));
                }
            }
            cursor = now;
        }
    }

    /// The clock goes on, and is set back and forward at random; the cursor is what the ledger would have.
    #[test]
    fn a_clock_that_wanders_doubles_and_loses_nothing(
        simple in simple(), zone in 0..ZONES.len(), start in instant(),
        steps in proptest::collection::vec(-2 * 86_400i64..3 * 86_400, 1..20),
    ) {
        let rule = Rule { max_catchup: usize::MAX, ..rule(&simple.cron(), ZONES[zone], Misfire::All) };
        let (mut cursor, mut now, mut found) = (start, start, Vec::new());
        for step in steps {
            now += TimeDelta::seconds(step);
            let rows = plan(&rule, cursor, None, now);
            prop_assume!(rows.iter().all(|row| row.covers_from.is_none()));
            found.extend(rows.into_iter().map(|row| row.scheduled_for));
            cursor = cursor.max(now);
        }
        prop_assert_eq!(found, simple.brute_force(rule.calendar.zone(), start, cursor));
    }

    #[test]
    fn planning_in_one_step_finds_what_planning_in_many_finds(
        simple in simple(), zone in 0..ZONES.len(), start in instant(),
        once_per in prop_oneof![Just(None), Just(Some(OncePer::LocalDay)), Just(Some(OncePer::LocalMonth))],
        steps in proptest::collection::vec(1i64..6 * 3600, 1..30),
    ) {
        // No policy drops anything here, so that only the occurrences are compared.
        let rule = Rule { max_catchup: usize::MAX, once_per, ..rule(&simple.cron(), ZONES[zone], Misfire::All) };
        let end = start + TimeDelta::seconds(steps.iter().sum());
        let found = |rows: Vec<Planned>| rows.into_iter().map(|row| (row.key, row.scheduled_for)).collect::<Vec<_>>();
        let at_once = plan(&rule, start, None, end);
        prop_assume!(at_once.iter().all(|row| row.covers_from.is_none()));
        let mut cursor = start;
        let mut one_by_one: Vec<(String, DateTime<Utc>)> = Vec::new();
        for step in steps {
            let now = cursor + TimeDelta::seconds(step);
            let last_key = one_by_one.last().map(|(key, _)| key.clone());
            one_by_one.extend(found(plan(&rule, cursor, last_key.as_deref(), now)));
            cursor = now;
        }
        prop_assert_eq!(one_by_one, found(at_once));
    }
}
