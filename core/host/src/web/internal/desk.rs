//! The desk as a whole: is it in order, do its settings hold, is its data whole.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::backup::Made;
use crate::diagnostic::Diagnostic;
use crate::doctor::{self, Check};
use crate::problem::Problem;
use crate::store;
use crate::verify;
use crate::web::Web;
use crate::web::api::Items;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::Reader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Absolute; none means the desk's own folder of backups.
    file: Option<PathBuf>,
}

pub(crate) async fn checks(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Check>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "doctor")?;
    Ok(Items::all(doctor::examine(&web.app, reader.lang).await))
}

pub(crate) async fn problems(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Diagnostic>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "settings")?;
    Ok(Items::all(web.app.check().await))
}

pub(crate) async fn verification(
    State(web): State<Web>,
    reader: Reader,
    params: Params,
) -> Result<Json<Items<store::Check>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "verify")?;
    Ok(Items::all(verify::running(&web.app.home, &web.app.store).await?))
}

pub(crate) async fn back_up(State(web): State<Web>, reader: Reader, body: Body) -> Result<(StatusCode, Json<Made>), Problem> {
    let Wanted { file } = body.into()?;
    reader.must_be_admin(&web, "backup")?;
    let made = web.app.backups.make(file.as_deref(), web.app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(made)))
}
