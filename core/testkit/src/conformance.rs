//! One suite over every store: what TestDesk's memory does, the host's SQLite and PostgreSQL must do as well.
//!
//! A [`Driver`] applies change sets and answers finds. Each of [`CHECKS`] is given a fresh one that knows the types of
//! [`description`], and panics with a sentence where the store does otherwise.

use deskbell_proto::description::NumberScheme;
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Change, FieldFault, Fields, Find, Operator, PluginDescription, Refusal, Sort};
use serde_json::{Value, json};
use uuid::Uuid;

/// A store, asked the way the desk asks it. All of it happens at one site.
pub trait Driver {
    /// Applies a change set in one piece: inserts, updates, adjusts and requires.
    ///
    /// # Errors
    /// Why nothing of it was applied.
    fn apply(&mut self, changes: &[Change]) -> Result<(), Failure>;

    /// Answers a question.
    ///
    /// # Errors
    /// A question about columns or values that do not exist.
    fn find(&mut self, find: &Find) -> Result<Vec<Fields>, Failure>;

    /// Counts what answers a question.
    ///
    /// # Errors
    /// A question about columns or values that do not exist.
    fn count(&mut self, find: &Find) -> Result<u64, Failure>;
}

/// Why a change set was not applied, or a question not answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// A record has another version than the handler saw.
    Stale,
    /// A counter would fall below its floor.
    Refused(Refusal),
    /// A `require` does not hold.
    NoLonger(Refusal),
    /// Another record has the unique key of these fields.
    Taken(Vec<String>),
    /// Another record of a `one_open_per_site` type is open.
    OneIsOpen,
    /// There is no such record.
    NotFound(String),
    /// A value that does not fit its field, or a field that does not exist.
    Invalid(FieldFault),
    /// A change that no description allows: a mistake of the plugin.
    Defect(String),
}

