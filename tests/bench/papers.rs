//! Paper: a slip, and registers of 500 and 10,000 rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deskbell_tests::Serving;

use crate::desk::{Filling, clients, filled, receiving};
use crate::figures::{Goal, Report, median_ms};
use crate::process;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let home = filled(Filling { n: 500, n_overdue: 3, every: 2 })?;
    let serving = home.serve();
    serving.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", serde_json::json!({})).expect(201);
    let sheets = serving.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body;
    let sheet = sheets["items"][0]["number"].as_str().unwrap_or_default().to_owned();
    let slip = format!("/api/v1/forms/letters.handoff-sheet?record={sheet}&format=pdf");
    report.judge("a slip as PDF", printed_ms(&serving, &slip, 30), "ms", Goal::AtMost(8.0));
    let register = "/api/v1/registers/letters.letter?from=2000-01-01&to=2099-12-31&format=pdf";
    report.judge("a register of 500 rows as PDF", printed_ms(&serving, register, 5), "ms", Goal::AtMost(400.0));
    let small = process::peak_of_typesetters(serving.pid());
    serving.stop();

    let home = filled(Filling { n: 10_000, n_overdue: 3, every: 2 })?;
    let serving = home.serve();
    report.judge("a register of 10,000 rows as PDF", printed_ms(&serving, register, 1), "ms", Goal::AtMost(5_000.0));
    let large = process::peak_of_typesetters(serving.pid());
    report.tell("the typesetter's peak after 500 and 10,000 rows", format!("{small:.0} MB, {large:.0} MB"));
    let is_over = AtomicBool::new(false);
    let beside = std::thread::scope(|threads| {
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                printed_ms(&serving, register, 1);
            }
        });
        let beside = clients(&serving, 1).ask(201, receiving);
        is_over.store(true, Ordering::Relaxed);
        beside
    })?;
    report.tell("receiving letters while such registers are printed", &beside);
    serving.stop();
    Ok(())
}

/// The median time of a paper, the first left out: it loads the fonts.
fn printed_ms(serving: &Serving, path: &str, times: usize) -> f64 {
    let print = || -> Duration {
        let begun = Instant::now();
        let answer = serving.api.get(path).expect(200);
        assert!(answer.bytes.starts_with(b"%PDF"), "{path} is no PDF");
        begun.elapsed()
    };
    if times > 1 {
        print();
    }
    median_ms((0..times).map(|_| print()).collect())
}
