//! A plugin that answers: what it says about itself, and the one way to call it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_proto::{Answer, Call, Handler, PluginDescription, ops};
use parking_lot::Mutex;

use super::manifest::Manifest;
use super::runner::{CallFailure, Lane, Reads, Request, Runner};

/// As many strikes within so long put a plugin out of use.
const STRIKES: usize = 3;
const STRIKES_WITHIN: Duration = Duration::from_secs(60);

/// A plugin that answers.
#[derive(Debug)]
pub struct Plugin {
    pub manifest: Manifest,
    pub description: PluginDescription,
    /// Its package, `plugins/<id>/` in the home.
    folder: PathBuf,
    deadline: Duration,
    runner: Box<dyn Runner>,
    strikes: Mutex<Strikes>,
}

/// What is held against a plugin.
#[derive(Debug, Default)]
struct Strikes {
    recent: VecDeque<Instant>,
    quarantine: Option<String>,
}

impl Plugin {
    pub(super) fn new(
        manifest: Manifest,
        description: PluginDescription,
        folder: PathBuf,
        deadline: Duration,
        runner: Box<dyn Runner>,
    ) -> Self {
        Plugin { manifest, description, folder, deadline, runner, strikes: Mutex::default() }
    }

    /// Runs one handler; reads go to `reads`.
    ///
    /// # Errors
    /// See [`CallFailure`]. The third crash, time-out, garbled answer or panic within a minute quarantines the plugin.
    pub async fn run(&self, call: &Call, reads: Arc<dyn Reads>, deadline: Duration) -> Result<Answer, CallFailure> {
        if let Some(why) = self.quarantine() {
            return Err(CallFailure::Quarantined { why });
        }
        let lane = if matches!(call.handler, Handler::Job { .. }) { Lane::Jobs } else { Lane::People };
        let garbled = |error: serde_json::Error| CallFailure::Garbled { why: error.to_string() };
        let json = serde_json::to_vec(call).map_err(garbled)?;
        let started = Instant::now();
        let answer = self.runner.call(Request { op: ops::RUN, json, lane, deadline }, reads).await;
        let answer = answer.and_then(|json| serde_json::from_slice(&json).map_err(garbled));
        self.measure(started, &answer);
        if let Err(failure) = &answer {
            self.hold_against(failure);
        }
        answer
    }

    /// How long the settings let a call of it take.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Why it is out of use, if it is.
    pub fn quarantine(&self) -> Option<String> {
        let by_strikes = self.strikes.lock().quarantine.clone();
        by_strikes.or_else(|| self.runner.why_out_of_use())
    }

    /// Lets it back into use with a clean sheet.
    pub(super) fn forgive(&self) {
        *self.strikes.lock() = Strikes::default();
        self.runner.forgive();
    }

    /// Its child processes at this moment.
    pub fn children(&self) -> Vec<u32> {
        self.runner.children()
    }

    /// Calls that never came back and hold a thread of the desk; only in-process.
    pub fn leaked_threads(&self) -> usize {
        self.runner.leaked_threads()
    }

    /// The package's forms, as shipped.
    pub fn templates(&self) -> PathBuf {
        self.folder.join("templates")
    }

    /// The package's schedule, as shipped; it may not exist.
    pub fn schedule(&self) -> PathBuf {
        self.folder.join("schedules").join(format!("{}.toml", self.manifest.id))
    }

    /// The package's demo commands; they may not exist.
    pub fn demo(&self) -> PathBuf {
        self.folder.join("demo.jsonl")
    }

    /// The package's sentences as `(language, file, source)`.
    pub fn locales(&self) -> Vec<(String, String, String)> {
        let entries = std::fs::read_dir(self.folder.join("locales")).into_iter().flatten().flatten();
        let read = |file: &Path| {
            let language = file.file_stem()?.to_str()?.to_owned();
            let shown = format!("plugins/{}/locales/{language}.ftl", self.manifest.id);
            Some((language, shown, std::fs::read_to_string(file).ok()?))
        };
        let is_locale = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "ftl");
        let files = entries.map(|entry| entry.path()).filter(is_locale);
        let mut locales: Vec<_> = files.filter_map(|file| read(&file)).collect();
        locales.sort();
        locales
    }

    fn hold_against(&self, failure: &CallFailure) {
        let id = self.manifest.id.as_str();
        let mut strikes = self.strikes.lock();
        if !failure.is_strike() || strikes.quarantine.is_some() {
            return;
        }
        tracing::warn!(plugin = id, "a call of {id} failed: {failure}");
        if strikes.add(Instant::now()) {
            let seconds = STRIKES_WITHIN.as_secs();
            let why = format!("{STRIKES} of its calls failed within {seconds} s; the last: {failure}");
            tracing::error!(plugin = id, "{id} is quarantined: {why}; after a repair: deskbell plugin enable {id}");
            metrics::counter!("deskbell_plugin_quarantines_total", "plugin" => id.to_owned()).increment(1);
            strikes.quarantine = Some(why);
        }
    }

    fn measure(&self, started: Instant, answer: &Result<Answer, CallFailure>) {
        let outcome = match answer {
            Ok(_) => "answered",
            Err(failure) if failure.is_strike() => "failed",
            Err(CallFailure::Fault(_)) => "refused",
            Err(_) => "unavailable",
        };
        let plugin = self.manifest.id.clone();
        metrics::histogram!("deskbell_plugin_call_seconds", "plugin" => plugin, "outcome" => outcome)
            .record(started.elapsed().as_secs_f64());
    }
}

impl Strikes {
    /// Adds a strike and says whether it was one too many.
    fn add(&mut self, now: Instant) -> bool {
        self.recent.push_back(now);
        self.recent.retain(|strike| now.duration_since(*strike) < STRIKES_WITHIN);
        self.recent.len() >= STRIKES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_strikes_within_a_minute_are_too_many_and_four_over_an_hour_are_not() {
        fn check(seconds: &[u64], expected: bool) {
            let (mut strikes, start) = (Strikes::default(), Instant::now());
            let struck_out = seconds.iter().any(|at| strikes.add(start + Duration::from_secs(*at)));
            assert_eq!(struck_out, expected, "{seconds:?}");
        }
        check(&[0, 1, 2], true);
        check(&[0, 30, 59], true);
        check(&[0, 30, 61], false);
        check(&[0, 900, 1800, 2700], false);
        check(&[0, 50, 61, 70], true);
    }
}