/// The name of a check and what it checks.
pub type Check = (&'static str, fn(&mut dyn Driver));

/// All checks.
pub const CHECKS: &[Check] = &[
    ("every_operator_compares_every_kind_and_never_holds_for_null", every_operator_compares_every_kind),
    ("in_holds_for_members_and_null_asks_for_null", in_and_null_hold),
    ("conditions_must_all_hold", conditions_must_all_hold),
    ("a_sort_puts_null_first_and_breaks_ties_by_id", a_sort_puts_null_first),
    ("a_limit_takes_the_first", a_limit_takes_the_first),
    ("text_is_compared_by_its_bytes", text_is_compared_by_its_bytes),
    ("questions_about_what_does_not_exist_are_refused", unknown_questions_are_refused),
    ("a_new_record_reads_back_with_its_common_columns", a_new_record_reads_back),
    ("an_update_changes_what_it_names_and_null_clears", an_update_changes_what_it_names),
    ("an_update_of_another_version_is_stale", an_update_of_another_version_is_stale),
    ("each_change_of_a_record_counts_its_version_up", each_change_counts_the_version_up),
    ("a_counter_moves_without_a_version_and_never_below_its_floor", a_counter_never_falls_below_its_floor),
    ("a_require_sees_what_stands_before_it_in_the_set", a_require_sees_what_stands_before_it),
    ("a_unique_key_is_taken_once_and_null_is_no_key", a_unique_key_is_taken_once),
    ("one_record_is_open_at_a_time", one_record_is_open_at_a_time),
    ("a_record_whose_signatures_are_void_has_a_new_version", what_was_signed_has_changed),
    ("all_of_a_set_is_applied_or_nothing", all_or_nothing),
    ("values_that_do_not_fit_are_refused", misfits_are_refused),
];

/// The plugin whose types the checks use: `conformance.thing` with a field of every kind, and `conformance.sheet`.
pub const PLUGIN: &str = "conformance";

const THING: &str = "conformance.thing";
const SHEET: &str = "conformance.sheet";

/// The types of the checks.
pub fn description() -> PluginDescription {
    use deskbell_proto::description::{FieldDescription, StateDescription, TypeDescription};
    let field = |(name, kind): &(&str, FieldKind)| FieldDescription {
        required: *name == "label",
        ..FieldDescription::new(*name, kind.clone())
    };
    let state = |name: &str, closed| StateDescription { name: name.to_owned(), closed };
    let thing = TypeDescription {
        name: "thing".to_owned(),
        number: Some(NumberScheme { prefix: "T".to_owned(), per: deskbell_proto::description::NumberPeriod::Day }),
        fields: kinds().iter().map(field).collect(),
        unique: vec![vec!["series".to_owned(), "serial".to_owned()]],
        ..TypeDescription::default()
    };
    let sheet = TypeDescription {
        name: "sheet".to_owned(),
        states: vec![state("open", false), state("lent", false), state("closed", true)],
        one_open_per_site: true,
        ..TypeDescription::default()
    };
    PluginDescription { protocol: deskbell_proto::PROTOCOL, types: vec![thing, sheet], ..PluginDescription::default() }
}

fn kinds() -> Vec<(&'static str, FieldKind)> {
    let text = || FieldKind::Text { max: 20, long: false };
    vec![
        ("label", text()),
        ("series", text()),
        ("serial", FieldKind::Integer { min: None, max: None }),
        ("text", text()),
        ("integer", FieldKind::Integer { min: None, max: None }),
        ("fen", FieldKind::Fen),
        ("bool", FieldKind::Bool),
        ("day", FieldKind::Day),
        ("instant", FieldKind::Instant),
        ("choice", FieldKind::Choice { values: ["apple", "pear", "plum"].map(str::to_owned).to_vec() }),
        ("reference", FieldKind::Reference { record_type: THING.to_owned() }),
    ]
}

/// A small, a middle and a large value of each comparable field.
fn samples() -> Vec<(&'static str, [Value; 3])> {
    vec![
        ("text", [json!("a"), json!("b"), json!("c")]),
        ("integer", [json!(-5), json!(3), json!(20)]),
        ("fen", [json!(-100), json!(0), json!(12_345)]),
        ("day", [json!("2026-01-31"), json!("2026-02-01"), json!("2027-01-01")]),
        ("instant", [json!("2026-01-01T00:00:00.000Z"), json!("2026-01-01T00:00:00.001Z"), json!("2026-01-02T00:00:00.000Z")]),
        ("choice", [json!("apple"), json!("pear"), json!("plum")]),
        ("reference", [1, 2, 3].map(|n| json!(id(n).to_string()))),
    ]
}

fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 + n)
}

fn fields(value: Value) -> Fields {
    value.as_object().expect("fields are an object").clone()
}

fn insert(n: u64, label: &str, more: Value) -> Change {
    let mut fields = fields(more);
    fields.insert("label".to_owned(), label.into());
    Change::Insert { record_type: THING.to_owned(), id: id(n), fields, sought: false }
}

fn update(n: u64, version: i64, set: Value) -> Change {
    Change::Update { record_type: THING.to_owned(), id: id(n), version, set: fields(set) }
}

fn adjust(n: u64, delta: i64, floor: Option<i64>) -> Change {
    let (record_type, field) = (THING.to_owned(), "integer".to_owned());
    Change::Adjust { record_type, id: id(n), field, delta, floor, refusal: refusal("floor") }
}

fn sheet(n: u64, state: &str) -> Change {
    Change::Insert { record_type: SHEET.to_owned(), id: id(n), fields: fields(json!({ "state": state })), sought: false }
}

fn refusal(key: &str) -> Refusal {
    Refusal { rule: "X1".to_owned(), key: key.to_owned(), ..Refusal::default() }
}

fn things(conditions: &[(&str, Operator, Value)]) -> Find {
    let mut find = Find::all(THING);
    for (field, op, value) in conditions {
        find.filter = find.filter.and(*field, *op, value.clone());
    }
    find
}

#[track_caller]
fn applied(driver: &mut dyn Driver, changes: &[Change]) {
    driver.apply(changes).unwrap_or_else(|failure| panic!("{failure:?} for {changes:?}"));
}

