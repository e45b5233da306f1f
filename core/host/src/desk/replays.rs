//! `Idempotency-Key`: the same key and body bring the same answer and one effect.
//!
//! The finished answer is kept in the command's own transaction (`apply`); here is the look-up before, and who is under way.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;

use super::command::{Command, Reply};
use crate::problem::{Code, Problem};
use crate::store::Store;

/// The keys whose first command is still running on this host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replays {
    under_way: Arc<Mutex<HashSet<Scope>>>,
}

/// A key counts for one user and one route.
type Scope = (String, String, String);

/// How a command with a key begins.
pub(crate) enum Begun {
    /// It was answered before.
    Answered(Box<Reply>),
    /// It is the first; the guard ends with the command.
    First(UnderWay),
}

/// Marks a key as under way until it is dropped.
#[must_use]
pub(crate) struct UnderWay {
    replays: Replays,
    scope: Option<Scope>,
}

impl Replays {
    pub(crate) async fn begin(&self, store: &Store, command: &Command) -> Result<Begun, Problem> {
        let Some(idempotency) = &command.idempotency else {
            return Ok(Begun::First(UnderWay { replays: self.clone(), scope: None }));
        };
        let scope = (command.subject.user.clone(), idempotency.route.clone(), idempotency.key.clone());
        if !self.under_way.lock().insert(scope.clone()) {
            return Err(Problem::new(Code::Conflict, "a request with this Idempotency-Key is still running").with_retry_after(1));
        }
        let guard = UnderWay { replays: self.clone(), scope: Some(scope) };
        let Some(kept) = store.kept_answer(&command.subject.user, &idempotency.route, &idempotency.key).await? else {
            return Ok(Begun::First(guard));
        };
        if kept.body_hash != hex::encode(idempotency.body) {
            return Err(Problem::new(
                Code::IdempotencyMismatch,
                format!("the key {} was used with another body", idempotency.key),
            ));
        }
        let reply = serde_json::from_value(kept.answer).map_err(|error| Problem::internal(format!("a kept answer: {error}")))?;
        Ok(Begun::Answered(Box::new(reply)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(scope) = &self.scope {
            self.replays.under_way.lock().remove(scope);
        }
    }
}
