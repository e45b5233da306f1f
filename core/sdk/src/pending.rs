//! The changes of the running call, and the store as it looks with them.
//!
//! A handler must see what it has just done. Reads go to the host's view, and what is pending lies over the answer; the
//! evaluator is proto's, so that it means what the store will mean once the changes are applied.

use std::collections::BTreeMap;

use deskbell_proto::{Change, Dropped, Fault, Fields, Find, Read, ReadAnswer};
use serde_json::Value;
use uuid::Uuid;

/// What a running call may ask: the host's one consistent view of a site.
pub trait Reads {
    /// Answers one read.
    ///
    /// # Errors
    /// What the host says: an unknown type, an unreachable store.
    fn read(&self, read: &Read) -> Result<ReadAnswer, Fault>;
}

/// A row that this call inserts or changes.
#[derive(Debug, Clone)]
struct Row {
    /// As the view has it; none for a new record.
    base: Option<Fields>,
    current: Fields,
}

type Rows = BTreeMap<(String, Uuid), Row>;

/// Everything a call has done so far.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    changes: Vec<Change>,
    rows: Rows,
    /// While a part runs: the rows it touched, as they were before it.
    part: Option<BTreeMap<(String, Uuid), Option<Row>>>,
    pub(crate) dropped: Vec<Dropped>,
}

/// What a part keeps of the call outside it.
pub(crate) struct PartStart {
    outer_changes: Vec<Change>,
}

impl Pending {
    pub(crate) fn into_changes(self) -> (Vec<Change>, Vec<Dropped>) {
        (self.changes, self.dropped)
    }

    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Change> {
        self.changes.last_mut()
    }

    pub(crate) fn insert(&mut self, record_type: &str, id: Uuid, fields: Fields, row: Fields, sought: bool) {
        self.changes.push(Change::Insert { record_type: record_type.to_owned(), id, fields, sought });
        self.put(record_type, id, Row { base: None, current: row });
    }

    /// Notes new values of a record that was seen as `seen`, and returns the row with them.
    pub(crate) fn update(&mut self, record_type: &str, id: Uuid, seen: &Fields, set: Fields) -> Fields {
        let mut row = self.row_or(record_type, id, seen);
        row.current.extend(set.clone());
        match self.mergeable(id) {
            Some(fields) => fields.extend(set),
            None => {
                let version = raise_version(&mut row.current);
                self.changes.push(Change::Update { record_type: record_type.to_owned(), id, version, set });
            }
        }
        let current = row.current.clone();
        self.put(record_type, id, row);
        current
    }

    /// Notes that the personal fields of a record are erased, and returns the row without them.
    pub(crate) fn erase(&mut self, record_type: &str, id: Uuid, seen: &Fields, erased: Fields) -> Fields {
        let mut row = self.row_or(record_type, id, seen);
        row.current.extend(erased);
        let version = raise_version(&mut row.current);
        self.changes.push(Change::Erase { record_type: record_type.to_owned(), id, version });
        let current = row.current.clone();
        self.put(record_type, id, row);
        current
    }

    /// Notes that the signatures of a record are void, and returns the row in its next version.
    pub(crate) fn void_sign_offs(&mut self, record_type: &str, id: Uuid, seen: &Fields) -> Fields {
        let mut row = self.row_or(record_type, id, seen);
        // Nobody has signed what this call makes.
        if row.base.is_some() {
            let version = raise_version(&mut row.current);
            self.changes.push(Change::VoidSignOffs { record_type: record_type.to_owned(), id, version });
        }
        let current = row.current.clone();
        self.put(record_type, id, row);
        current
    }

    /// An insert or update of the record that may take these values along: the store must not have been asked since.
    fn mergeable(&mut self, id: Uuid) -> Option<&mut Fields> {
        let is_seen = |change: &&mut Change| matches!(change, Change::Require { .. } | Change::Erase { .. });
        let since_seen = self.changes.iter_mut().rev().take_while(|change| !is_seen(change));
        since_seen.into_iter().find_map(|change| match change {
            Change::Insert { id: other, fields, .. } if *other == id => Some(fields),
            Change::Update { id: other, set, .. } if *other == id => Some(set),
            _ => None,
        })
    }

    /// Moves a counter and returns its new value; nothing moves when that is too large, or `is_refused`.
    pub(crate) fn adjust(
        &mut self,
        record_type: &str,
        id: Uuid,
        seen: &Fields,
        field: &str,
        delta: i64,
        is_refused: impl FnOnce(i64) -> bool,
    ) -> Option<i64> {
        let mut row = self.row_or(record_type, id, seen);
        let value = row.current.get(field).and_then(Value::as_i64).unwrap_or_default().checked_add(delta)?;
        if is_refused(value) {
            return None;
        }
        row.current.insert(field.to_owned(), value.into());
        raise_version(&mut row.current);
        self.put(record_type, id, row);
        Some(value)
    }

