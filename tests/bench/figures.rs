//! What was measured, what was to be reached, and the verdict.

#![expect(clippy::print_stdout, reason = "the figures are what a measurement prints")]

use std::time::Duration;

/// The figures of a run, printed as they come; the goals once more at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    goals: Vec<Judged>,
    /// Commits a second of the least that is durable on this disk.
    pub(crate) raw_commits: f64,
    /// An fsync returns faster than any disk does: what it says about commits is no promise.
    pub(crate) disk_is_too_good: bool,
}

/// What a figure has to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Debug)]
struct Judged {
    what: String,
    is: String,
    wanted: String,
    verdict: Verdict,
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Reached,
    Missed,
    NotJudged,
}

impl Report {
    pub(crate) fn begin(&self, name: &str) {
        println!("\n{name}");
    }

    /// A figure that only tells.
    pub(crate) fn tell(&self, what: &str, is: impl std::fmt::Display) {
        println!("  {what:<58} {is}");
    }

    /// A figure with a goal, in the unit that is printed behind both.
    pub(crate) fn judge(&mut self, what: &str, is: f64, unit: &str, goal: Goal) {
        self.judge_unless(false, what, is, unit, goal);
    }

    /// A share of the raw commit rate, in percent; not judged where the disk is too good to be one.
    pub(crate) fn judge_commits(&mut self, what: &str, rate: f64, of: f64, goal: Goal) {
        self.judge_unless(self.disk_is_too_good, what, rate / of * 100.0, "%", goal);
    }

    fn judge_unless(&mut self, is_unfit: bool, what: &str, is: f64, unit: &str, goal: Goal) {
        let (sign, limit, is_reached) = match goal {
            Goal::AtLeast(limit) => ("≥", limit, is >= limit),
            Goal::AtMost(limit) => ("≤", limit, is <= limit),
        };
        let verdict = match (is_unfit, is_reached) {
            (true, _) => Verdict::NotJudged,
            (false, true) => Verdict::Reached,
            (false, false) => Verdict::Missed,
        };
        let judged = Judged {
            what: what.to_owned(),
            is: format!("{} {unit}", number(is)),
            wanted: format!("{sign} {} {unit}", number(limit)),
            verdict,
        };
        self.tell(what, format!("{}  ({}: {})", judged.is, judged.wanted, judged.verdict.as_str()));
        self.goals.push(judged);
    }

    /// Prints all goals with their verdicts and says whether none was missed.
    pub(crate) fn end(self) -> bool {
        println!("\ngoals");
        for Judged { what, is, wanted, verdict } in &self.goals {
            println!("  {:<10} {what:<58} {is:>14}   {wanted}", verdict.as_str());
        }
        let missed = self.goals.iter().filter(|judged| judged.verdict == Verdict::Missed).count();
        println!("\n{missed} of {} goals missed", self.goals.len());
        missed == 0
    }
}

impl Verdict {
    fn as_str(&self) -> &'static str {
        match self {
            Verdict::Reached => "reached",
            Verdict::Missed => "MISSED",
            Verdict::NotJudged => "not judged",
        }
    }
}

/// Three significant figures, so that nobody compares noise.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The median of some durations, in milliseconds.
pub(crate) fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort();
    milliseconds(times[times.len() / 2])
}
