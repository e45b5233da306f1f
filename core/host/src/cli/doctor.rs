//! `doctor`: is the desk in order, and if not, what to do.

use clap::Args;

use super::console::Console;
use super::failure::Failure;
use super::table::columns;

/// Checks settings, database, plugins, schedules, templates, fonts, disk and clock; problems end with 10.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let checks = console.desk().await?.get("/internal/checks", &[]).await?;
        console.print_list(&checks, &columns(["state", "check", "cause", "cure"]), "nothing was checked");
        let n_errors = checks["items"].as_array().into_iter().flatten().filter(|check| check["state"] == "error").count();
        if n_errors == 0 { Ok(()) } else { Err(Failure::Found(format!("{n_errors} checks found problems"))) }
    }
}
