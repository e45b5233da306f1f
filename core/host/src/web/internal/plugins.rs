//! Installing plugins and taking them in and out of use, while the desk runs.

use std::path::PathBuf;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::home::Shipped;
use crate::plugins::Status;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::body::Body;
use crate::web::reader::Reader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    /// A folder, or the id of a shipped plugin.
    package: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enabled {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trusted {
    hash: String,
}

pub(crate) async fn install(State(web): State<Web>, reader: Reader, body: Body) -> Result<(StatusCode, Json<Value>), Problem> {
    reader.must_be_admin(&web, "plugins")?;
    let Package { package } = body.into()?;
    let (status, notes) = web.app.plugins.install(&package, Shipped::find().as_ref()).await?;
    Ok((StatusCode::CREATED, Json(taken_up(&web, &status, notes).await?)))
}

pub(crate) async fn roll_back(State(web): State<Web>, reader: Reader, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    reader.must_be_admin(&web, "plugins")?;
    let (status, notes) = web.app.plugins.rollback(&id).await?;
    Ok(Json(taken_up(&web, &status, notes).await?))
}

pub(crate) async fn set_enabled(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    reader.must_be_admin(&web, "plugins")?;
    let Enabled { enabled } = body.into()?;
    let plugins = &web.app.plugins;
    let status = if enabled { plugins.enable(&id).await? } else { plugins.disable(&id).await? };
    Ok(Json(taken_up(&web, &status, Vec::new()).await?))
}

pub(crate) async fn remove(State(web): State<Web>, reader: Reader, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    reader.must_be_admin(&web, "plugins")?;
    web.app.plugins.remove(&id).await?;
    web.app.reload().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn trust(State(web): State<Web>, reader: Reader, body: Body) -> Result<StatusCode, Problem> {
    reader.must_be_admin(&web, "plugins")?;
    let Trusted { hash } = body.into()?;
    web.app.plugins.trust(&hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts in force what the plugin brings along: tables, words, grants, schedules.
async fn taken_up(web: &Web, status: &Status, notes: Vec<Diagnostic>) -> Result<Value, Problem> {
    let problems = web.app.reload().await?;
    Ok(json!({ "plugin": status, "notes": notes, "problems": problems }))
}
