//! The ledger of jobs: cursors, runs, attempts, leases and the log lines of runs.
//!
//! Everything is one short transaction on the writer, so planning, claiming and finishing are serial on every database.
//! Not here: when a job is due (`jobs::planner`), running it (`jobs::runner`). Every time comes from the caller's clock.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use deskbell_proto::{Dropped, Outcome};
use sea_orm::DbBackend;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict, Order, Query, SelectStatement, UpdateStatement, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::failure::Failure;
use super::insert::Insert;
use super::row::Row;
use super::{Store, Tx};
use crate::desk::{JobRun, PaperRef};
use crate::jobs::planner::{self, Fate, Planned, SkipReason};
use crate::jobs::schedule::{Overlap, Schedule, Schedules};
use crate::jobs::{RunKind, RunState};
use crate::problem::{Code, Problem, Sentence};

/// How long a claim holds unless it is renewed.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Pending runs looked at together; nearly always the first has a handler here.
const CANDIDATES: u64 = 100;

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRun {
    pub id: Uuid,
    /// `letters.hand-off-unclaimed`
    pub job: String,
    pub site: String,
    pub key: String,
    pub kind: RunKind,
    pub scheduled_for: DateTime<Utc>,
    pub state: RunState,
    pub attempt: i64,
    pub lease_token: i64,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub outcome: Option<Outcome>,
    pub n_dropped: usize,
    /// Why it failed, was skipped or coalesced.
    pub reason: Option<Reason>,
    pub papers: Vec<PaperRef>,
    pub covers_from: Option<DateTime<Utc>>,
    pub coalesced_into: Option<Uuid>,
}

impl LedgerRun {
    /// A run that waits for its time.
    pub fn pending(id: Uuid, job: impl Into<String>, site: impl Into<String>, scheduled_for: DateTime<Utc>) -> Self {
        LedgerRun {
            id,
            job: job.into(),
            site: site.into(),
            key: String::new(),
            kind: RunKind::Scheduled,
            scheduled_for,
            state: RunState::Pending,
            attempt: 0,
            lease_token: 0,
            started_at: None,
            finished_at: None,
            outcome: None,
            n_dropped: 0,
            reason: None,
            papers: Vec::new(),
            covers_from: None,
            coalesced_into: None,
        }
    }
}

/// Why a run came to no good end: for people a sentence in their language, for logs English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub sentence: Sentence,
    pub detail: String,
}

impl Reason {
    /// A reason of the core's own, `run-<key>`.
    pub fn new(key: &str) -> Self {
        Reason { sentence: Sentence { plugin: None, key: format!("run-{key}"), args: BTreeMap::new() }, detail: key.to_owned() }
    }
}

impl Reason {
    fn skipped(why: SkipReason) -> Self {
        Reason::new(&format!("skipped-{}", why.as_str()))
    }
}

impl From<&Problem> for Reason {
    fn from(problem: &Problem) -> Self {
        Reason { sentence: problem.sentence.clone(), detail: problem.to_string() }
    }
}

/// Where the planner stands with a job at a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub job: String,
    pub site: String,
    /// Everything up to here is planned.
    pub at: DateTime<Utc>,
    pub paused: bool,
    /// Not switched off by its schedule, nor by another host's.
    pub enabled: bool,
}

/// How far a cursor may lag behind the clock while nothing is due. It need not move, and each move is written to the disk;
/// but what lags is planned anew when the cron line changes while the desk is off.
pub const LAG: TimeDelta = TimeDelta::minutes(5);

/// When planning moves a cursor over a span that had no occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveCursor {
    /// When it lags by [`LAG`].
    NowAndThen,
    /// Always: the schedules are about to change, or the desk stops.
    Always,
}

/// What a run came to, as the desk's apply knows it.
#[derive(Debug)]
pub struct Finish<'a> {
    pub outcome: &'a Outcome,
    /// Items that the handler left out, with why.
    pub dropped: &'a [Dropped],
    /// Items that it was told to leave out, because their part could not be applied.
    pub n_excluded: usize,
    pub papers: &'a [PaperRef],
    /// The clock's time, which becomes `finished_at`.
    pub at: DateTime<Utc>,
}

/// Marks a run succeeded, in the transaction that holds its effects, if its lease is still the caller's.
///
/// A run whose lease went to somebody else is a `conflict`, which must roll the whole transaction back. A dry run has no row
/// yet and passes.
pub fn finish_in(tx: &mut Tx<'_>, run: &JobRun, finish: &Finish<'_>) -> Result<(), Problem> {
    if run.dry {
        return Ok(());
    }
    let n_dropped = finish.dropped.len() + finish.n_excluded;
    let mut update = under_lease(run.run, run.lease_token);
    update
        .value("state", word(&RunState::Succeeded))
        .value("finished_at", finish.at)
        .value("outcome", json(finish.outcome)?)
        .value("dropped", n_dropped as i64)
        .value("papers", json(finish.papers)?)
        .value("error", Option::<String>::None)
        .value("lease_until", Option::<DateTime<Utc>>::None);
    if tx.execute(&update)? == 0 {
        return Err(lease_lost(run.run));
    }
    let attempt = close_attempt(tx, run.run, "succeeded", None, finish.at)?;
    for dropped in finish.dropped {
        log(tx, run.run, attempt, finish.at, &format!("left out {}: {}", dropped.item, dropped.fault))?;
    }
    if finish.n_excluded > 0 {
        log(tx, run.run, attempt, finish.at, &format!("left out {} whose part could not be applied", finish.n_excluded))?;
    }
    log(tx, run.run, attempt, finish.at, &format!("succeeded: {}{}", finish.outcome.key, counts(finish.outcome)))?;
    Ok(())
}

