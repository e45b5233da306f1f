//! The promises of the ledger, on a real database with the time in hand.

use std::path::Path;
use std::sync::Arc;

use deskbell_tests::Cluster;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::jobs::calendar::tests::calendar;
use crate::jobs::planner::{Misfire, OncePer, Rule};
use crate::jobs::schedule::{Origin, TIMEOUT};

const JOB: &str = "letters.hand-off-unclaimed";
const SITE: &str = "main";

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-{text}Z").parse().unwrap_or_else(|_| panic!("{text}"))
}

/// A job that runs at 21:00 in Shanghai, 13:00 UTC.
fn daily() -> Schedule {
    Schedule {
        plugin: "letters".into(),
        job: JOB.into(),
        site: SITE.into(),
        cron: "0 0 21 * * *".into(),
        rule: Rule {
            calendar: calendar("0 0 21 * * *", "Asia/Shanghai"),
            misfire: Misfire::OnceLatest,
            max_catchup: 12,
            once_per: None,
        },
        overlap: Overlap::Skip,
        timeout: TIMEOUT,
        attempts: 3,
        enabled: true,
        origin: Origin::Shipped,
    }
}

fn minutely(overlap: Overlap) -> Schedule {
    let rule = Rule { calendar: calendar("0 * * * * *", "Asia/Shanghai"), ..daily().rule };
    Schedule { cron: "0 * * * * *".into(), rule, overlap, ..daily() }
}

/// A host with these schedules, whose plugins all answer.
fn handlers(schedules: Vec<Schedule>) -> Handlers {
    let plugins = schedules.iter().map(|schedule| schedule.plugin.clone()).collect();
    Handlers::new(Arc::new(Schedules::new(schedules)), plugins)
}

/// A store, and the schedules in force.
struct Desk {
    store: Store,
    schedules: Vec<Schedule>,
    url: String,
    folder: Arc<TempDir>,
}

impl Desk {
    /// A desk that has never run before `now`.
    async fn new(schedules: Vec<Schedule>, now: DateTime<Utc>) -> Desk {
        Desk::on("sqlite", schedules, now).await
    }

    async fn on(url: &str, schedules: Vec<Schedule>, now: DateTime<Utc>) -> Desk {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let store = open(url, folder.path()).await;
        store
            .write(|tx| {
                tx.session().batch("CREATE TABLE effects (what TEXT NOT NULL)")?;
                Ok(())
            })
            .await
            .unwrap();
        store.sync_jobs(&schedules, now).await.unwrap();
        Desk { store, schedules, url: url.to_owned(), folder }
    }

    /// Another host on the same database.
    async fn another(&self) -> Desk {
        let store = open(&self.url, self.folder.path()).await;
        Desk { store, schedules: self.schedules.clone(), url: self.url.clone(), folder: Arc::clone(&self.folder) }
    }

    async fn plan(&self, now: DateTime<Utc>) -> usize {
        self.store.plan_jobs(self.schedules.clone(), now, MoveCursor::Always).await.unwrap().1.len()
    }

    async fn claim(&self, node: &str, now: DateTime<Utc>) -> Option<LedgerRun> {
        self.store.claim_run(self.handlers(), node, now).await.unwrap()
    }

    fn handlers(&self) -> Handlers {
        handlers(self.schedules.clone())
    }

    /// Does a run's work: one effect, committed with the run's end.
    async fn finish(&self, run: &LedgerRun, now: DateTime<Utc>) -> Result<(), Problem> {
        let effect = format!("{} {}", run.job, run.key);
        let run = JobRun {
            plugin: "letters".into(),
            job: "hand-off-unclaimed".into(),
            run: run.id,
            lease_token: run.lease_token,
            scheduled_for: run.scheduled_for,
            as_of: None,
            asked: None,
            dry: false,
            timeout: TIMEOUT,
        };
        self.store
            .write(move |tx| {
                tx.execute(Query::insert().into_table("effects").columns(["what"]).values_panic([effect.as_str().into()]))?;
                let outcome = Outcome { key: "handed-off".into(), counts: BTreeMap::from([("handed-off".into(), 2)]) };
                finish_in(tx, &run, &Finish { outcome: &outcome, dropped: &[], n_excluded: 1, papers: &[], at: now })
            })
            .await
    }

