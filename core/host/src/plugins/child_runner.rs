//! Runs a plugin in child processes: whatever its code does, the desk goes on.
//!
//! A child answers one call at a time. A few of them answer people, one more answers jobs; each is started when it is
//! needed and ended when it has been idle. A deadline kills a child and takes exactly one call with it.

mod voice;

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use deskbell_proto::{Fault, ReadAnswer};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::io::BufReader;
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::child;
use super::frames::{Frame, Kind};
use super::runner::{ANSWER_MAX, CallFailure, Lane, Reads, Request, Runner};
use crate::config::Policy;
use crate::home::binary;
use crate::nursery;

pub(super) use voice::log as log_line;

/// How long a child may take to open its library, on a machine that is busy with everything else.
const START_MAX: Duration = Duration::from_secs(20);
/// The longest pause before a child is started again.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Runs a plugin in child processes.
#[derive(Debug, Clone)]
pub struct ChildRunner {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    plugin: String,
    library: PathBuf,
    executable: PathBuf,
    policy: Policy,
    people: Pool,
    jobs: Pool,
    failures: Mutex<Failures>,
    /// Every child that lives, busy or idle.
    alive: Arc<Mutex<Vec<u32>>>,
    is_watched: AtomicBool,
}

/// The children of one lane.
#[derive(Debug)]
struct Pool {
    free: Semaphore,
    idle: Mutex<Vec<(Child, Instant)>>,
}

/// Failures in a row, for the pause before the next start.
#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    last: Option<Instant>,
}

impl ChildRunner {
    /// A runner for a library that the preflight has passed; no child is started yet.
    pub fn new(plugin: &str, library: PathBuf, policy: Policy) -> Self {
        let pool = |children: u32| Pool { free: Semaphore::new(children as usize), idle: Mutex::default() };
        ChildRunner {
            shared: Arc::new(Shared {
                plugin: plugin.to_owned(),
                library,
                executable: binary(),
                people: pool(policy.workers),
                jobs: pool(1),
                policy,
                failures: Mutex::default(),
                alive: Arc::default(),
                is_watched: AtomicBool::new(false),
            }),
        }
    }

    async fn call_in_a_child(&self, request: Request, reads: Arc<dyn Reads>) -> Result<Vec<u8>, CallFailure> {
        let shared = &self.shared;
        let pool = shared.pool(request.lane);
        let Ok(Ok(_place)) = timeout(request.deadline, pool.free.acquire()).await else {
            return Err(CallFailure::Busy { waited: request.deadline });
        };
        let mut child = match pool.take_idle() {
            Some(child) => child,
            None => {
                shared.pause_after_failures().await;
                shared.start_child().await?
            }
        };
        // A caller that goes away drops the child with the call it was busy with, which ends it.
        match child.converse(&request, &*reads, &shared.plugin).await {
            Ok(answer) => {
                shared.failures.lock().in_a_row = 0;
                pool.put_back(child);
                answer.map_err(CallFailure::Fault)
            }
            Err(failure) => {
                shared.failures.lock().note();
                Err(child.end(failure).await)
            }
        }
    }
}

impl Runner for ChildRunner {
    fn call<'a>(&'a self, request: Request, reads: Arc<dyn Reads>) -> BoxFuture<'a, Result<Vec<u8>, CallFailure>> {
        Box::pin(self.call_in_a_child(request, reads))
    }

    fn children(&self) -> Vec<u32> {
        self.shared.alive.lock().clone()
    }

    fn leaked_threads(&self) -> usize {
        0
    }
}

impl Shared {
    fn pool(&self, lane: Lane) -> &Pool {
        match lane {
            Lane::People => &self.people,
            Lane::Jobs => &self.jobs,
        }
    }

    async fn pause_after_failures(&self) {
        let pause = self.failures.lock().pause();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    async fn start_child(self: &Arc<Self>) -> Result<Child, CallFailure> {
        let mut command = Command::new(&self.executable);
        command
            .arg(child::SUBCOMMAND)
            .arg(&self.library)
            .arg(std::process::id().to_string())
            .arg(self.policy.memory_mb.to_string())
            .env_clear()
            .current_dir("/")
            // Ctrl-C at the terminal is the desk's to answer; it ends its children when it has finished.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let cannot =
            |error: io::Error| CallFailure::Crashed { how: format!("cannot start {}: {error}", self.executable.display()) };
        let mut process = nursery::spawn(command).await.map_err(cannot)?;
        let (Some(requests), Some(answers), Some(errors), Some(pid)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take(), process.id())
        else {
            return Err(cannot(io::Error::other("it ended at once")));
        };
        voice::listen(self.plugin.clone(), errors);
        self.alive.lock().push(pid);
        let mut child = Child { process, pid, requests, answers: BufReader::new(answers), alive: self.alive.clone() };
        match timeout(START_MAX, Frame::receive(&mut child.answers, ANSWER_MAX)).await {
            Ok(Ok(Frame { kind: Kind::Hello, .. })) => {
                self.end_idle_children_later();
                Ok(child)
            }
            Ok(Ok(Frame { kind: Kind::Unusable, payload })) => {
                self.failures.lock().note();
                Err(CallFailure::Unusable { why: String::from_utf8_lossy(&payload).into_owned() })
            }
            other => {
                self.failures.lock().note();
                let failure = match other {
                    Err(_) => Trouble::TimedOut(START_MAX),
                    Ok(Ok(frame)) => Trouble::Garbled(format!("it began with {:?}", frame.kind)),
                    Ok(Err(error)) => Trouble::from(error),
                };
                Err(child.end(failure).await)
            }
        }
    }

    /// Starts the one task that ends idle children, for as long as the runner lives.
    fn end_idle_children_later(self: &Arc<Self>) {
        if self.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let (shared, idle) = (Arc::downgrade(self), self.policy.idle);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(idle / 2).await;
                if end_idle_children(&shared, idle).is_none() {
                    return;
                }
            }
        });
    }
}

