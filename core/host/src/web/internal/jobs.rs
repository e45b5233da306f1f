//! What store IT asks about jobs beyond the public API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::jobs::{JobInfo, Run};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::api::Items;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::{AtSite, Reader};

const OCCURRENCES: u64 = 5;
const OCCURRENCES_MAX: u64 = 1000;
const RUNS: u64 = 50;
const RUNS_MAX: u64 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paused {
    paused: bool,
}

pub(crate) async fn show(
    State(web): State<Web>,
    at: AtSite,
    Path(job): Path<String>,
    params: Params,
) -> Result<Json<JobInfo>, Problem> {
    params.end()?;
    Ok(Json(web.app.jobs.show(&at.subject, &at.site, &job, at.lang).await?))
}

pub(crate) async fn pause(
    State(web): State<Web>,
    at: AtSite,
    Path(job): Path<String>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let Paused { paused } = body.into()?;
    web.app.jobs.pause(&at.subject, &at.site, &job, paused).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn next(State(web): State<Web>, at: AtSite, mut params: Params) -> Result<Json<Items<Value>>, Problem> {
    let job = params.text("job");
    let n = params.count("n", OCCURRENCES_MAX)?.unwrap_or(OCCURRENCES);
    params.end()?;
    let next = web.app.jobs.next(&at.subject, &at.site, job.as_deref(), n as usize).await?;
    Ok(Items::all(next.into_iter().map(|(job, at)| json!({ "job": job, "at": at })).collect()))
}

pub(crate) async fn history(State(web): State<Web>, at: AtSite, mut params: Params) -> Result<Json<Items<Run>>, Problem> {
    let limit = params.count("limit", RUNS_MAX)?.unwrap_or(RUNS);
    params.end()?;
    Ok(Items::all(web.app.jobs.history(&at.subject, &at.site, None, limit, at.lang).await?))
}

pub(crate) async fn log(
    State(web): State<Web>,
    reader: Reader,
    Path(run): Path<String>,
    params: Params,
) -> Result<Json<Items<String>>, Problem> {
    params.end()?;
    let id = run.parse().map_err(|_| Problem::not_found(format!("run {run}")))?;
    Ok(Items::all(web.app.jobs.log(&reader.subject, id).await?))
}

pub(crate) async fn missed(State(web): State<Web>, at: AtSite, params: Params) -> Result<Json<Items<Run>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.jobs.missed(&at.subject, &at.site, at.lang).await?))
}
