//! The HTTP API: the contract's routes over the facades of the host.
//!
//! `routes` is the whole table. A handler takes its request apart (`reader`, `params`, `body`, `version`), asks one facade
//! and shapes the answer; what went wrong leaves as a problem (`problem`). Not here: what somebody may do or what a command
//! does (`desk`, `people`), what a paper looks like (`forms`).

mod api;
mod body;
mod internal;
mod layers;
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
use crate::desk::Idempotency;
use crate::desk::Replays;
use crate::i18n::I18n;
use crate::people::Subject;
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
    /// Repeats of what is no single command; commands are the desk's.
    replays: Replays,
    /// Cancelled when the desk is told to stop: live streams end, and `/readyz` says so at once.
    closing: CancellationToken,
}

impl Web {
    fn new(app: Arc<App>, settings: &config::Server) -> Self {
        let gate = Arc::new(Gate::new(settings.at_once as usize));
        Web {
            app,
            gate,
            request_timeout: settings.request_timeout,
            replays: Replays::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Answers a repeated request as it was answered before, instead of doing its work again.
    async fn once(
        &self,
        subject: &Subject,
        idempotency: Option<&Idempotency>,
        work: impl Future<Output = Result<Value, Problem>>,
    ) -> Result<Value, Problem> {
        self.replays.once(&self.app.store, &subject.user, idempotency, self.app.clock.now(), work).await
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
