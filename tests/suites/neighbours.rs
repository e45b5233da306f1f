//! Store IT's own programs on the desk's database file: they may look and keep tables of their own.

use std::time::{Duration, Instant};

use deskbell_tests::Home;
use rusqlite::Connection;
use serde_json::json;

/// The desk's transactions take the write lock before they look, so a neighbour's commit never comes between.
#[test]
fn another_program_that_writes_holds_up_changes_and_refuses_none() {
    let home = Home::new();
    let desk = home.serve();
    let letter = desk.api.receive("钱学", "2026-11-20");
    let path = format!("/api/v1/records/letters.letter/{}", letter["number"].as_str().unwrap());
    let neighbour = Connection::open(home.path().join("data/deskbell.db")).unwrap();
    neighbour.busy_timeout(Duration::from_secs(10)).unwrap();
    neighbour.execute_batch("CREATE TABLE it_notes(n INTEGER)").unwrap();
    std::thread::scope(|scope| {
        let changing = scope.spawn(|| {
            for version in 1..=60 {
                let etag = format!("\"{version}\"");
                desk.api.patch(&path, json!({"note": format!("note {version}")}), &[("if-match", &etag)]).expect(200);
            }
        });
        let mut n_commits = 0;
        while !changing.is_finished() {
            neighbour.execute_batch("BEGIN IMMEDIATE; INSERT INTO it_notes VALUES (1)").unwrap();
            // It keeps the lock for a while, so that the desk's changes come in the middle of it.
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(4) {
                std::hint::spin_loop();
            }
            neighbour.execute_batch("COMMIT").unwrap();
            n_commits += 1;
            // And lets go of it for as long.
            std::thread::park_timeout(Duration::from_millis(4));
        }
        changing.join().unwrap();
        assert!(n_commits > 5, "the neighbour wrote meanwhile");
    });
}
