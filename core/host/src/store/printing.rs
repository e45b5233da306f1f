//! The print queue: one row a print of a paper, kept until its end is known.
//!
//! Not here: bringing it to the printer (`printing`).

use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UpdateStatement};
use sea_orm::{Order, StatementBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::row::Row;
use super::session;
use super::{Location, MessageState, Stamp, Store, Tx};
use crate::problem::{Problem, Sentence};

/// Where a print stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrintState {
    Queued,
    /// It is being handed over; after a kill nobody knows whether it got there.
    Sending,
    /// The printer has it.
    Sent,
    Printed,
    /// Something has to be seen to; the queue of its printer waits.
    Held,
    /// Given up at the printer.
    Cancelled,
}

/// A print as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintJob {
    pub seq: i64,
    pub paper: Uuid,
    pub site: String,
    pub printer: String,
    pub state: PrintState,
    pub reason: Option<Sentence>,
    /// The printer's own number for it.
    pub ipp_job: Option<i32>,
    /// Tries in a row that ended held.
    pub attempts: i64,
    pub next_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintNote {
    pub state: PrintState,
    pub reason: Option<Sentence>,
    pub ipp_job: Option<i32>,
    pub attempts: i64,
    pub next_at: DateTime<Utc>,
    pub is_done: bool,
}

const COLUMNS: [&str; 10] =
    ["seq", "paper", "site", "printer", "state", "reason", "ipp_job", "attempts", "next_at", "changed_at"];

impl PrintState {
    pub fn as_str(self) -> &'static str {
        match self {
            PrintState::Queued => "queued",
            PrintState::Sending => "sending",
            PrintState::Sent => "sent",
            PrintState::Printed => "printed",
            PrintState::Held => "held",
            PrintState::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for PrintState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PrintJob {
    /// What the printer calls it, and by which it is found there again.
    pub fn name(&self) -> String {
        format!("deskbell {}", self.paper)
    }
}

impl Tx<'_> {
    /// Puts a paper into a printer's queue, beside the paper itself.
    pub fn put_print_job(&mut self, paper: Uuid, printer: &str, stamp: Stamp<'_>) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert
            .into_table("print_jobs")
            .columns(["paper", "site", "printer", "state", "attempts", "next_at", "changed_at", "created_at", "created_by"])
            .values_panic([
                paper.into(),
                stamp.site.into(),
                printer.into(),
                PrintState::Queued.as_str().into(),
                0.into(),
                stamp.at.into(),
                stamp.at.into(),
                stamp.at.into(),
                stamp.by.into(),
            ]);
        self.execute(&insert)?;
        self.put_outbox("print", &json!({ "paper": paper, "printer": printer, "state": PrintState::Queued }), stamp)
    }
}

impl Store {
    /// The printers that have something to do.
    pub async fn waiting_printers(&self) -> Result<Vec<String>, Problem> {
        let mut query = Query::select();
        query.column("printer").distinct().from("print_jobs").and_where(Expr::col("done_at").is_null());
        let rows = self.view().await?.rows(&query).await?;
        rows.iter().map(|row| Ok(row.get("printer")?)).collect()
    }

    /// The print that is first in a printer's queue.
    pub async fn first_print_job(&self, printer: &str) -> Result<Option<PrintJob>, Problem> {
        let mut query = select();
        query
            .and_where(Expr::col("printer").eq(printer))
            .and_where(Expr::col("done_at").is_null())
            .order_by("seq", Order::Asc)
            .limit(1);
        self.one_print_job(&query).await
    }

    /// How the print of a paper stands, if it was sent to a printer.
    pub async fn print_job_of(&self, paper: Uuid) -> Result<Option<PrintJob>, Problem> {
        let mut query = select();
        query.and_where(Expr::col("paper").eq(paper)).order_by("seq", Order::Desc).limit(1);
        self.one_print_job(&query).await
    }

    async fn one_print_job(&self, query: &SelectStatement) -> Result<Option<PrintJob>, Problem> {
        let rows = self.view().await?.rows(query).await?;
        rows.first().map(print_job).transpose()
    }

    /// Notes that a print is about to be handed over.
    pub async fn note_sending(&self, seq: i64, at: DateTime<Utc>) -> Result<(), Problem> {
        self.write(move |tx| {
            let mut update = Query::update();
            update.table("print_jobs").value("state", PrintState::Sending.as_str()).value("changed_at", at);
            update.and_where(Expr::col("seq").eq(seq));
            tx.execute(&update)?;
            Ok(())
        })
        .await
    }

    pub async fn note_print_job(&self, seq: i64, note: PrintNote, at: DateTime<Utc>) -> Result<(), Problem> {
        let reason = note.reason.as_ref().map(serde_json::to_string).transpose().map_err(Problem::internal)?;
        self.write(move |tx| {
            let mut update = Query::update();
            update
                .table("print_jobs")
                .value("state", note.state.as_str())
                .value("reason", reason.clone())
                .value("ipp_job", note.ipp_job.map(i64::from))
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

impl Location {
    /// Gives up every print and every message that waits: whoever goes on with a copy of the data doesn't know which of them
    /// came out meanwhile.
    pub async fn give_up_queues(&self, print: &Sentence, message: &Sentence, at: DateTime<Utc>) -> Result<(), Problem> {
        let mut told = Query::update();
        told.table("outbox").value("done_at", at).and_where(Expr::col("done_at").is_null());
        let updates = [
            given_up("print_jobs", PrintState::Cancelled.as_str(), print, at)?,
            given_up("messages", MessageState::GivenUp.as_str(), message, at)?,
            told,
        ];
        let location = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut session = session::open(&location)?;
            session.begin()?;
            for update in &updates {
                session.execute(StatementBuilder::build(update, &session.backend()))?;
            }
            session.commit()
        });
        Ok(done.await.map_err(Problem::internal)??)
    }
}

fn given_up(table: &'static str, state: &str, reason: &Sentence, at: DateTime<Utc>) -> Result<UpdateStatement, Problem> {
    let reason = serde_json::to_string(reason).map_err(Problem::internal)?;
    let mut update = Query::update();
    update.table(table).value("state", state).value("reason", reason).value("changed_at", at).value("done_at", at);
    update.and_where(Expr::col("done_at").is_null());
    Ok(update)
}

fn select() -> SelectStatement {
    let mut query = Query::select();
    query.columns(COLUMNS).from("print_jobs");
    query
}

fn print_job(row: &Row) -> Result<PrintJob, Problem> {
    let state: String = row.get("state")?;
    let reason: Option<Value> = row.get("reason")?;
    let ipp_job: Option<i64> = row.get("ipp_job")?;
    Ok(PrintJob {
        seq: row.get("seq")?,
        paper: row.get("paper")?,
        site: row.get("site")?,
        printer: row.get("printer")?,
        state: serde_json::from_value(state.into()).map_err(Problem::internal)?,
        reason: reason.map(serde_json::from_value).transpose().map_err(Problem::internal)?,
        ipp_job: ipp_job.and_then(|number| number.try_into().ok()),
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        changed_at: row.get("changed_at")?,
    })
}