    /// A record's row with what is pending and what was changed in its fields.
    pub(crate) fn row_with(&self, record_type: &str, id: Uuid, seen: &Fields, changed: Fields) -> Fields {
        let mut row = self.row_or(record_type, id, seen).current;
        row.extend(changed);
        row
    }

    fn row_or(&self, record_type: &str, id: Uuid, seen: &Fields) -> Row {
        let found = self.rows.get(&(record_type.to_owned(), id)).cloned();
        found.unwrap_or_else(|| Row { base: Some(seen.clone()), current: seen.clone() })
    }

    fn put(&mut self, record_type: &str, id: Uuid, row: Row) {
        let key = (record_type.to_owned(), id);
        let before = self.rows.insert(key.clone(), row);
        if let Some(part) = &mut self.part {
            part.entry(key).or_insert(before);
        }
    }

    /// Begins a part that may be dropped without the rest; parts don't nest.
    pub(crate) fn begin_part(&mut self) -> Option<PartStart> {
        if self.part.is_some() {
            return None;
        }
        self.part = Some(BTreeMap::new());
        Some(PartStart { outer_changes: std::mem::take(&mut self.changes) })
    }

    pub(crate) fn keep_part(&mut self, start: PartStart, item: Uuid) {
        self.part = None;
        let changes = std::mem::replace(&mut self.changes, start.outer_changes);
        if !changes.is_empty() {
            self.changes.push(Change::Part { item, changes });
        }
    }

    pub(crate) fn drop_part(&mut self, start: PartStart, item: Uuid, fault: Fault) {
        for (key, before) in self.part.take().unwrap_or_default() {
            match before {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
        self.changes = start.outer_changes;
        self.dropped.push(Dropped { item, fault });
    }

    /// One row, pending or of the view.
    pub(crate) fn get(&self, reads: &dyn Reads, record_type: &str, id: Uuid) -> Result<Option<Fields>, Fault> {
        if let Some(row) = self.rows.get(&(record_type.to_owned(), id)) {
            return Ok(Some(row.current.clone()));
        }
        let answer = reads.read(&Read::Get { record_type: record_type.to_owned(), id })?;
        Ok(answer.rows.into_iter().next())
    }

    /// The rows that answer, pending changes included.
    pub(crate) fn find(&self, reads: &dyn Reads, find: &Find) -> Result<Vec<Fields>, Fault> {
        let pending: Vec<&Row> = self.rows_of(&find.record_type).collect();
        // At most the pending rows can fall out of the view's answer: with so many more, the first `limit` stay right.
        let asked = Find { limit: find.limit.map(|limit| limit.saturating_add(pending.len() as u64)), ..find.clone() };
        let found = reads.read(&Read::Find(asked))?.rows;
        if pending.is_empty() {
            return Ok(found);
        }
        let untouched = found.into_iter().filter(|row| !self.is_pending(&find.record_type, row));
        Ok(find.apply(untouched.chain(pending.into_iter().map(|row| row.current.clone()))))
    }

    /// How many rows answer, pending changes included.
    pub(crate) fn count(&self, reads: &dyn Reads, find: &Find) -> Result<u64, Fault> {
        let unlimited = Find { limit: None, sort: Vec::new(), ..find.clone() };
        let found = reads.read(&Read::Count(unlimited))?.count;
        let (mut gone, mut come) = (0, 0);
        for row in self.rows_of(&find.record_type) {
            gone += u64::from(row.base.as_ref().is_some_and(|base| find.filter.matches(base)));
            come += u64::from(find.filter.matches(&row.current));
        }
        let count = (found + come).saturating_sub(gone);
        Ok(find.limit.map_or(count, |limit| count.min(limit)))
    }

    fn rows_of(&self, record_type: &str) -> impl Iterator<Item = &Row> {
        let first = (record_type.to_owned(), Uuid::nil());
        self.rows.range(first..).take_while(move |((of, _), _)| of == record_type).map(|(_, row)| row)
    }

    fn is_pending(&self, record_type: &str, row: &Fields) -> bool {
        let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        id.is_some_and(|id| self.rows.contains_key(&(record_type.to_owned(), id)))
    }
}

/// Counts a row's version up, as the store does with each change of it, and returns the one before.
fn raise_version(row: &mut Fields) -> i64 {
    let version = row.get("version").and_then(Value::as_i64).unwrap_or_default();
    row.insert("version".to_owned(), (version + 1).into());
    version
}
