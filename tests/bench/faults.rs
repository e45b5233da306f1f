//! What a clerk notices of another plugin that fails all the time.

use std::sync::atomic::{AtomicBool, Ordering};

use deskbell_tests::{Home, Package, Serving};
use serde_json::json;

use crate::desk::{self, clients, receiving};
use crate::figures::{Goal, Report};

/// What the other plugin does in turn; three of it quarantine it.
const FAULTS: [&str; 6] = ["panic", "segfault", "abort", "exit", "answer-10-mb", "loop"];

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let home = desk::home()?;
    let settings = home.read("deskbell.toml");
    home.write("deskbell.toml", &format!("{settings}\n[runner.plugins.misbehaving]\ndeadline = \"1s\"\n"));
    home.install(&Package::misbehaving()).expect(0);
    let serving = home.serve();
    // One clerk, and four as in the soak: alone, whatever else a processor does is a part of the slowest hundredth.
    for n in [1, 4] {
        let normal = clients(&serving, n).ask(201, receiving)?;
        let is_over = AtomicBool::new(false);
        let (n_faults, beside) = std::thread::scope(|threads| {
            let failing = threads.spawn(|| fail_until(&home, &serving, &is_over));
            let beside = clients(&serving, n).ask(201, receiving);
            is_over.store(true, Ordering::Relaxed);
            (failing.join(), beside)
        });
        let (n_faults, beside) = (n_faults.map_err(|_| anyhow::anyhow!("the failing caller panicked"))?, beside?);
        report.tell(&format!("receiving letters, {n} clients"), &normal);
        report.tell(&format!("the same beside {n_faults} faults of another plugin"), &beside);
        let times = beside.percentile_ms(0.99) / normal.percentile_ms(0.99);
        report.judge(&format!("with {n} clients, its p99, times the normal one"), times, "×", Goal::AtMost(2.0));
    }
    serving.stop();
    Ok(())
}

/// Calls the plugin and enables it again as soon as it is quarantined; returns how often it failed.
fn fail_until(home: &Home, serving: &Serving, is_over: &AtomicBool) -> usize {
    let mut n_faults = 0;
    for action in FAULTS.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            return n_faults;
        }
        match serving.api.post(&format!("/api/v1/actions/misbehaving.{action}"), json!({})).status {
            503 => drop(home.cli(&["plugin", "enable", "misbehaving"]).expect(0)),
            _ => n_faults += 1,
        }
    }
    n_faults
}
