//! `db`: the schema of the desk's database.

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::client;
use super::console::Console;
use super::failure::Failure;
use super::table::columns;
use crate::config::{self, Settings};
use crate::store::{Location, Step, Store};

/// The desk's database: bring its schema up to date, see how it stands.
#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Brings the schema up to date; the desk must not be running.
    Migrate {
        /// Only says what would be done.
        #[arg(long)]
        plan: bool,
    },
    /// Moves every record into an empty database of the other kind; the desk must not be running.
    Copy {
        /// postgres://…, or sqlite for data/deskbell.db.
        #[arg(long = "to", value_name = "URL")]
        to: String,
        /// Also names it in deskbell.toml, so that the next start uses it.
        #[arg(long)]
        switch: bool,
    },
    /// Shows which steps of the schema the database has taken.
    Status,
}

impl Db {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        match self {
            Db::Copy { to, switch } => copy(console, &to, switch).await,
            Db::Status => status(console).await,
            Db::Migrate { plan: true } => plan(console).await,
            Db::Migrate { plan: false } => migrate(console).await,
        }
    }
}

async fn status(console: &Console) -> Result<(), Failure> {
    let steps = steps(console).await?;
    let n_pending = steps.iter().filter(|step| !step.is_applied).count();
    let items =
        steps.iter().map(|step| json!({ "step": step.name, "state": if step.is_applied { "applied" } else { "pending" } }));
    let list = json!({ "items": items.collect::<Vec<_>>(), "next_cursor": null });
    console.print_list(&list, &columns(["step", "state"]), "no steps");
    if n_pending > 0 {
        console.say(format!("{n_pending} to take: `deskbell db migrate`, or the next start of the desk"));
    }
    Ok(())
}

async fn plan(console: &Console) -> Result<(), Failure> {
    let pending: Vec<Step> = steps(console).await?.into_iter().filter(|step| !step.is_applied).collect();
    let list =
        json!({ "items": pending.iter().map(|step| json!({ "step": step.name })).collect::<Vec<_>>(), "next_cursor": null });
    console.print_list(&list, &columns(["step"]), "the schema is up to date");
    Ok(())
}

/// Opening the store brings its schema up to date, and so does every start of the desk; a running one has done it.
async fn migrate(console: &Console) -> Result<(), Failure> {
    let home = console.home();
    let (settings, _lock) = client::take_over(&home, "db migrate")?;
    let connections = Location::parse(settings.database.url.expose(), &home.database_file())?.others_at_work().await?;
    if connections > 0 {
        return Err(Failure::Busy(format!("other hosts have {connections} connections to the database: stop them first")));
    }
    Store::open(settings.database.url.expose(), &home.database_file()).await?.close().await;
    console.say("the schema is up to date");
    Ok(())
}

async fn copy(console: &Console, to: &str, switch: bool) -> Result<(), Failure> {
    let home = console.home();
    let (settings, _lock) = client::take_over(&home, "db copy")?;
    let url = settings.database.url.expose();
    let (from, target) = (Location::parse(url, &home.database_file())?, Location::parse(to, &home.database_file())?);
    if from == target {
        return Err(Failure::Usage("the desk is on that database already".to_owned()));
    }
    for location in [&from, &target] {
        let connections = location.others_at_work().await?;
        if connections > 0 {
            return Err(Failure::Busy(format!("{location:?} has {connections} connections of other hosts: stop them first")));
        }
    }
    let copied = from.copy_to(&target).await?;
    let items = copied.tables.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>();
    console.print_list(&json!({ "items": items, "next_cursor": null }), &columns(["table", "rows"]), "no tables");
    console.say(format!("copied and compared: {} tables, {} audit chains", copied.tables.len(), copied.chains.len()));
    if switch {
        let text = std::fs::read_to_string(home.settings_file()).context("reading deskbell.toml")?;
        home.write_settings(&config::with_database(&text, to)).context("writing deskbell.toml")?;
        console.say("deskbell.toml names the new database; the old one is as it was");
    } else {
        let line = config::with_database("", to);
        console.say(format!("to use it, put into deskbell.toml (`--switch` does it for you):\n\n{line}"));
    }
    Ok(())
}

async fn steps(console: &Console) -> Result<Vec<Step>, Failure> {
    Ok(Store::schema_steps(&database_url(console)?, &console.home().database_file()).await?)
}

fn database_url(console: &Console) -> Result<String, Failure> {
    let loaded = Settings::load(&console.home().settings_file());
    if !loaded.is_usable {
        return Err(Failure::Invalid(loaded.problems));
    }
    Ok(loaded.settings.database.url.expose().to_owned())
}
