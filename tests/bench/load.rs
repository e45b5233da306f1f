//! Clients in a closed loop: each sends its next request when the last is answered.

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::process;

/// How long clients run before they are counted: children start, caches fill.
const WARMING_UP: Duration = Duration::from_millis(500);

/// A request to repeat.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<i64>,
}

/// What some clients met.
#[derive(Debug, Default)]
pub(crate) struct Met {
    times: Vec<Duration>,
    lasted: Duration,
    /// What an answer took of a core in the desk and its children; steadier than the rate on a machine that is not alone.
    cpu_each: Duration,
}

/// Some clients of one desk.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) address: String,
    pub(crate) token: String,
    /// The desk's process.
    pub(crate) pid: u32,
    pub(crate) n: usize,
    pub(crate) lasting: Duration,
}

impl Asked {
    pub(crate) fn get(path: impl Into<String>) -> Asked {
        Asked { method: "GET", path: path.into(), body: None, if_match: None }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Asked {
        Asked { method: "POST", path: path.into(), body: Some(body), if_match: None }
    }
}

impl Clients {
    /// Lets every client ask until the time is over; `next` is given the client and how often it has asked.
    ///
    /// Any answer but `expected` is an error: a desk that refuses quickly is not a quick desk.
    pub(crate) fn ask(&self, expected: u16, next: impl Fn(usize, u64) -> Asked + Clone + 'static) -> anyhow::Result<Met> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let expected = StatusCode::from_u16(expected)?;
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let counted_from = Instant::now() + WARMING_UP;
            let until = counted_from + self.lasting;
            let cpu_before = process::cpu_time(self.pid)?;
            let mut clients = Vec::new();
            for client in 0..self.n {
                let (next, this) = (next.clone(), self.clone());
                clients.push(tokio::task::spawn_local(
                    async move { this.ask_alone(expected, until, move |n| next(client, n)).await },
                ));
            }
            let (mut times, mut n_asked) = (Vec::new(), 0);
            for client in clients {
                let asked = client.await??;
                n_asked += asked.len();
                times.extend(asked.into_iter().filter(|(begun, _)| *begun >= counted_from).map(|(_, took)| took));
            }
            times.sort();
            let cpu = process::cpu_time(self.pid)?.saturating_sub(cpu_before);
            Ok(Met { times, lasted: self.lasting, cpu_each: cpu.div_f64(n_asked.max(1) as f64) })
        })
    }

    async fn ask_alone(
        &self,
        expected: StatusCode,
        until: Instant,
        next: impl Fn(u64) -> Asked,
    ) -> anyhow::Result<Vec<(Instant, Duration)>> {
        let mut connection = self.connect().await?;
        let mut times = Vec::new();
        for n in 0.. {
            let begun = Instant::now();
            if begun >= until {
                break;
            }
            let request = self.request(next(n))?;
            let answer = connection.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            anyhow::ensure!(status == expected, "{status}: {}", String::from_utf8_lossy(&body));
            times.push((begun, begun.elapsed()));
        }
        Ok(times)
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(&self.address).await.with_context(|| format!("connecting to {}", self.address))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(connection);
        Ok(sender)
    }

    fn request(&self, asked: Asked) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(asked.method)
            .uri(asked.path)
            .header("host", &self.address)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        if let Some(version) = asked.if_match {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let body = asked.body.map(|body| body.to_string()).unwrap_or_default();
        Ok(request.body(Full::new(Bytes::from(body)))?)
    }
}

impl Met {
    /// Answers a second, of all clients together.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.lasted.as_secs_f64()
    }

    /// The time within which such a share of the answers came, in milliseconds.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let position = ((self.times.len() as f64 * share) as usize).min(self.times.len().saturating_sub(1));
        self.times.get(position).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }
}

impl std::fmt::Display for Met {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (p50, p99) = (self.percentile_ms(0.5), self.percentile_ms(0.99));
        let cpu_us = self.cpu_each.as_secs_f64() * 1e6;
        write!(f, "{:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, {cpu_us:.0} µs of CPU each", self.rate())
    }
}
