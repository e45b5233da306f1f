//! How a plugin is called: in a child process, or in this one. Both answer the same way.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use deskbell_proto::{Fault, Read, ReadAnswer};
use futures_util::future::BoxFuture;

/// Calls a plugin's library; one implementation a way of isolation.
pub trait Runner: Debug + Send + Sync {
    /// Calls the library and returns its JSON answer.
    fn call<'a>(&'a self, request: Request, reads: Arc<dyn Reads>) -> BoxFuture<'a, Result<Vec<u8>, CallFailure>>;

    /// The processes that the plugin has at this moment; none when it runs in the desk's own.
    fn children(&self) -> Vec<u32>;

    /// Calls that never came back and still hold a thread of the desk.
    fn leaked_threads(&self) -> usize;

    /// Why the runner takes no more calls, if it does not.
    fn why_out_of_use(&self) -> Option<String> {
        None
    }

    /// Somebody enables the plugin again: what the runner has held against it is forgiven.
    fn forgive(&self) {}
}

/// One call of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// One of `deskbell_proto::ops`.
    pub op: &'static str,
    pub json: Vec<u8>,
    pub lane: Lane,
    /// How long the plugin may take; waiting for a free child may take as long again.
    pub deadline: Duration,
}

/// Who waits for the answer. Jobs have a child of their own, so that a long sweep never keeps a person waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    People,
    Jobs,
}

/// What a running call may ask the host: reads in its one view.
pub trait Reads: Send + Sync {
    fn read(&self, read: Read) -> BoxFuture<'_, Result<ReadAnswer, Fault>>;
}

/// For calls that may read nothing: `describe`, and questions about what is due.
#[derive(Debug, Clone, Copy)]
pub struct NoReads;

impl Reads for NoReads {
    fn read(&self, _: Read) -> BoxFuture<'_, Result<ReadAnswer, Fault>> {
        Box::pin(async { Err(Fault::Unavailable { message: "this call may read nothing".into() }) })
    }
}

/// The longest answer that is taken from a plugin, in bytes.
pub const ANSWER_MAX: usize = 8 * 1024 * 1024;

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallFailure {
    /// The plugin said so itself; a caught panic among them.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The child ended in mid-call; `how` is "signal 11 (SIGSEGV)" or "exit status 0".
    #[error("the plugin's process ended in mid-call: {how}")]
    Crashed { how: String },
    /// No child could be made of its library.
    #[error("{why}")]
    Unusable { why: String },
    #[error("the plugin did not answer within {} ms", deadline.as_millis())]
    TimedOut { deadline: Duration },
    /// Not JSON, not UTF-8, too large, or not the shape asked for.
    #[error("the plugin answered something unreadable: {why}")]
    Garbled { why: String },
    #[error("the plugin is quarantined: {why}")]
    Quarantined { why: String },
    /// All of the plugin's children were busy for as long as the caller could wait.
    #[error("the plugin was busy for {} ms", waited.as_millis())]
    Busy { waited: Duration },
}

impl CallFailure {
    /// Whether it counts towards quarantine; what the plugin says on purpose does not.
    pub fn is_strike(&self) -> bool {
        match self {
            CallFailure::Fault(fault) => matches!(fault, Fault::Panicked { .. }),
            CallFailure::Crashed { .. }
            | CallFailure::Unusable { .. }
            | CallFailure::TimedOut { .. }
            | CallFailure::Garbled { .. } => true,
            CallFailure::Quarantined { .. } | CallFailure::Busy { .. } => false,
        }
    }
}
