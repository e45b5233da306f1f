//! The store in memory: the tables of a plugin's types, and what stands beside them. It writes as the real one does.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use deskbell_proto::call::ReadAnswer;
use deskbell_proto::change::{Period, pending_number};
use deskbell_proto::description::{NumberPeriod, TypeDescription};
use deskbell_proto::ledger;
use deskbell_proto::value::{FieldKind, instant};
use deskbell_proto::{Change, Fault, FieldFault, Fields, Find, PluginDescription, Read, RecordRef, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::conformance::Failure;

/// Everything a desk keeps. A change set works on a copy, which replaces the store only when all of it was applied.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    plugin: String,
    types: BTreeMap<String, TypeDescription>,
    rows: BTreeMap<(String, Uuid), Fields>,
    counters: BTreeMap<(String, String), u64>,
    pub(crate) history: Vec<HistoryEntry>,
    pub(crate) sign_offs: Vec<KeptSignOff>,
    pub(crate) notices: Vec<Message>,
    pub(crate) tasks: Vec<Message>,
    pub(crate) papers: Vec<MadePaper>,
}

/// Who writes, and when.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) today: NaiveDate,
}

/// One change of a record: old → new, field by field.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    record: (String, Uuid),
    /// The account that made it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The fields that changed, with their old and new values.
    pub fields: BTreeMap<String, (Value, Value)>,
}

/// A notice to a role, or a task for the clerks.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Whom a notice is for; empty for a task.
    pub role: String,
    /// `notice-…` or `task-…`, a key of the plugin's locale.
    pub key: String,
    /// What fills in its sentence.
    pub args: BTreeMap<String, String>,
    /// The number of the record it is about.
    pub about: Option<String>,
    /// The day by which a task is to be done.
    pub due_on: Option<NaiveDate>,
}

/// A print of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct MadePaper {
    /// `handoff-sheet`
    pub form: String,
    /// The number of the record it was printed from.
    pub of: Option<String>,
    /// The span of days it was printed for.
    pub period: Option<Period>,
    /// What its template is given, frozen.
    pub data: Value,
}

/// A sign-off that a record has.
#[derive(Debug, Clone)]
pub(crate) struct KeptSignOff {
    pub(crate) record: (String, Uuid),
    pub(crate) sign_box: String,
    pub(crate) role: String,
    pub(crate) user: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) voided: bool,
}