/// Keeps a dry run, which is over by then.
pub fn keep_dry_run(tx: &mut Tx<'_>, run: &LedgerRun, by: &str) -> Result<(), Problem> {
    let at = run.finished_at.unwrap_or(run.scheduled_for);
    insert_run(tx, run, None, Some(by), at)?;
    let line = match (&run.outcome, &run.reason) {
        (Some(outcome), _) => format!("dry run: {}{}", outcome.key, counts(outcome)),
        (None, Some(reason)) => format!("dry run failed: {}", reason.detail),
        (None, None) => "dry run".to_owned(),
    };
    log(tx, run.id, 1, at, &line)
}

/// ` {handed-off: 3}`, or nothing.
fn counts(outcome: &Outcome) -> String {
    let counts: Vec<String> = outcome.counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    if counts.is_empty() { String::new() } else { format!(" {{{}}}", counts.join(", ")) }
}

fn lease_lost(run: Uuid) -> Problem {
    Problem::new(Code::Conflict, format!("the lease of run {run} went to another worker"))
}

/// An update of a run that is still running under a lease.
fn under_lease(run: Uuid, token: i64) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table("job_runs")
        .and_where(Expr::col("id").eq(run))
        .and_where(Expr::col("state").eq(word(&RunState::Running)))
        .and_where(Expr::col("lease_token").eq(token));
    update
}

impl Store {
    /// Makes the cursors fit the schedules: a new job, or one that was off, starts now and owes nothing; a changed cron line
    /// goes on from where the old one stood.
    pub async fn sync_jobs(&self, schedules: &[Schedule], now: DateTime<Utc>) -> Result<Vec<Cursor>, Problem> {
        let schedules = schedules.to_vec();
        self.write(move |tx| sync(tx, &schedules, now)).await
    }

    /// Plans every schedule given, in one transaction; returns the cursors afterwards and the rows made.
    pub async fn plan_jobs(
        &self,
        schedules: Vec<Schedule>,
        now: DateTime<Utc>,
        moving: MoveCursor,
    ) -> Result<(Vec<Cursor>, Vec<Planned>), Problem> {
        self.write(move |tx| {
            let mut cursors = Vec::new();
            let mut planned = Vec::new();
            for schedule in &schedules {
                if let Some(cursor) = plan(tx, schedule, now, moving, &mut planned)? {
                    cursors.push(cursor);
                }
            }
            Ok((cursors, planned))
        })
        .await
    }

    /// Claims the pending run that has been due longest, of the jobs this host has handlers for; first takes over runs whose
    /// lease has run out.
    pub async fn claim_run(&self, handlers: Handlers, node: &str, now: DateTime<Utc>) -> Result<Option<LedgerRun>, Problem> {
        let node = node.to_owned();
        self.write(move |tx| {
            expire(tx, &handlers, now)?;
            claim(tx, &handlers, &node, now)
        })
        .await
    }

    /// The earliest time at which a pending run of these jobs may be claimed.
    pub async fn next_claim(&self, handlers: &Handlers) -> Result<Option<DateTime<Utc>>, Problem> {
        let mut query = Query::select();
        query
            .columns(["job", "site"])
            .expr_as(Expr::col("not_before").min(), "not_before")
            .from("job_runs")
            .and_where(Expr::col("state").eq(word(&RunState::Pending)))
            .group_by_columns(["job", "site"]);
        let mut earliest: Option<DateTime<Utc>> = None;
        for row in self.job_rows(&query).await? {
            if handlers.has_run(&row)? {
                let not_before = row.get("not_before")?;
                earliest = Some(earliest.map_or(not_before, |earliest| Ord::min(earliest, not_before)));
            }
        }
        Ok(earliest)
    }

    /// Renews a lease; `false` when it is no longer the caller's.
    pub async fn renew_lease(&self, run: Uuid, token: i64, now: DateTime<Utc>) -> Result<bool, Problem> {
        self.write(move |tx| {
            let mut update = under_lease(run, token);
            update.value("lease_until", now + LEASE);
            Ok(tx.execute(&update)? == 1)
        })
        .await
    }

    /// Notes a failed attempt: the run waits for its next one, or has failed for good. Does nothing under a lost lease.
    pub async fn fail_run(
        &self,
        run: Uuid,
        token: i64,
        attempts: i64,
        problem: &Problem,
        now: DateTime<Utc>,
    ) -> Result<RunState, Problem> {
        let reason = Reason::from(problem);
        self.write(move |tx| fail(tx, run, token, attempts, &reason, "failed", now)).await
    }

