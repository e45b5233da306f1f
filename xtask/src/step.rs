//! One step at a time: says what it does, does it, and remembers how long it took.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), Into::into)
}

/// Steps with their times.
#[derive(Default)]
pub struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
    /// Runs a command to its end; its output goes to the terminal.
    pub fn run(&mut self, name: &str, command: &mut Command) -> anyhow::Result<()> {
        self.time(name, || run(command))
    }

    /// Does something under a name.
    pub fn time(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        say(name);
        let started = Instant::now();
        let done = work();
        self.taken.push((name.to_owned(), started.elapsed()));
        done.with_context(|| format!("step \"{name}\""))
    }

    /// Prints the steps, the slowest first.
    pub fn print_slowest(&self) {
        let mut taken: Vec<_> = self.taken.iter().collect();
        taken.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
        let total: Duration = taken.iter().map(|(_, time)| *time).sum();
        say(&format!("{} steps in {:.0} s, the slowest first", taken.len(), total.as_secs_f64()));
        for (name, time) in taken {
            eprintln!("  {:>7.1} s  {name}", time.as_secs_f64());
        }
    }
}

/// Says what is going on, apart from what tools print.
pub fn say(text: &str) {
    eprintln!("\n── {text}");
}

/// Runs a command and fails with its line when it does.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = format!("{command:?}").replace('"', "");
    let status = command.status().with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!("{line} ended with {status}");
    }
    Ok(())
}

/// `cargo` with arguments, the same cargo that runs this.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Says whether a program answers to its name.
pub fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}