/// Why a change set was not applied.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stop {
    Failure(Failure),
    /// Items whose part can't be applied, and whether fresh data may help.
    Parts(Vec<(Uuid, bool)>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

impl Store {
    pub(crate) fn new(plugin: &str, description: &PluginDescription) -> Self {
        let full = |described: &TypeDescription| (format!("{plugin}.{}", described.name), described.clone());
        Store { plugin: plugin.to_owned(), types: description.types.iter().map(full).collect(), ..Store::default() }
    }

    pub(crate) fn read(&self, read: &Read) -> Result<ReadAnswer, Fault> {
        let unknown = |record_type: &str| Fault::Unavailable { message: format!("there is no type {record_type}") };
        match read {
            Read::Get { record_type, id } => {
                self.types.get(record_type).ok_or_else(|| unknown(record_type))?;
                let row = self.rows.get(&(record_type.clone(), *id)).cloned();
                Ok(ReadAnswer { rows: row.into_iter().collect(), count: 0 })
            }
            Read::Find(find) => Ok(ReadAnswer { rows: self.find(find).map_err(as_unavailable)?, count: 0 }),
            Read::Count(find) => {
                let count = self.find(find).map_err(as_unavailable)?.len() as u64;
                Ok(ReadAnswer { rows: Vec::new(), count })
            }
            other => Err(Fault::Unsupported { what: format!("read {other:?}") }),
        }
    }

    /// Answers a question, once its columns and values are known to be right.
    pub(crate) fn find(&self, find: &Find) -> Result<Vec<Fields>, Failure> {
        let described = self.described(&find.record_type)?;
        let kind = |column: &str| described.column_kind(column).ok_or_else(|| Failure::invalid(column, "unknown-field"));
        for sort in &find.sort {
            kind(&sort.field)?;
        }
        let mut find = find.clone();
        for condition in &mut find.filter.all {
            let kind = kind(&condition.field)?;
            condition.value = fitting_operand(&kind, condition.op, &condition.value)
                .ok_or_else(|| Failure::invalid(&condition.field, "not-a-filter-value"))?;
        }
        Ok(find.apply(self.rows.iter().filter(|((of, _), _)| *of == find.record_type).map(|(_, row)| row.clone())))
    }

    pub(crate) fn row(&self, record_type: &str, id: Uuid) -> Option<&Fields> {
        self.rows.get(&(record_type.to_owned(), id))
    }

    /// The row with this number, or for a type without numbers with this id.
    pub(crate) fn by_number(&self, record_type: &str, number: &str) -> Option<&Fields> {
        let is_it = |row: &Fields| [row.get("number"), row.get("id")].contains(&Some(&Value::from(number)));
        self.rows.iter().find(|((of, _), row)| of == record_type && is_it(row)).map(|(_, row)| row)
    }

    /// The number of a record, or its id where it has none.
    pub(crate) fn name_of(&self, record_type: &str, id: Uuid) -> String {
        let number = self.row(record_type, id).and_then(|row| row.get("number")).and_then(Value::as_str);
        number.map_or_else(|| id.to_string(), str::to_owned)
    }

    pub(crate) fn described(&self, record_type: &str) -> Result<&TypeDescription, Failure> {
        self.types.get(record_type).ok_or_else(|| Failure::Defect(format!("there is no type {record_type}")))
    }

    /// The records of a type in the order they were made; ids alone don't tell within a millisecond.
    pub(crate) fn ids_by_age(&self, record_type: &str) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for HistoryEntry { record: (of, id), .. } in &self.history {
            if of == record_type && !ids.contains(id) {
                ids.push(*id);
            }
        }
        ids
    }

    /// The changes of a record, oldest first.
    pub(crate) fn history_of(&self, record_type: &str, id: Uuid) -> Vec<HistoryEntry> {
        let is_its = |entry: &&HistoryEntry| entry.record.0 == record_type && entry.record.1 == id;
        self.history.iter().filter(is_its).cloned().collect()
    }

    /// Applies a change set, all of it or none. Returns what stood for numbers, and the numbers.
    pub(crate) fn apply(&mut self, changes: &[Change], stamp: &Stamp) -> Result<Vec<(String, String)>, Stop> {
        let types: Vec<TypeDescription> = self.types.values().cloned().collect();
        ledger::check(&self.plugin, &types, changes).map_err(Failure::Defect)?;
        let mut next = self.clone();
        let mut drawn = Vec::new();
        next.draw_numbers(changes, stamp, &mut drawn)?;
        let changes = with_numbers(&changes.to_vec(), &drawn);
        let mut failed = Vec::new();
        for change in &changes {
            next.change(change, &drawn, stamp, &mut failed)?;
        }
        if !failed.is_empty() {
            return Err(Stop::Parts(failed));
        }
        *self = next;
        Ok(drawn)
    }

    fn draw_numbers(&mut self, changes: &[Change], stamp: &Stamp, drawn: &mut Vec<(String, String)>) -> Result<(), Failure> {
        for change in changes {
            match change {
                Change::Insert { record_type, id, .. } => {
                    let Some(scheme) = self.described(record_type)?.number.clone() else { continue };
                    let period = match scheme.per {
                        NumberPeriod::Day => stamp.today.format("%Y%m%d-").to_string(),
                        NumberPeriod::Year => stamp.today.format("%Y-").to_string(),
                        NumberPeriod::Ever => String::new(),
                    };
                    let counter = self.counters.entry((record_type.clone(), period.clone())).or_default();
                    *counter += 1;
                    drawn.push((pending_number(*id), format!("{}-{period}{counter:03}", scheme.prefix)));
                }
                Change::Part { changes, .. } => self.draw_numbers(changes, stamp, drawn)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn change(
        &mut self,
        change: &Change,
        drawn: &[(String, String)],
        stamp: &Stamp,
        failed: &mut Vec<(Uuid, bool)>,
    ) -> Result<(), Failure> {
        match change {
            Change::Insert { record_type, id, fields, sought } => {
                let pending = pending_number(*id);
                let number = drawn.iter().find(|(placeholder, _)| *placeholder == pending).map(|(_, number)| number.clone());
                self.insert(record_type, *id, number, fields, stamp).map_err(|failure| match failure {
                    Failure::Taken(_) if *sought => Failure::Stale,
                    failure => failure,
                })
            }
            Change::Update { record_type, id, version, set } => {
                self.must_be_at(record_type, *id, *version)?;
                self.rewrite(record_type, *id, set, stamp)
            }
            Change::Adjust { record_type, id, field, delta, floor, refusal } => {
                match self.described(record_type)?.field(field).map(|field| &field.kind) {
                    Some(FieldKind::Integer { .. } | FieldKind::Fen) => {}
                    _ => return Err(Failure::Defect(format!("{record_type} has no counter {field}"))),
                }
                let current = self.known(record_type, *id)?.get(field).and_then(Value::as_i64).unwrap_or_default();
                let moved = current.checked_add(*delta).filter(|moved| floor.is_none_or(|floor| *moved >= floor));
                let moved = moved.ok_or_else(|| Failure::Refused(refusal.clone()))?;
                self.rewrite(record_type, *id, &Fields::from_iter([(field.clone(), moved.into())]), stamp)
            }
            Change::Erase { record_type, id, version } => self.erase(record_type, *id, *version, stamp),
            Change::VoidSignOffs { record_type, id, version } => {
                self.must_be_at(record_type, *id, *version)?;
                self.rewrite(record_type, *id, &Fields::new(), stamp)?;
                self.void_sign_offs(record_type, *id);
                Ok(())
            }
            Change::Require { find, at_least, at_most, refusal } => {
                let count = self.find(find)?.len() as u64;
                let holds = count >= *at_least && at_most.is_none_or(|most| count <= most);
                if holds { Ok(()) } else { Err(Failure::NoLonger(refusal.clone())) }
            }
            Change::Part { item, changes } => self.part(*item, changes, drawn, stamp, failed),
            Change::Notice { role, key, args, record } => {
                let about = self.about(record.as_ref());
                self.notices.push(Message { role: role.clone(), key: key.clone(), args: args.clone(), about, due_on: None });
                Ok(())
            }
            Change::Task { key, args, record, due_on } => {
                let about = self.about(record.as_ref());
                self.tasks.push(Message { role: String::new(), key: key.clone(), args: args.clone(), about, due_on: *due_on });
                Ok(())
            }
            Change::Paper { form, record, period, data } => {
                let of = self.about(record.as_ref());
                self.papers.push(MadePaper { form: form.clone(), of, period: *period, data: data.clone() });
                Ok(())
            }
            // The desk has seen to it.
            Change::SignOff { .. } => Ok(()),
            other => Err(Failure::Defect(format!("TestDesk does not know the change {other:?}"))),
        }
    }

    /// Applies what a job does for one item; one that can't be applied is noted, and the others are looked at too.
    fn part(
        &mut self,
        item: Uuid,
        changes: &[Change],
        drawn: &[(String, String)],
        stamp: &Stamp,
        failed: &mut Vec<(Uuid, bool)>,
    ) -> Result<(), Failure> {
        for change in changes {
            let is_stale = match self.change(change, drawn, stamp, failed) {
                Ok(()) => continue,
                Err(Failure::Defect(why)) => return Err(Failure::Defect(why)),
                Err(failure) => {
                    matches!(failure, Failure::Stale | Failure::Refused(_) | Failure::NoLonger(_) | Failure::OneIsOpen)
                }
            };
            failed.push((item, is_stale));
            break;
        }
        Ok(())
    }

    fn insert(
        &mut self,
        record_type: &str,
        id: Uuid,
        number: Option<String>,
        fields: &Fields,
        stamp: &Stamp,
    ) -> Result<(), Failure> {
        let described = self.described(record_type)?;
        let mut row: Fields = described.fields.iter().map(|field| (field.name.clone(), Value::Null)).collect();
        set_fields(described, &mut row, fields)?;
        let at = Value::from(instant(stamp.at));
        let by = Value::from(stamp.by.as_str());
        for (column, value) in [
            ("id", Value::from(id.to_string())),
            ("number", number.map_or(Value::Null, Value::from)),
            ("site", "main".into()),
            ("version", 1.into()),
            ("created_at", at.clone()),
            ("created_by", by.clone()),
            ("updated_at", at),
            ("updated_by", by),
            ("void_reason", Value::Null),
        ] {
            row.insert(column.to_owned(), value);
        }
        if let Some(first) = described.states.first() {
            row.entry("state").or_insert_with(|| first.name.clone().into());
        }
        self.put(record_type, id, Fields::new(), row, stamp)
    }

    fn must_be_at(&self, record_type: &str, id: Uuid, version: i64) -> Result<(), Failure> {
        let current = self.known(record_type, id)?.get("version").and_then(Value::as_i64);
        if current == Some(version) { Ok(()) } else { Err(Failure::Stale) }
    }

    fn rewrite(&mut self, record_type: &str, id: Uuid, set: &Fields, stamp: &Stamp) -> Result<(), Failure> {
        let old = self.known(record_type, id)?.clone();
        let described = self.described(record_type)?;
        let mut new = old.clone();
        set_fields(described, &mut new, set)?;
        let is_signed = described.fields.iter().any(|field| field.signed && old.get(&field.name) != new.get(&field.name));
        let version = old.get("version").and_then(Value::as_i64).unwrap_or_default();
        new.insert("version".to_owned(), (version + 1).into());
        new.insert("updated_at".to_owned(), instant(stamp.at).into());
        new.insert("updated_by".to_owned(), stamp.by.as_str().into());
        self.put(record_type, id, old, new, stamp)?;
        if is_signed {
            self.void_sign_offs(record_type, id);
        }
        Ok(())
    }

    fn void_sign_offs(&mut self, record_type: &str, id: Uuid) {
        let its = |sign_off: &&mut KeptSignOff| sign_off.record.0 == record_type && sign_off.record.1 == id;
        self.sign_offs.iter_mut().filter(its).for_each(|sign_off| sign_off.voided = true);
    }

    /// Leaves a record without its personal data, and its history and papers, too.
    fn erase(&mut self, record_type: &str, id: Uuid, version: i64, stamp: &Stamp) -> Result<(), Failure> {
        self.must_be_at(record_type, id, version)?;
        let described = self.described(record_type)?.clone();
        let set = described.erased(self.known(record_type, id)?);
        let signed = self.sign_offs.clone();
        self.rewrite(record_type, id, &set, stamp)?;
        // Nobody signed for something else than before.
        self.sign_offs = signed;
        let gone = Value::from(BTreeMap::from([("erased".to_owned(), Value::from(true))]).into_iter().collect::<Fields>());
        let is_personal = |field: &str| described.field(field).is_some_and(|field| field.personal);
        for entry in self.history.iter_mut().filter(|entry| entry.record == (record_type.to_owned(), id)) {
            for (_, (old, new)) in entry.fields.iter_mut().filter(|(field, _)| is_personal(field)) {
                for side in [old, new].into_iter().filter(|side| side.as_str() != Some("") && !side.is_null()) {
                    *side = gone.clone();
                }
            }
        }
        let of = Some(self.name_of(record_type, id));
        self.papers.iter_mut().filter(|paper| paper.of == of).for_each(|paper| paper.data = Value::Null);
        Ok(())
    }

    /// Puts a row in its place, unless a required field, a unique key or another open record is against it.
    fn put(&mut self, record_type: &str, id: Uuid, old: Fields, new: Fields, stamp: &Stamp) -> Result<(), Failure> {
        let described = self.described(record_type)?;
        must_be_complete(described, &new)?;
        let others = || self.rows.iter().filter(|((of, other), _)| of == record_type && *other != id).map(|(_, row)| row);
        for key in &described.unique {
            let value = |row: &Fields| key.iter().map(|field| row.get(field).cloned().unwrap_or_default()).collect::<Vec<_>>();
            let wanted = value(&new);
            // As in SQL, a key with a null in it is equal to no other.
            if !wanted.contains(&Value::Null) && others().any(|row| value(row) == wanted) {
                return Err(Failure::Taken(key.clone()));
            }
        }
        if described.one_open_per_site && is_open(described, &new) && others().any(|row| is_open(described, row)) {
            return Err(Failure::OneIsOpen);
        }
        let columns = new.keys().filter(|column| !matches!(column.as_str(), "version" | "updated_at" | "updated_by"));
        let change = |column: &String| (old.get(column).cloned().unwrap_or_default(), new[column].clone());
        let fields = columns.map(|column| (column.clone(), change(column))).filter(|(_, (old, new))| old != new).collect();
        self.history.push(HistoryEntry { record: (record_type.to_owned(), id), by: stamp.by.clone(), at: stamp.at, fields });
        self.rows.insert((record_type.to_owned(), id), new);
        Ok(())
    }

    fn known(&self, record_type: &str, id: Uuid) -> Result<&Fields, Failure> {
        self.described(record_type)?;
        self.row(record_type, id).ok_or_else(|| Failure::NotFound(format!("{record_type} {id}")))
    }

    fn about(&self, record: Option<&RecordRef>) -> Option<String> {
        record.map(|record| self.name_of(&record.record_type, record.id))
    }

    /// `letters.letter` for `letter`.
    pub(crate) fn full_name(&self, record_type: &str) -> String {
        if record_type.contains('.') { record_type.to_owned() } else { format!("{}.{record_type}", self.plugin) }
    }
}

fn as_unavailable(failure: Failure) -> Fault {
    Fault::Unavailable { message: format!("{failure:?}") }
}

fn is_open(described: &TypeDescription, row: &Fields) -> bool {
    let state = row.get("state").and_then(Value::as_str).unwrap_or_default();
    described.open_states().any(|open| open == state) && row.get("void_reason").is_none_or(Value::is_null)
}

fn set_fields(described: &TypeDescription, row: &mut Fields, set: &Fields) -> Result<(), Failure> {
    for (name, value) in set {
        let is_own = described.field(name).is_some() || matches!(name.as_str(), "state" | "void_reason");
        let kind = described.column_kind(name).filter(|_| is_own).ok_or_else(|| Failure::invalid(name, "unknown-field"))?;
        let value = match value {
            Value::Null => Value::Null,
            value => kind.canonical(value).map_err(|misfit| Failure::invalid(name, misfit.code))?,
        };
        if matches!(kind, FieldKind::Reference { .. }) && value.as_str().is_some_and(|id| id.parse::<Uuid>().is_err()) {
            return Err(Failure::invalid(name, "not-a-reference"));
        }
        row.insert(name.clone(), value);
    }
    Ok(())
}

fn must_be_complete(described: &TypeDescription, row: &Fields) -> Result<(), Failure> {
    let lacking = described.fields.iter().find(|field| field.required && row.get(&field.name).is_none_or(Value::is_null));
    match lacking {
        Some(field) => Err(Failure::invalid(&field.name, "required")),
        None => Ok(()),
    }
}

/// The value of a condition in its one spelling, if it fits the column and the operator.
fn fitting_operand(kind: &FieldKind, op: deskbell_proto::Operator, value: &Value) -> Option<Value> {
    use deskbell_proto::Operator;
    let one = |value: &Value| if value.is_null() { Some(Value::Null) } else { loose(kind).canonical(value).ok() };
    match op {
        Operator::Null => value.is_boolean().then(|| value.clone()),
        Operator::In => value.as_array()?.iter().map(one).collect::<Option<Vec<_>>>().map(Value::from),
        _ => one(value),
    }
}

/// A kind without its bounds: a question may go beyond what a field can hold.
fn loose(kind: &FieldKind) -> FieldKind {
    match kind {
        FieldKind::Integer { .. } => FieldKind::Integer { min: None, max: None },
        FieldKind::Text { .. } => FieldKind::Text { max: u32::MAX, long: true },
        other => other.clone(),
    }
}

/// Puts drawn numbers in the place of what stood for them, in every text of a thing.
pub(crate) fn with_numbers<T: Serialize + DeserializeOwned>(thing: &T, drawn: &[(String, String)]) -> T {
    let mut json = serde_json::to_value(thing).expect("the protocol's types are JSON");
    put_numbers(&mut json, drawn);
    serde_json::from_value(json).expect("a text in the place of another keeps the type")
}

fn put_numbers(json: &mut Value, drawn: &[(String, String)]) {
    match json {
        Value::String(text) => {
            for (placeholder, number) in drawn {
                if text.contains(placeholder.as_str()) {
                    *text = text.replace(placeholder, number);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_numbers(item, drawn)),
        Value::Object(fields) => fields.values_mut().for_each(|value| put_numbers(value, drawn)),
        _ => {}
    }
}

impl Failure {
    fn invalid(field: &str, key: &str) -> Self {
        Failure::Invalid(FieldFault { field: field.to_owned(), key: key.to_owned(), ..FieldFault::default() })
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Failure::Refused(refusal) | Failure::NoLonger(refusal) => Some(refusal),
            _ => None,
        }
    }
}
