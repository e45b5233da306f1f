//! Jobs: schedule files say when, the planner writes occurrences into the ledger, the runner claims and runs them.
//!
//! `tokio-cron-scheduler` is the pulse and nothing more. Not here: what a job does (its plugin), applying it (`desk`), the
//! ledger's SQL (`store::jobs`).

mod agenda;
pub mod calendar;
mod clock_watch;
pub mod planner;
mod pulse;
mod runner;
pub mod schedule;
pub mod script;
pub mod simulate;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;
use crate::desk::{Asked, Begun, Desk, Idempotency, PaperRef, Sites, keep_answer};
use crate::diagnostic::{Diagnostic, nearest};
use crate::i18n::I18n;
use crate::people::{Permission, Policy, Subject};
use crate::plugins::Registry;
use crate::problem::Problem;
use crate::store::jobs::{LedgerRun, MoveCursor, Reason, RunQuery, keep_dry_run};
use crate::store::{Store, Tx};

pub use runner::Running;
use schedule::{PluginJobs, Schedule, Schedules, SiteClock};

/// What jobs are made of.
#[derive(Debug, Clone)]
pub struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub desk: Desk,
    pub plugins: Arc<Registry>,
    pub policy: Policy,
    pub sites: Sites,
    pub i18n: I18n,
}

/// The jobs of the desk, as the API and the CLI see them.
#[derive(Debug, Clone)]
pub struct Jobs {
    parts: Arc<Parts>,
    schedules: Arc<ArcSwap<Schedules>>,
    /// Who holds a lease: this process.
    node: Arc<str>,
}

impl Jobs {
    /// Jobs without a schedule; [`Jobs::set_schedules`] gives them theirs.
    pub fn new(parts: Parts) -> Self {
        let node = format!("{}-{}", std::process::id(), &Uuid::new_v4().simple().to_string()[..8]);
        Jobs { parts: Arc::new(parts), schedules: Arc::default(), node: node.into() }
    }

    /// Puts schedules in force, at the start and whenever a file, a plugin or a site has changed; returns what is wrong in them.
    pub async fn set_schedules(&self, plugins: &[PluginJobs], sites: &[SiteClock]) -> Result<Vec<Diagnostic>, Problem> {
        let loaded = schedule::read(plugins, sites);
        // What was due until now was due by the old schedules.
        self.plan(MoveCursor::Always).await?;
        self.parts.store.sync_jobs(&loaded.schedules, self.parts.clock.now()).await?;
        self.schedules.store(Arc::new(Schedules::new(loaded.schedules)));
        Ok(loaded.problems)
    }

    /// Every job the subject may see at a site, those without a schedule included.
    pub async fn list(&self, subject: &Subject, site: &str, lang: &str) -> Result<Vec<JobInfo>, Problem> {
        self.parts.sites.get(site)?;
        let mut infos = Vec::new();
        for job in self.known_jobs() {
            if self.may_run(subject, site, &job).is_ok() {
                infos.push(self.info(site, &job, lang).await?);
            }
        }
        Ok(infos)
    }

    pub async fn show(&self, subject: &Subject, site: &str, job: &str, lang: &str) -> Result<JobInfo, Problem> {
        self.parts.sites.get(site)?;
        let job = self.known_job(job)?;
        self.may_run(subject, site, &job)?;
        self.info(site, &job, lang).await
    }

    /// The next `n` occurrences of one job or of all, soonest first: `(job, at)`.
    pub async fn next(
        &self,
        subject: &Subject,
        site: &str,
        job: Option<&str>,
        n: usize,
    ) -> Result<Vec<(String, DateTime<Utc>)>, Problem> {
        let wanted = job.map(|job| self.known_job(job)).transpose()?;
        let paused = self.paused_at(site).await?;
        let now = self.parts.clock.now();
        let mut found = Vec::new();
        for schedule in self.schedules.load().iter() {
            let is_wanted = schedule.site == site && wanted.as_ref().is_none_or(|job| job.full() == schedule.job);
            let name = JobName::of(schedule);
            if !is_wanted || !schedule.enabled || paused.contains(&schedule.job) || self.may_run(subject, site, &name).is_err() {
                continue;
            }
            let following = |at: &DateTime<Utc>| schedule.rule.calendar.next_after(*at);
            let occurrences = std::iter::successors(following(&now), following).take(n);
            found.extend(occurrences.map(|at| (schedule.job.clone(), at)));
        }
        found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        found.truncate(n);
        Ok(found)
    }

