//! `verify`: is the data whole? Everything that is wrong, in one go.

use clap::Args;
use serde_json::{Value, json};

use super::client::{Client, take_over};
use super::console::Console;
use super::failure::Failure;
use super::table::columns;
use crate::store::Location;
use crate::verify;

/// Checks all data: database, audit chains, numbers, versions, job ledger, papers; problems end with 10.
#[derive(Debug, Args)]
pub(crate) struct Verify {}

impl Verify {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let checks = match Client::of_running(console).await {
            Some(desk) => desk.get("/internal/verification", &[]).await?,
            None => at_rest(console).await?,
        };
        told(console, &checks)
    }
}

/// Without opening the desk: a damaged database would not let it.
async fn at_rest(console: &Console) -> Result<Value, Failure> {
    let home = console.home();
    let (settings, _lock) = take_over(&home, "verify")?;
    let location = Location::parse(settings.database.url.expose(), &home.database_file())?;
    Ok(json!({ "items": verify::at_rest(&home, &location).await?, "next_cursor": null }))
}

/// Prints what was looked at and every fault; faults fail the command.
pub(crate) fn told(console: &Console, checks: &Value) -> Result<(), Failure> {
    console.print_list(checks, &columns(["check", "looked_at", "n_faults"]), "nothing was checked");
    let mut n_faults = 0;
    for check in checks["items"].as_array().into_iter().flatten() {
        let n = check["n_faults"].as_u64().unwrap_or_default();
        n_faults += n;
        if console.wants_json() {
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = check["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        for fault in listed {
            console.print(format!("{}: {}: {}", text(&check["check"]), text(&fault["what"]), text(&fault["why"])));
        }
        if n > listed.len() as u64 {
            console.print(format!("{}: and {} more", text(&check["check"]), n - listed.len() as u64));
        }
    }
    if n_faults == 0 { Ok(()) } else { Err(Failure::Found(format!("{n_faults} faults in the data"))) }
}
