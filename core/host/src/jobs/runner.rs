//! The runner: plans when the pulse beats, claims what is due and runs it as a command of the desk.
//!
//! Not here: what is due (`planner`), what a claim is worth (`store::jobs`), applying a job's changes (`desk`).

use std::mem::discriminant;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::agenda::Agenda;
use super::clock_watch::{ClockWatch, Verdict};
use super::planner::GRACE;
use super::pulse::{FALLBACK, Pulse};
use super::{JobName, Jobs, RunKind, RunState};
use crate::desk::{Asked, Command, JobRun, Reply, Verb};
use crate::people::Subject;
use crate::problem::{Code, Problem};
use crate::store::jobs::{Handlers, LedgerRun, MoveCursor};

/// How often a lease is renewed.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A worker that cannot renew its lease for so long gives up before somebody else may take over.
const GIVE_UP: Duration = Duration::from_secs(20);
/// Runs at once. A job's plugin works in a process of its own, so that this bounds processes.
const AT_ONCE: usize = 4;
/// Schedules planned in one transaction: clerks' writes need not wait until thousands are.
const PLANNED_TOGETHER: usize = 500;
/// How long the desk's stop waits for runs before it gives them back.
const LAST_RUNS: Duration = Duration::from_secs(20);

/// Jobs that are being planned and run, until [`Running::stop`].
#[derive(Debug)]
pub struct Running {
    jobs: Jobs,
    stopping: CancellationToken,
    tasks: TaskTracker,
    pulse: Option<Pulse>,
}

impl Running {
    /// Ends in good order: claims nothing more, waits for what runs, gives the rest back with its attempt not counted.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Some(pulse) = self.pulse {
            pulse.stop().await;
        }
        self.tasks.close();
        if tokio::time::timeout(LAST_RUNS, self.tasks.wait()).await.is_err() {
            tracing::warn!("runs are still going; they are given back and start again with the desk");
        }
        let now = self.jobs.parts.clock.now();
        let given_back = self.jobs.parts.store.release_runs(&self.jobs.node, now).await;
        let planned = self.jobs.plan(MoveCursor::Always).await;
        if let Err(problem) = given_back.and(planned.map(drop)) {
            tracing::warn!("the ledger of jobs could not be put in order: {problem}");
        }
    }
}

impl Jobs {
    /// Starts the pulse, the planner and the workers.
    pub async fn start(&self) -> Running {
        let beat = Arc::new(Notify::new());
        let pulse = match Pulse::start(Arc::clone(&beat)).await {
            Ok(pulse) => Some(pulse),
            Err(error) => {
                tracing::error!("the jobs' pulse does not start, jobs come up to {} s late: {error}", FALLBACK.as_secs());
                None
            }
        };
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let heart = Heart {
            jobs: self.clone(),
            beat,
            stopping: stopping.clone(),
            tasks: tasks.clone(),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            watch: ClockWatch::default(),
            verdict: Verdict::Plan,
            started: Instant::now(),
            agenda: Agenda::default(),
            compared: None,
        };
        tasks.spawn(heart.run());
        Running { jobs: self.clone(), stopping, tasks, pulse }
    }

    /// Plans every schedule up to now; returns how many rows that made.
    pub(super) async fn plan(&self, moving: MoveCursor) -> Result<usize, Problem> {
        let schedules = self.schedules.load_full();
        if schedules.is_empty() {
            return Ok(0);
        }
        let (_, planned) = self.parts.store.plan_jobs(schedules.to_vec(), self.parts.clock.now(), moving).await?;
        Ok(planned.len())
    }

    /// Runs what may be claimed now, one after the other, and returns the runs as they ended. Of one job, where it is named.
    pub(super) async fn run_due(&self, only: Option<&str>) -> Result<Vec<LedgerRun>, Problem> {
        let mut ended = Vec::new();
        loop {
            let (handlers, now) = (self.handlers().only(only), self.parts.clock.now());
            let Some(run) = self.parts.store.claim_run(handlers, &self.node, now).await? else { return Ok(ended) };
            let id = run.id;
            self.run_claimed(run).await;
            ended.extend(self.parts.store.job_run(id).await?);
        }
    }

