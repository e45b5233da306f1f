//! The HTTP API: the contract's routes over the facades of the host.
//!
//! `routes` is the whole table. A handler takes its request apart (`reader`, `params`, `body`, `version`), asks one facade
//! and shapes the answer; what went wrong leaves as a problem (`problem`). Not here: what somebody may do or what a command
//! does (`desk`, `people`), what a paper looks like (`forms`).

mod api;
mod body;
mod internal;
mod layers;
mod linger;
mod params;
mod peer;
pub(crate) mod percent;
mod problem;
mod reader;
mod routes;
mod server;
mod version;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::layers::Gate;
use crate::app::App;
use crate::config;
use crate::i18n::I18n;
use crate::problem::Problem;

pub use peer::Peer;
pub(crate) use reader::ACT_AS;
pub use server::Server;

/// What a reader of a file should know, percent-encoded: characters that no font has, and the like.
pub(crate) const WARNING: &str = "x-deskbell-warning";

/// The public API, as it is served over TCP.
pub fn router(app: Arc<App>) -> Router {
    Web::new(app, &config::Server::default()).public()
}

/// The public API and what only the CLI needs (`/internal/…`), as the desk's socket and the CLI's own process serve it.
///
/// A request counts as local when its extensions hold [`Peer::Local`].
pub fn local_router(app: Arc<App>) -> Router {
    Web::new(app, &config::Server::default()).local()
}

/// A problem as the API writes it, for whoever found one without asking the API.
pub(crate) fn problem_json(problem: &Problem, i18n: &I18n, lang: &str) -> Value {
    problem::to_json(problem, i18n, lang, "")
}

/// What every route is given.
#[derive(Debug, Clone)]
struct Web {
    app: Arc<App>,
    gate: Arc<Gate>,
    request_timeout: Duration,
    /// Cancelled when the desk is told to stop: live streams end, and `/readyz` says so at once.
    closing: Arc<CancellationToken>,
}

impl Web {
    fn new(app: Arc<App>, settings: &config::Server) -> Self {
        let gate = Arc::new(Gate::new(settings.at_once as usize));
        // Every route's layers clone what they are given, and a clone of the token takes its lock.
        let closing = Arc::new(CancellationToken::new());
        Web { app, gate, request_timeout: settings.request_timeout, closing }
    }

    fn public(&self) -> Router {
        let quick = layers::in_time(self, routes::api());
        let api = layers::gated(self, quick.merge(routes::jobs_by_hand()));
        layers::around(self, api.merge(routes::health())).with_state(self.clone())
    }

    /// Without the public limits: whoever sits at the desk's own machine can interrupt what takes too long.
    fn local(&self) -> Router {
        let routes = routes::api().merge(routes::jobs_by_hand()).merge(routes::health()).merge(routes::internal());
        layers::around(self, routes).with_state(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::home::{NewHome, init};

    /// The contract's table of routes.
    const CONTRACT: [(&str, &str); 25] = [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/api/v1/plugins"),
        ("GET", "/api/v1/types"),
        ("GET", "/api/v1/records/letters.letter"),
        ("POST", "/api/v1/records/letters.letter"),
        ("GET", "/api/v1/records/letters.letter/L-1"),
        ("PATCH", "/api/v1/records/letters.letter/L-1"),
        ("GET", "/api/v1/records/letters.letter/L-1/history"),
        ("POST", "/api/v1/records/letters.letter/L-1/actions/collect"),
        ("POST", "/api/v1/actions/letters.publish"),
        ("POST", "/api/v1/records/letters.letter/L-1/sign-offs/hr"),
        ("GET", "/api/v1/forms/letters.handoff-sheet"),
        ("POST", "/api/v1/papers"),
        ("GET", "/api/v1/papers/1"),
        ("GET", "/api/v1/registers/letters.letter"),
        ("GET", "/api/v1/jobs"),
        ("GET", "/api/v1/jobs/letters.morning-notice/runs"),
        ("POST", "/api/v1/jobs/letters.morning-notice/runs"),
        ("GET", "/api/v1/runs/1"),
        ("GET", "/api/v1/due"),
        ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/events"),
    ];

    /// A desk without plugins, gone with the folder.
    async fn desk(folder: &std::path::Path) -> Arc<App> {
        let home = init(&folder.join("desk"), &NewHome::default(), None).unwrap();
        Arc::new(App::open(home).await.unwrap())
    }

    async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn request(method: &str, path: &str) -> Request<Body> {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn every_route_of_the_contract_is_there_and_asks_for_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let public = router(desk(folder.path()).await);
        for (method, path) in CONTRACT {
            let (status, body) = answer(&public, request(method, path)).await;
            if path.starts_with("/api/") {
                assert_eq!(
                    (status, body["code"].as_str()),
                    (StatusCode::UNAUTHORIZED, Some("unauthenticated")),
                    "{method} {path}"
                );
            } else {
                assert_eq!(status, StatusCode::OK, "{method} {path}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_internal_is_not_served_to_the_public() {
        let folder = tempfile::tempdir().unwrap();
        let app = desk(folder.path()).await;
        let (status, body) = answer(&router(app.clone()), request("GET", "/internal/users")).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
        // Over the local router, too, only for whom the server has recognised.
        let local = local_router(app);
        assert_eq!(answer(&local, request("GET", "/internal/users")).await.0, StatusCode::UNAUTHORIZED);
        let mut own = request("GET", "/internal/users");
        own.extensions_mut().insert(Peer::own());
        assert_eq!(answer(&local, own).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn errors_of_every_kind_are_problems() {
        let folder = tempfile::tempdir().unwrap();
        let local = local_router(desk(folder.path()).await);
        let check = async |mut request: Request<Body>, status: u16, code: &str| {
            request.extensions_mut().insert(Peer::own());
            let asked = format!("{} {}", request.method(), request.uri());
            let (found, body) = answer(&local, request).await;
            assert_eq!((found.as_u16(), body["code"].as_str()), (status, Some(code)), "{asked}: {body}");
        };
        check(request("GET", "/api/v1/nowhere"), 404, "not_found").await;
        check(request("PUT", "/api/v1/plugins"), 405, "method_not_allowed").await;
        check(request("GET", "/api/v1/jobs?limt=3"), 422, "validation_failed").await;
        check(request("GET", "/api/v1/jobs?site=west"), 404, "not_found").await;
        check(request("PATCH", "/api/v1/records/a.b/1"), 428, "version_required").await;
        check(request("GET", "/api/v1/records/a.b"), 404, "not_found").await;
        let with_body = |content_type: &str, body: String| {
            let request = Request::builder().method("POST").uri("/api/v1/papers").header("content-type", content_type);
            request.body(Body::from(body)).unwrap()
        };
        check(with_body("text/plain", "{}".into()), 415, "unsupported_media_type").await;
        check(with_body("application/json", "{".into()), 400, "bad_request").await;
        check(with_body("application/json", "{}".into()), 422, "validation_failed").await;
        check(with_body("application/json", format!("{{\"form\":\"{}\"}}", "x".repeat(1 << 20))), 413, "payload_too_large").await;
    }
}
