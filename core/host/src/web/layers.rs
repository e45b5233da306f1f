//! What lies around the routes: names and metrics for every request, limits, headers, and the last net under a panic.
//!
//! `[server]` in deskbell.toml has the numbers: by default 256 requests at once and as many waiting, 30 s each for the turn
//! and for the answer.

use std::sync::OnceLock;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;

use super::Web;
use super::problem::{REQUEST_ID, speak};
use crate::problem::{Code, Problem};

const BODY_BYTES: usize = 1024 * 1024;

/// What the API answers is for its reader alone, loads nothing and is framed by nobody.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How many requests run and wait at once; one more is told to come back.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Running and waiting together.
    places: Semaphore,
    running: Semaphore,
}

impl Gate {
    /// A gate for so many at once, and as many again in the queue.
    pub(crate) fn new(at_once: usize) -> Self {
        Gate { places: Semaphore::new(at_once * 2), running: Semaphore::new(at_once) }
    }
}

/// The layers around everything, the outermost first.
pub(crate) fn around(web: &Web, routes: Router<Web>) -> Router<Web> {
    let request_id = HeaderName::from_static(REQUEST_ID);
    routes.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(from_fn(measure))
            .layer(from_fn(secure))
            .layer(CompressionLayer::new())
            .layer(from_fn_with_state(web.clone(), speak))
            .layer(CatchPanicLayer::custom(caught))
            .layer(DefaultBodyLimit::max(BODY_BYTES)),
    )
}

/// Gives up on a request that takes too long.
pub(crate) fn in_time(web: &Web, routes: Router<Web>) -> Router<Web> {
    routes.layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, web.request_timeout))
}

/// Lets no more requests in than the desk can answer.
pub(crate) fn gated(web: &Web, routes: Router<Web>) -> Router<Web> {
    routes.layer(from_fn_with_state(web.clone(), admit))
}

async fn admit(State(web): State<Web>, request: Request, next: Next) -> Response {
    if web.closing.is_cancelled() {
        return Problem::new(Code::Overloaded, "the desk is stopping").with_retry_after(10).into_response();
    }
    let Ok(_place) = web.gate.places.try_acquire() else {
        return Problem::new(Code::Overloaded, "as many requests as may wait are waiting").with_retry_after(1).into_response();
    };
    let Ok(_running) = timeout(web.request_timeout, web.gate.running.acquire()).await else {
        return Problem::new(Code::Overloaded, "its turn did not come in time").with_retry_after(1).into_response();
    };
    next.run(request).await
}

/// Counts and times every request under its route, never under its path: numbers of records are no metric.
async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let start = Instant::now();
    let response = next.run(request).await;
    let (took, status) = (start.elapsed(), response.status().as_u16());
    tracing::debug!(http.method = %method, http.route = %route, http.status = status, took_ms = took.as_millis() as u64, "{method} {route} {status}");
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("deskbell_http_requests_total", &labels).increment(1);
    metrics::histogram!("deskbell_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    response
}

/// Puts on the headers of a page that trusts nobody, where the route has not set its own.
async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn caught(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(format!("a handler panicked: {}", message.unwrap_or("no message"))).into_response()
}

/// Everything that was counted, as Prometheus reads it. The first call starts the counting, once for the whole process.
pub(crate) fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed: /metrics stays empty");
        }
        handle
    })
}
