//! `cargo xtask bench`: builds as for a release and measures the whole system.

use std::process::Command;

use crate::setup::{self, For};
use crate::step::{self, cargo, say, target};

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    setup::run(For::Tests)?;
    say("Build for a release (the first one takes a quarter of an hour)");
    step::run(&mut cargo(&["build", "--release", "--workspace", "--bins", "--lib", "--locked"]))?;
    step::run(Command::new(target().join("release/bench")).args(arguments))
}
