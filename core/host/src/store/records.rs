//! Records in a write transaction: insert, update with its version, adjust with its floor, count, and gap-free numbers.
//!
//! Every operation is bound to one site. Nothing here decides a desk rule; what cannot be done is said as a [`Refused`].

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use deskbell_proto::description::{NumberPeriod, NumberScheme};
use deskbell_proto::{FieldFault, Fields, Find, value};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, Value as Bound};
use serde_json::Value;
use uuid::Uuid;

use super::failure::Failure;
use super::filter;
use super::insert::Insert;
use super::tx::Tx;
use super::types::{KnownBy, RecordTable};
use crate::problem::{Code, Problem};

/// Why a record could not be written; what the desk makes of it depends on who asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The record has another version by now.
    Stale { current: i64 },
    /// The counter would fall below its floor.
    BelowFloor { current: i64 },
    /// A unique key is taken: `number`, `one_open_per_site`, or the key's fields joined by `+`.
    Taken { key: String },
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Refused::Problem(problem)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Refused::Problem(failure.into())
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale { current } => {
                let mut problem = Problem::new(Code::StaleVersion, format!("the record has version {current} by now"));
                problem.current_version = Some(current);
                problem
            }
            Refused::BelowFloor { current } => Problem::new(Code::Conflict, format!("only {current} are left")),
            Refused::Taken { key } => Problem::new(Code::Conflict, format!("the unique key {key} is taken")),
            Refused::Problem(problem) => problem,
        }
    }
}

/// Who writes at which site, and when: what every row is stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    pub site: &'a str,
    /// The user's login, `cli:<os user>` or `job:<plugin>.<job>`.
    pub by: &'a str,
    pub at: DateTime<Utc>,
}

/// A record before and after a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub old: Fields,
    pub new: Fields,
}

static COUNTERS: Insert = Insert::into("counters", &["site", "record_type", "period", "drawn"]).ending(|insert| {
    insert.on_conflict(OnConflict::columns(["site", "record_type", "period"]).update_column("drawn").to_owned());
});

/// What is counted by itself: the numbers of a type at a site in a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counter {
    site: String,
    record_type: String,
    period: String,
}

