//! `cargo ci`: every check, in the order in which they fail fastest; the slowest steps are printed at the end.

use std::process::Command;

use crate::rules;
use crate::setup::{self, For};
use crate::step::{Steps, cargo, has, say, target};

pub fn run() -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let done = check(&mut steps);
    steps.print_slowest();
    done
}

fn check(steps: &mut Steps) -> anyhow::Result<()> {
    steps.time("set-up", || setup::run(For::Tests))?;
    steps.run("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    steps.time("rules", || rules::run(&rules::Arguments::check()))?;
    // Libraries, binaries and tests in one build with one set of features: the suites drive what it made.
    steps.run("build", &mut cargo(&["build", "--workspace", "--all-targets", "--locked"]))?;
    steps.run("the first plugin", &mut first_plugin())?;
    steps.run("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    steps.run("docs", docs.env("RUSTDOCFLAGS", "-D warnings"))?;
    check_licences(steps)?;
    steps.run("tests", &mut cargo(&["test", "--workspace", "--locked"]))
}

/// The fixture that must load for ever is a workspace of its own; the suites would build it, too, but on their own time.
fn first_plugin() -> Command {
    let mut build = cargo(&["build", "--locked", "--manifest-path", "tests/fixtures/first-plugin/Cargo.toml", "--target-dir"]);
    build.arg(target().join("first-plugin"));
    build
}

/// cargo-deny and its advisories are not installed by the project: where they are at hand, they are asked.
fn check_licences(steps: &mut Steps) -> anyhow::Result<()> {
    if !has("cargo-deny") {
        say("licences and advisories: skipped, cargo-deny is not installed here");
        return Ok(());
    }
    steps.run("licences and advisories", &mut cargo(&["deny", "--offline", "check"]))
}
