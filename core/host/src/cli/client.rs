//! The CLI as a client of the API, over either of two transports that run the same routes: the socket of a running desk, or
//! a desk opened in this process, in which jobs do not start.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tower::ServiceExt;

use super::console::Console;
use super::failure::Failure;
use crate::app::App;
use crate::config::Settings;
use crate::home::{DeskLock, Home};
use crate::problem::Code;
use crate::web::percent::{decoded, encoded};
use crate::web::{self, Peer};

/// A way to the desk.
#[derive(Debug)]
pub(crate) struct Client {
    transport: Transport,
    /// `site` and `lang` of every request.
    common: Vec<(String, String)>,
    act_as: Option<String>,
}

#[derive(Debug)]
enum Transport {
    /// A desk is running and answers on its socket.
    Socket(std::path::PathBuf),
    /// None is: this process holds the lock and the desk.
    InProcess { app: Arc<App>, router: Router, _lock: Option<DeskLock> },
}

/// A file that the desk handed out.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) bytes: Vec<u8>,
    pub(crate) name: Option<String>,
    pub(crate) warnings: Vec<String>,
}

/// What a request carries.
#[derive(Debug)]
struct Payload {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Payload {
    fn json(value: &Value) -> Self {
        Payload { media_type: "application/json", bytes: value.to_string().into_bytes() }
    }
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Client {
    pub(crate) async fn open(console: &Console) -> Result<Self, Failure> {
        match Client::of_running(console).await {
            Some(running) => Ok(running),
            None => Ok(Client::over(open_in_process(console.home()).await?, console)),
        }
    }

    /// A client of the desk that is running, if one is.
    pub(crate) async fn of_running(console: &Console) -> Option<Self> {
        let socket = console.home().socket();
        UnixStream::connect(&socket).await.ok()?;
        Some(Client::over(Transport::Socket(socket), console))
    }

    /// A client of a desk that the caller has opened, and holds the lock of.
    pub(crate) fn of_app(app: Arc<App>, console: &Console) -> Self {
        let router = web::local_router(app.clone());
        Client::over(Transport::InProcess { app, router, _lock: None }, console)
    }

    fn over(transport: Transport, console: &Console) -> Self {
        let mut common = vec![("lang".to_owned(), console.lang().to_owned())];
        common.extend(console.site().map(|site| ("site".to_owned(), site.to_owned())));
        Client { transport, common, act_as: console.act_as().map(str::to_owned) }
    }

    pub(crate) async fn close(&self) {
        if let Transport::InProcess { app, .. } = &self.transport {
            app.stop().await;
        }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.send(Method::GET, path, query, None, None).await?.json()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, &[], Some(Payload::json(&body)), None).await?.json()
    }

    /// Hands a whole file to the desk.
    pub(crate) async fn upload(&self, path: &str, query: &[(&str, &str)], bytes: Vec<u8>) -> Result<Value, Failure> {
        let file = Payload { media_type: "application/octet-stream", bytes };
        self.send(Method::POST, path, query, Some(file), None).await?.json()
    }

    /// Changes a record that was seen at a version.
    pub(crate) async fn patch(&self, path: &str, body: Value, version: i64) -> Result<Value, Failure> {
        self.send(Method::PATCH, path, &[], Some(Payload::json(&body)), Some(version)).await?.json()
    }