    /// Starts a run by hand, under a key of its own; `conflict` while the job runs at the site.
    pub async fn begin_manual_run(
        &self,
        job: &str,
        site: &str,
        node: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<LedgerRun, Problem> {
        let [job, site, node, by] = [job, site, node, by].map(str::to_owned);
        self.write(move |tx| begin_manual(tx, &job, &site, &node, &by, now)).await
    }

    /// Gives back what a node still holds: pending again, the attempt not counted, the old lease worth nothing.
    pub async fn release_runs(&self, node: &str, now: DateTime<Utc>) -> Result<u64, Problem> {
        let node = node.to_owned();
        self.write(move |tx| {
            let mut query = Query::select();
            query
                .column("id")
                .from("job_runs")
                .and_where(Expr::col("state").eq(word(&RunState::Running)))
                .and_where(Expr::col("lease_owner").eq(node.as_str()));
            let held = tx.rows(&query)?;
            for row in &held {
                let run: Uuid = row.get("id")?;
                let attempt = close_attempt(tx, run, "released", None, now)?;
                log(tx, run, attempt, now, "given back: the desk stops")?;
                let mut update = Query::update();
                update
                    .table("job_runs")
                    .and_where(Expr::col("id").eq(run))
                    .value("state", word(&RunState::Pending))
                    .value("not_before", now)
                    .value("attempt", Expr::col("attempt").sub(1))
                    .value("lease_token", Expr::col("lease_token").add(1))
                    .value("lease_until", Option::<DateTime<Utc>>::None);
                tx.execute(&update)?;
            }
            Ok(held.len() as u64)
        })
        .await
    }

    /// Pauses a job at a site, or lets it go on. What comes due meanwhile is not made good.
    pub async fn pause_job(&self, job: &str, site: &str, paused: bool, now: DateTime<Utc>) -> Result<(), Problem> {
        let (job, site) = (job.to_owned(), site.to_owned());
        self.write(move |tx| pause(tx, &job, &site, paused, now)).await
    }

    /// Puts all cursors at a time of the past and forgets every run: for a simulation's copy and a new demo's desk only.
    pub async fn restart_ledger(&self, at: DateTime<Utc>) -> Result<(), Problem> {
        self.write(move |tx| {
            for table in ["run_log", "job_attempts", "job_runs"] {
                tx.execute(Query::delete().from_table(table))?;
            }
            tx.execute(Query::update().table("job_schedules").value("cursor", at).value("anchor", at))?;
            Ok(())
        })
        .await
    }

    /// Where the planner stands with every job.
    pub async fn job_cursors(&self) -> Result<Vec<Cursor>, Problem> {
        let rows = self.job_rows(&select_cursors()).await?;
        Ok(rows.iter().map(cursor_of).collect::<Result<_, _>>()?)
    }

    pub async fn job_run(&self, run: Uuid) -> Result<Option<LedgerRun>, Problem> {
        let rows = self.job_rows(&select_run(run)).await?;
        Ok(rows.first().map(run_of).transpose()?)
    }

    /// Runs, newest first.
    pub async fn job_runs(&self, query: &RunQuery) -> Result<Vec<LedgerRun>, Problem> {
        let rows = self.job_rows(&select_matching(query)).await?;
        Ok(rows.iter().map(run_of).collect::<Result<_, _>>()?)
    }

    /// The log of a run: when, in which attempt, what.
    pub async fn run_log(&self, run: Uuid) -> Result<Vec<(DateTime<Utc>, i64, String)>, Problem> {
        let mut query = Query::select();
        query
            .columns(["at", "attempt", "line"])
            .from("run_log")
            .and_where(Expr::col("run_id").eq(run))
            .order_by("seq", Order::Asc);
        let line = |row: &Row| Ok::<_, Failure>((row.get("at")?, row.get("attempt")?, row.get("line")?));
        Ok(self.job_rows(&query).await?.iter().map(line).collect::<Result<_, _>>()?)
    }

    async fn job_rows(&self, query: &SelectStatement) -> Result<Vec<Row>, Problem> {
        Ok(self.view().await?.rows(query).await?)
    }
}

/// Which runs are asked for.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub site: Option<String>,
    pub job: Option<String>,
    /// Only what an outage did: late runs, skipped and coalesced ones.
    pub missed: bool,
    pub limit: u64,
}

/// The jobs that this host can run: they have a schedule that is on, and their plugin answers.
#[derive(Debug, Clone, Default)]
pub struct Handlers {
    schedules: Arc<Schedules>,
    /// The plugins that answer.
    plugins: BTreeSet<String>,
    only: Option<String>,
}

impl Handlers {
    pub fn new(schedules: Arc<Schedules>, plugins: BTreeSet<String>) -> Self {
        Handlers { schedules, plugins, only: None }
    }

    /// Those of one job, where it is named.
    pub fn only(self, job: Option<&str>) -> Self {
        Handlers { only: job.map(str::to_owned), ..self }
    }

    /// The schedule of a job at a site, if it can be run here.
    pub fn schedule(&self, job: &str, site: &str) -> Option<&Schedule> {
        self.schedules.find(job, site).filter(|schedule| self.has(schedule))
    }

