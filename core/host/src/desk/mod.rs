//! The command pipeline: authorise → run the handler → apply its changes → audit → tell.
//!
//! Everything that changes anything — a click, a call, a CLI line, a job — is a [`Command`] and takes this one road.
//! Not here: SQL (`store`), how a plugin is called (`plugins`), when a job runs (`jobs`).

mod command;
mod handler;
mod input;
mod sites;

pub use command::{Command, GivenSignOff, Idempotency, JobRun, PaperRef, Reply, Verb};

pub use sites::{Site, Sites};

use deskbell_proto::Fields;
use serde::Serialize;

use crate::people::Subject;
use crate::problem::Problem;

/// The desk: what may be asked of it.
#[derive(Debug, Clone)]
pub struct Desk {}

impl Desk {
    /// Runs a command to its end and answers after the commit.
    pub async fn run(&self, command: Command) -> Result<Reply, Problem> {
        let _ = command;
        unimplemented!()
    }

    /// One record, in the API's shape (references by number).
    pub async fn get(&self, subject: &Subject, site: &str, record_type: &str, number: &str) -> Result<Fields, Problem> {
        let _ = (subject, site, record_type, number);
        unimplemented!()
    }

    /// A page of records.
    pub async fn list(&self, subject: &Subject, query: ListQuery) -> Result<Page, Problem> {
        let _ = (subject, query);
        unimplemented!()
    }

    /// Who changed a record, when, from where, old → new; newest first.
    pub async fn history(
        &self,
        subject: &Subject,
        site: &str,
        record_type: &str,
        number: &str,
    ) -> Result<Vec<serde_json::Value>, Problem> {
        let _ = (subject, site, record_type, number);
        unimplemented!()
    }

    /// What must be done on a day: `{type, due, title, number, …}` of every plugin's declared due questions, and open tasks.
    pub async fn due(
        &self,
        subject: &Subject,
        site: &str,
        on: chrono::NaiveDate,
        lang: &str,
    ) -> Result<Vec<serde_json::Value>, Problem> {
        let _ = (subject, site, on, lang);
        unimplemented!()
    }
}

impl Desk {
    /// A page of the audit trail, newest first; for admins.
    pub async fn audit(&self, subject: &Subject, query: AuditQuery) -> Result<AuditPage, Problem> {
        let _ = (subject, query);
        unimplemented!()
    }

    /// Walks every audit chain from its first entry; a broken one is named with its first bad sequence.
    pub async fn verify_audit(&self) -> Result<Vec<ChainCheck>, Problem> {
        unimplemented!()
    }

    /// What happens at a site from now on, for live pages: a subject sees what it may read.
    pub fn events(&self, subject: &Subject, site: &str) -> futures_util::stream::BoxStream<'static, Event> {
        let _ = (subject, site);
        unimplemented!()
    }
}

/// What is asked of the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub site: Option<String>,
    pub user: Option<String>,
    /// `letters.letter`
    pub record_type: Option<String>,
    pub number: Option<String>,
    pub from: Option<chrono::NaiveDate>,
    pub to: Option<chrono::NaiveDate>,
    pub limit: u64,
    pub cursor: Option<String>,
}

/// One page of the audit trail.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditPage {
    pub items: Vec<serde_json::Value>,
    pub next_cursor: Option<String>,
}

/// One host's audit chain after a walk over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    pub host: String,
    pub entries: u64,
    /// The hash of the last entry, hex.
    pub head: String,
    /// The first sequence that does not fit, and why.
    pub broken_at: Option<i64>,
    pub reason: Option<String>,
}

/// Something that happened: `record.created`, `record.changed`, `run.finished`, `notice`, `task`, `problem`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub kind: String,
    pub site: String,
    /// `{type, number}`, `{job, run}` and the like.
    pub data: serde_json::Value,
}

/// What a list is asked for. Filter values are still text or JSON as they came; the desk makes them canonical.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub record_type: String,
    /// One site, or `None` for all that exist.
    pub site: Option<String>,
    /// `(field, operator, value)`: `("received_on", "gte", "2026-11-01")`; operators `eq ne lt lte gt gte in null`.
    pub filters: Vec<(String, String, String)>,
    pub search: Option<String>,
    /// `-received_on`
    pub sort: Option<String>,
    pub limit: Option<u64>,
    pub cursor: Option<String>,
    /// Reference fields whose record is put in place of its number.
    pub expand: Vec<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    pub items: Vec<Fields>,
    pub next_cursor: Option<String>,
}
