//! The audit trail: who did what, when, from where.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use crate::desk::{AuditPage, AuditQuery};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::{Params, value_of};
use crate::web::reader::Reader;

const PAGE: u64 = 50;
const PAGE_MAX: u64 = 200;

/// Without a site: everything, what belongs to no site included.
pub(crate) async fn list(
    State(web): State<Web>,
    reader: Reader,
    uri: Uri,
    mut params: Params,
) -> Result<Json<AuditPage>, Problem> {
    let query = AuditQuery {
        site: value_of(&uri, "site").filter(|site| site != "*"),
        user: params.text("user"),
        record_type: params.text("type"),
        number: params.text("number"),
        from: params.day("from")?,
        to: params.day("to")?,
        limit: params.count("limit", PAGE_MAX)?.unwrap_or(PAGE),
        cursor: params.text("cursor"),
    };
    params.end()?;
    Ok(Json(web.app.desk.audit(&reader.subject, query).await?))
}