    pub fn has(&self, schedule: &Schedule) -> bool {
        let is_wanted = self.only.as_ref().is_none_or(|job| *job == schedule.job);
        is_wanted && schedule.enabled && self.plugins.contains(&schedule.plugin)
    }

    fn has_run(&self, row: &Row) -> Result<bool, Problem> {
        let (job, site): (String, String) = (row.get("job")?, row.get("site")?);
        Ok(self.schedule(&job, &site).is_some())
    }
}

fn sync(tx: &mut Tx<'_>, schedules: &[Schedule], now: DateTime<Utc>) -> Result<Vec<Cursor>, Problem> {
    let mut query = Query::select();
    query.columns(["job", "site", "enabled"]).from("job_schedules");
    let mut before: BTreeMap<(String, String), bool> = BTreeMap::new();
    for row in tx.rows(&query)? {
        before.insert((row.get("job")?, row.get("site")?), row.get("enabled")?);
    }
    for schedule in schedules {
        let was_enabled = before.remove(&(schedule.job.clone(), schedule.site.clone()));
        put_schedule(tx, schedule, now, schedule.enabled && was_enabled == Some(false))?;
        if !schedule.enabled && was_enabled == Some(true) {
            skip_waiting(tx, &schedule.job, &schedule.site, SkipReason::Paused, now)?;
        }
    }
    let is_shared = tx.session().backend() == DbBackend::Postgres;
    for ((job, site), was_enabled) in before {
        // On a shared database the job may be another host's: only a host of its own knows that nobody has it any more.
        if was_enabled && !is_shared {
            tx.execute(of_job("job_schedules", &job, &site).value("enabled", false))?;
            skip_waiting(tx, &job, &site, SkipReason::NoHandler, now)?;
        }
    }
    Ok(tx.rows(&select_cursors())?.iter().map(cursor_of).collect::<Result<_, _>>()?)
}

/// Writes a schedule down as store IT may want to read it, with its cursor at now where it is new or on anew.
fn put_schedule(tx: &mut Tx<'_>, schedule: &Schedule, now: DateTime<Utc>, is_on_anew: bool) -> Result<(), Problem> {
    let rule = &schedule.rule;
    let described: [(&str, Value); 9] = [
        ("cron", schedule.cron.as_str().into()),
        ("tz", rule.calendar.zone().name().into()),
        ("enabled", schedule.enabled.into()),
        ("misfire", word(&rule.misfire).into()),
        ("max_catchup", (rule.max_catchup as i64).into()),
        ("overlap", word(&schedule.overlap).into()),
        ("once_per", rule.once_per.as_ref().map(word).into()),
        ("timeout_s", (schedule.timeout.as_secs() as i64).into()),
        ("max_attempts", i64::from(schedule.attempts).into()),
    ];
    let mut names: Vec<&str> = described.iter().map(|(name, _)| *name).collect();
    let mut conflict = OnConflict::columns(["job", "site"]);
    conflict.update_columns(names.iter().map(|name| (*name).to_owned()));
    if is_on_anew {
        conflict.update_columns(["anchor", "cursor"]);
    }
    names.extend(["job", "site", "paused", "anchor", "cursor"]);
    let mut values: Vec<Value> = described.into_iter().map(|(_, value)| value).collect();
    values.extend([schedule.job.as_str().into(), schedule.site.as_str().into(), false.into(), now.into(), now.into()]);
    let mut insert = Query::insert();
    insert.into_table("job_schedules").columns(names.into_iter().map(str::to_owned));
    insert.values_panic(values.into_iter().map(Expr::val)).on_conflict(conflict);
    tx.execute(&insert)?;
    Ok(())
}

fn select_cursors() -> SelectStatement {
    Query::select().columns(["job", "site", "cursor", "paused", "enabled"]).from("job_schedules").take()
}

fn cursor_of(row: &Row) -> Result<Cursor, Failure> {
    Ok(Cursor {
        job: row.get("job")?,
        site: row.get("site")?,
        at: row.get("cursor")?,
        paused: row.get("paused")?,
        enabled: row.get("enabled")?,
    })
}

/// An update of the rows of a job at a site.
fn of_job(table: &'static str, job: &str, site: &str) -> UpdateStatement {
    let mut update = Query::update();
    update.table(table).and_where(Expr::col("job").eq(job)).and_where(Expr::col("site").eq(site));
    update
}

fn select_of_job(job: &str, site: &str) -> SelectStatement {
    let mut query = Query::select();
    query.from("job_runs").and_where(Expr::col("job").eq(job)).and_where(Expr::col("site").eq(site));
    query
}

