//! What is left of a request's body once it has been answered: read and thrown away, so that its sender gets to know why.
//!
//! A connection that is closed while the other end still sends is reset, and the reset takes the answer with it: whoever
//! sends a file that is too large would see a broken pipe and no 413.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;

/// How much of an unwanted body is read, and for how long.
const BYTES_MAX: usize = 64 * 1024 * 1024;
const TIME_MAX: Duration = Duration::from_secs(10);

/// A request's body whose rest is read away when nobody wants it any more.
#[derive(Debug)]
pub(super) struct Lingering {
    body: Option<Incoming>,
    /// Whether the sender sends. One that asks first is told to only by the first read.
    is_sent: bool,
}

impl Lingering {
    pub(super) fn of(request: Request<Incoming>) -> Request<Lingering> {
        let is_sent = !request.headers().contains_key(header::EXPECT);
        request.map(|body| Lingering { body: Some(body), is_sent })
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_sent = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let (Some(body), Ok(runtime)) = (self.body.take(), Handle::try_current()) else { return };
        if self.is_sent && !body.is_end_stream() {
            runtime.spawn(tokio::time::timeout(TIME_MAX, read_away(body)));
        }
    }
}

async fn read_away(mut body: Incoming) {
    let mut n_bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        n_bytes += frame.data_ref().map_or(0, Bytes::len);
        if n_bytes > BYTES_MAX {
            return;
        }
    }
}