    async fn effects(&self) -> Vec<String> {
        let query = Query::select().column("what").from("effects").order_by("what", Order::Asc).take();
        self.store.job_rows(&query).await.unwrap().iter().map(|row| row.get("what").unwrap()).collect()
    }

    async fn get(&self, run: Uuid) -> LedgerRun {
        self.store.job_run(run).await.unwrap().unwrap()
    }

    /// `24 13:00 scheduled succeeded`, oldest first.
    async fn ledger(&self) -> Vec<String> {
        let mut runs = self.store.job_runs(&RunQuery { limit: 1000, ..RunQuery::default() }).await.unwrap();
        runs.reverse();
        let spell =
            |run: &LedgerRun| format!("{} {} {}", run.scheduled_for.format("%d %H:%M"), word(&run.kind), word(&run.state));
        runs.iter().map(spell).collect()
    }
}

async fn open(url: &str, folder: &Path) -> Store {
    Store::open(url, &folder.join("deskbell.db")).await.unwrap()
}

fn broken() -> Problem {
    Problem::new(Code::PluginCrashed, "signal 11")
}

async fn an_occurrence_is_planned_and_run_once_with_its_effect(url: &str) {
    let desk = Desk::on(url, vec![daily()], at("24T12:00:00")).await;
    assert_eq!(desk.plan(at("24T12:59:59")).await, 0);
    assert_eq!(desk.plan(at("24T13:00:00")).await, 1);
    assert_eq!(desk.plan(at("24T13:00:00")).await, 0);
    let run = desk.claim("a", at("24T13:00:01")).await.unwrap();
    assert_eq!((run.kind, run.state, run.attempt), (RunKind::Scheduled, RunState::Running, 1));
    assert_eq!(desk.claim("b", at("24T13:00:01")).await, None);
    desk.finish(&run, at("24T13:00:02")).await.unwrap();
    let run = desk.get(run.id).await;
    assert_eq!((run.state, run.n_dropped), (RunState::Succeeded, 1));
    assert_eq!(run.outcome.unwrap().counts["handed-off"], 2);
    assert_eq!(desk.effects().await.len(), 1);
    assert_eq!(desk.claim("a", at("24T14:00:00")).await, None);
    let log: Vec<String> = desk.store.run_log(run.id).await.unwrap().into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(log, ["started by a", "left out 1 whose part could not be applied", "succeeded: handed-off {handed-off: 2}"]);
}