#[track_caller]
fn labels(driver: &mut dyn Driver, find: &Find) -> Vec<String> {
    let rows = driver.find(find).unwrap_or_else(|failure| panic!("{failure:?} for {find:?}"));
    rows.iter().map(|row| row["label"].as_str().expect("every thing has a label").to_owned()).collect()
}

/// Checks the answer of a question, and that its count agrees.
#[track_caller]
fn check(driver: &mut dyn Driver, find: &Find, expected: &[&str]) {
    assert_eq!(labels(driver, find), expected, "{find:?}");
    let count = driver.count(find).unwrap_or_else(|failure| panic!("{failure:?} for {find:?}"));
    assert_eq!(count, expected.len() as u64, "the count of {find:?}");
}

#[track_caller]
fn thing(driver: &mut dyn Driver, n: u64) -> Fields {
    let find = things(&[("id", Operator::Eq, json!(id(n).to_string()))]);
    let rows = driver.find(&find).unwrap_or_else(|failure| panic!("{failure:?}"));
    rows.into_iter().next().unwrap_or_else(|| panic!("there is no thing {n}"))
}

/// Things 1, 2, 3 hold the samples in their order, thing 4 holds null everywhere.
fn fill(driver: &mut dyn Driver) {
    let mut changes = Vec::new();
    for (i, label) in ["small", "middle", "large"].into_iter().enumerate() {
        let values: Fields = samples().into_iter().map(|(field, values)| (field.to_owned(), values[i].clone())).collect();
        changes.push(insert(i as u64 + 1, label, Value::Object(values)));
    }
    changes.push(insert(4, "null", json!({})));
    applied(driver, &changes);
}

fn every_operator_compares_every_kind(driver: &mut dyn Driver) {
    fill(driver);
    let expected: [(Operator, &[&str]); 6] = [
        (Operator::Eq, &["middle"]),
        (Operator::Ne, &["small", "large"]),
        (Operator::Lt, &["small"]),
        (Operator::Lte, &["small", "middle"]),
        (Operator::Gt, &["large"]),
        (Operator::Gte, &["middle", "large"]),
    ];
    for (field, [_, middle, _]) in samples() {
        for (op, expected) in expected {
            check(driver, &things(&[(field, op, middle.clone())]), expected);
            check(driver, &things(&[(field, op, Value::Null)]), &[]);
        }
    }
    applied(driver, &[update(1, 1, json!({"bool": false})), update(2, 1, json!({"bool": true}))]);
    check(driver, &things(&[("bool", Operator::Eq, json!(true))]), &["middle"]);
    check(driver, &things(&[("bool", Operator::Ne, json!(true))]), &["small"]);
    check(driver, &things(&[("bool", Operator::Lt, json!(true))]), &["small"]);
}

fn in_and_null_hold(driver: &mut dyn Driver) {
    fill(driver);
    for (field, [small, _, large]) in samples() {
        check(driver, &things(&[(field, Operator::In, json!([small, large]))]), &["small", "large"]);
        check(driver, &things(&[(field, Operator::In, json!([small, null]))]), &["small"]);
        check(driver, &things(&[(field, Operator::In, json!([]))]), &[]);
        check(driver, &things(&[(field, Operator::Null, json!(true))]), &["null"]);
        check(driver, &things(&[(field, Operator::Null, json!(false))]), &["small", "middle", "large"]);
    }
}

fn conditions_must_all_hold(driver: &mut dyn Driver) {
    fill(driver);
    check(driver, &things(&[]), &["small", "middle", "large", "null"]);
    let between = [("integer", Operator::Gte, json!(-5)), ("integer", Operator::Lt, json!(20))];
    check(driver, &things(&between), &["small", "middle"]);
    check(driver, &things(&[("text", Operator::Eq, json!("a")), ("fen", Operator::Eq, json!(0))]), &[]);
}

