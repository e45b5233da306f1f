//! Files of records.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};

use crate::imports::Imported;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

pub(crate) async fn import(
    State(web): State<Web>,
    at: AtSite,
    Path(record_type): Path<String>,
    mut params: Params,
    file: Bytes,
) -> Result<Json<Imported>, Problem> {
    let dry = params.choice("dry_run", &[("true", true), ("false", false)])?.unwrap_or(false);
    params.end()?;
    Ok(Json(web.app.imports.take_in(&at.subject, &at.site, &record_type, file.into(), dry, at.lang).await?))
}
