//! Clients in a closed loop: each sends its next request when the last is answered.
//!
//! A client is a thread on a socket, because it shares the machine with the desk: what it takes of a core, the desk lacks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use crate::process;

/// How long clients run before they are counted: children start, caches fill.
const WARMING_UP: Duration = Duration::from_millis(500);

/// How long a client waits for an answer before it calls the desk stuck.
const GIVING_UP: Duration = Duration::from_secs(20);

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
    pub(crate) fn ask(&self, expected: u16, next: impl Fn(usize, u64) -> Asked + Sync) -> anyhow::Result<Met> {
        let counted_from = Instant::now() + WARMING_UP;
        let until = counted_from + self.lasting;
        let cpu_before = process::cpu_time(self.pid)?;
        let asked = std::thread::scope(|threads| {
            let start = |client| {
                let next = &next;
                threads.spawn(move || self.ask_alone(expected, until, |n| next(client, n)))
            };
            let clients: Vec<_> = (0..self.n).map(start).collect();
            let join = |client: std::thread::ScopedJoinHandle<'_, anyhow::Result<_>>| {
                client.join().map_err(|_| anyhow::anyhow!("a client panicked"))?
            };
            clients.into_iter().map(join).collect::<anyhow::Result<Vec<Vec<(Instant, Duration)>>>>()
        })?;
        let cpu = process::cpu_time(self.pid)?.saturating_sub(cpu_before);
        let n_asked: usize = asked.iter().map(Vec::len).sum();
        let counted = asked.into_iter().flatten().filter(|(begun, _)| *begun >= counted_from);
        let mut times: Vec<Duration> = counted.map(|(_, took)| took).collect();
        times.sort();
        Ok(Met { times, lasted: self.lasting, cpu_each: cpu.div_f64(n_asked.max(1) as f64) })
    }

    fn ask_alone(&self, expected: u16, until: Instant, next: impl Fn(u64) -> Asked) -> anyhow::Result<Vec<(Instant, Duration)>> {
        let mut connection = TcpStream::connect(&self.address).with_context(|| format!("connecting to {}", self.address))?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(GIVING_UP))?;
        let mut times = Vec::new();
        let mut answer = Vec::new();
        for n in 0.. {
            let request = self.spelled(&next(n));
            let begun = Instant::now();
            if begun >= until {
                break;
            }
            connection.write_all(&request)?;
            let status = read_answer(&mut connection, &mut answer)?;
            times.push((begun, begun.elapsed()));
            anyhow::ensure!(status == expected, "{status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(times)
    }

    /// A request as it goes over the wire.
    fn spelled(&self, asked: &Asked) -> Vec<u8> {
        let Asked { method, path, body, if_match } = asked;
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        let if_match = if_match.map(|version| format!("if-match: \"{version}\"\r\n")).unwrap_or_default();
        let Clients { address, token, .. } = self;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{if_match}content-length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }
}

/// Reads one whole answer and returns its status.
fn read_answer(connection: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<u16> {
    answer.clear();
    let mut part = [0; 16_384];
    loop {
        let n_read = connection.read(&mut part)?;
        anyhow::ensure!(n_read > 0, "the desk closed a connection: {}", String::from_utf8_lossy(answer));
        answer.extend_from_slice(&part[..n_read]);
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut headers);
        if let httparse::Status::Complete(head_length) = head.parse(answer)? {
            let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
            let body_length = length.context("an answer does not say how long it is")?;
            if answer.len() >= head_length + body_length {
                return head.code.context("an answer has no status");
            }
        }
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
