//! What store IT does with forms: list, check, preview with sample data, compare with the shipped one, put it back.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::forms::FormInfo;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::api::forms::page;
use crate::web::api::{Items, file};
use crate::web::params::Params;
use crate::web::problem::to_json;
use crate::web::reader::Reader;

pub(crate) async fn list(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<FormInfo>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.forms.list(&reader.subject, reader.lang).await?))
}

/// The problems of all forms, or of one.
pub(crate) async fn check(State(web): State<Web>, reader: Reader, mut params: Params) -> Result<Json<Items<Value>>, Problem> {
    let form = params.text("form");
    params.end()?;
    reader.must_be_admin(&web, "forms")?;
    let problems = web.app.forms.check(form.as_deref()).await?;
    Ok(Items::all(problems.iter().map(|problem| to_json(problem, &web.app.i18n, reader.lang, "")).collect()))
}

pub(crate) async fn sample(
    State(web): State<Web>,
    reader: Reader,
    Path(form): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let (format, page) = page(&mut params)?;
    params.end()?;
    reader.must_be_admin(&web, "forms")?;
    Ok(file(web.app.forms.sample(&form, reader.lang, format, page).await?))
}

pub(crate) async fn diff(
    State(web): State<Web>,
    reader: Reader,
    Path(form): Path<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "forms")?;
    reader.must_be_admin(&web, "forms")?;
    Ok(Json(serde_json::json!({ "form": form, "diff": web.app.forms.diff(&form).await? })))
}

pub(crate) async fn reset(State(web): State<Web>, reader: Reader, Path(form): Path<String>) -> Result<StatusCode, Problem> {
    reader.must_be_admin(&web, "forms")?;
    web.app.forms.reset(&form).await?;
    Ok(StatusCode::NO_CONTENT)
}
