//! Plugins with what they offer, and the schemas of their types.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Items;
use crate::plugins::{Plugin, Status};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::Reader;

pub(crate) async fn list(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Value>>, Problem> {
    params.end()?;
    let statuses = web.app.plugins.statuses(reader.lang);
    Ok(Items::all(statuses.iter().map(|status| with_offer(status, web.app.plugins.get(&status.id).as_deref())).collect()))
}

pub(crate) async fn types(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Value>>, Problem> {
    params.end()?;
    let plugins = web.app.plugins.all();
    Ok(Items::all(plugins.iter().flat_map(|plugin| types_of(&web, plugin, reader.lang)).collect()))
}

/// Where a plugin stands, with the names of what it offers.
fn with_offer(status: &Status, plugin: Option<&Plugin>) -> Value {
    let mut shown = json!(status);
    if let Some(plugin) = plugin {
        let full = |name: &str| format!("{}.{name}", status.id);
        let description = &plugin.description;
        shown["types"] = description.types.iter().map(|of| full(&of.name)).collect();
        shown["jobs"] = description.jobs.iter().map(|job| full(&job.name)).collect();
        shown["forms"] = description.forms.iter().map(|form| full(&form.name)).collect();
        shown["actions"] = json!(description.actions);
        shown["settings"] = json!(description.settings);
    }
    shown
}

/// A plugin's types, each under its full name and with the words that clerks read.
fn types_of(web: &Web, plugin: &Plugin, lang: &str) -> Vec<Value> {
    let id = &plugin.manifest.id;
    let messages = web.app.i18n.messages(Some(id), lang);
    let label = |key: String| messages.get_or_key(&key, &Default::default());
    let shown = |of: &deskbell_proto::description::TypeDescription| {
        let mut shown = json!(of);
        shown["type"] = format!("{id}.{}", of.name).into();
        shown["plugin"] = id.as_str().into();
        shown["title"] = label(of.name.clone()).into();
        for (at, field) in of.fields.iter().enumerate() {
            shown["fields"][at]["label"] = label(format!("{}.{}", of.name, field.name)).into();
        }
        shown
    };
    plugin.description.types.iter().map(shown).collect()
}
