//! Is the desk alive, may it be given work, what has it counted. Asked by machines, without a token.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::web::problem::OwnReport;
use crate::web::{Web, layers};

/// The process answers; nothing else is asked.
pub(crate) async fn alive() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// The desk takes work: it is not stopping, and its database answers.
pub(crate) async fn ready(State(web): State<Web>) -> Response {
    let database = if web.app.store.view().await.is_ok() { "ok" } else { "unreachable" };
    let (status, word) = match (web.closing.is_cancelled(), database) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, "ok") => (StatusCode::OK, "ready"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let mut response = (status, Json(json!({ "status": word, "database": database }))).into_response();
    response.extensions_mut().insert(OwnReport);
    response
}

pub(crate) async fn metrics() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], layers::recorder().render()).into_response()
}