/// Writes the occurrences of one schedule since its cursor, and moves the cursor; both or neither.
fn plan(
    tx: &mut Tx<'_>,
    schedule: &Schedule,
    now: DateTime<Utc>,
    moving: MoveCursor,
    planned: &mut Vec<Planned>,
) -> Result<Option<Cursor>, Problem> {
    let mut query = select_cursors();
    query.and_where(Expr::col("job").eq(schedule.job.as_str())).and_where(Expr::col("site").eq(schedule.site.as_str()));
    let Some(row) = tx.row(&query)? else { return Ok(None) };
    let mut cursor = cursor_of(&row)?;
    let at = cursor.at;
    // A cursor ahead of the clock repeats nothing: the clock was set back.
    if cursor.paused || !cursor.enabled || now <= at {
        return Ok(Some(cursor));
    }
    let last_key = if schedule.rule.once_per.is_some() { newest_key(tx, schedule)? } else { None };
    let mut rows = planner::plan(&schedule.rule, at, last_key.as_deref(), now);
    let was_nothing_due = || schedule.rule.calendar.next_after(at).is_none_or(|next| next > now);
    if rows.is_empty() && moving == MoveCursor::NowAndThen && now - at < LAG && was_nothing_due() {
        return Ok(Some(cursor));
    }
    give_way(tx, schedule, &mut rows, now)?;
    insert_planned(tx, schedule, &rows, now)?;
    let mut update = of_job("job_schedules", &schedule.job, &schedule.site);
    update.and_where(Expr::col("cursor").lte(now)).value("cursor", now);
    tx.execute(&update)?;
    cursor.at = now;
    planned.extend(rows);
    Ok(Some(cursor))
}

fn newest_key(tx: &mut Tx<'_>, schedule: &Schedule) -> Result<Option<String>, Problem> {
    let mut query = select_of_job(&schedule.job, &schedule.site);
    query
        .column("occurrence_key")
        .and_where(Expr::col("kind").is_in([word(&RunKind::Scheduled), word(&RunKind::CatchUp)]))
        .order_by("scheduled_for", Order::Desc)
        .limit(1);
    Ok(tx.row(&query)?.map(|row| row.get("occurrence_key")).transpose()?)
}

/// The overlap policy: what a run that comes due does while the one before it is still going or between its attempts.
fn give_way(tx: &mut Tx<'_>, schedule: &Schedule, rows: &mut [Planned], now: DateTime<Utc>) -> Result<(), Problem> {
    for index in 0..rows.len() {
        // What is made good after an outage runs one after the other; only what comes due now meets a run that is going.
        if rows[index].fate != Fate::Run(RunKind::Scheduled) {
            continue;
        }
        let Some(going) = going_run(tx, schedule)? else { return Ok(()) };
        match schedule.overlap {
            Overlap::Skip => rows[index].fate = Fate::Skipped(SkipReason::Overlap),
            Overlap::Queue => {
                let planned_before = rows[..index].iter().find(|row| row.fate == Fate::Run(RunKind::Scheduled));
                let waiting = match planned_before {
                    Some(row) => Some(row.key.clone()),
                    None => waiting_key(tx, schedule)?,
                };
                if let Some(waiting) = waiting {
                    rows[index].fate = Fate::Coalesced(waiting);
                }
            }
            Overlap::Replace => replace(tx, going, now)?,
        }
    }
    Ok(())
}

/// The scheduled run of a job that has begun and not ended.
fn going_run(tx: &mut Tx<'_>, schedule: &Schedule) -> Result<Option<Uuid>, Problem> {
    let mut query = select_of_job(&schedule.job, &schedule.site);
    let has_begun = Condition::any()
        .add(Expr::col("state").eq(word(&RunState::Running)))
        .add(Expr::col("state").eq(word(&RunState::Pending)).and(Expr::col("attempt").gt(0)));
    query.column("id").and_where(Expr::col("kind").ne(word(&RunKind::Manual))).cond_where(has_begun).limit(1);
    Ok(tx.row(&query)?.map(|row| row.get("id")).transpose()?)
}

fn waiting_key(tx: &mut Tx<'_>, schedule: &Schedule) -> Result<Option<String>, Problem> {
    let mut query = select_of_job(&schedule.job, &schedule.site);
    query
        .column("occurrence_key")
        .and_where(Expr::col("state").eq(word(&RunState::Pending)))
        .and_where(Expr::col("attempt").eq(0))
        .order_by("scheduled_for", Order::Asc)
        .limit(1);
    Ok(tx.row(&query)?.map(|row| row.get("occurrence_key")).transpose()?)
}

fn replace(tx: &mut Tx<'_>, run: Uuid, now: DateTime<Utc>) -> Result<(), Problem> {
    let reason = Reason::new("replaced");
    let attempt = close_attempt(tx, run, "replaced", Some(&reason), now)?;
    log(tx, run, attempt, now, "given up: the next run is due")?;
    end(tx, run, RunState::Failed, &reason, now)
}

/// Ends a run, whoever holds it: a new token makes the old lease worth nothing.
fn end(tx: &mut Tx<'_>, run: Uuid, state: RunState, reason: &Reason, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut update = Query::update();
    update
        .table("job_runs")
        .and_where(Expr::col("id").eq(run))
        .value("state", word(&state))
        .value("finished_at", now)
        .value("error", json(reason)?)
        .value("lease_token", Expr::col("lease_token").add(1))
        .value("lease_until", Option::<DateTime<Utc>>::None);
    tx.execute(&update)?;
    Ok(())
}

