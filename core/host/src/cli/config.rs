//! `config`: the settings in force, where they come from, and what is wrong with them.

use clap::Subcommand;
use serde_json::{Value, json};

use super::console::{Console, is_coloured};
use super::failure::{self, Failure};
use super::table::columns;
use crate::config::Settings;
use crate::diagnostic::Diagnostic;

/// Settings: check them, show them, print their schema.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Checks deskbell.toml and the schedules with the desk's own loader.
    Check,
    /// Shows every setting in force.
    Show {
        /// Also where each comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Prints the JSON schema of deskbell.toml, for editors.
    Schema,
}

impl Config {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        match self {
            Config::Check => check(console).await,
            Config::Show { origin } => show(console, origin),
            Config::Schema => {
                console.print_json(&Settings::schema(&[]));
                Ok(())
            }
        }
    }
}

/// Settings that no desk can start on are shown alone; else also what the plugins and schedules say to them.
async fn check(console: &Console) -> Result<(), Failure> {
    let loaded = Settings::load(&console.home().settings_file());
    if !loaded.is_usable {
        return Err(Failure::Invalid(loaded.problems));
    }
    let found = console.desk().await?.get("/internal/settings/problems", &[]).await?;
    let problems: Vec<Diagnostic> = serde_json::from_value(found["items"].clone()).map_err(anyhow::Error::new)?;
    if console.wants_json() {
        console.print_json(&found);
    }
    let n_warnings = problems.len();
    failure::errors(problems.clone())?;
    problems.iter().for_each(|problem| console.say(failure::shown(problem, is_coloured())));
    console.say(if n_warnings == 0 {
        "the settings hold".to_owned()
    } else {
        format!("the settings hold, {n_warnings} warnings")
    });
    Ok(())
}

fn show(console: &Console, origin: bool) -> Result<(), Failure> {
    let loaded = Settings::load(&console.home().settings_file());
    failure::errors(loaded.problems)?;
    let item = |shown: &crate::config::Shown| json!({ "key": shown.key, "value": shown.value, "origin": shown.origin, "doc": shown.doc });
    let list = json!({ "items": loaded.shown.iter().map(item).collect::<Vec<Value>>(), "next_cursor": null });
    let columns = if origin { columns(["key", "value", "origin"]).to_vec() } else { columns(["key", "value"]).to_vec() };
    console.print_list(&list, &columns, "no settings");
    Ok(())
}