/// Ends the children that have idled for longer than `idle`; `None` when the runner is gone.
fn end_idle_children(shared: &Weak<Shared>, idle: Duration) -> Option<()> {
    let shared = shared.upgrade()?;
    for pool in [&shared.people, &shared.jobs] {
        // Dropping a child ends it.
        pool.idle.lock().retain(|(_, since)| since.elapsed() < idle);
    }
    Some(())
}

impl Pool {
    /// The child that was used last, if it still lives; the others may go idle.
    fn take_idle(&self) -> Option<Child> {
        let mut idle = self.idle.lock();
        while let Some((mut child, _)) = idle.pop() {
            match child.process.try_wait() {
                Ok(None) => return Some(child),
                ended => tracing::warn!(pid = child.pid, "a plugin's idle child had ended: {ended:?}"),
            }
        }
        None
    }

    fn put_back(&self, child: Child) {
        self.idle.lock().push((child, Instant::now()));
    }
}

impl Failures {
    fn note(&mut self) {
        self.in_a_row += 1;
        self.last = Some(Instant::now());
    }

    /// None after the first failure, so that one bad call costs the next caller nothing; then doubling.
    fn pause(&self) -> Duration {
        let Some(last) = self.last.filter(|_| self.in_a_row > 1) else { return Duration::ZERO };
        let pause = Duration::from_millis(25).saturating_mul(1 << self.in_a_row.min(10)).min(PAUSE_MAX);
        pause.saturating_sub(last.elapsed())
    }
}

/// One child with its two pipes.
#[derive(Debug)]
struct Child {
    process: tokio::process::Child,
    pid: u32,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    alive: Arc<Mutex<Vec<u32>>>,
}

/// Why a conversation cannot go on, and the child neither.
#[derive(Debug)]
enum Trouble {
    Gone,
    TimedOut(Duration),
    /// The deadline passed while the host itself looked something up: no fault of the plugin.
    HostTooSlow(Duration),
    Garbled(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Trouble::Garbled(error.to_string()),
            _ => Trouble::Gone,
        }
    }
}

impl Child {
    /// Calls, answers the reads meanwhile, and returns what the plugin says.
    async fn converse(&mut self, request: &Request, reads: &dyn Reads, plugin: &str) -> Result<Result<Vec<u8>, Fault>, Trouble> {
        let mut host_is_reading = false;
        let talk = async {
            Frame::call(request.op, &request.json).send(&mut self.requests).await?;
            loop {
                let frame = Frame::receive(&mut self.answers, ANSWER_MAX).await?;
                match frame.kind {
                    Kind::Answer => return Ok(Ok(frame.payload)),
                    Kind::Fault => return Ok(Err(parse_fault(&frame.payload)?)),
                    Kind::Log => voice::log(plugin, &frame.payload),
                    Kind::Read => {
                        host_is_reading = true;
                        let answer = answer_read(&frame.payload, reads).await?;
                        host_is_reading = false;
                        answer.send(&mut self.requests).await?;
                    }
                    other => return Err(Trouble::Garbled(format!("{other:?} in mid-call"))),
                }
            }
        };
        match timeout(request.deadline, talk).await {
            Ok(result) => result,
            Err(_) if host_is_reading => Err(Trouble::HostTooSlow(request.deadline)),
            Err(_) => Err(Trouble::TimedOut(request.deadline)),
        }
    }

    /// Ends the child and says what the caller is told.
    async fn end(mut self, trouble: Trouble) -> CallFailure {
        if matches!(trouble, Trouble::Gone) {
            // It has closed its pipe: it is ending, and how it ends is what the caller wants to know.
            let status = timeout(Duration::from_secs(1), self.process.wait()).await;
            if let Ok(Ok(status)) = status {
                return CallFailure::Crashed { how: describe_end(status) };
            }
        }
        let _ = self.process.start_kill();
        let _ = self.process.wait().await;
        match trouble {
            Trouble::Gone => CallFailure::Crashed { how: "it closed its pipe and went on".into() },
            Trouble::TimedOut(deadline) => CallFailure::TimedOut { deadline },
            Trouble::HostTooSlow(waited) => CallFailure::Busy { waited },
            Trouble::Garbled(why) => CallFailure::Garbled { why },
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.alive.lock().retain(|pid| *pid != self.pid);
    }
}

async fn answer_read(json: &[u8], reads: &dyn Reads) -> Result<Frame, Trouble> {
    let read = serde_json::from_slice(json).map_err(|error| Trouble::Garbled(format!("a read that is none: {error}")))?;
    Ok(match reads.read(read).await {
        Ok(answer) => Frame::new(Kind::ReadAnswer, encode(&answer)),
        Err(fault) => Frame::new(Kind::ReadFault, child::fault(&fault)),
    })
}

fn encode(answer: &ReadAnswer) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_else(|_| b"{}".to_vec())
}

/// Reads a plugin's fault.
pub(super) fn parse_fault(json: &[u8]) -> Result<Fault, io::Error> {
    serde_json::from_slice(json).map_err(|error| {
        let text: String = String::from_utf8_lossy(json).chars().take(200).collect();
        io::Error::new(io::ErrorKind::InvalidData, format!("a fault that is none ({error}): {text}"))
    })
}

/// "signal 11 (SIGSEGV)", "exit status 0".
fn describe_end(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return format!("exit status {}", status.code().unwrap_or_default());
    };
    let name = match signal {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    };
    format!("signal {signal}{name}")
}
