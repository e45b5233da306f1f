//! The floor: what this disk and SQLite can do at best, without a desk.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::figures::{Report, median_ms};

/// Below this no disk has written anything: commits are then not judged.
const FASTEST_HONEST_FSYNC_MS: f64 = 0.1;
const LASTING: Duration = Duration::from_secs(3);

/// The latency of an fsync, and the rate of transactions of two rows with `synchronous=FULL`.
pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = folder()?;
    let fsync_ms = fsync_ms(&folder)?;
    report.disk_is_too_good = fsync_ms < FASTEST_HONEST_FSYNC_MS;
    report.tell("fsync of 4 KiB, median", format!("{fsync_ms:.3} ms"));
    if report.disk_is_too_good {
        report.tell("commits", "not judged: an fsync below 0.1 ms has reached no disk");
    }
    report.raw_commits = raw_commits(&folder)?;
    report.tell("raw SQLite, two rows and a commit, FULL", format!("{:.0}/s", report.raw_commits));
    Ok(())
}

/// A folder on the disk that the build uses; a temporary file system may have no disk behind it.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    let beside: PathBuf = std::env::current_exe()?.parent().context("the program lies in a folder")?.to_owned();
    Ok(TempDir::with_prefix_in("bench-", beside)?)
}

fn fsync_ms(folder: &TempDir) -> anyhow::Result<f64> {
    let mut file = std::fs::File::create(folder.path().join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..500 {
        file.write_all(&[7; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    Ok(median_ms(times))
}

pub(crate) fn raw_commits(folder: &TempDir) -> anyhow::Result<f64> {
    let connection = Connection::open(folder.path().join("raw.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE a(id INTEGER PRIMARY KEY, text TEXT NOT NULL); \
         CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER NOT NULL, text TEXT NOT NULL)",
    )?;
    let begun = Instant::now();
    let mut n = 0_i64;
    while begun.elapsed() < LASTING {
        n += 1;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        connection.prepare_cached("INSERT INTO a(text) VALUES (?)")?.execute([format!("letter {n}")])?;
        connection.prepare_cached("INSERT INTO b(a, text) VALUES (?, ?)")?.execute((n, format!("entry {n}")))?;
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(n as f64 / begun.elapsed().as_secs_f64())
}
