//! `cargo xtask defects`: builds the desk with a defect at a time and wants the suites to notice each of them.

use anyhow::bail;

use crate::setup::{self, For};
use crate::step::{cargo, say, target};

/// A defect that `core/host/build.rs` can seed, and the tests that have to fail with it.
struct Defect {
    name: &'static str,
    /// Where the tests lie: arguments of `cargo test`.
    noticed_by: &'static [&'static str],
}

const DEFECTS: [Defect; 4] = [
    Defect { name: "synchronous-normal", noticed_by: &["--test", "on_sqlite", "power"] },
    Defect { name: "begin-deferred", noticed_by: &["--test", "on_sqlite", "neighbours"] },
    Defect { name: "no-idempotency-row", noticed_by: &["--test", "on_sqlite", "a_key_used_twice"] },
    Defect { name: "unchecked-permission", noticed_by: &["--test", "on_sqlite", "permissions"] },
];

pub fn run() -> anyhow::Result<()> {
    setup::run(For::Tests)?;
    let mut unnoticed = Vec::new();
    for Defect { name, noticed_by } in &DEFECTS {
        say(&format!("Defect {name}"));
        // A target of its own: the sound desk's build stays as it is.
        let folder = target().join("defects");
        let in_folder = |arguments: &[&str]| {
            let mut command = cargo(arguments);
            command.env("DESKBELL_DEFECT", name).env("CARGO_TARGET_DIR", &folder);
            command
        };
        if !in_folder(&["build", "--workspace", "--all-targets", "--locked"]).status()?.success() {
            bail!("the desk does not build with the defect {name}");
        }
        let tests = in_folder(&["test", "--workspace", "--locked"]).args(*noticed_by).output()?;
        let said = String::from_utf8_lossy(&tests.stdout);
        let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("test ") && line.ends_with("FAILED")).collect();
        failed.iter().for_each(|line| eprintln!("  {line}"));
        if failed.is_empty() {
            unnoticed.push(*name);
        }
    }
    if !unnoticed.is_empty() {
        bail!("no test noticed: {}", unnoticed.join(", "));
    }
    say("Every defect was noticed");
    Ok(())
}