fn a_sort_puts_null_first(driver: &mut dyn Driver) {
    fill(driver);
    applied(driver, &[insert(5, "twin", json!({"integer": 3})), insert(6, "void", json!({}))]);
    let sorted = |descending| Find { sort: vec![Sort { field: "integer".to_owned(), descending }], ..Find::all(THING) };
    check(driver, &sorted(false), &["null", "void", "small", "middle", "twin", "large"]);
    check(driver, &sorted(true), &["large", "middle", "twin", "small", "null", "void"]);
    let by_two = ["bool", "label"].map(|field| Sort { field: field.to_owned(), descending: field == "label" });
    let expected = ["void", "twin", "small", "null", "middle", "large"];
    check(driver, &Find { sort: by_two.to_vec(), ..Find::all(THING) }, &expected);
}

fn a_limit_takes_the_first(driver: &mut dyn Driver) {
    fill(driver);
    let sort = vec![Sort { field: "integer".to_owned(), descending: true }];
    check(driver, &Find { sort, limit: Some(2), ..Find::all(THING) }, &["large", "middle"]);
    check(driver, &Find { limit: Some(0), ..Find::all(THING) }, &[]);
    check(driver, &Find { limit: Some(99), ..Find::all(THING) }, &["small", "middle", "large", "null"]);
}

fn text_is_compared_by_its_bytes(driver: &mut dyn Driver) {
    let texts = ["Zebra", "apple", "é", "张三", "李雷", "😀"];
    let changes: Vec<Change> =
        texts.iter().enumerate().map(|(i, text)| insert(i as u64 + 1, text, json!({ "text": text }))).collect();
    applied(driver, &changes);
    let sort = vec![Sort { field: "text".to_owned(), descending: false }];
    check(driver, &Find { sort, ..Find::all(THING) }, &texts);
    check(driver, &things(&[("text", Operator::Gt, json!("张三"))]), &["李雷", "😀"]);
    check(driver, &things(&[("text", Operator::Eq, json!("APPLE"))]), &[]);
}

fn unknown_questions_are_refused(driver: &mut dyn Driver) {
    assert!(driver.find(&things(&[("colour", Operator::Eq, json!("red"))])).is_err(), "a filter by an unknown column");
    let sort = vec![Sort { field: "colour".to_owned(), descending: false }];
    assert!(driver.find(&Find { sort, ..Find::all(THING) }).is_err(), "a sort by an unknown column");
    assert!(driver.find(&Find::all("conformance.nothing")).is_err(), "a question about an unknown type");
}

fn a_new_record_reads_back(driver: &mut dyn Driver) {
    fill(driver);
    let row = thing(driver, 2);
    for (field, [_, middle, _]) in samples() {
        assert_eq!(row[field], middle, "{field}");
    }
    assert_eq!(row["version"], 1);
    assert!(row["number"].as_str().is_some_and(|number| number.starts_with("T-")), "{row:?}");
    for column in ["id", "site", "created_at", "created_by", "updated_at", "updated_by"] {
        assert!(row[column].is_string(), "{column} of {row:?}");
    }
    assert_eq!(thing(driver, 4)["text"], Value::Null);
    applied(driver, &[Change::Insert { record_type: SHEET.to_owned(), id: id(9), fields: Fields::new(), sought: false }]);
    let sheets = driver.find(&Find::all(SHEET)).expect("sheets can be found");
    assert_eq!(sheets[0]["state"], "open", "a new record is in the first state");
}

fn an_update_changes_what_it_names(driver: &mut dyn Driver) {
    fill(driver);
    applied(driver, &[update(2, 1, json!({"text": "new", "day": null}))]);
    let row = thing(driver, 2);
    assert_eq!((&row["text"], &row["day"], &row["integer"]), (&json!("new"), &Value::Null, &json!(3)));
    assert_eq!(row["version"], 2);
    let gone = driver.apply(&[update(77, 1, json!({"text": "x"}))]);
    assert!(matches!(gone, Err(Failure::NotFound(_))), "{gone:?}");
}

fn an_update_of_another_version_is_stale(driver: &mut dyn Driver) {
    fill(driver);
    applied(driver, &[update(1, 1, json!({"text": "first"}))]);
    assert_eq!(driver.apply(&[update(1, 1, json!({"text": "second"}))]), Err(Failure::Stale));
    assert_eq!(driver.apply(&[update(1, 3, json!({"text": "second"}))]), Err(Failure::Stale));
    assert_eq!(thing(driver, 1)["text"], "first");
}

