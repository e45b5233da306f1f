//! Notices on their way to people outside the desk: one row a notice, delivery and recipient, kept until its end is known.
//!
//! Not here: who gets which notice, and the way there (`notify`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::Order;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::row::Row;
use super::{Store, Tx};
use crate::problem::{Problem, Sentence};

/// A notice that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub notice: Uuid,
    /// The delivery's name in the settings.
    pub delivery: String,
    /// A mail address; empty where the delivery has no such thing.
    pub recipient: String,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    Queued,
    /// It is being handed over; after a kill nobody knows whether it got there.
    Sending,
    Sent,
    /// The other side is away; the delivery's queue waits.
    Held,
    GivenUp,
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub seq: i64,
    pub notice: Uuid,
    pub delivery: String,
    pub recipient: String,
    pub state: MessageState,
    pub reason: Option<Sentence>,
    /// Tries in a row that ended held.
    pub attempts: i64,
    pub next_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageNote {
    pub state: MessageState,
    pub reason: Option<Sentence>,
    pub attempts: i64,
    pub next_at: DateTime<Utc>,
    pub is_done: bool,
}

/// A notice as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub site: String,
    pub role: String,
    pub sentence: Sentence,
    pub record_type: Option<String>,
    pub record: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// What a delivery has given up since a time.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenUp {
    pub n_messages: i64,
    /// Of the latest.
    pub reason: Option<Sentence>,
}

const COLUMNS: [&str; 9] = ["seq", "notice", "delivery", "recipient", "state", "reason", "attempts", "next_at", "created_at"];

impl MessageState {
    pub fn as_str(self) -> &'static str {
        match self {
            MessageState::Queued => "queued",
            MessageState::Sending => "sending",
            MessageState::Sent => "sent",
            MessageState::Held => "held",
            MessageState::GivenUp => "given-up",
        }
    }
}

impl Tx<'_> {
    /// Puts a message into its delivery's queue, unless another host has done so.
    pub(super) fn put_message(&mut self, new: &NewMessage, at: DateTime<Utc>) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert
            .into_table("messages")
            .columns(["notice", "delivery", "recipient", "state", "attempts", "next_at", "changed_at", "created_at"])
            .values_panic([
                new.notice.into(),
                new.delivery.as_str().into(),
                new.recipient.as_str().into(),
                MessageState::Queued.as_str().into(),
                0.into(),
                at.into(),
                at.into(),
                at.into(),
            ])
            .on_conflict(OnConflict::columns(["notice", "delivery", "recipient"]).do_nothing().to_owned());
        self.execute(&insert)?;
        // The couriers look when the outbox has grown.
        self.progress.outbox = true;
        Ok(())
    }
}

impl Store {
    /// The deliveries that have something to do.
    pub async fn waiting_deliveries(&self) -> Result<Vec<String>, Problem> {
        let mut query = Query::select();
        query.column("delivery").distinct().from("messages").and_where(Expr::col("done_at").is_null());
        let rows = self.view().await?.rows(&query).await?;
        rows.iter().map(|row| Ok(row.get("delivery")?)).collect()
    }

    /// The message that is first in a delivery's queue.
    pub async fn first_message(&self, delivery: &str) -> Result<Option<Message>, Problem> {
        let mut query = Query::select();
        query
            .columns(COLUMNS)
            .from("messages")
            .and_where(Expr::col("delivery").eq(delivery))
            .and_where(Expr::col("done_at").is_null())
            .order_by("seq", Order::Asc)
            .limit(1);
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(message).transpose()
    }

    /// The notice that a message tells.
    pub async fn notice(&self, id: Uuid) -> Result<Option<Notice>, Problem> {
        let mut query = Query::select();
        query
            .columns(["site", "role", "plugin", "key", "args", "record_type", "record_id", "created_at"])
            .from("notices")
            .and_where(Expr::col("id").eq(id));
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(notice).transpose()
    }

    /// What a delivery has given up since a time, if anything.
    pub async fn given_up(&self, delivery: &str, since: DateTime<Utc>) -> Result<Option<GivenUp>, Problem> {
        let is_its = Expr::col("delivery").eq(delivery);
        let given_up = is_its.and(Expr::col("state").eq(MessageState::GivenUp.as_str())).and(Expr::col("done_at").gte(since));
        let (mut count, mut latest) = (Query::select(), Query::select());
        count.expr_as(Func::count(Expr::col("seq")), "n").from("messages").and_where(given_up.clone());
        latest.column("reason").from("messages").and_where(given_up).order_by("done_at", Order::Desc).limit(1);
        let view = self.view().await?;
        let n_messages = view.rows(&count).await?.first().map(|row| row.get("n")).transpose()?.unwrap_or_default();
        let reason = view.rows(&latest).await?.first().map(reason).transpose()?.flatten();
        Ok((n_messages > 0).then_some(GivenUp { n_messages, reason }))
    }

    /// Notes that a message is about to be handed over, by this host alone until then; false when another host is at it.
    pub async fn claim_message(&self, seq: i64, at: DateTime<Utc>, until: DateTime<Utc>) -> Result<bool, Problem> {
        self.write(move |tx| {
            let mut update = Query::update();
            update
                .table("messages")
                .value("state", MessageState::Sending.as_str())
                .value("changed_at", at)
                .value("next_at", until)
                .and_where(Expr::col("seq").eq(seq))
                .and_where(Expr::col("done_at").is_null())
                .and_where(Expr::col("next_at").lte(at));
            Ok(tx.execute(&update)? == 1)
        })
        .await
    }

    pub async fn note_message(&self, seq: i64, note: MessageNote, at: DateTime<Utc>) -> Result<(), Problem> {
        let reason = note.reason.as_ref().map(serde_json::to_string).transpose().map_err(Problem::internal)?;
        self.write(move |tx| {
            let mut update = Query::update();
            update
                .table("messages")
                .value("state", note.state.as_str())
                .value("reason", reason.clone())
                .value("attempts", note.attempts)
                .value("next_at", note.next_at)
                .value("changed_at", at)
                .value("done_at", note.is_done.then_some(at))
                .and_where(Expr::col("seq").eq(seq));
            tx.execute(&update)?;
            Ok(())
        })
        .await
    }
}

fn message(row: &Row) -> Result<Message, Problem> {
    let state: String = row.get("state")?;
    Ok(Message {
        seq: row.get("seq")?,
        notice: row.get("notice")?,
        delivery: row.get("delivery")?,
        recipient: row.get("recipient")?,
        state: serde_json::from_value(state.into()).map_err(Problem::internal)?,
        reason: reason(row)?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        created_at: row.get("created_at")?,
    })
}

fn reason(row: &Row) -> Result<Option<Sentence>, Problem> {
    let reason: Option<Value> = row.get("reason")?;
    reason.map(serde_json::from_value).transpose().map_err(Problem::internal)
}

fn notice(row: &Row) -> Result<Notice, Problem> {
    let args: Value = row.get("args")?;
    let args: BTreeMap<String, String> = serde_json::from_value(args).map_err(Problem::internal)?;
    Ok(Notice {
        site: row.get("site")?,
        role: row.get("role")?,
        sentence: Sentence { plugin: row.get("plugin")?, key: row.get("key")?, args },
        record_type: row.get("record_type")?,
        record: row.get("record_id")?,
        created_at: row.get("created_at")?,
    })
}
