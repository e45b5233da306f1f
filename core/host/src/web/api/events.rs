//! What happens at a site, as it happens (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

/// Often enough that no proxy takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

pub(crate) async fn stream(
    State(web): State<Web>,
    at: AtSite,
    params: Params,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    params.end()?;
    let events = web.app.desk.events(&at.subject, &at.site);
    let shown = events.map(|event| {
        let named = Event::default().event(&event.kind);
        Ok(named.json_data(&event).unwrap_or_else(|_| Event::default().comment("an event that is no JSON")))
    });
    // An open stream must not hold up the desk's stop.
    let until_closing = shown.take_until(CancellationToken::clone(&web.closing).cancelled_owned());
    Ok(Sse::new(until_closing).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
