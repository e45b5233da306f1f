//! `verify` looks at everything a desk has kept, running or at rest, and tells all that is wrong at once.

use deskbell_tests::{Home, Serving};
use serde_json::{Value, json};

#[test]
fn a_desk_that_worked_is_whole_running_and_at_rest() {
    let home = Home::new();
    let desk = home.serve();
    work(&desk);
    let checks = home.json(&["verify"]);
    assert!(looked_at(&checks, "audit chains") > 0 && looked_at(&checks, "paper files") == 1, "{checks}");
    assert_eq!(looked_at(&checks, "numbers"), 3, "{checks}");
    desk.stop();
    assert_eq!(home.json(&["verify"]), checks);
}

#[test]
fn a_paper_that_was_changed_on_the_disk_is_found() {
    let home = Home::new();
    let desk = home.serve();
    work(&desk);
    let papers = std::fs::read_dir(home.path().join("data/papers")).unwrap();
    let paper = papers.flatten().find(|entry| entry.path().extension().is_some_and(|kind| kind == "pdf")).expect("a paper");
    let mut bytes = std::fs::read(paper.path()).unwrap();
    bytes.push(b' ');
    std::fs::write(paper.path(), bytes).unwrap();
    let name = paper.file_name().into_string().unwrap();
    let told = |home: &Home| home.cli(&["verify"]).expect(10).stdout;
    assert!(told(&home).contains(&name), "{}", told(&home));
    desk.stop();
    assert!(told(&home).contains(&name), "{}", told(&home));
}

/// Letters, the night's job and its paper, fetched once.
fn work(desk: &Serving) {
    desk.api.receive("欧阳娜娜", "2026-01-05");
    desk.api.receive("张三", "2026-01-06");
    let run = desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body;
    let href = run["papers"][0]["href"].as_str().unwrap_or_else(|| panic!("a paper: {run}"));
    desk.api.get(href).expect(200);
}

fn looked_at(checks: &Value, name: &str) -> u64 {
    let check = checks["items"].as_array().unwrap().iter().find(|check| check["check"] == name);
    check.unwrap_or_else(|| panic!("no {name} in {checks}"))["looked_at"].as_u64().unwrap()
}