// The SDK counts with it: a record that a call changes twice is named with the version that the first change gave it.
fn each_change_counts_the_version_up(driver: &mut dyn Driver) {
    applied(
        driver,
        &[insert(1, "new", json!({"integer": 5})), adjust(1, 1, None), update(1, 2, json!({"text": "a"})), adjust(1, -1, None)],
    );
    assert_eq!(thing(driver, 1)["version"], 4);
}

fn a_counter_never_falls_below_its_floor(driver: &mut dyn Driver) {
    applied(driver, &[insert(1, "stock", json!({"integer": 5})), insert(2, "none", json!({}))]);
    applied(driver, &[adjust(1, -3, Some(0)), adjust(1, -2, Some(0))]);
    assert_eq!(thing(driver, 1)["integer"], 0);
    assert_eq!(driver.apply(&[adjust(1, -1, Some(0))]), Err(Failure::Refused(refusal("floor"))));
    applied(driver, &[adjust(1, -1, None)]);
    assert_eq!(thing(driver, 1)["integer"], -1);
    applied(driver, &[adjust(2, 4, Some(0))]);
    assert_eq!(thing(driver, 2)["integer"], 4, "null counts as 0");
}

fn a_require_sees_what_stands_before_it(driver: &mut dyn Driver) {
    fill(driver);
    let require = |at_least, at_most, limit| {
        let find = Find { limit, ..things(&[("integer", Operator::Gte, json!(3))]) };
        Change::Require { find, at_least, at_most, refusal: refusal("required") }
    };
    applied(driver, &[require(2, Some(2), None), insert(5, "more", json!({"integer": 9})), require(3, Some(3), None)]);
    let refused = Err(Failure::NoLonger(refusal("required")));
    assert_eq!(driver.apply(&[require(4, None, None)]), refused);
    assert_eq!(driver.apply(&[require(0, Some(2), None)]), refused);
    assert_eq!(driver.apply(&[update(5, 1, json!({"integer": 1})), require(3, None, None)]), refused);
    assert_eq!(thing(driver, 5)["integer"], 9, "a set with a refused require leaves nothing");
}

fn a_unique_key_is_taken_once(driver: &mut dyn Driver) {
    applied(driver, &[insert(1, "first", json!({"series": "A", "serial": 1}))]);
    let taken = Err(Failure::Taken(vec!["series".to_owned(), "serial".to_owned()]));
    assert_eq!(driver.apply(&[insert(2, "same", json!({"series": "A", "serial": 1}))]), taken);
    applied(driver, &[insert(3, "other", json!({"series": "A", "serial": 2}))]);
    assert_eq!(driver.apply(&[update(3, 1, json!({"serial": 1}))]), taken);
    applied(driver, &[insert(4, "null", json!({"series": "A"})), insert(5, "null", json!({"series": "A"}))]);
    assert_eq!(
        driver.apply(&[insert(6, "x", json!({"series": "B", "serial": 1})), insert(7, "y", json!({"series": "B", "serial": 1}))]),
        taken
    );
}

fn one_record_is_open_at_a_time(driver: &mut dyn Driver) {
    applied(driver, &[sheet(1, "open")]);
    assert_eq!(driver.apply(&[sheet(2, "open")]), Err(Failure::OneIsOpen));
    assert_eq!(driver.apply(&[sheet(2, "lent")]), Err(Failure::OneIsOpen), "every state that is not closed is open");
    applied(driver, &[sheet(3, "closed")]);
    let set = |n, version, set| Change::Update { record_type: SHEET.to_owned(), id: id(n), version, set: fields(set) };
    applied(driver, &[set(1, 1, json!({"state": "lent"}))]);
    applied(driver, &[set(1, 2, json!({"state": "closed"})), sheet(4, "open")]);
    assert_eq!(driver.apply(&[set(1, 3, json!({"state": "open"}))]), Err(Failure::OneIsOpen));
    applied(driver, &[set(4, 1, json!({"void_reason": "a mistake"})), sheet(5, "open")]);
}