    pub(super) fn handlers(&self) -> Handlers {
        let plugins = &self.parts.plugins;
        let ids = plugins.all().into_iter().map(|plugin| plugin.manifest.id.clone());
        Handlers::new(self.schedules.load_full(), ids.filter(|id| plugins.running(id).is_ok()).collect())
    }

    /// Runs a claimed run and notes how it ended; what it did is noted by the desk's apply, together with it.
    async fn run_claimed(&self, run: LedgerRun) {
        let name = run.job.clone();
        let schedule = JobName::parse(&run.job).and_then(|job| self.schedule(&run.site, &job));
        let Some(schedule) = schedule else {
            // The schedules changed between the claim and now; the lease runs out, and whoever has the job takes it over.
            return tracing::warn!(run = %run.id, "{name} lost its schedule at {}", run.site);
        };
        let late = self.parts.clock.now() - run.scheduled_for;
        tracing::info!(run = %run.id, job = name, site = run.site, "{name} starts for {}", run.scheduled_for);
        let result = match self.work(&run, None, None, schedule.timeout).await {
            Ok(reply) => {
                let outcome = reply.outcome.unwrap_or_default();
                tracing::info!(run = %run.id, job = name, "{name} is done: {} {:?}", outcome.key, outcome.counts);
                "succeeded"
            }
            Err(problem) => self.note_failure(&run, i64::from(schedule.attempts), &problem).await,
        };
        metrics::counter!("deskbell_job_runs_total", "job" => name.clone(), "result" => result).increment(1);
        metrics::gauge!("deskbell_job_lateness_seconds", "job" => name).set(late.num_milliseconds() as f64 / 1000.0);
    }

    async fn note_failure(&self, run: &LedgerRun, attempts: i64, problem: &Problem) -> &'static str {
        let now = self.parts.clock.now();
        match self.parts.store.fail_run(run.id, run.lease_token, attempts, problem, now).await {
            Ok(RunState::Failed) => {
                tracing::error!(run = %run.id, job = run.job, "{} failed and is not tried again: {problem}", run.job);
                "failed"
            }
            Ok(_) => {
                tracing::warn!(run = %run.id, job = run.job, "{} failed and is tried again: {problem}", run.job);
                "retried"
            }
            Err(trouble) => {
                tracing::warn!(run = %run.id, job = run.job, "{} failed ({problem}), and its run is not ours: {trouble}", run.job);
                "lost"
            }
        }
    }

    /// Runs a job as a command of the desk, renewing its lease meanwhile. The deadline of the plugin's call ends it in time.
    pub(super) async fn work(
        &self,
        run: &LedgerRun,
        as_of: Option<NaiveDate>,
        asked: Option<Asked>,
        timeout: Duration,
    ) -> Result<Reply, Problem> {
        let command = self.command(run, as_of, asked, timeout)?;
        let mut work = Box::pin(self.parts.desk.run(command));
        if run.kind == RunKind::Dry {
            return work.await;
        }
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(HEARTBEAT) => {
                    match self.parts.store.renew_lease(run.id, run.lease_token, self.parts.clock.now()).await {
                        Ok(true) => renewed = Instant::now(),
                        Ok(false) => return Err(Problem::new(Code::Conflict, format!("the lease of run {} is gone", run.id))),
                        Err(problem) if renewed.elapsed() >= GIVE_UP => return Err(problem),
                        Err(problem) => tracing::warn!(run = %run.id, "cannot renew the lease: {problem}"),
                    }
                }
            }
        }
    }

    fn command(
        &self,
        run: &LedgerRun,
        as_of: Option<NaiveDate>,
        asked: Option<Asked>,
        timeout: Duration,
    ) -> Result<Command, Problem> {
        let job = JobName::parse(&run.job).ok_or_else(|| Problem::not_found(format!("job {}", run.job)))?;
        let site = self.parts.sites.get(&run.site)?;
        let mut subject = Subject::admin(format!("job:{}", run.job), "job");
        // Papers name who made them.
        subject.name = self.parts.i18n.text(Some(&job.plugin), site.language(), &format!("job-{}", job.name));
        Ok(Command {
            site: run.site.clone(),
            subject,
            verb: Verb::Job(JobRun {
                plugin: job.plugin,
                job: job.name,
                run: run.id,
                lease_token: run.lease_token,
                scheduled_for: run.scheduled_for,
                as_of,
                dry: run.kind == RunKind::Dry,
                asked,
                timeout,
            }),
            sign_offs: Vec::new(),
            if_match: None,
            idempotency: None,
        })
    }
}

