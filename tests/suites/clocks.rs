//! Clocks that jump, nights that are an hour short or long, weeks without a desk, schedules that change under a run: each
//! occurrence is run or accounted for, once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deskbell_tests::{Api, Home, Package, Serving, eventually, eventually_within};
use serde_json::{Value, json};

const SWEEP: &str = "letters.hand-off-unclaimed";

/// The runs of a job, oldest first.
fn runs(api: &Api, job: &str) -> Vec<Value> {
    let body = api.get(&format!("/api/v1/jobs/{job}/runs?limit=200")).expect(200).body;
    let mut runs = body["items"].as_array().unwrap().clone();
    runs.sort_by_key(|run| run["scheduled_for"].to_string());
    runs
}

fn n_in(runs: &[Value], state: &str) -> usize {
    runs.iter().filter(|run| run["state"] == state).count()
}

/// When the sweep's runs were due, once as many as expected are done; there is no other row.
fn done_for(desk: &Serving, n_expected: usize) -> Vec<String> {
    eventually("the sweep is done", || (n_in(&runs(&desk.api, SWEEP), "succeeded") >= n_expected).then_some(()));
    let runs = runs(&desk.api, SWEEP);
    assert_eq!((n_in(&runs, "succeeded"), runs.len()), (n_expected, n_expected), "{runs:?}");
    runs.iter().map(|run| run["scheduled_for"].as_str().unwrap().to_owned()).collect()
}

/// A home whose sweep has this line in its schedule and whose other jobs are off.
fn with_sweep(made_at: &str, cron: &str, zone: &str) -> Home {
    let home = Home::made_at(made_at);
    home.write(
        "schedules/letters.toml",
        &format!(
            "[[job]]\njob = \"hand-off-unclaimed\"\ncron = \"{cron}\"\ntimezone = \"{zone}\"\n\n\
             [[job]]\njob = \"morning-notice\"\ncron = \"0 0 9 * * *\"\nenabled = false\n"
        ),
    );
    home.serve().stop();
    home
}

/// What the desk's own clock says: the time at which it stamps a letter.
fn clock_of(desk: &Serving) -> DateTime<Utc> {
    desk.api.receive("the time", "1970-01-01")["created_at"].as_str().unwrap().parse().unwrap()
}

/// Serves from a time on the wall, two seconds before something may be due, until some after it.
fn serve_over(home: &Home, wall: &str) -> Serving {
    home.set_clock(wall);
    let desk = home.serve();
    let_pass(&desk, 4);
    desk
}

fn let_pass(desk: &Serving, seconds: i64) {
    let until = clock_of(desk) + TimeDelta::seconds(seconds);
    eventually_within(Duration::from_secs(20), "the desk's clock goes on", || (clock_of(desk) >= until).then_some(()));
}

/// The last run shows that everything before it was accounted for. Times on the wall are Shanghai's.
#[test]
fn a_nightly_run_comes_once_in_a_night_that_is_an_hour_short_or_long() {
    std::thread::scope(|scope| {
        // There is no 02:30 in New York on 8 March, and on 1 November 01:30 comes twice.
        for (cron, walls, expected) in [
            ("0 30 2 * * *", ["2026-03-08 14:29:58", "2026-03-08 14:59:58"], "2026-03-08T07:00:00Z"),
            ("0 30 2 * * *", ["2026-11-01 14:29:58", "2026-11-01 15:29:58"], "2026-11-01T07:30:00Z"),
            ("0 30 1 * * *", ["2026-11-01 13:29:58", "2026-11-01 14:29:58"], "2026-11-01T05:30:00Z"),
        ] {
            scope.spawn(move || {
                let home = with_sweep(&format!("{} 00:00:00", &walls[0][..10]), cron, "America/New_York");
                assert_eq!(serve_over(&home, walls[0]).stop(), 0);
                assert_eq!(done_for(&serve_over(&home, walls[1]), 1), [expected], "{cron}");
            });
        }
    });
}

