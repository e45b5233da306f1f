//! Two clerks on one record, a hundred at one counter: nobody loses anything, nothing is done twice.

use std::collections::BTreeSet;

use deskbell_tests::Home;
use serde_json::{Value, json};

#[test]
fn the_second_of_two_clerks_learns_that_the_letter_changed() {
    let home = Home::new();
    let desk = home.serve();
    let letter = desk.api.receive("钱学", "2026-11-20");
    let path = format!("/api/v1/records/letters.letter/{}", letter["number"].as_str().unwrap());
    let etag = desk.api.get(&path).expect(200).etag.expect("an ETag");

    desk.api.patch(&path, json!({"note": "wet"}), &[]).problem(428, "version_required");
    desk.api.patch(&path, json!({"note": "wet"}), &[("if-match", &etag)]).expect(200);
    let second = desk.api.patch(&path, json!({"note": "torn"}), &[("if-match", &etag)]).problem(412, "stale_version");
    assert_eq!(second["current_version"], 2, "{second}");
    let now = desk.api.get(&path).expect(200);
    assert_eq!(now.body["note"], "wet");
    desk.api.patch(&path, json!({"state": "collected"}), &[("if-match", &now.etag.unwrap())]).problem(422, "validation_failed");
}

#[test]
fn a_hundred_letters_at_once_have_a_hundred_numbers_without_a_gap() {
    let home = Home::new();
    let desk = home.serve();
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let receive = |n: usize| desk.api.receive(&format!("addressee {n}"), "2026-11-20")["number"].as_str().unwrap().to_owned();
        let clerks: Vec<_> =
            (0..10).map(|clerk| scope.spawn(move || (0..10).map(|n| receive(clerk * 10 + n)).collect::<Vec<_>>())).collect();
        clerks.into_iter().flat_map(|clerk| clerk.join().unwrap()).collect()
    });
    let distinct: BTreeSet<&str> = numbers.iter().map(|number| &number[number.len() - 3..]).collect();
    let expected: Vec<String> = (1..=100).map(|n| format!("{n:03}")).collect();
    assert_eq!(distinct, expected.iter().map(String::as_str).collect());
}

#[test]
fn a_key_used_twice_has_one_effect_and_one_answer() {
    let home = Home::new();
    let desk = home.serve();
    let letter = json!({"addressee": "吴昊", "kind": "letter", "destination": "other"});
    let key = [("idempotency-key", "counter-1-0001")];
    let first = desk.api.post_with("/api/v1/records/letters.letter", letter.clone(), &key).expect(201);
    let again = desk.api.post_with("/api/v1/records/letters.letter", letter.clone(), &key).expect(201);
    assert_eq!(first.bytes, again.bytes);
    let mut other = letter;
    other["addressee"] = json!("somebody else");
    desk.api.post_with("/api/v1/records/letters.letter", other, &key).problem(422, "idempotency_mismatch");
    let all = desk.api.get("/api/v1/records/letters.letter").expect(200).body["items"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
}

#[test]
fn pages_of_a_list_hold_every_letter_once() {
    let home = Home::new();
    let desk = home.serve();
    for n in 0..25 {
        desk.api.receive(&format!("addressee {n:02}"), &format!("2026-11-{:02}", 1 + n % 20));
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = desk.api.get(&format!("/api/v1/records/letters.letter?limit=10&sort=-received_on{cursor}")).expect(200).body;
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let days: Vec<&str> = seen.iter().map(|letter| letter["received_on"].as_str().unwrap()).collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "{days:?}");
    let numbers: BTreeSet<&str> = seen.iter().map(|letter| letter["number"].as_str().unwrap()).collect();
    assert_eq!((seen.len(), numbers.len()), (25, 25));
    let late = desk.api.get("/api/v1/records/letters.letter?received_on[gte]=2026-11-19").expect(200).body;
    assert_eq!(late["items"].as_array().map(Vec::len), Some(2));
    desk.api.receive("司马相如", "2026-11-03");
    let found = desk.api.get("/api/v1/records/letters.letter?q=相如").expect(200).body;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
}