/// The loop that plans and claims.
struct Heart {
    jobs: Jobs,
    beat: Arc<Notify>,
    stopping: CancellationToken,
    tasks: TaskTracker,
    slots: Arc<Semaphore>,
    watch: ClockWatch,
    /// What the watch said last; it says the same each second.
    verdict: Verdict,
    started: Instant,
    /// Before a schedule is due by it, there is nothing to plan.
    agenda: Agenda,
    /// When the agenda was last compared with the ledger: another host, or a pause, may have moved a cursor.
    compared: Option<Instant>,
}

impl Heart {
    async fn run(mut self) {
        let mut last_beat = Instant::now();
        loop {
            let by_pulse = tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.beat.notified() => true,
                () = tokio::time::sleep(FALLBACK) => false,
            };
            if by_pulse {
                last_beat = Instant::now();
            } else {
                tracing::error!("the jobs' pulse has been silent for {} s; planning without it", last_beat.elapsed().as_secs());
            }
            metrics::gauge!("deskbell_job_pulse_age_seconds").set(last_beat.elapsed().as_secs_f64());
            self.tick().await;
        }
    }

    async fn tick(&mut self) {
        let now = self.jobs.parts.clock.now();
        if !self.may_plan(now) {
            return;
        }
        if let Err(problem) = self.plan_due(now).await {
            // The cursors have not moved, so that nothing is lost; the next beat tries again.
            return tracing::warn!("jobs can't be planned: {problem}");
        }
        if let Err(problem) = self.claim_free_slots().await {
            tracing::warn!("runs can't be claimed: {problem}");
        }
    }

    fn may_plan(&mut self, now: DateTime<Utc>) -> bool {
        let verdict = self.watch.judge(now, self.started.elapsed());
        if discriminant(&verdict) != discriminant(&self.verdict) {
            tell(now, verdict);
        }
        self.verdict = verdict;
        matches!(verdict, Verdict::Plan | Verdict::WentBack { .. })
    }

    async fn plan_due(&mut self, now: DateTime<Utc>) -> Result<(), Problem> {
        let store = &self.jobs.parts.store;
        let is_changed = self.agenda.follow(self.jobs.schedules.load_full());
        if is_changed || self.compared.is_none_or(|at| at.elapsed() >= FALLBACK) {
            self.compared = None;
            self.agenda.see(store.job_cursors().await?);
            self.compared = Some(Instant::now());
        }
        let mut n_missed = 0;
        let to_plan = [self.agenda.due(now), self.agenda.lagging(now)].concat();
        for together in to_plan.chunks(PLANNED_TOGETHER) {
            let (cursors, planned) = store.plan_jobs(together.to_vec(), now, MoveCursor::NowAndThen).await?;
            self.agenda.see(cursors);
            n_missed += planned.iter().filter(|row| now - row.scheduled_for > GRACE).count();
        }
        if n_missed > 0 {
            tracing::warn!("{n_missed} occurrences were missed while the desk was off; `deskbell job missed` lists them");
        }
        Ok(())
    }

    async fn claim_free_slots(&mut self) -> Result<(), Problem> {
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            if self.stopping.is_cancelled() {
                return Ok(());
            }
            let (jobs, now) = (self.jobs.clone(), self.jobs.parts.clock.now());
            let Some(run) = jobs.parts.store.claim_run(jobs.handlers(), &jobs.node, now).await? else { return Ok(()) };
            let beat = Arc::clone(&self.beat);
            self.tasks.spawn(async move {
                jobs.run_claimed(run).await;
                drop(slot);
                // What waited for the slot, or for this run of its job, need not wait for the next second.
                beat.notify_one();
            });
        }
        Ok(())
    }
}

fn tell(now: DateTime<Utc>, verdict: Verdict) {
    match verdict {
        Verdict::Plan => {}
        Verdict::WentBack { by } => {
            tracing::error!("the clock went back by {} s; nothing is repeated until it has caught up", by.num_seconds());
        }
        Verdict::HoldForward { by } => {
            tracing::error!("the clock went ahead by {} s; jobs wait a minute whether that lasts", by.num_seconds());
        }
        Verdict::NotSet => tracing::error!("the clock says {now}; jobs wait until it is set"),
    }
}
