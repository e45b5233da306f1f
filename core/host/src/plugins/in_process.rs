//! Runs a plugin in the desk's own process: for trusted plugins that need the last microseconds.
//!
//! The promise is weaker. A crash of the plugin ends the desk, which its supervisor starts again; a call that never comes
//! back keeps its thread for ever. Before each call a strike file notes that the plugin is at work, so that the next start
//! knows who ended the last one, and leaves the plugin out after the third time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deskbell_abi::loader::{self, Loaded};
use deskbell_abi::{Answer, HostCalls};
use deskbell_proto::{Fault, ops};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;

use super::child::{fault, why_unopened};
use super::child_runner::{log_line, parse_fault};
use super::runner::{ANSWER_MAX, CallFailure, Reads, Request, Runner};

/// Calls of one plugin at once; each may hold a thread.
const AT_ONCE: usize = 8;
/// As many leaked threads, or crashes of the desk, put the plugin out of use.
const TOO_MANY: usize = 3;

/// Runs a plugin in the desk's own process.
#[derive(Debug)]
pub struct InProcessRunner {
    plugin: Arc<str>,
    library: PathBuf,
    loaded: OnceCell<Arc<Loaded>>,
    free: Semaphore,
    leaked: Arc<AtomicUsize>,
    strikes: Arc<StrikeFile>,
}

impl InProcessRunner {
    /// A runner for a library that the preflight has passed; it is opened by the first call.
    pub fn new(plugin: &str, library: PathBuf, strike_file: &Path) -> io::Result<Self> {
        Ok(InProcessRunner {
            plugin: plugin.into(),
            library,
            loaded: OnceCell::new(),
            free: Semaphore::new(AT_ONCE),
            leaked: Arc::default(),
            strikes: Arc::new(StrikeFile::open(strike_file)?),
        })
    }

    async fn call_on_a_thread(&self, request: Request, reads: Arc<dyn Reads>) -> Result<Vec<u8>, CallFailure> {
        let library = self.loaded.get_or_try_init(|| self.open()).await?.clone();
        let Ok(Ok(_place)) = timeout(request.deadline, self.free.acquire()).await else {
            return Err(CallFailure::Busy { waited: request.deadline });
        };
        let host = Host { plugin: self.plugin.clone(), reads: Some((reads, Handle::current())) };
        let (span, strikes) = (tracing::Span::current(), self.strikes.clone());
        let Request { op, json, deadline, .. } = request;
        let mut call = tokio::task::spawn_blocking(move || {
            let _span = span.enter();
            let _at_work = strikes.at_work();
            library.call(&host, op, &json)
        });
        match timeout(deadline, &mut call).await {
            Ok(Ok(Ok(json))) if json.len() > ANSWER_MAX => {
                Err(CallFailure::Garbled { why: format!("an answer of {} bytes; at most {ANSWER_MAX} are taken", json.len()) })
            }
            Ok(Ok(Ok(json))) => Ok(json),
            Ok(Ok(Err(json))) => Err(parse_fault(&json).map_or_else(garbled, CallFailure::Fault)),
            Ok(Err(error)) => Err(CallFailure::Crashed { how: error.to_string() }),
            Err(_) => {
                self.count_as_leaked_until_it_returns(call);
                Err(CallFailure::TimedOut { deadline })
            }
        }
    }

    async fn open(&self) -> Result<Arc<Loaded>, CallFailure> {
        let (plugin, library, strikes) = (self.plugin.clone(), self.library.clone(), self.strikes.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let _at_work = strikes.at_work();
            loader::open(&library, Box::new(Host { plugin, reads: None }))
        });
        let opened = opened.await.map_err(|error| CallFailure::Crashed { how: error.to_string() })?;
        Ok(Arc::new(opened.map_err(|error| CallFailure::Unusable { why: why_unopened(&error) })?))
    }

    /// A thread cannot be ended: the call is given up, and its thread counted for as long as it stays away.
    fn count_as_leaked_until_it_returns(&self, call: tokio::task::JoinHandle<Answer>) {
        let (leaked, plugin) = (self.leaked.clone(), self.plugin.clone());
        leaked.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let _ = call.await;
            leaked.fetch_sub(1, Ordering::Relaxed);
            tracing::info!(plugin = &*plugin, "a call that was given up has come back");
        });
    }
}

