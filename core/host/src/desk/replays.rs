//! `Idempotency-Key`: the same key and body bring the same answer and one effect.
//!
//! The finished answer of a command is kept in its own transaction (`apply`); here is the look-up before, who is under way,
//! and the same for what is no single command: a paper printed, a job run by hand.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::command::Idempotency;
use crate::problem::{Code, Problem};
use crate::store::{KeptAnswer, Store};

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

    /// Does work that is no single command once for a key. Its answer is kept after it, in a transaction of its own, so a
    /// crash between the two is the one case in which a repeat does it again.
    pub(crate) async fn once(
        &self,
        store: &Store,
        user: &str,
        idempotency: Option<&Idempotency>,
        now: DateTime<Utc>,
        work: impl Future<Output = Result<Value, Problem>>,
    ) -> Result<Value, Problem> {
        let _under_way = match self.begin(store, user, idempotency).await? {
            Begun::Answered(answer) => return Ok(*answer),
            Begun::First(guard) => guard,
        };
        let answer = work.await?;
        if let Some(Idempotency { key, route, body }) = idempotency.cloned() {
            let (user, kept) = (user.to_owned(), KeptAnswer { body_hash: hex::encode(body), answer: answer.clone() });
            store.write(move |tx| tx.keep_answer(&user, &route, &key, &kept, now)).await?;
        }
        Ok(answer)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(scope) = &self.scope {
            self.replays.under_way.lock().remove(scope);
        }
    }
}
