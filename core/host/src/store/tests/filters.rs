//! A filter means the same in SQL as in the evaluator that handlers and TestDesk use.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;

const RECORDS: usize = 60;
const QUESTIONS: usize = 300;

pub(super) async fn the_sql_of_a_filter_answers_as_its_evaluator_does(desk: Fixture) {
    let mut runner = TestRunner::deterministic();
    let mut draw = |strategy: &BoxedStrategy<Value>| strategy.new_tree(&mut runner).unwrap().current();
    let mut records = Vec::new();
    for _ in 0..RECORDS {
        let mut given: Fields = FIELDS.iter().map(|name| ((*name).to_owned(), draw(&maybe(name)))).collect();
        given.insert("addressee".to_owned(), draw(&values("addressee")));
        given.insert("state".to_owned(), draw(&values("state")));
        records.push(given);
    }
    let rows = desk.store.write(move |tx| {
        let insert = |given: &Fields| Ok(tx.insert_record(LETTER, Uuid::new_v4(), None, given, stamp())?);
        records.iter().map(insert).collect::<Result<Vec<_>, Problem>>()
    });
    let rows = rows.await.unwrap();
    let view = desk.store.view().await.unwrap();
    for _ in 0..QUESTIONS {
        let find = question(&mut draw);
        let expected = find.apply(rows.clone());
        let found = view.find(SITE, &find).await.unwrap();
        assert_eq!(found, expected, "{find:?}");
        assert_eq!(view.count(SITE, &find).await.unwrap() as usize, expected.len(), "{find:?}");
    }
}

const FIELDS: [&str; 8] = ["kind", "received_on", "notified_at", "pieces", "urgent", "note", "sheet", "state"];

/// Few values a field, so that they meet often; with those that databases like to order differently.
fn values(field: &str) -> BoxedStrategy<Value> {
    let one_of = |list: Vec<Value>| proptest::sample::select(list).boxed();
    match field {
        "kind" => one_of(vec![json!("letter"), json!("parcel")]),
        "state" => one_of(vec![json!("received"), json!("notified"), json!("collected")]),
        "received_on" => one_of(["2025-12-31", "2026-01-01", "2026-11-24"].map(Value::from).to_vec()),
        "notified_at" => one_of(
            ["2026-11-24T01:30:00.000Z", "2026-11-24T01:30:00.010Z", "2026-11-24T01:30:01.000Z", "1999-12-31T23:59:59.999Z"]
                .map(Value::from)
                .to_vec(),
        ),
        "pieces" => one_of(vec![json!(-2), json!(0), json!(9), json!(10), json!(NUMBER_MAX), json!(-NUMBER_MAX)]),
        "urgent" => one_of(vec![json!(true), json!(false)]),
        "sheet" => {
            one_of(["0190a0a0-0000-7000-8000-000000000001", "f190a0a0-0000-7000-8000-000000000002"].map(Value::from).to_vec())
        }
        _ => one_of(
            ["", "a", "A", "B", "ab", "a b", "Ä", "z", "é", "张三", "李四", "𠮷", "50%", "_", "1", "10"]
                .map(Value::from)
                .to_vec(),
        ),
    }
}

fn maybe(field: &str) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 3 => values(field)].boxed()
}

fn question(draw: &mut impl FnMut(&BoxedStrategy<Value>) -> Value) -> Find {
    use Operator::{Eq, Gt, Gte, In, Lt, Lte, Ne, Null};

    let mut number = |below: u64| draw(&(0..below).prop_map(Value::from).boxed()).as_u64().unwrap() as usize;
    let (conditions, sorts) = (number(4), number(3));
    let picks: Vec<(&str, Operator, usize)> =
        (0..conditions).map(|_| (FIELDS[number(8)], [Eq, Ne, Lt, Lte, Gt, Gte, In, Null][number(8)], number(4))).collect();
    let sort =
        (0..sorts).map(|_| deskbell_proto::Sort { field: FIELDS[number(8)].to_owned(), descending: number(2) == 1 }).collect();
    let limit = [None, Some(0), Some(3), Some(1000)][number(4)];
    let mut find = Find { sort, limit, ..Find::all(LETTER) };
    for (field, op, members) in picks {
        let value = match op {
            In => (0..members).map(|_| draw(&maybe(field))).collect(),
            Null => json!(members % 2 == 0),
            _ => draw(&maybe(field)),
        };
        find.filter = find.filter.and(field, op, value);
    }
    find
}