fn what_was_signed_has_changed(driver: &mut dyn Driver) {
    let void = |version| Change::VoidSignOffs { record_type: THING.to_owned(), id: id(1), version };
    applied(driver, &[insert(1, "list", json!({}))]);
    applied(driver, &[void(1)]);
    assert_eq!(thing(driver, 1)["version"], 2, "an old look at it is old");
    assert_eq!(driver.apply(&[void(1)]), Err(Failure::Stale));
    assert_eq!(driver.apply(&[update(1, 1, json!({"text": "x"}))]), Err(Failure::Stale));
}

fn all_or_nothing(driver: &mut dyn Driver) {
    applied(driver, &[insert(1, "kept", json!({"integer": 1}))]);
    let number = thing(driver, 1)["number"].clone();
    let failed = driver.apply(&[insert(2, "lost", json!({})), adjust(1, 5, None), update(1, 1, json!({"text": "x"}))]);
    assert_eq!(failed, Err(Failure::Stale));
    check(driver, &Find::all(THING), &["kept"]);
    assert_eq!(thing(driver, 1)["integer"], 1);
    applied(driver, &[insert(3, "next", json!({}))]);
    let next = thing(driver, 3)["number"].clone();
    let count = |number: &Value| number.as_str().and_then(|number| number.rsplit('-').next()?.parse::<i64>().ok());
    assert_eq!(count(&next), count(&number).map(|count| count + 1), "numbers have no gap: {number} {next}");
}

fn misfits_are_refused(driver: &mut dyn Driver) {
    let misfits = [
        ("text", json!("a text of more than twenty characters")),
        ("text", json!(7)),
        ("integer", json!("7")),
        ("day", json!("2026-02-30")),
        ("instant", json!("yesterday")),
        ("choice", json!("cherry")),
        ("bool", json!(1)),
        ("reference", json!("T-20261101-001")),
        ("colour", json!("red")),
        ("version", json!(9)),
    ];
    for (field, value) in misfits {
        let failed = driver.apply(&[insert(1, "misfit", json!({ field: value }))]);
        assert!(matches!(failed, Err(Failure::Invalid(_) | Failure::Defect(_))), "{field} {value}: {failed:?}");
    }
    let lacking = Change::Insert { record_type: THING.to_owned(), id: id(1), fields: Fields::new(), sought: false };
    assert!(driver.apply(&[lacking]).is_err(), "a record without its required field");
    applied(driver, &[insert(2, "good", json!({}))]);
    assert!(driver.apply(&[update(2, 1, json!({"label": null}))]).is_err(), "a required field can't be cleared");
    let state =
        Change::Insert { record_type: SHEET.to_owned(), id: id(3), fields: fields(json!({"state": "torn"})), sought: false };
    assert!(driver.apply(&[state]).is_err(), "an unknown state");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Stamp, Stop, Store};

    impl Driver for Store {
        fn apply(&mut self, changes: &[Change]) -> Result<(), Failure> {
            let at = "2026-11-01T01:00:00Z".parse().unwrap();
            let stamp = Stamp { by: "test".to_owned(), at, today: "2026-11-01".parse().unwrap() };
            match Store::apply(self, changes, &stamp) {
                Ok(_) => Ok(()),
                Err(Stop::Failure(failure)) => Err(failure),
                Err(Stop::Parts(items)) => panic!("no check has parts: {items:?}"),
            }
        }

        fn find(&mut self, find: &Find) -> Result<Vec<Fields>, Failure> {
            Store::find(self, find)
        }

        fn count(&mut self, find: &Find) -> Result<u64, Failure> {
            Store::find(self, find).map(|rows| rows.len() as u64)
        }
    }

    #[test]
    fn the_store_in_memory_conforms() {
        for (_, check) in CHECKS {
            check(&mut Store::new(PLUGIN, &description()));
        }
    }
}
