//! Jobs: schedule files say when, the planner writes occurrences into the ledger, the runner claims and runs them.
//!
//! `tokio-cron-scheduler` is the pulse and nothing more. Not here: what a job does (its plugin), applying it (`desk`).

pub mod calendar;
pub mod planner;
pub mod schedule;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::desk::PaperRef;
use crate::people::Subject;
use crate::problem::Problem;

/// The jobs of the desk, as the API and the CLI see them.
#[derive(Debug, Clone)]
pub struct Jobs {}

impl Jobs {
    pub async fn list(&self, subject: &Subject, site: &str, lang: &str) -> Result<Vec<JobInfo>, Problem> {
        let _ = (subject, site, lang);
        unimplemented!()
    }

    pub async fn show(&self, subject: &Subject, site: &str, job: &str, lang: &str) -> Result<JobInfo, Problem> {
        let _ = (subject, site, job, lang);
        unimplemented!()
    }

    /// The next `n` occurrences of one job or of all, soonest first: `(job, at)`.
    pub async fn next(
        &self,
        subject: &Subject,
        site: &str,
        job: Option<&str>,
        n: usize,
    ) -> Result<Vec<(String, DateTime<Utc>)>, Problem> {
        let _ = (subject, site, job, n);
        unimplemented!()
    }

    /// Runs a job now under a key of its own and returns the finished run. A day ahead needs `dry_run`.
    pub async fn run(
        &self,
        subject: &Subject,
        site: &str,
        job: &str,
        dry_run: bool,
        as_of: Option<NaiveDate>,
        lang: &str,
    ) -> Result<Run, Problem> {
        let _ = (subject, site, job, dry_run, as_of, lang);
        unimplemented!()
    }

    /// Runs of one job or of all, newest first.
    pub async fn history(
        &self,
        subject: &Subject,
        site: &str,
        job: Option<&str>,
        limit: u64,
        lang: &str,
    ) -> Result<Vec<Run>, Problem> {
        let _ = (subject, site, job, limit, lang);
        unimplemented!()
    }

    pub async fn get(&self, subject: &Subject, run: Uuid, lang: &str) -> Result<Run, Problem> {
        let _ = (subject, run, lang);
        unimplemented!()
    }

    /// The log lines of a run's attempts, oldest first.
    pub async fn log(&self, subject: &Subject, run: Uuid) -> Result<Vec<String>, Problem> {
        let _ = (subject, run);
        unimplemented!()
    }

    /// Runs that were late by more than the grace, were skipped or coalesced: what an outage did.
    pub async fn missed(&self, subject: &Subject, site: &str, lang: &str) -> Result<Vec<Run>, Problem> {
        let _ = (subject, site, lang);
        unimplemented!()
    }

    pub async fn pause(&self, subject: &Subject, site: &str, job: &str, paused: bool) -> Result<(), Problem> {
        let _ = (subject, site, job, paused);
        unimplemented!()
    }
}

/// A job with its schedule in force at a site.
#[derive(Debug, Clone, Serialize)]
pub struct JobInfo {
    /// `letters.hand-off-unclaimed`
    pub job: String,
    pub title: String,
    pub site: String,
    pub cron: String,
    pub timezone: String,
    /// The schedule in words of the reader's language.
    pub words: String,
    pub enabled: bool,
    pub paused: bool,
    /// Where the schedule comes from: `store`, `shipped`.
    pub origin: String,
    pub next_at: Option<DateTime<Utc>>,
    pub last_run: Option<Run>,
}

/// One row of the ledger, as the contract shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: Uuid,
    pub job: String,
    pub site: String,
    pub kind: RunKind,
    pub scheduled_for: DateTime<Utc>,
    pub state: RunState,
    pub attempt: i64,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// A sentence in the reader's language: "handed off 3, waiting 2"; for one that failed or was skipped, why.
    pub outcome: Option<String>,
    pub effects: std::collections::BTreeMap<String, i64>,
    pub papers: Vec<PaperRef>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    Scheduled,
    CatchUp,
    Manual,
    Dry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Pending,
    Running,
    Succeeded,
    Failed,
    Skipped,
    Coalesced,
}