    /// Runs a job now and returns the finished run; asked for again under the same key, the same run. A day ahead needs
    /// `dry_run`.
    pub async fn run(&self, subject: &Subject, site: &str, job: &str, by_hand: ByHand, lang: &str) -> Result<Run, Problem> {
        let job = self.known_job(job)?;
        self.may_run(subject, site, &job)?;
        let today = self.parts.sites.get(site)?.day(self.parts.clock.now());
        if !by_hand.dry_run && by_hand.as_of.is_some_and(|day| day > today) {
            return Err(Problem::invalid_field("as_of", "day-in-future", []));
        }
        let begun = self.parts.desk.replays().begin(&self.parts.store, &subject.user, by_hand.idempotency.as_ref()).await?;
        let _under_way = match begun {
            Begun::Answered(run) => return self.get(subject, *run, lang).await,
            Begun::First(guard) => guard,
        };
        let run = if by_hand.dry_run {
            self.rehearse(subject, site, &job, by_hand).await?
        } else {
            self.run_by_hand(subject, site, &job, by_hand).await?
        };
        Ok(self.shown(run, lang))
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
        let job = job.map(|job| self.known_job(job)).transpose()?;
        let query = RunQuery { site: Some(site.to_owned()), job: job.map(|job| job.full()), limit, missed: false };
        self.runs(subject, query, lang).await
    }

    pub async fn get(&self, subject: &Subject, run: Uuid, lang: &str) -> Result<Run, Problem> {
        let run = self.visible_run(subject, run).await?;
        Ok(self.shown(run, lang))
    }

    /// The log lines of a run's attempts, oldest first.
    pub async fn log(&self, subject: &Subject, run: Uuid) -> Result<Vec<String>, Problem> {
        self.visible_run(subject, run).await?;
        let lines = self.parts.store.run_log(run).await?;
        let spell = |(at, attempt, line)| format!("{} attempt {attempt}: {line}", deskbell_proto::value::instant(at));
        Ok(lines.into_iter().map(spell).collect())
    }

    /// Runs that were late by more than the grace, were skipped or coalesced: what an outage did.
    pub async fn missed(&self, subject: &Subject, site: &str, lang: &str) -> Result<Vec<Run>, Problem> {
        let query = RunQuery { site: Some(site.to_owned()), job: None, limit: 1000, missed: true };
        self.runs(subject, query, lang).await
    }

    /// Pauses a job at a site, or lets it go on; what comes due meanwhile is not made good.
    pub async fn pause(&self, subject: &Subject, site: &str, job: &str, paused: bool) -> Result<(), Problem> {
        let job = self.known_job(job)?;
        self.may_run(subject, site, &job)?;
        if self.schedule(site, &job).is_none() {
            return Err(Problem::not_found(format!("schedule of {} at site {site}", job.full())));
        }
        self.parts.store.pause_job(&job.full(), site, paused, self.parts.clock.now()).await
    }

    async fn info(&self, site: &str, job: &JobName, lang: &str) -> Result<JobInfo, Problem> {
        let full = job.full();
        let title = self.parts.i18n.text(Some(&job.plugin), lang, &format!("job-{}", job.name));
        let query = RunQuery { site: Some(site.to_owned()), job: Some(full.clone()), limit: 1, missed: false };
        let last_run = self.parts.store.job_runs(&query).await?.into_iter().next().map(|run| self.shown(run, lang));
        let Some(schedule) = self.schedule(site, job) else {
            let words = self.parts.i18n.text(None, lang, "schedule-none");
            return Ok(JobInfo { job: full, title, site: site.to_owned(), words, last_run, ..JobInfo::default() });
        };
        let paused = self.paused_at(site).await?.contains(&full);
        let is_off = paused || !schedule.enabled;
        let next_at = if is_off { None } else { schedule.rule.calendar.next_after(self.parts.clock.now()) };
        Ok(JobInfo {
            job: full,
            title,
            site: site.to_owned(),
            timezone: schedule.rule.calendar.zone().name().to_owned(),
            words: self.parts.i18n.sentence(&schedule.rule.calendar.words(), lang),
            enabled: schedule.enabled,
            paused,
            origin: schedule.origin.as_str().to_owned(),
            next_at,
            last_run,
            cron: schedule.cron,
        })
    }

