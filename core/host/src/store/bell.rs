//! What somebody is told to know or to do: notices to a role, tasks of the desk, and the outbox that tells it onwards.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use deskbell_proto::RecordRef;
use sea_orm::Order;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use serde_json::{Value, json};
use uuid::Uuid;

use super::insert::Insert;
use super::{NewMessage, Stamp, Store, Tx, View};
use crate::problem::Problem;

/// Arguments of a sentence.
type Args = BTreeMap<String, String>;

/// Word to everybody in a role.
#[derive(Debug, Clone, PartialEq)]
pub struct NewNotice<'a> {
    pub plugin: &'a str,
    pub role: &'a str,
    pub key: &'a str,
    pub args: &'a Args,
    pub record: Option<&'a RecordRef>,
}

/// Something for the clerk to do.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTask<'a> {
    pub plugin: &'a str,
    pub key: &'a str,
    pub args: &'a Args,
    pub record: Option<&'a RecordRef>,
    pub due_on: Option<NaiveDate>,
}

/// A task as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: Uuid,
    pub plugin: String,
    pub key: String,
    pub args: Args,
    pub record_type: Option<String>,
    pub record: Option<Uuid>,
    pub due_on: Option<NaiveDate>,
}

/// Something in the outbox that is still to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub seq: i64,
    pub kind: String,
    pub site: Option<String>,
    pub body: Value,
}

static NOTICES: Insert = Insert::into(
    "notices",
    &["id", "site", "role", "plugin", "key", "args", "record_type", "record_id", "created_at", "created_by"],
);

static TASKS: Insert = Insert::into(
    "tasks",
    &["id", "site", "plugin", "key", "args", "record_type", "record_id", "due_on", "created_at", "created_by"],
);

static OUTBOX: Insert = Insert::into("outbox", &["kind", "body", "site", "created_at", "attempts", "next_at"]);

impl Tx<'_> {
    /// Keeps a notice for the bell and puts it into the outbox.
    pub fn put_notice(&mut self, notice: &NewNotice<'_>, stamp: Stamp<'_>) -> Result<(), Problem> {
        let id = Uuid::now_v7();
        let args = serde_json::to_string(notice.args).map_err(Problem::internal)?;
        let (record_type, record) = named(notice.record);
        let row = [
            id.into(),
            stamp.site.into(),
            notice.role.into(),
            notice.plugin.into(),
            notice.key.into(),
            args.into(),
            record_type.clone().into(),
            record.into(),
            stamp.at.into(),
            stamp.by.into(),
        ];
        self.insert_later(&NOTICES, row)?;
        self.put_outbox("notice", &json!({ "notice": id, "role": notice.role, "type": record_type, "record": record }), stamp)
    }

    /// Keeps a task until somebody has done it, and returns its id.
    pub fn put_task(&mut self, task: &NewTask<'_>, stamp: Stamp<'_>) -> Result<Uuid, Problem> {
        let id = Uuid::now_v7();
        let args = serde_json::to_string(task.args).map_err(Problem::internal)?;
        let (record_type, record) = named(task.record);
        let row = [
            id.into(),
            stamp.site.into(),
            task.plugin.into(),
            task.key.into(),
            args.into(),
            record_type.into(),
            record.into(),
            task.due_on.into(),
            stamp.at.into(),
            stamp.by.into(),
        ];
        self.insert_later(&TASKS, row)?;
        Ok(id)
    }

    /// Marks the open tasks about a record as done: it has moved on.
    pub fn finish_tasks(&mut self, record_type: &str, record: Uuid, stamp: Stamp<'_>) -> Result<(), Problem> {
        let mut update = Query::update();
        update.table("tasks").value("done_at", stamp.at).value("done_by", stamp.by);
        update.and_where(Expr::col("record_type").eq(record_type)).and_where(Expr::col("record_id").eq(record));
        update.and_where(Expr::col("done_at").is_null());
        // One of them may have been put a moment ago.
        self.tell_later()?;
        self.execute(&update)?;
        Ok(())
    }

    /// Puts something into the outbox; it is told after the commit, also when the host dies in between.
    pub fn put_outbox(&mut self, kind: &str, body: &Value, stamp: Stamp<'_>) -> Result<(), Problem> {
        let row = [kind.into(), body.to_string().into(), stamp.site.into(), stamp.at.into(), 0.into(), stamp.at.into()];
        self.insert_later(&OUTBOX, row)?;
        self.progress.outbox = true;
        Ok(())
    }
}

impl View {
    /// The tasks of a site that are open and, where they have a day, due by then; the oldest first.
    pub async fn open_tasks(&self, site: &str, on: NaiveDate) -> Result<Vec<Task>, Problem> {
        let mut query = Query::select();
        query
            .columns(["id", "plugin", "key", "args", "record_type", "record_id", "due_on"])
            .from("tasks")
            .and_where(Expr::col("site").eq(site))
            .and_where(Expr::col("done_at").is_null())
            .cond_where(Condition::any().add(Expr::col("due_on").is_null()).add(Expr::col("due_on").lte(on)))
            .order_by("id", Order::Asc);
        let rows = self.rows(&query).await?;
        let task = |row: &super::row::Row| {
            let plugin: Option<String> = row.get("plugin")?;
            let args: Value = row.get("args")?;
            Ok(Task {
                id: row.get("id")?,
                plugin: plugin.unwrap_or_default(),
                key: row.get("key")?,
                args: serde_json::from_value(args).map_err(Problem::internal)?,
                record_type: row.get("record_type")?,
                record: row.get("record_id")?,
                due_on: row.get("due_on")?,
            })
        };
        rows.iter().map(task).collect()
    }
}

impl Store {
    /// What is still to be told, in the order it was written.
    pub async fn outgoing(&self, now: DateTime<Utc>, limit: u64) -> Result<Vec<Outgoing>, Problem> {
        let mut query = Query::select();
        query
            .columns(["seq", "kind", "site", "body"])
            .from("outbox")
            .and_where(Expr::col("done_at").is_null())
            .and_where(Expr::col("next_at").lte(now))
            .order_by("seq", Order::Asc)
            .limit(limit);
        let rows = self.view().await?.rows(&query).await?;
        let outgoing = |row: &super::row::Row| {
            Ok(Outgoing { seq: row.get("seq")?, kind: row.get("kind")?, site: row.get("site")?, body: row.get("body")? })
        };
        rows.iter().map(outgoing).collect()
    }

    /// Marks what has been told, and in the same transaction puts the messages that follow from it into their queues.
    pub async fn told(&self, seqs: Vec<i64>, messages: Vec<NewMessage>, at: DateTime<Utc>) -> Result<(), Problem> {
        self.write(move |tx| {
            let mut update = Query::update();
            update.table("outbox").value("done_at", at).and_where(Expr::col("seq").is_in(seqs.iter().copied()));
            tx.execute(&update)?;
            messages.iter().try_for_each(|message| tx.put_message(message, at))
        })
        .await
    }
}

fn named(record: Option<&RecordRef>) -> (Option<String>, Option<Uuid>) {
    (record.map(|record| record.record_type.clone()), record.map(|record| record.id))
}