impl Runner for InProcessRunner {
    fn call<'a>(&'a self, request: Request, reads: Arc<dyn Reads>) -> BoxFuture<'a, Result<Vec<u8>, CallFailure>> {
        Box::pin(self.call_on_a_thread(request, reads))
    }

    fn children(&self) -> Vec<u32> {
        Vec::new()
    }

    fn leaked_threads(&self) -> usize {
        self.leaked.load(Ordering::Relaxed)
    }

    fn why_out_of_use(&self) -> Option<String> {
        if self.leaked_threads() >= TOO_MANY {
            return Some(format!("{TOO_MANY} of its calls never came back and hold threads: restart the desk"));
        }
        let ended = self.strikes.count.load(Ordering::Relaxed);
        (ended >= TOO_MANY).then(|| format!("the desk ended {ended} times while it was at work"))
    }

    fn forgive(&self) {
        self.strikes.forgive();
    }
}

fn garbled(error: io::Error) -> CallFailure {
    CallFailure::Garbled { why: error.to_string() }
}

/// The host as a library in this process sees it; without reads between calls.
struct Host {
    plugin: Arc<str>,
    reads: Option<(Arc<dyn Reads>, Handle)>,
}

impl HostCalls for Host {
    fn call(&self, op: &str, json: &[u8]) -> Answer {
        match (op, &self.reads) {
            (ops::LOG, _) => {
                log_line(&self.plugin, json);
                Ok(b"null".to_vec())
            }
            (ops::READ, Some((reads, runtime))) => {
                let failed =
                    |error: serde_json::Error| fault(&Fault::Failed { message: format!("a read that is none: {error}") });
                let read = serde_json::from_slice(json).map_err(failed)?;
                let found = runtime.block_on(reads.read(read)).map_err(|error| fault(&error))?;
                serde_json::to_vec(&found).map_err(failed)
            }
            (ops::READ, None) => Err(fault(&Fault::Unavailable { message: "reads are answered only while a call runs".into() })),
            _ => Err(fault(&Fault::Unsupported { what: format!("op {op} of the host") })),
        }
    }
}

/// Two numbers on disk: calls at work now, and how often the desk ended while one was.
#[derive(Debug)]
struct StrikeFile {
    file: File,
    at_work: Mutex<usize>,
    count: AtomicUsize,
    opened: Instant,
}

impl StrikeFile {
    /// Opens the file, and counts a strike if the last process ended with a call at work.
    fn open(path: &Path) -> io::Result<Self> {
        let (was_at_work, before) = match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut numbers = text.split_whitespace().map(|word| word.parse::<usize>().unwrap_or_default());
                (numbers.next().unwrap_or_default() > 0, numbers.next().unwrap_or_default())
            }
            Err(_) => (false, 0),
        };
        let file = File::options().write(true).create(true).truncate(false).open(path)?;
        let count = AtomicUsize::new(before + usize::from(was_at_work));
        let strikes = StrikeFile { file, at_work: Mutex::new(0), count, opened: Instant::now() };
        strikes.write(0);
        Ok(strikes)
    }

    /// Notes a call at work until the guard is dropped.
    fn at_work(self: &Arc<Self>) -> AtWork {
        let mut at_work = self.at_work.lock();
        *at_work += 1;
        self.write(*at_work);
        AtWork(self.clone())
    }

    fn done(&self) {
        let mut at_work = self.at_work.lock();
        *at_work -= 1;
        // A desk that has worked for a minute has got over what ended it before.
        if self.opened.elapsed() > Duration::from_secs(60) {
            self.count.store(0, Ordering::Relaxed);
        }
        self.write(*at_work);
    }

    fn forgive(&self) {
        let at_work = self.at_work.lock();
        self.count.store(0, Ordering::Relaxed);
        self.write(*at_work);
    }

    /// Always the same length, so that one write replaces the other. It survives the process, which is all it is for; it
    /// need not survive the machine.
    fn write(&self, at_work: usize) {
        let text = format!("{at_work:6} {:6}\n", self.count.load(Ordering::Relaxed));
        if let Err(error) = self.file.write_all_at(text.as_bytes(), 0) {
            tracing::warn!("cannot write a plugin's strike file: {error}");
        }
    }
}

struct AtWork(Arc<StrikeFile>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_that_ended_in_mid_call_finds_a_strike_and_one_that_ended_well_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.strikes");
        let crash = || std::mem::forget(Arc::new(StrikeFile::open(&path).unwrap()).at_work());
        let count = || StrikeFile::open(&path).unwrap().count.load(Ordering::Relaxed);
        drop(Arc::new(StrikeFile::open(&path).unwrap()).at_work());
        assert_eq!(count(), 0);
        crash();
        assert_eq!(count(), 1);
        crash();
        crash();
        assert_eq!(count(), 3);
        StrikeFile::open(&path).unwrap().forgive();
        assert_eq!(count(), 0);
    }
}