    async fn runs(&self, subject: &Subject, query: RunQuery, lang: &str) -> Result<Vec<Run>, Problem> {
        let runs = self.parts.store.job_runs(&query).await?;
        let is_visible =
            |run: &LedgerRun| JobName::parse(&run.job).is_some_and(|job| self.may_run(subject, &run.site, &job).is_ok());
        Ok(runs.into_iter().filter(is_visible).map(|run| self.shown(run, lang)).collect())
    }

    /// A run of a job that the subject may run at its site; anything else is not there for them.
    async fn visible_run(&self, subject: &Subject, run: Uuid) -> Result<LedgerRun, Problem> {
        let found = self.parts.store.job_run(run).await?;
        let is_visible =
            |run: &LedgerRun| JobName::parse(&run.job).is_some_and(|job| self.may_run(subject, &run.site, &job).is_ok());
        found.filter(is_visible).ok_or_else(|| Problem::not_found(format!("run {run}")))
    }

    /// A row of the ledger with its sentences in the reader's language.
    fn shown(&self, run: LedgerRun, lang: &str) -> Run {
        let plugin = run.job.split('.').next().unwrap_or_default();
        let i18n = &self.parts.i18n;
        let outcome = match (&run.outcome, &run.reason) {
            (Some(outcome), _) => Some(i18n.outcome(plugin, outcome, run.n_dropped, lang)),
            (None, Some(reason)) => Some(i18n.sentence(&reason.sentence, lang)),
            (None, None) => None,
        };
        Run {
            outcome,
            effects: run.outcome.map(|outcome| outcome.counts).unwrap_or_default(),
            id: run.id,
            job: run.job,
            site: run.site,
            kind: run.kind,
            scheduled_for: run.scheduled_for,
            state: run.state,
            attempt: run.attempt,
            started_at: run.started_at,
            finished_at: run.finished_at,
            papers: run.papers,
        }
    }

    async fn paused_at(&self, site: &str) -> Result<Vec<String>, Problem> {
        let cursors = self.parts.store.job_cursors().await?;
        Ok(cursors.into_iter().filter(|cursor| cursor.paused && cursor.site == site).map(|cursor| cursor.job).collect())
    }

    fn schedule(&self, site: &str, job: &JobName) -> Option<Schedule> {
        self.schedules.load().find(&job.full(), site).cloned()
    }

    /// Every job that a plugin describes.
    fn known_jobs(&self) -> Vec<JobName> {
        let mut known: Vec<JobName> = Vec::new();
        for plugin in self.parts.plugins.all() {
            let of_plugin = |name: &str| JobName { plugin: plugin.manifest.id.clone(), name: name.to_owned() };
            known.extend(plugin.description.jobs.iter().map(|job| of_plugin(&job.name)));
        }
        known
    }

    fn known_job(&self, full: &str) -> Result<JobName, Problem> {
        let known = self.known_jobs();
        if let Some(job) = known.iter().find(|job| job.full() == full) {
            return Ok(job.clone());
        }
        let names: Vec<String> = known.iter().map(JobName::full).collect();
        let hint =
            nearest(full, names.iter().map(String::as_str)).map_or(String::new(), |name| format!(": did you mean {name}?"));
        Err(Problem::not_found(format!("job {full}{hint}")))
    }

    /// `letters:job:hand-off-unclaimed`: whoever may run a job sees it and its runs, and may pause it.
    fn may_run(&self, subject: &Subject, site: &str, job: &JobName) -> Result<(), Problem> {
        self.parts.policy.authorize(subject, site, &Permission::new(&job.plugin, "job", &job.name))
    }

