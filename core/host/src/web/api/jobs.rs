//! Jobs and their runs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate};
use serde::Deserialize;

use super::Items;
use crate::desk::Site;
use crate::jobs::{ByHand, JobInfo, Run};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::{AtSite, Reader};

const RUNS: u64 = 50;
const RUNS_MAX: u64 = 200;

/// How to run a job by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunByHand {
    #[serde(default)]
    dry_run: bool,
    as_of: Option<String>,
}

pub(crate) async fn list(State(web): State<Web>, at: AtSite, params: Params) -> Result<Json<Items<JobInfo>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.jobs.list(&at.subject, &at.site, at.lang).await?))
}

pub(crate) async fn runs(
    State(web): State<Web>,
    at: AtSite,
    Path(job): Path<String>,
    mut params: Params,
) -> Result<Json<Items<Run>>, Problem> {
    let limit = params.count("limit", RUNS_MAX)?.unwrap_or(RUNS);
    params.end()?;
    Ok(Items::all(web.app.jobs.history(&at.subject, &at.site, Some(&job), limit, at.lang).await?))
}

pub(crate) async fn run(
    State(web): State<Web>,
    at: AtSite,
    Path(job): Path<String>,
    params: Params,
    body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let idempotency = body.idempotency.clone();
    let RunByHand { dry_run, as_of } = body.into()?;
    let as_of = as_of.map(|text| business_day(&text, &*web.app.sites.get(&at.site)?)).transpose()?;
    let by_hand = ByHand { dry_run, as_of, idempotency };
    let run = web.app.jobs.run(&at.subject, &at.site, &job, by_hand, at.lang).await?;
    let location = format!("/api/v1/runs/{}", run.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(run)).into_response())
}

pub(crate) async fn get(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Run>, Problem> {
    params.end()?;
    let id = id.parse().map_err(|_| Problem::not_found(format!("run {id}")))?;
    Ok(Json(web.app.jobs.get(&reader.subject, id, reader.lang).await?))
}

/// The day that a run counts for: a day, or an instant's day at the site.
fn business_day(text: &str, site: &Site) -> Result<NaiveDate, Problem> {
    let of_instant = || DateTime::parse_from_rfc3339(text).map(|at| site.day(at.to_utc()));
    text.parse().or_else(|_| of_instant()).map_err(|_| Problem::invalid_field("as_of", "not-a-day", []))
}
