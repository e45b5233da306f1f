//! The whole URL table, in the order of the contract.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::Web;
use super::api::{actions, audit, due, events, forms, health, jobs, openapi, papers, plugins, records, registers};
use super::internal;

/// The largest file that can be brought along.
const FILE_BYTES: usize = 10 * 1024 * 1024;

/// Answered whatever the load.
pub(crate) fn health() -> Router<Web> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

#[rustfmt::skip]
pub(crate) fn api() -> Router<Web> {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/api/v1/plugins", get(plugins::list))
        .route("/api/v1/types", get(plugins::types))
        .route("/api/v1/records/{type}", get(records::list).post(records::create))
        .route("/api/v1/records/{type}/{number}", get(records::get).patch(records::change))
        .route("/api/v1/records/{type}/{number}/history", get(records::history))
        .route("/api/v1/records/{type}/{number}/actions/{action}", post(actions::on_record))
        .route("/api/v1/records/{type}/{number}/sign-offs/{box}", post(actions::sign))
        .route("/api/v1/actions/{action}", post(actions::on_plugin))
        .route("/api/v1/forms/{form}", get(forms::show))
        .route("/api/v1/papers", post(papers::print))
        .route("/api/v1/papers/{id}", get(papers::get))
        .route("/api/v1/registers/{type}", get(registers::get))
        .route("/api/v1/jobs", get(jobs::list))
        .route("/api/v1/jobs/{job}/runs", get(jobs::runs))
        .route("/api/v1/runs/{id}", get(jobs::get))
        .route("/api/v1/due", get(due::list))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/events", get(events::stream))
}

/// A job takes as long as its schedule allows it, and the one who starts it by hand waits for its end.
pub(crate) fn jobs_by_hand() -> Router<Web> {
    Router::new().route("/api/v1/jobs/{job}/runs", post(jobs::run))
}

/// What the CLI needs and nobody else: never served over TCP.
#[rustfmt::skip]
pub(crate) fn internal() -> Router<Web> {
    Router::new()
        .route("/internal/users", get(internal::people::users).post(internal::people::add))
        .route("/internal/users/{user}/password", post(internal::people::set_password))
        .route("/internal/users/{user}/pin", post(internal::people::set_pin))
        .route("/internal/users/{user}/roles", post(internal::people::set_roles))
        .route("/internal/users/{user}/disabled", post(internal::people::set_disabled))
        .route("/internal/tokens", get(internal::people::tokens).post(internal::people::new_token))
        .route("/internal/tokens/{id}/revoked", post(internal::people::revoke_token))
        .route("/internal/jobs/{job}", get(internal::jobs::show))
        .route("/internal/jobs/{job}/paused", post(internal::jobs::pause))
        .route("/internal/next-runs", get(internal::jobs::next))
        .route("/internal/runs", get(internal::jobs::history))
        .route("/internal/runs/{id}/log", get(internal::jobs::log))
        .route("/internal/missed-runs", get(internal::jobs::missed))
        .route("/internal/forms", get(internal::forms::list))
        .route("/internal/forms/problems", get(internal::forms::check))
        .route("/internal/forms/{form}/sample", get(internal::forms::sample))
        .route("/internal/forms/{form}/diff", get(internal::forms::diff))
        .route("/internal/forms/{form}/reset", post(internal::forms::reset))
        .route("/internal/records/{type}/imports", post(internal::records::import).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .route("/internal/plugins", post(internal::plugins::install))
        .route("/internal/plugins/{id}/enabled", post(internal::plugins::set_enabled))
        .route("/internal/plugins/{id}/rolled-back", post(internal::plugins::roll_back))
        .route("/internal/plugins/{id}/removed", post(internal::plugins::remove))
        .route("/internal/trusted-packages", post(internal::plugins::trust))
        .route("/internal/checks", get(internal::desk::checks))
        .route("/internal/settings/problems", get(internal::desk::problems))
        .route("/internal/audit/chains", get(internal::audit::verify))
        .route("/internal/backups", post(internal::desk::back_up))
        .route("/internal/verification", get(internal::desk::verification))
}
