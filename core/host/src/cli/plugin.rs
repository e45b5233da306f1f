//! `plugin`: packages in and out of use, while the desk runs or not.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::path;
use super::console::{Console, is_coloured};
use super::failure::{self, Failure};
use super::table::columns;
use crate::app;
use crate::diagnostic::Diagnostic;
use crate::plugins::{self, BuildFailure, Package};
use crate::problem::Problem;

const PLUGINS: &str = "/internal/plugins";

/// Plugins: list, check, install, enable, disable.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Lists the plugins, and why one is not running.
    List,
    /// Shows one plugin with all it offers.
    Info { id: String },
    /// Checks a package, or a crate whose library is built, as the desk would load it; installs nothing.
    Check {
        #[arg(value_name = "PATH")]
        package: PathBuf,
    },
    /// Builds a native plugin's crate with cargo and lays out its package.
    Build {
        #[arg(value_name = "PATH", default_value = ".")]
        folder: PathBuf,
    },
    /// Installs the package in a folder, or a shipped plugin by its id.
    Install {
        #[arg(value_name = "PATH|ID")]
        package: PathBuf,
    },
    /// Puts a plugin into use again, also one in quarantine.
    Enable { id: String },
    /// Takes a plugin out of use; its records can still be read.
    Disable { id: String },
    /// Removes a plugin's package; records, forms and schedule stay.
    Remove { id: String },
    /// Brings back the version that was in use before.
    Rollback { id: String },
    /// Vouches for the package with this hash, which may then be installed.
    Trust { hash: String },
}

impl Plugin {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        match &self {
            Plugin::Check { package } => return check(console, package).await,
            Plugin::Build { folder } => return build(console, folder),
            _ => {}
        }
        let desk = console.desk().await?;
        match self {
            Plugin::Check { .. } | Plugin::Build { .. } => {}
            Plugin::List => {
                let plugins = desk.get("/api/v1/plugins", &[]).await?;
                let if_empty = "no plugins: install one with `deskbell plugin install`";
                console.print_list(&plugins, &columns(["id", "version", "state", "name", "reason"]), if_empty);
            }
            Plugin::Info { id } => {
                let mut plugins = desk.get("/api/v1/plugins", &[]).await?;
                let items = plugins["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
                let found = items.into_iter().find(|plugin| plugin["id"] == id.as_str());
                console.print_object(&found.ok_or_else(|| Problem::not_found(format!("plugin {id}")))?);
            }
            Plugin::Install { package } => {
                // The running desk has a current folder of its own.
                let package = if package.is_dir() { std::path::absolute(&package).unwrap_or(package) } else { package };
                tell(console, &desk.post(PLUGINS, json!({ "package": package })).await?);
            }
            Plugin::Enable { id } => {
                tell(console, &desk.post(&path(PLUGINS, &[&id, "enabled"]), json!({ "enabled": true })).await?);
            }
            Plugin::Disable { id } => {
                tell(console, &desk.post(&path(PLUGINS, &[&id, "enabled"]), json!({ "enabled": false })).await?);
            }
            Plugin::Rollback { id } => tell(console, &desk.post(&path(PLUGINS, &[&id, "rolled-back"]), json!({})).await?),
            Plugin::Remove { id } => {
                desk.post(&path(PLUGINS, &[&id, "removed"]), json!({})).await?;
                console.say(format!("{id} is removed; its records are kept"));
            }
            Plugin::Trust { hash } => {
                desk.post("/internal/trusted-packages", json!({ "hash": hash })).await?;
                console.say("the package with that hash may be installed");
            }
        }
        Ok(())
    }
}

/// How a plugin stands after a change, and what the reader should know.
fn tell(console: &Console, changed: &Value) {
    if console.wants_json() {
        return console.print_json(changed);
    }
    let plugin = |name: &str| changed["plugin"][name].as_str().unwrap_or_default();
    console.print(format!("{} {} is {}", plugin("id"), plugin("version"), plugin("state")));
    let said = ["notes", "problems"].iter().flat_map(|list| changed[*list].as_array().into_iter().flatten());
    let diagnostics = said.filter_map(|said| serde_json::from_value::<Diagnostic>(said.clone()).ok());
    diagnostics.for_each(|diagnostic| console.say(failure::shown(&diagnostic, is_coloured())));
}

async fn check(console: &Console, folder: &Path) -> Result<(), Failure> {
    let (package, problems) = app::check_package(folder).await.map_err(refused)?;
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    console.print_object(&about(&package));
    console.say("everything in it holds");
    Ok(())
}

fn build(console: &Console, folder: &Path) -> Result<(), Failure> {
    let (place, package) = plugins::build(folder).map_err(|failure| match failure {
        BuildFailure::Package(problems) => refused(problems),
        failure => Failure::Other(failure.into()),
    })?;
    let mut shown = about(&package);
    shown["package"] = place.display().to_string().into();
    console.print_object(&shown);
    let place = place.display();
    console.say(format!(
        "next: deskbell plugin check {place}\n      deskbell plugin trust {}\n      deskbell plugin install {place}",
        package.hash()
    ));
    Ok(())
}

fn about(package: &Package) -> Value {
    let manifest = &package.manifest;
    json!({ "id": manifest.id, "version": manifest.version, "protocol": manifest.protocol, "hash": package.hash() })
}

/// A package that the desk would not load, or one whose files do not hold.
fn refused(problems: Vec<Diagnostic>) -> Failure {
    let is_of_library = |problem: &Diagnostic| problem.code.starts_with("plugin.") && problem.code != "plugin.manifest";
    if problems.iter().any(is_of_library) { Failure::Refused(problems) } else { Failure::Invalid(problems) }
}
