//! What a plugin says besides its answers: its log, its `println!`, the last words of a crash. All of it goes to the host's
//! log under the plugin's id, and no plugin can fill the disk with it.

use std::time::{Duration, Instant};

use deskbell_proto::call::LogLine;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStderr;

use crate::plugins::child::LOG_MARK;

/// The longest line that is kept, in bytes.
const LINE_MAX: u64 = 8 * 1024;
/// Lines kept of a child in a second.
const LINES_A_SECOND: u32 = 200;

/// Logs a child's stderr until it ends.
pub(super) fn listen(plugin: String, errors: ChildStderr) {
    tokio::spawn(async move {
        let mut errors = BufReader::new(errors);
        let mut allowance = Allowance::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut errors).take(LINE_MAX).read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if allowance.spend(&plugin) => say(&plugin, String::from_utf8_lossy(&line).trim_end()),
                Ok(_) => {}
            }
        }
    });
}

/// Logs a line that a plugin's code wrote in mid-call; the caller's span says for whom.
pub(in crate::plugins) fn log(plugin: &str, json: &[u8]) {
    match serde_json::from_slice(json) {
        Ok(line) => log_line(plugin, &line),
        Err(_) => tracing::info!(plugin, "{}", String::from_utf8_lossy(json)),
    }
}

fn say(plugin: &str, line: &str) {
    match line.strip_prefix(LOG_MARK) {
        Some(json) => log(plugin, json.as_bytes()),
        None if line.is_empty() => {}
        None => tracing::info!(plugin, "{line}"),
    }
}

/// Puts a plugin's line into the host's log.
fn log_line(plugin: &str, line: &LogLine) {
    let LogLine { level, target: from, message } = line;
    match level.as_str() {
        "error" => tracing::error!(plugin, from, "{message}"),
        "warn" => tracing::warn!(plugin, from, "{message}"),
        "debug" => tracing::debug!(plugin, from, "{message}"),
        "trace" => tracing::trace!(plugin, from, "{message}"),
        _ => tracing::info!(plugin, from, "{message}"),
    }
}

/// So many lines a second; those beyond it are counted and told once.
struct Allowance {
    since: Instant,
    spent: u32,
}

impl Allowance {
    fn new() -> Self {
        Allowance { since: Instant::now(), spent: 0 }
    }

    fn spend(&mut self, plugin: &str) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            if let Some(lost @ 1..) = self.spent.checked_sub(LINES_A_SECOND) {
                tracing::warn!(plugin, "left out {lost} lines that came too fast");
            }
            *self = Allowance::new();
        }
        self.spent = self.spent.saturating_add(1);
        self.spent <= LINES_A_SECOND
    }
}
