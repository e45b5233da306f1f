//! The suite that TestDesk's memory passes too: a rule tested there means the same here.

use deskbell_proto::{Change, Refusal};
use deskbell_testkit::conformance::{self, CHECKS, Driver, Failure};

use super::*;

pub(super) async fn every_check_of_the_shared_suite_holds(desk: Fixture) {
    desk.store.install_types(conformance::PLUGIN, &conformance::description()).await.unwrap();
    for (name, check) in CHECKS {
        let checked = desk.store.rehearse(move |tx| {
            check(&mut InTransaction(tx));
            Ok(())
        });
        checked.await.unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
}

/// The store as a check sees it, inside one transaction that is rolled back in the end.
struct InTransaction<'t, 'c>(&'t mut Tx<'c>);

impl Driver for InTransaction<'_, '_> {
    fn apply(&mut self, changes: &[Change]) -> Result<(), Failure> {
        self.0.part(|tx| changes.iter().try_for_each(|change| applied(tx, change)))
    }

    fn find(&mut self, find: &Find) -> Result<Vec<Fields>, Failure> {
        Ok(self.0.find_records(find, SITE)?)
    }

    fn count(&mut self, find: &Find) -> Result<u64, Failure> {
        Ok(self.0.count_records(find, SITE)?)
    }
}

fn applied(tx: &mut Tx<'_>, change: &Change) -> Result<(), Failure> {
    match change {
        Change::Insert { record_type, id, fields, .. } => {
            let is_numbered = record_type == "conformance.thing";
            let scheme = NumberScheme { prefix: "T".to_owned(), per: NumberPeriod::Day };
            let number = if is_numbered { Some(tx.next_number(record_type, &scheme, SITE, today())?) } else { None };
            tx.insert_record(record_type, *id, number.as_deref(), fields, stamp()).map_err(|why| failure(why, None))?;
        }
        Change::Update { record_type, id, version, set } => {
            tx.update_record(record_type, *id, *version, set, stamp()).map_err(|why| failure(why, None))?;
        }
        Change::VoidSignOffs { record_type, id, version } => {
            tx.update_record(record_type, *id, *version, &Fields::new(), stamp()).map_err(|why| failure(why, None))?;
        }
        Change::Adjust { record_type, id, field, delta, floor, refusal } => {
            let adjusted = tx.adjust_record(record_type, *id, field, *delta, *floor, stamp());
            adjusted.map_err(|why| failure(why, Some(refusal)))?;
        }
        Change::Require { find, at_least, at_most, refusal } => {
            let count = tx.count_records(find, SITE)?;
            if count < *at_least || at_most.is_some_and(|most| count > most) {
                return Err(Failure::NoLonger(refusal.clone()));
            }
        }
        other => return Err(Failure::Defect(format!("no check has {other:?}"))),
    }
    Ok(())
}

fn failure(refused: Refused, floor: Option<&Refusal>) -> Failure {
    match refused {
        Refused::Stale { .. } => Failure::Stale,
        Refused::BelowFloor { .. } => Failure::Refused(floor.cloned().unwrap_or_default()),
        Refused::Taken { key } if key == "one_open_per_site" => Failure::OneIsOpen,
        Refused::Taken { key } => Failure::Taken(key.split('+').map(str::to_owned).collect()),
        Refused::Problem(problem) => problem.into(),
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match (problem.code, problem.errors.first()) {
            (_, Some(error)) => Failure::Invalid(error.clone()),
            (Code::NotFound, _) => Failure::NotFound(problem.detail),
            _ => Failure::Defect(problem.to_string()),
        }
    }
}