#[test]
fn a_clock_set_back_an_hour_under_a_running_desk_repeats_nothing() {
    let home = with_sweep("2026-11-25 02:00:00", "0 30 * * * *", "Asia/Shanghai");
    let desk = serve_over(&home, "2026-11-25 02:29:58");
    assert_eq!(done_for(&desk, 1), ["2026-11-24T18:30:00Z"]);
    // 01:30 comes again, and then 02:30.
    home.set_clock("2026-11-25 01:29:58");
    let_pass(&desk, 4);
    assert_eq!(clock_of(&desk).to_rfc3339()[..16], *"2026-11-24T17:30", "the clock was set back");
    assert_eq!(desk.stop(), 0);
    assert_eq!(serve_over(&home, "2026-11-25 02:29:58").stop(), 0);
    // The next one comes as if nothing had been.
    let desk = serve_over(&home, "2026-11-25 03:29:58");
    assert_eq!(done_for(&desk, 2), ["2026-11-24T18:30:00Z", "2026-11-24T19:30:00Z"]);
    // What was written meanwhile stands in the order in which it happened.
    assert_eq!(desk.stop(), 0);
    home.cli(&["audit", "verify"]).expect(0);
    home.cli(&["verify"]).expect(0);
}

/// A jump is believed when it has lasted a minute: one that is put right before costs no night.
#[test]
fn a_clock_set_days_forward_under_a_running_desk_makes_good_what_it_skipped_once() {
    let home = with_sweep("2026-11-25 12:00:00", "0 30 2 * * *", "Asia/Shanghai");
    let desk = serve_over(&home, "2026-11-25 12:00:00");
    home.set_clock("2026-11-28 12:00:00");
    let_pass(&desk, 4);
    home.set_clock("2026-11-25 12:00:10");
    let_pass(&desk, 4);
    assert_eq!(runs(&desk.api, SWEEP), [Value::Null; 0]);

    home.set_clock("2026-11-28 12:00:00");
    let a_while = Duration::from_secs(600);
    eventually_within(a_while, "the last night is made good", || (n_in(&runs(&desk.api, SWEEP), "succeeded") == 1).then_some(()));
    let all_three = runs(&desk.api, SWEEP);
    assert_eq!((n_in(&all_three, "coalesced"), all_three.len()), (2, 3), "{all_three:?}");
    assert_eq!(
        (&all_three[2]["state"], &all_three[2]["kind"], &all_three[2]["scheduled_for"]),
        (&json!("succeeded"), &json!("catch-up"), &json!("2026-11-27T18:30:00Z"))
    );
    // Put right after all: the nights that come again have been accounted for.
    home.set_clock("2026-11-26 02:29:58");
    let_pass(&desk, 4);
    assert_eq!(runs(&desk.api, SWEEP), all_three);
}

#[test]
fn a_machine_that_wakes_up_in_1970_plans_nothing_until_it_is_told_the_time() {
    let home = with_sweep("2026-11-25 12:00:00", "0 30 2 * * *", "Asia/Shanghai");
    home.set_clock("1970-01-02 02:29:58");
    let desk = home.serve();
    desk.api.get("/api/v1/records/letters.letter").expect(200);
    let_pass(&desk, 4);
    assert_eq!(runs(&desk.api, SWEEP), [Value::Null; 0]);
    home.set_clock("2026-11-26 02:29:58");
    assert_eq!(done_for(&desk, 1), ["2026-11-25T18:30:00Z"]);
}

