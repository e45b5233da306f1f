//! The desk as processes: how soon it answers, what it weighs, what it takes of a core.

use std::time::Duration;

use anyhow::Context;

use crate::desk::{self, clients, receiving};
use crate::figures::{Goal, Report, median_ms, milliseconds};

/// Start to the first answer, and the memory of the desk with its children, after the start and after load.
pub(crate) fn measure_start(report: &mut Report) -> anyhow::Result<()> {
    let home = desk::home()?;
    home.serve().stop();
    let starts: Vec<Duration> = (0..5)
        .map(|_| {
            let serving = home.serve();
            let ready_after = serving.ready_after;
            serving.stop();
            ready_after
        })
        .collect();
    report.tell(
        "start to the first answer, slowest",
        format!("{:.0} ms", milliseconds(starts.iter().max().copied().unwrap_or_default())),
    );
    report.judge("start to the first answer", median_ms(starts), "ms", Goal::AtMost(100.0));
    let serving = home.serve();
    report.judge("memory (PSS) after the start", pss_mb(serving.pid())?, "MB", Goal::AtMost(40.0));
    clients(&serving, 8).ask(201, receiving)?;
    report.judge("memory (PSS) after load", pss_mb(serving.pid())?, "MB", Goal::AtMost(70.0));
    serving.stop();
    Ok(())
}

/// The proportional share of memory of a process and everything it started.
pub(crate) fn pss_mb(pid: u32) -> anyhow::Result<f64> {
    let mut kb = 0.0;
    for pid in family(pid) {
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("reading a process's memory")?;
        kb += kilobytes(&rollup, "Pss:");
    }
    Ok(kb / 1024.0)
}

/// The largest that a typesetting worker of a desk ever was, in MB.
pub(crate) fn peak_of_typesetters(desk: u32) -> f64 {
    let peaks = family(desk).into_iter().filter_map(|pid| {
        let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        command.contains("typeset").then(|| kilobytes(&status, "VmHWM:") / 1024.0)
    });
    peaks.fold(0.0, f64::max)
}

/// The time that a process and its children have had of a core.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let mut ticks = 0_u64;
    for pid in family(pid) {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        // utime and stime, the 14th and 15th of all fields.
        ticks += after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}

/// A process and all that descend from it.
fn family(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children = children.collect::<Vec<_>>().join(" ");
    let mut family = vec![pid];
    family.extend(children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(self::family));
    family
}

fn kilobytes(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