    pub(crate) async fn fetch(&self, path: &str, query: &[(&str, &str)]) -> Result<Fetched, Failure> {
        let answer = self.send(Method::GET, path, query, None, None).await?;
        let text = |value: &header::HeaderValue| value.to_str().map(decoded).unwrap_or_default();
        let disposition = answer.headers.get(header::CONTENT_DISPOSITION).map(text).unwrap_or_default();
        let name = disposition.split_once("''").map(|(_, name)| name.to_owned());
        let warnings = answer.headers.get_all(web::WARNING).iter().map(text).collect();
        Ok(Fetched { bytes: answer.bytes, name, warnings })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Payload>,
        version: Option<i64>,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(method).uri(self.uri(path, query)).header(header::HOST, "desk");
        if let Some(user) = &self.act_as {
            request = request.header(web::ACT_AS, user);
        }
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, body.media_type);
                Body::from(body.bytes)
            }
            None => Body::empty(),
        };
        let request = request.body(body).map_err(|error| Failure::Usage(format!("that makes no request: {error}")))?;
        let answer = match &self.transport {
            Transport::Socket(socket) => over_socket(socket, request).await?,
            Transport::InProcess { router, .. } => in_process(router.clone(), request).await?,
        };
        answer.done()
    }

    fn uri(&self, path: &str, query: &[(&str, &str)]) -> String {
        let own = query.iter().map(|(key, value)| (*key, *value));
        let common = self.common.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        // What a command asks for itself wins over what the globals say.
        let common = common.filter(|(key, _)| !query.iter().any(|(own, _)| own == key));
        let pairs: Vec<String> = own.chain(common).map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        format!("{path}?{}", pairs.join("&"))
    }
}

impl Answer {
    async fn read<B>(response: Response<B>) -> Result<Self, Failure>
    where
        B: hyper::body::Body,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.map_err(broken)?.to_bytes().to_vec();
        Ok(Answer { status: head.status, headers: head.headers, bytes })
    }

    /// The answer, unless it is a problem.
    fn done(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let fallback = || json!({ "code": Code::Internal.as_str(), "detail": format!("the desk answered {}", self.status) });
        Err(Failure::Told(serde_json::from_slice(&self.bytes).unwrap_or_else(|_| fallback())))
    }

    fn json(self) -> Result<Value, Failure> {
        if self.bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.bytes).map_err(broken)
    }
}

/// Builds a path from segments that may hold anything.
pub(crate) fn path(prefix: &str, segments: &[&str]) -> String {
    segments.iter().fold(prefix.to_owned(), |path, segment| format!("{path}/{}", encoded(segment)))
}

/// Makes sure that there is a usable desk in a home, and takes its lock; whoever holds it works on the desk alone.
pub(crate) fn take_over(home: &Home, purpose: &str) -> Result<(Settings, DeskLock), Failure> {
    let loaded = Settings::load(&home.settings_file());
    if !loaded.is_usable {
        return Err(Failure::Invalid(loaded.problems));
    }
    home.prepare_data().map_err(anyhow::Error::new)?;
    Ok((loaded.settings, home.lock(purpose)?))
}

async fn open_in_process(home: Home) -> Result<Transport, Failure> {
    let (_, lock) = take_over(&home, "a command")?;
    let app = Arc::new(App::open(home).await?);
    let router = web::local_router(app.clone());
    Ok(Transport::InProcess { app, router, _lock: Some(lock) })
}

async fn over_socket(socket: &Path, request: Request<Body>) -> Result<Answer, Failure> {
    let stream = UnixStream::connect(socket).await.map_err(broken)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let answer = Answer::read(response).await;
    connection.abort();
    answer
}

async fn in_process(router: Router, mut request: Request<Body>) -> Result<Answer, Failure> {
    request.extensions_mut().insert(Peer::own());
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    Answer::read(response).await
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Other(anyhow::Error::new(error).context("talking to the desk"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_holds_whatever_a_person_types() {
        assert_eq!(path("/api/v1/records", &["letters.letter", "L 1/2"]), "/api/v1/records/letters.letter/L%201%2F2");
    }

    #[test]
    fn a_desk_that_is_at_work_is_not_opened_twice() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert_eq!(take_over(&home, "test").unwrap_err().exit_code(), 3, "no desk there yet");
        std::fs::write(home.settings_file(), "").unwrap();
        let first = take_over(&home, "test").unwrap();
        assert_eq!(take_over(&home, "test").unwrap_err().exit_code(), 75);
        drop(first);
        assert!(take_over(&home, "test").is_ok());
    }
}