fn insert_planned(tx: &mut Tx<'_>, schedule: &Schedule, rows: &[Planned], now: DateTime<Utc>) -> Result<(), Problem> {
    let ids: BTreeMap<&str, Uuid> = rows.iter().map(|row| (row.key.as_str(), Uuid::now_v7())).collect();
    for row in rows {
        let is_late = now - row.scheduled_for > planner::GRACE;
        let mut run = LedgerRun {
            key: row.key.clone(),
            kind: if is_late { RunKind::CatchUp } else { RunKind::Scheduled },
            covers_from: row.covers_from,
            ..LedgerRun::pending(ids[row.key.as_str()], &schedule.job, &schedule.site, row.scheduled_for)
        };
        match &row.fate {
            Fate::Run(kind) => run.kind = *kind,
            Fate::Skipped(reason) => {
                run.state = RunState::Skipped;
                run.finished_at = Some(now);
                run.reason = Some(Reason::skipped(*reason));
            }
            Fate::Coalesced(into) => {
                run.state = RunState::Coalesced;
                run.finished_at = Some(now);
                run.reason = Some(Reason::new("coalesced"));
                run.coalesced_into = match ids.get(into.as_str()) {
                    Some(id) => Some(*id),
                    None => id_of_key(tx, schedule, into)?,
                };
            }
        }
        insert_run(tx, &run, None, None, now)?;
    }
    Ok(())
}

fn id_of_key(tx: &mut Tx<'_>, schedule: &Schedule, key: &str) -> Result<Option<Uuid>, Problem> {
    let mut query = select_of_job(&schedule.job, &schedule.site);
    query.column("id").and_where(Expr::col("occurrence_key").eq(key));
    Ok(tx.row(&query)?.map(|row| row.get("id")).transpose()?)
}

/// An occurrence that has a row keeps it: another node was quicker.
static RUNS: Insert = Insert::into(
    "job_runs",
    &[
        "id",
        "job",
        "site",
        "occurrence_key",
        "kind",
        "scheduled_for",
        "not_before",
        "state",
        "attempt",
        "lease_token",
        "lease_owner",
        "lease_until",
        "started_at",
        "finished_at",
        "outcome",
        "dropped",
        "error",
        "papers",
        "covers_from",
        "coalesced_into",
        "created_at",
        "created_by",
    ],
)
.ending(|insert| {
    insert.on_conflict(OnConflict::columns(["job", "site", "occurrence_key"]).do_nothing().to_owned());
});

/// An attempt that was given back is not counted, so its number comes again.
static ATTEMPTS: Insert = Insert::into("job_attempts", &["run_id", "attempt", "node", "started_at"]).ending(|insert| {
    insert.on_conflict(OnConflict::columns(["run_id", "attempt"]).update_columns(["node", "started_at"]).to_owned());
});

static LOG: Insert = Insert::into("run_log", &["run_id", "attempt", "at", "level", "line"]);

/// Writes a row, unless its occurrence has one.
fn insert_run(
    tx: &mut Tx<'_>,
    run: &LedgerRun,
    lease: Option<(&str, DateTime<Utc>)>,
    created_by: Option<&str>,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let row = [
        run.id.into(),
        run.job.as_str().into(),
        run.site.as_str().into(),
        run.key.as_str().into(),
        word(&run.kind).into(),
        run.scheduled_for.into(),
        run.scheduled_for.into(),
        word(&run.state).into(),
        run.attempt.into(),
        run.lease_token.into(),
        lease.map(|(node, _)| node.to_owned()).into(),
        lease.map(|(_, until)| until).into(),
        run.started_at.into(),
        run.finished_at.into(),
        run.outcome.as_ref().map(json).transpose()?.into(),
        (run.n_dropped as i64).into(),
        run.reason.as_ref().map(json).transpose()?.into(),
        json(&run.papers)?.into(),
        run.covers_from.into(),
        run.coalesced_into.map(|into| into.to_string()).into(),
        at.into(),
        created_by.into(),
    ];
    Ok(tx.insert(&RUNS, row)?)
}

/// Takes back runs whose lease has run out: their node died or lost the database.
fn expire(tx: &mut Tx<'_>, handlers: &Handlers, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut query = Query::select();
    query
        .columns(["id", "job", "site", "kind", "lease_token"])
        .from("job_runs")
        .and_where(Expr::col("state").eq(word(&RunState::Running)))
        .and_where(Expr::col("lease_until").lt(now));
    for row in tx.rows(&query)? {
        let (run, token): (Uuid, i64) = (row.get("id")?, row.get("lease_token")?);
        let (job, site, kind): (String, String, String) = (row.get("job")?, row.get("site")?, row.get("kind")?);
        // Whoever started a run by hand has long got an answer, or none: it is theirs to start it again.
        let of_schedule = || handlers.schedule(&job, &site).map_or(i64::MAX, |schedule| i64::from(schedule.attempts));
        let attempts = if kind == word(&RunKind::Manual) { 1 } else { of_schedule() };
        fail(tx, run, token, attempts, &Reason::new("lost"), LOST, now)?;
    }
    Ok(())
}