impl Tx<'_> {
    /// Writes a new record and returns it whole. A type with states puts it into `fields.state` or the first of them.
    pub fn insert_record(
        &mut self,
        record_type: &str,
        id: Uuid,
        number: Option<&str>,
        fields: &Fields,
        stamp: Stamp<'_>,
    ) -> Result<Fields, Refused> {
        let table = self.types.get(record_type)?;
        let mut record: Fields = table.columns.iter().map(|column| (column.name.clone(), Value::Null)).collect();
        set_fields(&table, &mut record, fields)?;
        let at = value::instant(stamp.at);
        for (column, value) in [
            ("id", Value::from(id.to_string())),
            ("site", stamp.site.into()),
            ("version", 1.into()),
            ("created_at", at.clone().into()),
            ("created_by", stamp.by.into()),
            ("updated_at", at.into()),
            ("updated_by", stamp.by.into()),
        ] {
            record.insert(column.to_owned(), value);
        }
        if let Some(number) = number {
            record.insert("number".to_owned(), number.into());
        }
        if let Some(first) = table.description.states.first()
            && is_empty(&record, "state")
        {
            record.insert("state".to_owned(), first.name.clone().into());
        }
        check_required(&table, &record)?;
        let insert = table.insert(self.session().backend(), bound_values(&table, &record)?);
        self.session().execute(insert).map_err(|failure| table.refused(failure))?;
        Ok(record)
    }

    /// Sets fields of a record that the caller saw at `version`; a null clears one. `state` and `void_reason` may be set, too.
    pub fn update_record(
        &mut self,
        record_type: &str,
        id: Uuid,
        version: i64,
        set: &Fields,
        stamp: Stamp<'_>,
    ) -> Result<Changed, Refused> {
        let table = self.types.get(record_type)?;
        let old = self.known_record(&table, id, stamp.site)?;
        let current = version_of(&old)?;
        if current != version {
            return Err(Refused::Stale { current });
        }
        self.rewrite(&table, old, set, stamp)
    }

    /// Moves a counter by `delta`, never below `floor`. It needs no version: fifty clerks at once don't conflict.
    pub fn adjust_record(
        &mut self,
        record_type: &str,
        id: Uuid,
        field: &str,
        delta: i64,
        floor: Option<i64>,
        stamp: Stamp<'_>,
    ) -> Result<Changed, Refused> {
        let table = self.types.get(record_type)?;
        let old = self.known_record(&table, id, stamp.site)?;
        // Nobody writes beside this transaction, so what was read still holds when it is written.
        let current = old.get(field).and_then(Value::as_i64).unwrap_or(0);
        let Some(moved) = current.checked_add(delta).filter(|moved| floor.is_none_or(|floor| *moved >= floor)) else {
            return Err(Refused::BelowFloor { current });
        };
        self.rewrite(&table, old, &Fields::from_iter([(field.to_owned(), moved.into())]), stamp)
    }

    fn rewrite(&mut self, table: &RecordTable, old: Fields, set: &Fields, stamp: Stamp<'_>) -> Result<Changed, Refused> {
        let mut new = old.clone();
        set_fields(table, &mut new, set)?;
        check_required(table, &new)?;
        let version = version_of(&old)?;
        new.insert("version".to_owned(), (version + 1).into());
        new.insert("updated_at".to_owned(), value::instant(stamp.at).into());
        new.insert("updated_by".to_owned(), stamp.by.into());
        let mut update = Query::update();
        update.table(table.iden());
        for column in table.columns.iter().filter(|column| old.get(&column.name) != new.get(&column.name)) {
            let bound = column.bound(&new[&column.name]).ok_or_else(|| misfit(table, &column.name, "unknown-field"))?;
            update.value(column.name.clone(), Expr::val(bound));
        }
        update.and_where(Expr::col("site").eq(stamp.site)).and_where(Expr::col("id").eq(id_of(&old)?));
        update.and_where(Expr::col("version").eq(version));
        match self.execute(&update).map_err(|failure| table.refused(failure))? {
            1 => Ok(Changed { old, new }),
            _ => Err(Problem::internal(format!("a {} changed inside its own transaction", table.record_type)).into()),
        }
    }

    /// Returns a record of a site.
    pub fn get_record(&mut self, record_type: &str, id: Uuid, site: &str) -> Result<Option<Fields>, Problem> {
        let table = self.types.get(record_type)?;
        self.find_one(&table, id, site)
    }

    fn find_one(&mut self, table: &RecordTable, id: Uuid, site: &str) -> Result<Option<Fields>, Problem> {
        let one = table.one(self.session().backend(), KnownBy::Id, site, id.into());
        Ok(self.session().rows(one)?.first().map(|row| table.record(row)))
    }

    fn known_record(&mut self, table: &RecordTable, id: Uuid, site: &str) -> Result<Fields, Problem> {
        self.find_one(table, id, site)?.ok_or_else(|| Problem::not_found(format!("{} {id}", table.record_type)))
    }

    /// Answers a question over the records of a site, as this transaction sees them.
    pub fn find_records(&mut self, find: &Find, site: &str) -> Result<Vec<Fields>, Problem> {
        let table = self.types.get(&find.record_type)?;
        let query = filter::select(&table, &[site.to_owned()], find)?;
        Ok(self.rows(&query)?.iter().map(|row| table.record(row)).collect())
    }

    /// Counts the records that answer a question at a site.
    pub fn count_records(&mut self, find: &Find, site: &str) -> Result<u64, Problem> {
        let table = self.types.get(&find.record_type)?;
        let row = self.row(&filter::count(&table, &[site.to_owned()], &find.filter)?)?;
        let count: i64 = row.map_or(Ok(0), |row| row.get("count"))?;
        let count = count.unsigned_abs();
        Ok(find.limit.map_or(count, |limit| Ord::min(count, limit)))
    }

    /// The numbers of a site's records of a type by id, to show references.
    pub fn numbers(&mut self, record_type: &str, site: &str, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Problem> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let table = self.types.get(record_type)?;
        let name = if table.column("number").is_some() { "number" } else { "id" };
        let mut query = Query::select();
        query.columns(["id", name]).from(table.iden()).and_where(Expr::col("site").eq(site));
        query.and_where(Expr::col("id").is_in(ids.iter().copied()));
        self.rows(&query)?.iter().map(|row| Ok((row.get("id")?, row.get(name)?))).collect()
    }

    /// Draws the next number of a type at a site. Rolled back with the rest, it is drawn again: numbers have no gaps.
    pub fn next_number(
        &mut self,
        record_type: &str,
        scheme: &NumberScheme,
        site: &str,
        day: NaiveDate,
    ) -> Result<String, Problem> {
        let period = match scheme.per {
            NumberPeriod::Day => day.format("%Y%m%d").to_string(),
            NumberPeriod::Year => day.year().to_string(),
            NumberPeriod::Ever => String::new(),
        };
        let drawn = self.draw(Counter { site: site.to_owned(), record_type: record_type.to_owned(), period: period.clone() })?;
        Ok(match period.as_str() {
            "" => format!("{}-{drawn:03}", scheme.prefix),
            period => format!("{}-{period}-{drawn:03}", scheme.prefix),
        })
    }

    /// Nobody draws beside this transaction, so it asks once how far a counter is and writes it down at its end.
    fn draw(&mut self, counter: Counter) -> Result<i64, Problem> {
        let last = match self.progress.drawn.get(&counter) {
            Some(last) => *last,
            None => self.last_drawn(&counter)?,
        };
        self.progress.drawn.insert(counter, last + 1);
        Ok(last + 1)
    }

    fn last_drawn(&mut self, counter: &Counter) -> Result<i64, Problem> {
        let mut drawn = Query::select();
        drawn.column("drawn").from("counters").and_where(Expr::col("site").eq(counter.site.as_str()));
        drawn.and_where(Expr::col("record_type").eq(counter.record_type.as_str()));
        drawn.and_where(Expr::col("period").eq(counter.period.as_str()));
        Ok(self.row(&drawn)?.map_or(Ok(0), |row| row.get("drawn"))?)
    }

    /// Writes down how far the counters are, once a commit.
    pub(super) fn keep_counters(&mut self) -> Result<(), Failure> {
        for (Counter { site, record_type, period }, drawn) in std::mem::take(&mut self.progress.drawn) {
            self.insert_later(&COUNTERS, [site.into(), record_type.into(), period.into(), drawn.into()])?;
        }
        Ok(())
    }
}

