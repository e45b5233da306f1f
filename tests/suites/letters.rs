//! Clerks who write letters through a fault, and the look afterwards at what became of them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use deskbell_tests::Api;
use serde_json::{Value, json};

const LETTERS: &str = "/api/v1/records/letters.letter";

/// Writes until it is over or the desk is gone, and notes what was acknowledged once it was.
pub(crate) fn write_until(api: &Api, writer: &str, is_over: &AtomicBool, acknowledged: &Mutex<Vec<Value>>) {
    let mut n = 0;
    while !is_over.load(Ordering::Relaxed) {
        n += 1;
        let letter = json!({"addressee": format!("writer {writer} letter {n}"), "kind": "letter", "destination": "other"});
        match api.send("POST", LETTERS, Some(letter), &[]) {
            Ok(answer) if answer.status == 201 => acknowledged.lock().unwrap().push(answer.body),
            // The database is away for the moment; a client may wait and try again.
            Ok(answer) if answer.status == 503 => assert!(answer.retry_after.is_some(), "{}", answer.body),
            Ok(answer) => panic!("{} {}", answer.status, answer.body),
            Err(_) => return,
        }
    }
}

/// Ends the clerks' work when it goes, also where the test fails: they would write for ever.
pub(crate) struct WhileHeld<'a>(pub &'a AtomicBool);

impl Drop for WhileHeld<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads all letters; every acknowledged one is there as it was, and each series of numbers has no gap. Returns their count.
pub(crate) fn all_are_kept(api: &Api, acknowledged: &[Value]) -> usize {
    let letters = all(api);
    for letter in acknowledged {
        let number = letter["number"].as_str().unwrap();
        let found = letters.get(number).unwrap_or_else(|| panic!("{number} was acknowledged and is lost"));
        for field in ["id", "addressee", "version", "created_at", "state"] {
            assert_eq!(found[field], letter[field], "{field} of {number}");
        }
    }
    let mut series: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for number in letters.keys() {
        let (day, count) = number.rsplit_once('-').unwrap();
        series.entry(day).or_default().push(count.parse().unwrap());
    }
    for (day, mut counts) in series {
        counts.sort_unstable();
        assert_eq!(counts, (1..=counts.len()).collect::<Vec<_>>(), "{day} has gaps");
    }
    letters.len()
}

fn all(api: &Api) -> BTreeMap<String, Value> {
    let mut letters = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("{LETTERS}?limit=200&sort=created_at{cursor}")).expect(200).body;
        for letter in page["items"].as_array().unwrap() {
            letters.insert(letter["number"].as_str().unwrap().to_owned(), letter.clone());
        }
        let Some(next) = page["next_cursor"].as_str() else { return letters };
        cursor = format!("&cursor={next}");
    }
}
