//! `do`: an action on a plugin rather than on one of its records.

use clap::Args;
use deskbell_proto::description::ActionDescription;
use serde_json::Value;

use super::client::{Client, path};
use super::console::Console;
use super::failure::Failure;
use super::fields;
use super::signing::SignOffs;

/// Runs an action on a plugin.
#[derive(Debug, Args)]
pub(crate) struct Do {
    #[arg(value_name = "PLUGIN.ACTION")]
    action: String,
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    sign_offs: SignOffs,
}

impl Do {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        let described = described(desk, &self.action).await?;
        let body = Value::Object(fields::parsed(&self.fields, &described.args)?);
        let done = self.sign_offs.post(console, desk, &path("/api/v1/actions", &[&self.action]), body).await?;
        if done.is_object() {
            console.print_object(&done);
        } else {
            console.print_json(&done);
        }
        Ok(())
    }
}

/// The action as its plugin describes it; an unknown one is left for the desk to refuse.
async fn described(desk: &Client, name: &str) -> Result<ActionDescription, Failure> {
    let plugins = desk.get("/api/v1/plugins", &[]).await?;
    let (plugin, action) = name.split_once('.').unwrap_or((name, ""));
    let of_plugin = plugins["items"].as_array().into_iter().flatten().find(|shown| shown["id"] == plugin);
    let mut actions = of_plugin.and_then(|shown| shown["actions"].as_array()).into_iter().flatten();
    let found = actions.find(|shown| shown["name"] == action);
    Ok(found.and_then(|shown| serde_json::from_value(shown.clone()).ok()).unwrap_or_default())
}
