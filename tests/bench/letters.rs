//! The counter's everyday: receiving letters, reading one, changing one, listing those that wait.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deskbell_tests::Serving;
use serde_json::json;

use crate::desk::{self, Filling, clients, filled, letter, path_of, receiving};
use crate::disk;
use crate::figures::{Goal, Report};
use crate::load::{Asked, Met};

/// Receiving, reading and changing.
pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let home = desk::home()?;
    let serving = home.serve();
    for (n, least) in [(1, 30.0), (8, 80.0)] {
        // The disk's own rate wavers by a third within minutes: each is judged against the minute it was measured in.
        let before = disk::raw_commits(&disk::folder()?)?;
        let received = clients(&serving, n).ask(201, receiving)?;
        let raw = f64::midpoint(before, disk::raw_commits(&disk::folder()?)?);
        report.tell(&format!("receiving letters, {n} clients"), &received);
        report.judge_commits(
            &format!("receiving with {n} clients, of the raw commit rate"),
            received.rate(),
            raw,
            Goal::AtLeast(least),
        );
        if n == 8 {
            report.judge("receiving with 8 clients, p99", received.percentile_ms(0.99), "ms", Goal::AtMost(10.0));
        }
    }
    let one = serving.api.post("/api/v1/records/letters.letter", letter(0, 0)).expect(201).body;
    let path = path_of(&one);
    let reading = Asked::get(&path);
    report.tell("reading one, 1 client", clients(&serving, 1).ask(200, repeated(&reading))?);
    let alone = clients(&serving, 8).ask(200, repeated(&reading))?;
    report.tell("reading one, 8 clients", &alone);
    report.judge("reading with 8 clients", alone.rate(), "/s", Goal::AtLeast(20_000.0));
    report.tell("reading one, 8 clients, while another writes", beside_a_writer(&serving, &serving, &reading)?);
    let changed = clients(&serving, 1).ask(200, changing(&path, one["version"].as_i64().unwrap_or_default()))?;
    report.tell("changing a note, 1 client", changed);
    serving.stop();
    Ok(())
}

/// Listing the newest 50 that wait, among more and more.
pub(crate) fn measure_lists(report: &mut Report) -> anyhow::Result<()> {
    let mut medians = Vec::new();
    for n in [10_000, 100_000, 1_000_000] {
        let home = filled(Filling { n, n_overdue: 0, every: 20 })?;
        let serving = home.serve();
        let listing = Asked::get("/api/v1/records/letters.letter?state=received&limit=50");
        let listed = clients(&serving, 1).ask(200, repeated(&listing))?;
        report.tell(&format!("newest 50 that wait, among {n}"), &listed);
        medians.push(listed.percentile_ms(0.5));
        serving.stop();
    }
    report.judge("newest 50 that wait among 1,000,000, p50", medians[2], "ms", Goal::AtMost(0.6));
    report.judge("the same, times that among 10,000", medians[2] / medians[0], "×", Goal::AtMost(1.5));
    Ok(())
}

fn repeated(asked: &Asked) -> impl Fn(usize, u64) -> Asked + Sync {
    let asked = asked.clone();
    move |_, _| asked.clone()
}

/// Each change names the version that the one before it left.
fn changing(path: &str, version: i64) -> impl Fn(usize, u64) -> Asked + Sync {
    let (path, next) = (path.to_owned(), AtomicI64::new(version));
    move |_, n| Asked {
        method: "PATCH",
        path: path.clone(),
        body: Some(json!({ "note": format!("note {n}") })),
        if_match: Some(next.fetch_add(1, Ordering::Relaxed)),
    }
}

/// Eight clients that read from one host, while one writes to it or to another on the same database.
pub(crate) fn beside_a_writer(read_from: &Serving, written_to: &Serving, reading: &Asked) -> anyhow::Result<Met> {
    let mut writer = clients(written_to, 1);
    writer.lasting += Duration::from_millis(200);
    let writing = std::thread::spawn(move || writer.ask(201, receiving));
    let read = clients(read_from, 8).ask(200, repeated(reading))?;
    writing.join().map_err(|_| anyhow::anyhow!("the writing client panicked"))??;
    Ok(read)
}