fn version_of(record: &Fields) -> Result<i64, Problem> {
    record.get("version").and_then(Value::as_i64).ok_or_else(|| Problem::internal("a record has no version"))
}

fn id_of(record: &Fields) -> Result<Uuid, Problem> {
    let id = record.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::internal("a record has no id"))
}

fn is_empty(record: &Fields, field: &str) -> bool {
    record.get(field).is_none_or(Value::is_null)
}

fn misfit(table: &RecordTable, field: &str, key: &str) -> Problem {
    let fault = FieldFault { field: field.to_owned(), key: key.to_owned(), ..FieldFault::default() };
    Problem::invalid(Some(&table.plugin), vec![fault])
}

/// Puts values into a record in their one spelling, refusing what the type does not have.
fn set_fields(table: &RecordTable, record: &mut Fields, set: &Fields) -> Result<(), Problem> {
    let mut faults = Vec::new();
    for (name, value) in set {
        let own = table.description.field(name).is_some() || name == "state" || name == "void_reason";
        let Some(column) = table.column(name).filter(|_| own) else {
            faults.push(FieldFault { field: name.clone(), key: "unknown-field".to_owned(), ..FieldFault::default() });
            continue;
        };
        let canonical = if value.is_null() { Ok(Value::Null) } else { column.kind.canonical(value) };
        match canonical {
            Ok(value) => {
                record.insert(name.clone(), value);
            }
            Err(misfit) => {
                let args = misfit.args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                faults.push(FieldFault { field: name.clone(), key: misfit.code.to_owned(), args });
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(Some(&table.plugin), faults)) }
}

fn check_required(table: &RecordTable, record: &Fields) -> Result<(), Problem> {
    let missing = table.description.fields.iter().filter(|field| field.required && is_empty(record, &field.name));
    let faults: Vec<FieldFault> = missing
        .map(|field| FieldFault { field: field.name.clone(), key: "required".to_owned(), ..FieldFault::default() })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(Some(&table.plugin), faults)) }
}

fn bound_values(table: &RecordTable, record: &Fields) -> Result<Vec<Bound>, Problem> {
    let bound = |column: &super::types::Column| {
        // What is canonical but does not bind is a reference that is no id.
        column.bound(&record[&column.name]).ok_or_else(|| misfit(table, &column.name, "not-a-reference"))
    };
    table.columns.iter().map(bound).collect()
}