    async fn run_by_hand(
        &self,
        subject: &Subject,
        site: &str,
        job: &JobName,
        ByHand { as_of, idempotency, .. }: ByHand,
    ) -> Result<LedgerRun, Problem> {
        let now = self.parts.clock.now();
        let run = self.parts.store.begin_manual_run(&job.full(), site, &self.node, &subject.user, now).await?;
        let timeout = self.timeout(site, job);
        let asked = idempotency.map(|once| Asked { by: subject.user.clone(), once });
        match self.work(&run, as_of, asked, timeout).await {
            Ok(_) => self.parts.store.job_run(run.id).await?.ok_or_else(|| Problem::internal(format!("run {} is gone", run.id))),
            Err(problem) => {
                let noted = self.parts.store.fail_run(run.id, run.lease_token, 1, &problem, self.parts.clock.now()).await;
                if let Err(trouble) = noted {
                    tracing::warn!(run = %run.id, "cannot note that the run failed: {trouble}");
                }
                Err(problem)
            }
        }
    }

    /// Runs a job without leaving anything but a row that says what it would have done.
    async fn rehearse(
        &self,
        subject: &Subject,
        site: &str,
        job: &JobName,
        ByHand { as_of, idempotency, .. }: ByHand,
    ) -> Result<LedgerRun, Problem> {
        let started = self.parts.clock.now();
        let id = Uuid::now_v7();
        let mut run = LedgerRun {
            key: format!("dry:{id}"),
            kind: RunKind::Dry,
            state: RunState::Succeeded,
            attempt: 1,
            started_at: Some(started),
            ..LedgerRun::pending(id, job.full(), site, started.trunc_subsecs(0))
        };
        let done = self.work(&run, as_of, None, self.timeout(site, job)).await;
        run.finished_at = Some(self.parts.clock.now());
        match &done {
            Ok(reply) => {
                run.outcome = reply.outcome.clone();
                run.n_dropped = reply.dropped;
                run.papers = reply.papers.clone();
            }
            Err(problem) => {
                run.state = RunState::Failed;
                run.reason = Some(Reason::from(problem));
            }
        }
        let (kept, by, is_done) = (run.clone(), subject.user.clone(), done.is_ok());
        let keep = move |tx: &mut Tx<'_>| {
            keep_dry_run(tx, &kept, &by)?;
            // What was refused is not kept under the key.
            let once = idempotency.as_ref().filter(|_| is_done);
            keep_answer(tx, &by, once, &kept.id, started)
        };
        self.parts.store.write(keep).await?;
        done.map(|_| run)
    }

    fn timeout(&self, site: &str, job: &JobName) -> std::time::Duration {
        self.schedule(site, job).map_or(schedule::TIMEOUT, |schedule| schedule.timeout)
    }
}

/// How a job is run by hand.
#[derive(Debug, Clone, Default)]
pub struct ByHand {
    pub dry_run: bool,
    /// The business day, when it is not today.
    pub as_of: Option<NaiveDate>,
    pub idempotency: Option<Idempotency>,
}

/// A job's full name in its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct JobName {
    plugin: String,
    name: String,
}

impl JobName {
    fn parse(full: &str) -> Option<Self> {
        let (plugin, name) = full.split_once('.')?;
        Some(JobName { plugin: plugin.to_owned(), name: name.to_owned() })
    }

    fn of(schedule: &Schedule) -> Self {
        let name = schedule.job.strip_prefix(&format!("{}.", schedule.plugin)).unwrap_or(&schedule.job);
        JobName { plugin: schedule.plugin.clone(), name: name.to_owned() }
    }

    /// `letters.hand-off-unclaimed`
    fn full(&self) -> String {
        format!("{}.{}", self.plugin, self.name)
    }
}

/// A job with its schedule in force at a site.
#[derive(Debug, Clone, Default, Serialize)]
pub struct JobInfo {
    /// `letters.hand-off-unclaimed`
    pub job: String,
    pub title: String,
    pub site: String,
    /// Empty for a job that has no schedule here.
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
    pub effects: BTreeMap<String, i64>,
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
