//! `cargo xtask bench`: what the whole system costs, measured in one run and judged as ratios.
//!
//! Everything is driven from outside, through the built binary. A commit is judged against the least that a durable commit
//! can cost on the same disk in the same minute, never against a number of another machine. Not here: parts of the host by
//! themselves (`core/host/benches`), loops that look for lost writes (`tests/soak`).

mod desk;
mod disk;
mod faults;
mod figures;
mod jobs;
mod letters;
mod load;
mod papers;
mod plugins;
mod postgres;
mod process;

use std::process::ExitCode;

use clap::Parser;

use crate::figures::Report;

/// Measures the speed of a whole desk.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Only the measurements whose name contains this.
    only: Option<String>,
}

/// A measurement by its name.
type Measurement = (&'static str, fn(&mut Report) -> anyhow::Result<()>);

/// In this order: the others are judged against the disk.
const MEASUREMENTS: [Measurement; 10] = [
    ("disk", disk::measure),
    ("letters", letters::measure),
    ("lists", letters::measure_lists),
    ("job", jobs::measure_nightly),
    ("schedules", jobs::measure_schedules),
    ("papers", papers::measure),
    ("start", process::measure_start),
    ("plugins", plugins::measure),
    ("faults", faults::measure),
    ("postgresql", postgres::measure),
];

fn main() -> anyhow::Result<ExitCode> {
    let Arguments { only } = Arguments::parse();
    let is_wanted = |name: &str| name == "disk" || only.as_deref().is_none_or(|only| name.contains(only));
    let mut report = Report::default();
    for (name, measure) in MEASUREMENTS.into_iter().filter(|(name, _)| is_wanted(name)) {
        report.begin(name);
        measure(&mut report)?;
    }
    Ok(if report.end() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
