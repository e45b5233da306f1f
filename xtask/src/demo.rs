//! `cargo demo`: from a clean checkout to a served desk with a month of records.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;

use crate::setup::{self, For};
use crate::step::{self, cargo, say, target};

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    setup::run(For::Desk)?;
    say("Build (the first one takes some minutes)");
    step::run(&mut cargo(&["build", "--workspace"]))?;
    let error = Command::new(target().join("debug/deskbell")).arg("demo").args(arguments).exec();
    Err(error).context("cannot start the deskbell that was built")
}