async fn a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing(url: &str) {
    let desk = Desk::on(url, vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    let stale = desk.claim("a", at("24T13:00:00")).await.unwrap();
    assert!(desk.store.renew_lease(stale.id, stale.lease_token, at("24T13:00:10")).await.unwrap());
    assert_eq!(desk.claim("b", at("24T13:00:40")).await, None, "the lease holds until 13:00:40");
    // It is over, and whoever looks next goes on at once: a killed host costs the run its lease and no more.
    let taken = desk.claim("b", at("24T13:00:41")).await.unwrap();
    assert_eq!((taken.id, taken.attempt), (stale.id, 2));
    assert!(!desk.store.renew_lease(stale.id, stale.lease_token, at("24T13:01:31")).await.unwrap());
    let late = desk.finish(&stale, at("24T13:01:31")).await.unwrap_err();
    assert_eq!(late.code, Code::Conflict);
    assert!(desk.store.fail_run(stale.id, stale.lease_token, 3, &broken(), at("24T13:01:31")).await.is_err());
    assert_eq!(desk.effects().await, Vec::<String>::new(), "the stale holder's effect was rolled back with its finish");
    desk.finish(&taken, at("24T13:01:32")).await.unwrap();
    assert_eq!(desk.effects().await.len(), 1);
}

async fn two_hosts_give_a_thousand_occurrences_one_effect_each(url: &str) {
    let jobs: Vec<Schedule> = (0..25)
        .map(|n| {
            let rule = Rule { misfire: Misfire::All, max_catchup: 40, ..minutely(Overlap::Queue).rule };
            Schedule { job: format!("letters.job-{n}"), rule, ..minutely(Overlap::Queue) }
        })
        .collect();
    let first = Desk::on(url, jobs, at("24T12:00:00")).await;
    let second = first.another().await;
    let now = at("24T12:40:30");
    async fn serve(desk: &Desk, node: &str, now: DateTime<Utc>) {
        desk.plan(now).await;
        loop {
            let Some(run) = desk.claim(node, now).await else {
                // The other host may hold the last run of each job.
                let waits = desk.store.next_claim(&desk.handlers()).await.unwrap();
                if waits.is_none() {
                    return;
                }
                tokio::task::yield_now().await;
                continue;
            };
            desk.finish(&run, now).await.unwrap();
        }
    }
    tokio::join!(serve(&first, "a", now), serve(&second, "b", now));
    let effects = first.effects().await;
    let mut distinct = effects.clone();
    distinct.dedup();
    assert_eq!((effects.len(), distinct.len()), (1000, 1000));
    let runs = first.store.job_runs(&RunQuery { limit: 2000, ..RunQuery::default() }).await.unwrap();
    assert!(runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 1));
}

/// Runs what depends on the database's own ways on SQLite, a test each, and all of it on one PostgreSQL.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name("sqlite").await;
                }
            )*
        }

        #[tokio::test]
        async fn all_of_it_holds_on_postgresql() {
            let cluster = match Cluster::start() {
                Ok(cluster) => cluster,
                Err(why) => return eprintln!("SKIPPED on PostgreSQL: {why}"),
            };
            $(
                $name(&cluster.database(stringify!($name)).unwrap()).await;
            )*
        }
    };
}

promises!(
    an_occurrence_is_planned_and_run_once_with_its_effect,
    a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing,
    two_hosts_give_a_thousand_occurrences_one_effect_each,
    a_desk_that_stops_gives_back_what_it_holds,
    a_run_by_hand_takes_no_occurrence_and_never_runs_beside_another,
);

#[tokio::test]
async fn a_failed_run_is_tried_again_and_then_failed_for_good() {
    let desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    let run = desk.claim("a", at("24T13:00:00")).await.unwrap();
    let state = desk.store.fail_run(run.id, run.lease_token, 3, &broken(), at("24T13:00:01")).await.unwrap();
    assert_eq!(state, RunState::Pending);
    assert_eq!(desk.claim("a", at("24T13:00:20")).await, None, "it waits half a minute, a fifth more or less");
    let run = desk.claim("a", at("24T13:00:38")).await.unwrap();
    desk.store.fail_run(run.id, run.lease_token, 3, &broken(), at("24T13:00:39")).await.unwrap();
    let run = desk.claim("a", at("24T13:02:00")).await.unwrap();
    let state = desk.store.fail_run(run.id, run.lease_token, 3, &broken(), at("24T13:02:01")).await.unwrap();
    assert_eq!((state, run.attempt), (RunState::Failed, 3));
    let run = desk.get(run.id).await;
    assert_eq!(run.reason.unwrap().sentence.key, "problem-plugin-crashed");
    assert_eq!(desk.claim("a", at("25T12:00:00")).await, None);
}

