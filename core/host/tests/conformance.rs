//! The store means what TestDesk's memory means: one suite over both, on SQLite always and on PostgreSQL where it is installed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deskbell::problem::{Code, Problem};
use deskbell::store::{Refused, Stamp, Store, Tx};
use deskbell_proto::description::{NumberPeriod, NumberScheme};
use deskbell_proto::{Change, Fields, Find};
use deskbell_testkit::conformance::{CHECKS, Driver, Failure, PLUGIN, description};
use tokio::runtime::Runtime;

const SITE: &str = "main";

struct Opened {
    runtime: Runtime,
    store: Store,
    folder: tempfile::TempDir,
}

impl Opened {
    fn at(url: &str) -> Opened {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = runtime.block_on(async {
            let store = Store::open(url, &folder.path().join("deskbell.db")).await.unwrap();
            store.install_types(PLUGIN, &description()).await.unwrap();
            store
        });
        Opened { runtime, store, folder }
    }

    fn close(self) {
        self.runtime.block_on(self.store.close());
        self.folder.close().unwrap();
    }
}

impl Driver for Opened {
    fn apply(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let changes = changes.to_vec();
        let work = move |tx: &mut Tx<'_>| Ok(tx.part(|tx| changes.iter().try_for_each(|change| apply(tx, change))));
        self.runtime.block_on(self.store.write(work)).unwrap().map_err(|Stop(failure)| failure)
    }

    fn find(&mut self, find: &Find) -> Result<Vec<Fields>, Failure> {
        let found = self.runtime.block_on(async { self.store.view().await?.find(SITE, find).await });
        found.map_err(|problem| Stop::from(problem).0)
    }

    fn count(&mut self, find: &Find) -> Result<u64, Failure> {
        let counted = self.runtime.block_on(async { self.store.view().await?.count(SITE, find).await });
        counted.map_err(|problem| Stop::from(problem).0)
    }
}

fn apply(tx: &mut Tx<'_>, change: &Change) -> Result<(), Stop> {
    let at = "2026-11-01T01:00:00Z".parse().unwrap();
    let stamp = Stamp { site: SITE, by: "test", at };
    match change {
        Change::Insert { record_type, id, fields, .. } => {
            let scheme = NumberScheme { prefix: "T".to_owned(), per: NumberPeriod::Day };
            let number = match record_type.as_str() {
                "conformance.thing" => Some(tx.next_number(record_type, &scheme, SITE, at.date_naive())?),
                _ => None,
            };
            tx.insert_record(record_type, *id, number.as_deref(), fields, stamp)?;
        }
        Change::Update { record_type, id, version, set } => {
            tx.update_record(record_type, *id, *version, set, stamp)?;
        }
        Change::VoidSignOffs { record_type, id, version } => {
            tx.update_record(record_type, *id, *version, &Fields::new(), stamp)?;
        }
        Change::Adjust { record_type, id, field, delta, floor, refusal } => {
            tx.adjust_record(record_type, *id, field, *delta, *floor, stamp).map_err(|refused| match refused {
                Refused::BelowFloor { .. } => Stop(Failure::Refused(refusal.clone())),
                other => other.into(),
            })?;
        }
        Change::Require { find, at_least, at_most, refusal } => {
            let count = tx.count_records(find, SITE)?;
            if count < *at_least || at_most.is_some_and(|at_most| count > at_most) {
                return Err(Stop(Failure::NoLonger(refusal.clone())));
            }
        }
        other => panic!("no check has {other:?}"),
    }
    Ok(())
}

/// A failure of the suite, made from what the store says.
struct Stop(Failure);

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop(match problem.code {
            Code::NotFound => Failure::NotFound(problem.detail),
            Code::ValidationFailed => Failure::Invalid(problem.errors.into_iter().next().unwrap()),
            _ => Failure::Defect(problem.to_string()),
        })
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale { .. } => Stop(Failure::Stale),
            Refused::Taken { key } if key == "one_open_per_site" => Stop(Failure::OneIsOpen),
            Refused::Taken { key } => Stop(Failure::Taken(key.split('+').map(str::to_owned).collect())),
            other => Problem::from(other).into(),
        }
    }
}

/// Runs every check on a fresh store and names those that fail.
fn conforms(mut url_of: impl FnMut(usize) -> String) {
    let mut failed = Vec::new();
    for (position, (name, check)) in CHECKS.iter().enumerate() {
        let mut opened = Opened::at(&url_of(position));
        if catch_unwind(AssertUnwindSafe(|| check(&mut opened))).is_err() {
            failed.push(*name);
        }
        opened.close();
    }
    assert_eq!(failed, [""; 0]);
}

#[test]
fn sqlite_conforms() {
    conforms(|_| "sqlite".to_owned());
}

#[test]
#[expect(clippy::print_stderr, reason = "a suite that is skipped says so")]
fn postgresql_conforms() {
    match deskbell_tests::Cluster::start() {
        Ok(cluster) => conforms(|position| cluster.database(&format!("check_{position}")).unwrap()),
        Err(why) => eprintln!("SKIPPED on PostgreSQL: {why}"),
    }
}
