//! Filters: the one closed set of questions that can be asked about records, and the one evaluator over JSON rows.
//!
//! The SDK's overlay and TestDesk use [`Find::apply`]; the host compiles the same [`Find`] to SQL. One conformance suite
//! holds the two together, so a rule tested in memory means the same in the store.
//!
//! Comparisons with null are never true; ask for null by [`Operator::Null`]. Ties in a sort are broken by `id`, so a page
//! has one order.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Fields;
use crate::value::compare;

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    /// The value is a list; the field equals one of its members.
    In,
    /// The value is `true` (the field is null) or `false` (it is not).
    Null,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub field: String,
    pub op: Operator,
    pub value: Value,
}

/// Conditions that all must hold; none means every record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter {
    pub all: Vec<Condition>,
}

/// A sort by one field, ascending unless it says otherwise; null sorts first when ascending and last when descending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub field: String,
    #[serde(default)]
    pub descending: bool,
}

/// A whole question: which records of a type, in which order, how many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Find {
    /// The record type, `letters.letter`.
    #[serde(rename = "type")]
    pub record_type: String,
    #[serde(default)]
    pub filter: Filter,
    #[serde(default)]
    pub sort: Vec<Sort>,
    #[serde(default)]
    pub limit: Option<u64>,
}

impl Condition {
    pub fn new(field: impl Into<String>, op: Operator, value: impl Into<Value>) -> Self {
        Condition { field: field.into(), op, value: value.into() }
    }

    /// Says whether the condition holds for a row; a field that the row lacks is null.
    pub fn matches(&self, row: &Fields) -> bool {
        let actual = row.get(&self.field).unwrap_or(&Value::Null);
        match self.op {
            Operator::Null => actual.is_null() == self.value.as_bool().unwrap_or(true),
            _ if actual.is_null() => false,
            Operator::In => self.value.as_array().is_some_and(|list| list.contains(actual)),
            _ if self.value.is_null() => false,
            op => op.holds(compare(actual, &self.value)),
        }
    }
}

impl Operator {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Operator::Eq => ordering.is_eq(),
            Operator::Ne => ordering.is_ne(),
            Operator::Lt => ordering.is_lt(),
            Operator::Lte => ordering.is_le(),
            Operator::Gt => ordering.is_gt(),
            Operator::Gte => ordering.is_ge(),
            Operator::In | Operator::Null => unreachable!("answered by Condition::matches"),
        }
    }
}

impl Filter {
    /// Adds a condition that must hold too.
    pub fn and(mut self, field: impl Into<String>, op: Operator, value: impl Into<Value>) -> Self {
        self.all.push(Condition::new(field, op, value));
        self
    }

    /// Says whether all conditions hold for a row.
    pub fn matches(&self, row: &Fields) -> bool {
        self.all.iter().all(|condition| condition.matches(row))
    }
}

impl Find {
    /// All records of a type, oldest first.
    pub fn all(record_type: impl Into<String>) -> Self {
        Find { record_type: record_type.into(), ..Find::default() }
    }

    /// Orders two rows as this question wants them.
    pub fn order(&self, a: &Fields, b: &Fields) -> Ordering {
        let by = |field: &str| compare(a.get(field).unwrap_or(&Value::Null), b.get(field).unwrap_or(&Value::Null));
        for sort in &self.sort {
            let ordering = if sort.descending { by(&sort.field).reverse() } else { by(&sort.field) };
            if ordering.is_ne() {
                return ordering;
            }
        }
        by("id")
    }

    /// Answers the question over rows of its type: filters, sorts, limits.
    ///
    /// ```
    /// # use deskbell_proto::{Find, Operator};
    /// let rows = [serde_json::json!({"id": "1", "state": "received"}), serde_json::json!({"id": "2", "state": "collected"})];
    /// let rows = rows.into_iter().map(|row| row.as_object().unwrap().clone());
    /// let mut find = Find::all("letters.letter");
    /// find.filter = find.filter.and("state", Operator::Ne, "collected");
    /// assert_eq!(find.apply(rows).len(), 1);
    /// ```
    pub fn apply(&self, rows: impl IntoIterator<Item = Fields>) -> Vec<Fields> {
        let mut found: Vec<Fields> = rows.into_iter().filter(|row| self.filter.matches(row)).collect();
        found.sort_by(|a, b| self.order(a, b));
        if let Some(limit) = self.limit {
            found.truncate(limit as usize);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(op: Operator, actual: Value, value: Value, expected: bool) {
        let row = Fields::from_iter([("field".to_owned(), actual.clone())]);
        assert_eq!(Condition::new("field", op, value.clone()).matches(&row), expected, "{actual} {op:?} {value}");
    }

    #[test]
    fn comparisons_follow_the_values_and_never_hold_for_null() {
        check(Operator::Eq, json!("a"), json!("a"), true);
        check(Operator::Ne, json!("a"), json!("b"), true);
        check(Operator::Ne, json!(null), json!("b"), false);
        check(Operator::Lt, json!("2026-01-08"), json!("2026-01-09"), true);
        check(Operator::Lt, json!(null), json!(3), false);
        check(Operator::Gte, json!(3), json!(3), true);
        check(Operator::Lte, json!(10), json!(9), false);
        check(Operator::In, json!("b"), json!(["a", "b"]), true);
        check(Operator::In, json!(null), json!([null]), false);
        check(Operator::Null, json!(null), json!(true), true);
        check(Operator::Null, json!("a"), json!(false), true);
        check(Operator::Eq, json!(null), json!(null), false);
    }

    #[test]
    fn null_sorts_first_and_ties_are_broken_by_id() {
        let row = |id: &str, day: Value| Fields::from_iter([("id".into(), id.into()), ("day".into(), day)]);
        let rows = [row("3", json!("2026-01-02")), row("2", json!(null)), row("1", json!("2026-01-02"))];
        let mut find = Find::all("t.t");
        find.sort = vec![Sort { field: "day".into(), descending: false }];
        let ids = |find: &Find| find.apply(rows.clone()).iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&find), ["2", "1", "3"]);
        find.sort[0].descending = true;
        assert_eq!(ids(&find), ["1", "3", "2"]);
        find.limit = Some(1);
        assert_eq!(ids(&find), ["1"]);
    }
}