#[tokio::test]
async fn a_run_that_succeeds_at_last_has_no_reason_left() {
    let desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    let run = desk.claim("a", at("24T13:00:00")).await.unwrap();
    desk.store.fail_run(run.id, run.lease_token, 3, &broken(), at("24T13:00:01")).await.unwrap();
    let run = desk.claim("a", at("24T13:05:00")).await.unwrap();
    desk.finish(&run, at("24T13:05:01")).await.unwrap();
    let run = desk.get(run.id).await;
    assert_eq!((run.state, run.attempt, run.reason), (RunState::Succeeded, 2, None));
}

#[tokio::test]
async fn forty_days_off_are_made_good_by_one_run_and_all_of_it_is_told() {
    let desk = Desk::new(vec![daily()], "2026-10-15T12:00:00Z".parse().unwrap()).await;
    assert_eq!(desk.plan(at("24T12:00:00")).await, 40);
    let missed = desk.store.job_runs(&RunQuery { missed: true, limit: 1000, ..RunQuery::default() }).await.unwrap();
    let of = |state: RunState| missed.iter().filter(|run| run.state == state).count();
    assert_eq!((of(RunState::Pending), of(RunState::Coalesced)), (1, 39));
    let run = desk.claim("a", at("24T12:00:01")).await.unwrap();
    assert_eq!((run.kind, run.scheduled_for), (RunKind::CatchUp, at("23T13:00:00")));
    assert!(missed.iter().all(|other| other.id == run.id || other.coalesced_into == Some(run.id)));
}

#[tokio::test]
async fn what_comes_due_while_its_job_runs_follows_the_overlap_policy() {
    async fn check(overlap: Overlap, expected: &[&str]) {
        let desk = Desk::new(vec![minutely(overlap)], at("24T12:00:30")).await;
        desk.plan(at("24T12:01:00")).await;
        let run = desk.claim("a", at("24T12:01:00")).await.unwrap();
        for minute in 2..=4 {
            let now = at(&format!("24T12:0{minute}:00"));
            desk.store.renew_lease(run.id, run.lease_token, now).await.unwrap();
            desk.plan(now).await;
            let others = desk.claim("b", now).await;
            assert!(others.is_none() || overlap == Overlap::Replace, "never two at once");
        }
        assert_eq!(desk.ledger().await, expected, "{overlap:?}");
    }
    let running = "24 12:01 scheduled running";
    check(Overlap::Skip, &[running, "24 12:02 scheduled skipped", "24 12:03 scheduled skipped", "24 12:04 scheduled skipped"])
        .await;
    check(
        Overlap::Queue,
        &[running, "24 12:02 scheduled pending", "24 12:03 scheduled coalesced", "24 12:04 scheduled coalesced"],
    )
    .await;
    check(
        Overlap::Replace,
        &["24 12:01 scheduled failed", "24 12:02 scheduled failed", "24 12:03 scheduled failed", "24 12:04 scheduled running"],
    )
    .await;
}

