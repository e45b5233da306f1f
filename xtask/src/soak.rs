//! `cargo xtask soak`: the loops that look for lost and doubled writes, for longer than CI has time.

use crate::setup::{self, For};
use crate::step::{self, cargo};

/// The suites that go round more often when they are told to (`deskbell_tests::rounds`).
const LOOPS: [&str; 2] = ["crashes", "disks"];

pub fn run() -> anyhow::Result<()> {
    setup::run(For::Tests)?;
    step::run(&mut cargo(&["build", "--workspace", "--all-targets", "--locked"]))?;
    let mut soak = cargo(&["test", "--workspace", "--locked", "--test", "on_sqlite", "--"]);
    step::run(soak.args(LOOPS).args(["--nocapture", "--test-threads", "1"]).env("DESKBELL_SOAK", "1"))
}
