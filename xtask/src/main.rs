//! What the project does for itself: set-up, the demo, the checks of CI. `cargo demo` and `cargo ci` are aliases for it.

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod defects;
mod demo;
mod rules;
mod setup;
mod soak;
mod step;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, demo, checks and measurements of Deskbell")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what the build, the papers and the tests need and this machine lacks.
    Setup,
    /// Sets up, builds, and serves a throw-away desk with a month of records.
    Demo {
        /// Passed on to `deskbell demo`: `--listen ADDRESS`, `--keep`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measures the whole system, built as for a release.
    Bench {
        /// Passed on: only the measurements whose name contains it.
        #[arg(trailing_var_arg = true)]
        arguments: Vec<String>,
    },
    /// Lists the desk rules with their tests in docs/rules.md.
    Rules(rules::Arguments),
    /// Seeds a defect at a time and wants the suites to notice it.
    Defects,
    /// Goes on killing the desk and cutting its power, for hours.
    Soak,
    /// Sets up and runs every check: format, lints, docs, licences, tests.
    Ci,
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(step::workspace())?;
    match Arguments::parse().task {
        Task::Setup => setup::run(setup::For::Tests),
        Task::Demo { arguments } => demo::run(&arguments),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Ci => ci::run(),
        Task::Rules(arguments) => rules::run(&arguments),
        Task::Defects => defects::run(),
        Task::Soak => soak::run(),
    }
}
