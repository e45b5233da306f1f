//! Jobs: the night's sweep over many records, and very many schedules.

use std::time::Duration;

use chrono::DateTime;
use deskbell_tests::eventually_within;
use serde_json::{Value, json};

use crate::desk::{self, Filling, filled};
use crate::figures::{Goal, Report};
use crate::process;

const N_SCHEDULES: usize = 10_000;

/// The night's job over 1,000 letters that are due, of 10,000.
pub(crate) fn measure_nightly(report: &mut Report) -> anyhow::Result<()> {
    let home = filled(Filling { n: 10_000, n_overdue: 1_000, every: 2 })?;
    let serving = home.serve();
    let dry = serving.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({"dry_run": true})).expect(201).body;
    report.tell("the night's job, first time, dry", format!("{:.0} ms", taken_ms(&dry)?));
    let run = serving.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body;
    anyhow::ensure!(run["effects"]["handed-off"] == 1_000, "{run}");
    report.judge("the night's job, 1,000 due of 10,000", taken_ms(&run)?, "ms", Goal::AtMost(100.0));
    serving.stop();
    Ok(())
}

/// 10,000 schedules of which one is due every second: what they cost a core, and how late the one is.
pub(crate) fn measure_schedules(report: &mut Report) -> anyhow::Result<()> {
    // All schedules are planned anew each half minute: once in the stretch, whenever it begins.
    const WATCHED: Duration = Duration::from_secs(30);
    let home = desk::home()?;
    // Each job of each plugin has a schedule at each site; the job that is watched has two.
    let n_jobs = home.json(&["job", "list"])["items"].as_array().map_or(0, Vec::len);
    let n_sites = N_SCHEDULES / n_jobs.max(1);
    let mut settings = String::new();
    for n in 1..=n_sites {
        settings += &format!("[[sites]]\nid = \"s{n:04}\"\nname = \"Store {n}\"\ntimezone = \"Asia/Shanghai\"\n\n");
    }
    home.write("deskbell.toml", &settings);
    let others = (2..=n_sites).map(|n| format!("\"s{n:04}\"")).collect::<Vec<_>>().join(", ");
    home.write(
        "schedules/letters.toml",
        &format!(
            "[[job]]\njob = \"morning-notice\"\ncron = \"* * * * * *\"\nsites = [\"s0001\"]\n\n\
             [[job]]\njob = \"morning-notice\"\ncron = \"0 0 9 1 1 *\"\nsites = [{others}]\n"
        ),
    );
    let serving = home.serve();
    let path = "/api/v1/jobs/letters.morning-notice/runs?site=s0001&limit=200";
    let runs = || serving.api.get(path).expect(200).body["items"].as_array().cloned().unwrap_or_default();
    eventually_within(Duration::from_secs(60), "the first runs have ended", || (runs().len() > 2).then_some(()));
    let before = process::cpu_time(serving.pid())?;
    // The stretch of time that is measured; nothing is waited for.
    std::thread::sleep(WATCHED);
    let busy = process::cpu_time(serving.pid())?.saturating_sub(before);
    let late: Vec<f64> = runs().iter().filter_map(|run| since(run, "scheduled_for", "started_at").ok()).collect();
    anyhow::ensure!(late.len() > 5, "only {} runs in {WATCHED:?}: {:?}", late.len(), runs().first());
    report.judge("10,000 schedules, of a core", busy.as_secs_f64() / WATCHED.as_secs_f64() * 100.0, "%", Goal::AtMost(2.0));
    let latest = late.iter().fold(0.0, |latest: f64, this| latest.max(*this));
    report.judge("10,000 schedules, the latest start", latest, "ms", Goal::AtMost(2_000.0));
    serving.stop();
    Ok(())
}

fn taken_ms(run: &Value) -> anyhow::Result<f64> {
    since(run, "started_at", "finished_at")
}

/// The time between two instants of a run, in milliseconds.
fn since(run: &Value, from: &str, to: &str) -> anyhow::Result<f64> {
    let at = |name: &str| Ok::<_, anyhow::Error>(DateTime::parse_from_rfc3339(run[name].as_str().unwrap_or_default())?);
    Ok((at(to)? - at(from)?).num_microseconds().unwrap_or(i64::MAX) as f64 / 1000.0)
}
