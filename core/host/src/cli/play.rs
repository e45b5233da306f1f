//! Playing commands into a desk that was opened under a clock of its own: what a simulation and demo data share.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::jobs::simulate;
use crate::web::percent::encoded;
use crate::web::{self, Peer};

/// Sends a played command through the desk's own routes.
pub(crate) async fn send(router: &Router, command: simulate::Request) -> simulate::Response {
    let separator = if command.path.contains('?') { '&' } else { '?' };
    let mut request = Request::builder()
        .method(command.method.as_str())
        .uri(format!("{}{separator}site={}", command.path, encoded(&command.site)))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(user) = &command.user {
        request = request.header(web::ACT_AS, user);
    }
    let body = if command.body.is_null() { Body::empty() } else { Body::from(command.body.to_string()) };
    let Ok(mut request) = request.body(body) else {
        return simulate::Response { status: 400, body: br#"{"detail": "that makes no request"}"#.to_vec() };
    };
    request.extensions_mut().insert(Peer::own());
    let response = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    simulate::Response { status, body }
}