#[tokio::test]
async fn a_replaced_run_cannot_finish() {
    let desk = Desk::new(vec![minutely(Overlap::Replace)], at("24T12:00:30")).await;
    desk.plan(at("24T12:01:00")).await;
    let run = desk.claim("a", at("24T12:01:00")).await.unwrap();
    desk.plan(at("24T12:02:00")).await;
    assert_eq!(desk.finish(&run, at("24T12:02:01")).await.unwrap_err().code, Code::Conflict);
    assert_eq!(desk.effects().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_job_that_is_new_or_on_again_owes_nothing() {
    let mut desk = Desk::new(vec![daily()], at("20T14:00:00")).await;
    desk.schedules[0].enabled = false;
    desk.store.sync_jobs(&desk.schedules, at("20T15:00:00")).await.unwrap();
    assert_eq!(desk.plan(at("24T12:00:00")).await, 0);
    desk.schedules[0].enabled = true;
    desk.store.sync_jobs(&desk.schedules, at("24T12:00:00")).await.unwrap();
    assert_eq!(desk.plan(at("24T12:30:00")).await, 0);
    assert_eq!(desk.plan(at("24T13:00:00")).await, 1);
}

#[tokio::test]
async fn a_changed_cron_goes_on_from_where_the_old_one_stood() {
    let mut desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    desk.schedules[0].rule.calendar = calendar("0 30 21 * * *", "Asia/Shanghai");
    desk.store.sync_jobs(&desk.schedules, at("24T13:10:00")).await.unwrap();
    desk.plan(at("24T13:30:00")).await;
    assert_eq!(desk.ledger().await, ["24 13:00 scheduled pending", "24 13:30 scheduled pending"]);
}

#[tokio::test]
async fn a_plugin_that_is_gone_leaves_nothing_waiting() {
    let desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    desk.store.sync_jobs(&[], at("24T13:01:00")).await.unwrap();
    assert_eq!(desk.ledger().await, ["24 13:00 scheduled skipped"]);
}

#[tokio::test]
async fn no_host_claims_a_run_it_has_no_handler_for() {
    let desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    assert_eq!(desk.store.claim_run(Handlers::default(), "a", at("24T13:00:01")).await.unwrap(), None);
    let others = handlers(vec![Schedule { site: "north".into(), ..daily() }, Schedule { enabled: false, ..daily() }]);
    assert_eq!(desk.store.claim_run(others, "a", at("24T13:00:01")).await.unwrap(), None);
    let silent = Handlers::new(Arc::new(Schedules::new(vec![daily()])), BTreeSet::from(["repair-tickets".into()]));
    assert_eq!(desk.store.claim_run(silent, "a", at("24T13:00:01")).await.unwrap(), None);
    let of_another_job = desk.handlers().only(Some("letters.morning-notice"));
    assert_eq!(desk.store.claim_run(of_another_job, "a", at("24T13:00:01")).await.unwrap(), None);
    assert!(desk.store.claim_run(desk.handlers().only(Some(JOB)), "a", at("24T13:00:01")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_run_is_claimed_by_a_host_with_thousands_of_sites_and_behind_many_that_are_not_its_own() {
    let at_site = |n: usize| Schedule { site: format!("s{n:04}"), ..daily() };
    let n_due = 150;
    let desk = Desk::new((0..n_due).map(at_site).collect(), at("24T12:00:00")).await;
    assert_eq!(desk.plan(at("24T13:00:00")).await, n_due);
    let own = handlers((n_due - 1..6_000).map(at_site).collect());
    assert_eq!(desk.store.next_claim(&own).await.unwrap(), Some(at("24T13:00:00")));
    let claimed = desk.store.claim_run(own, "a", at("24T13:00:01")).await.unwrap().unwrap();
    assert_eq!(claimed.site, "s0149");
}

/// The desk would else ask each second for five minutes whether it is due.
#[tokio::test]
async fn a_day_that_has_had_its_run_moves_the_cursor_over_its_other_occurrences() {
    let rule = Rule { once_per: Some(OncePer::LocalDay), ..minutely(Overlap::Skip).rule };
    let desk = Desk::new(vec![Schedule { rule, ..daily() }], at("24T12:00:30")).await;
    let plan = async |now| desk.store.plan_jobs(desk.schedules.clone(), now, MoveCursor::NowAndThen).await.unwrap();
    let (cursors, planned) = plan(at("24T12:01:00")).await;
    assert_eq!((cursors[0].at, planned.len()), (at("24T12:01:00"), 1));
    let (cursors, planned) = plan(at("24T12:01:59")).await;
    assert_eq!((cursors[0].at, planned.len()), (at("24T12:01:00"), 0));
    let (cursors, planned) = plan(at("24T12:02:00")).await;
    assert_eq!((cursors[0].at, planned.len()), (at("24T12:02:00"), 0));
}

#[tokio::test]
async fn a_paused_job_plans_nothing_and_makes_nothing_good() {
    let desk = Desk::new(vec![daily()], at("20T12:00:00")).await;
    desk.plan(at("20T13:00:00")).await;
    desk.store.pause_job(JOB, SITE, true, at("20T13:00:01")).await.unwrap();
    assert_eq!(desk.ledger().await, ["20 13:00 scheduled skipped"]);
    assert_eq!(desk.plan(at("24T12:00:00")).await, 0);
    desk.store.pause_job(JOB, SITE, false, at("24T12:00:00")).await.unwrap();
    assert_eq!(desk.plan(at("24T12:59:59")).await, 0);
    assert_eq!(desk.plan(at("24T13:00:00")).await, 1);
}

async fn a_desk_that_stops_gives_back_what_it_holds(url: &str) {
    let desk = Desk::on(url, vec![daily()], at("24T12:00:00")).await;
    desk.plan(at("24T13:00:00")).await;
    let held = desk.claim("a", at("24T13:00:00")).await.unwrap();
    assert_eq!(desk.store.release_runs("b", at("24T13:00:05")).await.unwrap(), 0);
    assert_eq!(desk.store.release_runs("a", at("24T13:00:05")).await.unwrap(), 1);
    assert_eq!(desk.finish(&held, at("24T13:00:06")).await.unwrap_err().code, Code::Conflict);
    let again = desk.claim("c", at("24T13:00:06")).await.unwrap();
    assert_eq!((again.id, again.attempt), (held.id, 1));
}

async fn a_run_by_hand_takes_no_occurrence_and_never_runs_beside_another(url: &str) {
    let desk = Desk::on(url, vec![daily()], at("24T12:00:00")).await;
    let by_hand = desk.store.begin_manual_run(JOB, SITE, "a", "amy", at("24T12:59:59")).await.unwrap();
    desk.plan(at("24T13:00:00")).await;
    assert_eq!(desk.claim("b", at("24T13:00:00")).await, None, "the job is running");
    let second = desk.store.begin_manual_run(JOB, SITE, "a", "amy", at("24T13:00:00")).await.unwrap_err();
    assert_eq!(second.code, Code::Conflict);
    desk.finish(&by_hand, at("24T13:00:01")).await.unwrap();
    assert!(desk.claim("b", at("24T13:00:02")).await.is_some(), "its occurrence is still there");
    assert_eq!(desk.ledger().await, ["24 12:59 manual succeeded", "24 13:00 scheduled running"]);
}

#[tokio::test]
async fn a_run_by_hand_whose_program_died_has_failed() {
    let desk = Desk::new(vec![daily()], at("24T12:00:00")).await;
    let dead = desk.store.begin_manual_run(JOB, SITE, "a", "amy", at("24T12:10:00")).await.unwrap();
    desk.claim("b", at("24T12:11:00")).await;
    let dead = desk.get(dead.id).await;
    assert_eq!((dead.state, dead.reason.unwrap().sentence.key.as_str()), (RunState::Failed, "run-lost"));
}

#[tokio::test]
async fn a_clock_set_back_repeats_nothing() {
    let desk = Desk::new(vec![daily()], at("20T12:00:00")).await;
    assert_eq!(desk.plan(at("24T13:00:00")).await, 5);
    assert_eq!(desk.plan(at("19T13:00:00")).await, 0);
    assert_eq!(desk.plan(at("22T13:00:00")).await, 0);
    assert_eq!(desk.plan(at("25T13:00:00")).await, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_back_off_grows_to_half_an_hour_and_is_the_same_for_the_same_attempt(id in any::<u128>(), attempt in 1i64..200) {
        let run = Uuid::from_u128(id);
        let wait = back_off(run, attempt);
        let doubled = [30, 60, 120, 240, 480, 960].get(attempt as usize - 1).copied().unwrap_or(1800);
        prop_assert!(wait >= TimeDelta::seconds(doubled * 8 / 10) && wait <= TimeDelta::seconds(doubled * 12 / 10), "{}", wait);
        prop_assert_eq!(wait, back_off(run, attempt));
    }
}
