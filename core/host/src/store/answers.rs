//! Answers kept under an `Idempotency-Key`, written in the transaction of the command that they answer.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::Value;

use super::insert::Insert;
use super::{Store, Tx};
use crate::problem::Problem;

/// Whose an answer is that is the same for everybody, and kept for good: that of a file, whoever brings it. No login has it.
pub const ANYBODY: &str = "*";

/// What a key was used for, and how it was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAnswer {
    /// The hash of the request's body, hex.
    pub body_hash: String,
    pub answer: Value,
}

impl Store {
    /// The answer that a user was given on a route under a key.
    pub async fn kept_answer(&self, user: &str, route: &str, key: &str) -> Result<Option<KeptAnswer>, Problem> {
        let mut query = Query::select();
        query
            .columns(["body_hash", "answer"])
            .from("idempotency")
            .and_where(Expr::col("login").eq(user))
            .and_where(Expr::col("route").eq(route))
            .and_where(Expr::col("key").eq(key));
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(|row| Ok(KeptAnswer { body_hash: row.get("body_hash")?, answer: row.get("answer")? })).transpose()
    }
}

static ANSWERS: Insert = Insert::into("idempotency", &["login", "route", "key", "body_hash", "answer", "created_at"]);

impl Tx<'_> {
    /// Keeps an answer. A key that another host used a moment ago is a `conflict`.
    pub fn keep_answer(
        &mut self,
        user: &str,
        route: &str,
        key: &str,
        kept: &KeptAnswer,
        at: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let answer = kept.answer.to_string();
        let row = [user.into(), route.into(), key.into(), kept.body_hash.as_str().into(), answer.into(), at.into()];
        Ok(self.insert_later(&ANSWERS, row)?)
    }
}