fn claim(tx: &mut Tx<'_>, handlers: &Handlers, node: &str, now: DateTime<Utc>) -> Result<Option<LedgerRun>, Problem> {
    let same_job_is_running = Query::select()
        .expr(Expr::val(1))
        .from_as("job_runs", "other")
        .and_where(Expr::col(("other", "job")).equals(("job_runs", "job")))
        .and_where(Expr::col(("other", "site")).equals(("job_runs", "site")))
        .and_where(Expr::col(("other", "state")).eq(word(&RunState::Running)))
        .to_owned();
    let mut query = Query::select();
    query
        .columns([("job_runs", "id"), ("job_runs", "job"), ("job_runs", "site")])
        .from("job_runs")
        .and_where(Expr::col(("job_runs", "state")).eq(word(&RunState::Pending)))
        .and_where(Expr::col(("job_runs", "not_before")).lte(now))
        .and_where(Expr::exists(same_job_is_running).not())
        .order_by(("job_runs", "not_before"), Order::Asc)
        .order_by(("job_runs", "id"), Order::Asc)
        .limit(CANDIDATES);
    let Some(run) = first_handled(tx, query, handlers)? else { return Ok(None) };
    let mut update = Query::update();
    update
        .table("job_runs")
        .and_where(Expr::col("id").eq(run))
        .value("state", word(&RunState::Running))
        .value("attempt", Expr::col("attempt").add(1))
        .value("lease_token", Expr::col("lease_token").add(1))
        .value("lease_owner", node)
        .value("lease_until", now + LEASE)
        .value("started_at", now);
    tx.execute(&update)?;
    let claimed = tx.row(&select_run(run))?.ok_or_else(|| Problem::internal("a claimed run is gone"))?;
    let claimed = run_of(&claimed)?;
    open_attempt(tx, &claimed, node, now)?;
    Ok(Some(claimed))
}

/// The first run of a question that has a handler here; runs of jobs without one may stand before it.
fn first_handled(tx: &mut Tx<'_>, mut query: SelectStatement, handlers: &Handlers) -> Result<Option<Uuid>, Problem> {
    for page in 0.. {
        let rows = tx.rows(query.reset_offset().offset(page * CANDIDATES))?;
        for row in &rows {
            if handlers.has_run(row)? {
                return Ok(Some(row.get("id")?));
            }
        }
        if (rows.len() as u64) < CANDIDATES {
            break;
        }
    }
    Ok(None)
}

/// Ends an attempt: the run waits for its next one, or has failed for good.
fn fail(
    tx: &mut Tx<'_>,
    run: Uuid,
    token: i64,
    attempts: i64,
    reason: &Reason,
    result: &str,
    now: DateTime<Utc>,
) -> Result<RunState, Problem> {
    let attempt = attempt_of(tx, run)?;
    let is_last = attempt >= attempts;
    let state = if is_last { RunState::Failed } else { RunState::Pending };
    let mut update = under_lease(run, token);
    update
        .value("state", word(&state))
        .value("error", json(reason)?)
        .value("lease_token", Expr::col("lease_token").add(1))
        .value("lease_until", Option::<DateTime<Utc>>::None);
    // A lost lease says nothing against the job: whoever finds it goes on at once.
    let next = if result == LOST { now } else { now + back_off(run, attempt) };
    if is_last {
        update.value("finished_at", now);
    } else {
        update.value("not_before", next);
    }
    if tx.execute(&update)? == 0 {
        return Err(lease_lost(run));
    }
    close_attempt(tx, run, result, Some(reason), now)?;
    let follows = if is_last {
        "no attempt is left".to_owned()
    } else {
        format!("next attempt at {}", deskbell_proto::value::instant(next))
    };
    log(tx, run, attempt, now, &format!("{result}: {}; {follows}", reason.detail))?;
    Ok(state)
}

/// The result of an attempt whose host was not heard of again.
const LOST: &str = "lost";

/// How long a run waits after its n-th attempt: 30 s doubled each time, half an hour at most, a fifth more or less.
fn back_off(run: Uuid, attempt: i64) -> TimeDelta {
    let doubled = 30_i64 << attempt.clamp(1, 7).saturating_sub(1);
    let mut hasher = DefaultHasher::new();
    (run, attempt).hash(&mut hasher);
    let percent = 80 + (hasher.finish() % 41) as i64;
    TimeDelta::milliseconds(Ord::min(doubled, 1800) * 10 * percent)
}

fn begin_manual(tx: &mut Tx<'_>, job: &str, site: &str, node: &str, by: &str, now: DateTime<Utc>) -> Result<LedgerRun, Problem> {
    expire(tx, &Handlers::default(), now)?;
    let mut query = select_of_job(job, site);
    query.column("id").and_where(Expr::col("state").eq(word(&RunState::Running)));
    if tx.row(&query)?.is_some() {
        return Err(Problem::new(Code::Conflict, format!("{job} is running at {site} just now")).with_retry_after(5));
    }
    let id = Uuid::now_v7();
    let run = LedgerRun {
        key: format!("manual:{id}"),
        kind: RunKind::Manual,
        state: RunState::Running,
        attempt: 1,
        lease_token: 1,
        started_at: Some(now),
        ..LedgerRun::pending(id, job, site, now.trunc_subsecs(0))
    };
    insert_run(tx, &run, Some((node, now + LEASE)), Some(by), now)?;
    open_attempt(tx, &run, node, now)?;
    Ok(run)
}

