//! How a plugin is called: in a child process, or in this one. Both answer the same way.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use deskbell_proto::{Fault, Read, ReadAnswer};
use futures_util::future::BoxFuture;

/// Calls a plugin's library; one implementation a way of isolation.
pub trait Runner: Debug + Send + Sync {
    /// Calls `op` with a JSON body and returns the JSON answer.
    fn call<'a>(
        &'a self,
        op: &'a str,
        json: Vec<u8>,
        reads: Arc<dyn Reads>,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Vec<u8>, CallFailure>>;
}

/// What a running call may ask the host: reads in its one view.
pub trait Reads: Send + Sync {
    fn read(&self, read: Read) -> BoxFuture<'_, Result<ReadAnswer, Fault>>;
}

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallFailure {
    /// The plugin said so itself; a caught panic among them.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The child ended in mid-call; `how` is "signal 11 (SIGSEGV)" or "exit status 0".
    #[error("the plugin's process ended in mid-call: {how}")]
    Crashed { how: String },
    #[error("the plugin did not answer within {} ms", deadline.as_millis())]
    TimedOut { deadline: Duration },
    /// Not JSON, not UTF-8, too large, or not the shape asked for.
    #[error("the plugin answered something unreadable: {why}")]
    Garbled { why: String },
    #[error("the plugin is quarantined: {why}")]
    Quarantined { why: String },
}
