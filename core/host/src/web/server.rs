//! The server loop: TCP and the desk's own socket, with a limit on slow headers and an end in good order.
//!
//! It is our own over hyper because `axum::serve` has no timer: a client that sends its headers drop by drop would hold its
//! connection for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::linger::Lingering;
use super::{Peer, Web, layers};
use crate::app::App;
use crate::awake::Lookout;
use crate::config;

/// How long a client may take to send its headers, or its next request on a kept connection.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long requests in flight are waited for when the desk stops.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The bound listeners of a desk.
#[derive(Debug)]
pub struct Server {
    web: Web,
    tcp: TcpListener,
    socket: UnixListener,
    socket_file: PathBuf,
}

impl Server {
    /// Binds both listeners. The caller holds the home's lock, so a socket file that is there is a dead one.
    pub async fn bind(app: Arc<App>, settings: &config::Server) -> std::io::Result<Server> {
        layers::recorder();
        let tcp = TcpListener::bind(settings.listen).await?;
        let socket_file = app.home.socket();
        let socket = bind_socket(&socket_file)?;
        Ok(Server { web: Web::new(app, settings), tcp, socket, socket_file })
    }

    /// Where it listens; the port is known even when 0 was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `stop`, then answers what is in flight, for at most ten seconds.
    pub async fn run(self, stop: CancellationToken) {
        let Server { web, tcp, socket, socket_file } = self;
        let closing = CancellationToken::clone(&web.closing);
        let work = Arc::new(Notify::new());
        let (asked, ended) = (work.clone(), closing.clone());
        tokio::spawn(async move { ended.run_until_cancelled(Lookout::default().keep(&asked)).await });
        let served = |router| Served { router, work: work.clone() };
        let public = serve(tcp, served(web.public()), closing.clone(), |_, address| Some(Peer::Remote(*address)));
        let of_socket = |stream: &UnixStream, _: &_| Peer::of_socket(stream.peer_cred().ok()?);
        let local = serve(socket, served(web.local()), closing.clone(), of_socket);
        let close = async {
            stop.cancelled().await;
            closing.cancel();
        };
        tokio::join!(public, local, close);
        if let Err(error) = std::fs::remove_file(&socket_file) {
            tracing::warn!("cannot remove {}: {error}", socket_file.display());
        }
    }
}

fn bind_socket(file: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = UnixListener::bind(file)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    Ok(socket)
}

/// What answers the requests of a listener.
#[derive(Debug, Clone)]
struct Served {
    router: Router,
    /// Told of each request when it comes and when it is answered.
    work: Arc<Notify>,
}

/// Takes connections from one listener until `closing` and until what was in flight by then is answered.
async fn serve<L, P>(mut listener: L, served: Served, closing: CancellationToken, peer_of: P)
where
    L: Listener,
    L::Io: Send,
    P: Fn(&L::Io, &L::Addr) -> Option<Peer>,
{
    let connections = GracefulShutdown::new();
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => break,
        };
        // A stranger on the desk's socket is hung up on without a word.
        let Some(peer) = peer_of(&stream, &address) else { continue };
        tokio::spawn(answer(stream, peer, served.clone(), Some(connections.watcher())));
    }
    let drained = connections.shutdown();
    let give_up = tokio::time::sleep(DRAIN_TIME);
    tokio::pin!(drained, give_up);
    loop {
        tokio::select! {
            () = &mut drained => return,
            () = &mut give_up => return tracing::warn!("gave up on requests that were still in flight"),
            // Whoever asks meanwhile is told that the desk is stopping, rather than left without an answer.
            (stream, address) = listener.accept() => {
                if let Some(peer) = peer_of(&stream, &address) {
                    tokio::spawn(answer(stream, peer, served.clone(), None));
                }
            }
        }
    }
}

/// Answers the requests of one connection; without a watcher, one request only.
async fn answer<I>(stream: I, peer: Peer, served: Served, watcher: Option<Watcher>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let Served { router, work } = served.clone();
        work.notify_one();
        async move {
            let answered = router.oneshot(Lingering::of(request).map(Body::new) as Request).await;
            work.notify_one();
            Ok::<_, Infallible>(answered.unwrap_or_else(|never| match never {}))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).keep_alive(watcher.is_some());
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let ended = match watcher {
        Some(watcher) => watcher.watch(connection).await,
        None => connection.await,
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended early: {error}");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;

    use super::*;

    /// A server whose one route answers when it is let go.
    struct Slow {
        address: SocketAddr,
        closing: CancellationToken,
        asked: Arc<Notify>,
        let_go: Arc<Notify>,
        served: tokio::task::JoinHandle<()>,
    }

    async fn slow(peer_of: fn(&TcpStream, &SocketAddr) -> Option<Peer>) -> Slow {
        let (asked, let_go, closing) = (Arc::new(Notify::new()), Arc::new(Notify::new()), CancellationToken::new());
        let (tell, wait) = (asked.clone(), let_go.clone());
        let answer = move || async move {
            tell.notify_one();
            wait.notified().await;
            "answered"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Served { router: Router::new().route("/", get(answer)), work: Arc::default() };
        let served = tokio::spawn(serve(listener, served, closing.clone(), peer_of));
        Slow { address, closing, asked, let_go, served }
    }

    async fn answer_of(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn a_request_in_flight_is_answered_when_the_desk_stops() {
        let slow = slow(|_, address| Some(Peer::Remote(*address))).await;
        let mut stream = TcpStream::connect(slow.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: desk\r\n\r\n").await.unwrap();
        slow.asked.notified().await;
        slow.closing.cancel();
        slow.let_go.notify_one();
        let answer = answer_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
        slow.served.await.unwrap();
    }

    #[tokio::test]
    async fn an_idle_connection_does_not_hold_up_the_stop() {
        let slow = slow(|_, address| Some(Peer::Remote(*address))).await;
        let mut stream = TcpStream::connect(slow.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: desk\r\n\r\n").await.unwrap();
        slow.let_go.notify_one();
        // The answer has come, the connection is kept.
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        slow.closing.cancel();
        tokio::time::timeout(DRAIN_TIME / 2, slow.served).await.expect("it stops at once").unwrap();
    }

    #[tokio::test]
    async fn a_stranger_on_the_socket_is_hung_up_on() {
        let slow = slow(|_, _| None).await;
        let mut stream = TcpStream::connect(slow.address).await.unwrap();
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: desk\r\n\r\n").await;
        assert_eq!(answer_of(stream).await, "");
    }
}
