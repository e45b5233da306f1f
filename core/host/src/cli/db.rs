//! `db`: the schema of the desk's database.

use clap::Subcommand;
use serde_json::json;

use super::client;
use super::console::Console;
use super::failure::Failure;
use super::table::columns;
use crate::config::Settings;
use crate::store::{Step, Store};

/// The desk's database: bring its schema up to date, see how it stands.
#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Brings the schema up to date; the desk must not be running.
    Migrate {
        /// Only says what would be done.
        #[arg(long)]
        plan: bool,
    },
    /// Shows which steps of the schema the database has taken.
    Status,
}

impl Db {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        match self {
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
    Store::open(settings.database.url.expose(), &home.database_file()).await?.close().await;
    console.say("the schema is up to date");
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
