//! `Idempotency-Key`: the same key and body bring the same answer and one effect.
//!
//! An answer is kept in the transaction of its effect, whether a command's (`apply`), a print's or that of a job run by hand;
//! here is also the look-up before, and who is under way.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::command::Idempotency;
use crate::problem::{Code, Problem};
use crate::store::{KeptAnswer, Store, Tx};

/// The keys whose first command is still running on this host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replays {
    under_way: Arc<Mutex<HashSet<Scope>>>,
}

/// A key counts for one user and one route.
type Scope = (String, String, String);

/// How a command with a key begins.
pub(crate) enum Begun<T> {
    /// It was answered before.
    Answered(Box<T>),
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
    pub(crate) async fn begin<T: DeserializeOwned>(
        &self,
        store: &Store,
        user: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<Begun<T>, Problem> {
        let Some(idempotency) = idempotency else {
            return Ok(Begun::First(UnderWay { replays: self.clone(), scope: None }));
        };
        let scope = (user.to_owned(), idempotency.route.clone(), idempotency.key.clone());
        if !self.under_way.lock().insert(scope.clone()) {
            return Err(Problem::new(Code::Conflict, "a request with this Idempotency-Key is still running").with_retry_after(1));
        }
        let guard = UnderWay { replays: self.clone(), scope: Some(scope) };
        let Some(kept) = store.kept_answer(user, &idempotency.route, &idempotency.key).await? else {
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

/// Keeps an answer under its key, in the transaction of what it answers for: neither is there without the other.
pub(crate) fn keep_answer(
    tx: &mut Tx<'_>,
    user: &str,
    once: Option<&Idempotency>,
    answer: &impl Serialize,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(Idempotency { key, route, body }) = once.filter(|_| !cfg!(defect = "no-idempotency-row")) else { return Ok(()) };
    let answer = serde_json::to_value(answer).map_err(Problem::internal)?;
    tx.keep_answer(user, route, key, &KeptAnswer { body_hash: hex::encode(body), answer }, at)
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(scope) = &self.scope {
            self.replays.under_way.lock().remove(scope);
        }
    }
}