fn pause(tx: &mut Tx<'_>, job: &str, site: &str, paused: bool, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut update = of_job("job_schedules", job, site);
    update.and_where(Expr::col("paused").eq(!paused)).value("paused", paused);
    if !paused {
        update.value("cursor", now).value("anchor", now);
    }
    if tx.execute(&update)? == 0 || !paused {
        return Ok(());
    }
    skip_waiting(tx, job, site, SkipReason::Paused, now)
}

/// Ends what waits of a job at a site.
fn skip_waiting(tx: &mut Tx<'_>, job: &str, site: &str, why: SkipReason, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut query = select_of_job(job, site);
    query.column("id").and_where(Expr::col("state").eq(word(&RunState::Pending)));
    for row in tx.rows(&query)? {
        end(tx, row.get("id")?, RunState::Skipped, &Reason::skipped(why), now)?;
    }
    Ok(())
}

fn attempt_of(tx: &mut Tx<'_>, run: Uuid) -> Result<i64, Problem> {
    let mut query = Query::select();
    query.column("attempt").from("job_runs").and_where(Expr::col("id").eq(run));
    let row = tx.row(&query)?.ok_or_else(|| Problem::not_found(format!("run {run}")))?;
    Ok(row.get("attempt")?)
}

fn open_attempt(tx: &mut Tx<'_>, run: &LedgerRun, node: &str, now: DateTime<Utc>) -> Result<(), Problem> {
    tx.insert(&ATTEMPTS, [run.id.into(), run.attempt.into(), node.into(), now.into()])?;
    log(tx, run.id, run.attempt, now, &format!("started by {node}"))
}

/// Notes how the current attempt ended and returns its number.
fn close_attempt(tx: &mut Tx<'_>, run: Uuid, result: &str, reason: Option<&Reason>, now: DateTime<Utc>) -> Result<i64, Problem> {
    let attempt = attempt_of(tx, run)?;
    let mut update = Query::update();
    update
        .table("job_attempts")
        .and_where(Expr::col("run_id").eq(run))
        .and_where(Expr::col("attempt").eq(attempt))
        .value("ended_at", now)
        .value("result", result)
        .value("error", reason.map(|reason| reason.detail.clone()));
    tx.execute(&update)?;
    Ok(attempt)
}

fn log(tx: &mut Tx<'_>, run: Uuid, attempt: i64, at: DateTime<Utc>, line: &str) -> Result<(), Problem> {
    Ok(tx.insert(&LOG, [run.into(), attempt.into(), at.into(), "info".into(), line.into()])?)
}

fn select_run(run: Uuid) -> SelectStatement {
    select_runs().and_where(Expr::col("id").eq(run)).take()
}

fn select_matching(wanted: &RunQuery) -> SelectStatement {
    let mut query = select_runs();
    if let Some(site) = &wanted.site {
        query.and_where(Expr::col("site").eq(site.as_str()));
    }
    if let Some(job) = &wanted.job {
        query.and_where(Expr::col("job").eq(job.as_str()));
    }
    if wanted.missed {
        let by_an_outage = Condition::any()
            .add(Expr::col("kind").eq(word(&RunKind::CatchUp)))
            .add(Expr::col("state").is_in([word(&RunState::Skipped), word(&RunState::Coalesced)]));
        query.cond_where(by_an_outage);
    }
    query.order_by("scheduled_for", Order::Desc).order_by("id", Order::Desc).limit(Ord::max(wanted.limit, 1)).take()
}

fn select_runs() -> SelectStatement {
    let mut query = Query::select();
    query.from("job_runs").columns([
        "id",
        "job",
        "site",
        "occurrence_key",
        "kind",
        "scheduled_for",
        "state",
        "attempt",
        "lease_token",
        "started_at",
        "finished_at",
        "outcome",
        "dropped",
        "error",
        "papers",
        "covers_from",
        "coalesced_into",
    ]);
    query
}

fn run_of(row: &Row) -> Result<LedgerRun, Failure> {
    let outcome: Option<String> = row.get("outcome")?;
    let reason: Option<String> = row.get("error")?;
    let n_dropped: i64 = row.get("dropped")?;
    Ok(LedgerRun {
        id: row.get("id")?,
        job: row.get("job")?,
        site: row.get("site")?,
        key: row.get("occurrence_key")?,
        kind: from_word(&row.get::<String>("kind")?)?,
        scheduled_for: row.get("scheduled_for")?,
        state: from_word(&row.get::<String>("state")?)?,
        attempt: row.get("attempt")?,
        lease_token: row.get("lease_token")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        outcome: outcome.as_deref().map(from_json).transpose()?,
        n_dropped: usize::try_from(n_dropped).unwrap_or(0),
        reason: reason.as_deref().map(from_json).transpose()?,
        papers: from_json(&row.get::<Option<String>>("papers")?.unwrap_or_else(|| "[]".to_owned()))?,
        covers_from: row.get("covers_from")?,
        coalesced_into: row.get::<Option<String>>("coalesced_into")?.and_then(|id| id.parse().ok()),
    })
}

/// An enum's kebab-case word, as the contract spells it.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn from_word<T: for<'de> Deserialize<'de>>(word: &str) -> Result<T, Failure> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(Failure::defect)
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(Problem::internal)
}

fn from_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(Failure::defect)
}

#[cfg(test)]
mod tests;