/// Two days and forty days, under each policy; the clock set forward and a desk that was off are the same to it.
#[test]
fn what_a_jump_or_an_outage_skipped_is_made_good_by_each_jobs_own_policy() {
    let home = Home::made_at("2026-02-01 12:00:00");
    let job = |job: &str, policy: &str| format!("[[job]]\njob = \"{job}\"\ncron = \"0 30 2 * * *\"\nmisfire = \"{policy}\"\n");
    home.write("schedules/letters.toml", &(job("hand-off-unclaimed", "once-latest") + &job("morning-notice", "once-earliest")));
    home.write(
        "schedules/repair-tickets.toml",
        &(job("evening-check", "all") + "max_catchup = 12\n" + &job("morning-recheck", "skip")),
    );
    home.serve().stop();
    let (mut n_before, mut n_caught_up) = (0, 0);
    for (days, wall, first, last, n_all) in [
        (2, "2026-02-03 12:00:00", "2026-02-01T18:30:00Z", "2026-02-02T18:30:00Z", 2),
        // Over the end of February.
        (40, "2026-03-15 12:00:00", "2026-02-03T18:30:00Z", "2026-03-14T18:30:00Z", 12),
    ] {
        home.set_clock(wall);
        let desk = home.serve();
        n_caught_up += n_all;
        let all = n_before + days;
        for (job, n_runs, at) in [
            (SWEEP, 1, Some(last)),
            ("letters.morning-notice", 1, Some(first)),
            ("repair-tickets.evening-check", n_all, None),
            ("repair-tickets.morning-recheck", 0, None),
        ] {
            let of_outage = || runs(&desk.api, job).split_off(n_before);
            eventually(job, || (n_in(&of_outage(), "succeeded") == n_runs).then_some(()));
            assert_eq!(runs(&desk.api, job).len(), all, "{job}: each day is accounted for");
            let found = of_outage();
            let others = if job.starts_with("letters.") { "coalesced" } else { "skipped" };
            assert_eq!(n_in(&found, others), days - n_runs, "{job} after {days} days: {found:?}");
            let ran = found.iter().find(|run| run["state"] == "succeeded");
            assert!(ran.is_none_or(|run| run["kind"] == "catch-up"), "{job}: {ran:?}");
            if let Some(at) = at {
                assert_eq!(ran.map(|run| &run["scheduled_for"]), Some(&json!(at)), "{job}");
            }
        }
        n_before = all;
        assert_eq!(desk.stop(), 0);
    }
    let desk = home.serve();
    assert_eq!(n_in(&runs(&desk.api, "repair-tickets.evening-check"), "succeeded"), n_caught_up, "and nothing twice");
}

#[test]
fn a_run_that_waits_keeps_its_place_when_its_schedule_changes() {
    let home = Home::new();
    home.install(&Package::misbehaving()).expect(0);
    let schedule = |cron: &str, zone: &str| {
        let job = "[[job]]\njob = \"sleep-two-seconds\"\noverlap = \"queue\"\n";
        home.write("schedules/misbehaving.toml", &format!("{job}cron = \"{cron}\"\ntimezone = \"{zone}\"\n"));
    };
    schedule("* * * * * *", "Asia/Shanghai");
    let desk = home.serve();
    let job = "misbehaving.sleep-two-seconds";
    let waiting = eventually("one runs and one waits", || {
        let runs = runs(&desk.api, job);
        let waiting = runs.iter().find(|run| run["state"] == "pending")?;
        (n_in(&runs, "running") == 1).then(|| waiting["id"].as_str().unwrap().to_owned())
    });
    schedule("0 0 3 1 1 *", "America/New_York");
    home.cli(&["plugin", "enable", "misbehaving"]).expect(0);
    let of_waiting = || desk.api.get(&format!("/api/v1/runs/{waiting}")).expect(200).body;
    eventually("what waited is run", || (of_waiting()["state"] == "succeeded").then_some(()));
    let planned = runs(&desk.api, job);
    let open = n_in(&planned, "pending") + n_in(&planned, "running");
    assert_eq!(open, 0, "nothing more by the old line: {planned:?}");
    let next = home.json(&["job", "next", job, "-n", "1"]);
    assert!(next.to_string().contains("-01-01T08:00:00"), "03:00 in New York: {next}");
}
