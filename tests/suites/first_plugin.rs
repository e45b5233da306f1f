//! A plugin that was built on the first boundary and the first protocol works on every later desk, as it is.

use deskbell_tests::{Home, Package};
use serde_json::json;

#[test]
fn the_first_plugin_still_works_in_a_process_of_its_own() {
    check("process");
}

#[test]
fn the_first_plugin_still_works_in_the_desks_process() {
    check("in-process");
}

fn check(isolation: &str) {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    home.write("deskbell.toml", &format!("{settings}\n[runner.plugins.first-plugin]\nisolation = \"{isolation}\"\n"));
    home.install(&Package::first()).expect(0);
    let desk = home.serve();
    let notes = "/api/v1/records/first-plugin.note";
    for (number, words) in [("N-001", "fetch the keys"), ("N-002", "water the plants"), ("N-003", "wind the clock")] {
        let note = desk.api.post(notes, json!({ "words": words })).expect(201).body;
        assert_eq!((&note["number"], &note["words"], &note["state"]), (&json!(number), &json!(words), &json!("open")));
    }
    desk.api.post(notes, json!({ "words": 7 })).problem(422, "validation_failed");

    let changed = desk.api.patch(&format!("{notes}/N-002"), json!({ "words": "water them all" }), &[("if-match", "\"1\"")]);
    assert_eq!(changed.expect(200).body["words"], "water them all");
    let finish = |number: &str| desk.api.post(&format!("{notes}/{number}/actions/finish"), json!({ "finished_by": "李雷" }));
    let finished = finish("N-001").expect(200).body;
    assert_eq!((&finished["state"], &finished["finished_by"]), (&json!("finished"), &json!("李雷")));
    assert_eq!(finish("N-001").problem(409, "rule_refused")["rule"], "F1");

    let run = desk.api.post("/api/v1/jobs/first-plugin.finish-all/runs", json!({})).expect(201).body;
    assert_eq!((&run["state"], &run["effects"]), (&json!("succeeded"), &json!({ "finished": 2 })));
    let found = desk.api.get(&format!("{notes}?finished_by=the%20job&sort=number")).expect(200).body;
    let words: Vec<&str> = found["items"].as_array().unwrap().iter().map(|note| note["words"].as_str().unwrap()).collect();
    assert_eq!(words, ["water them all", "wind the clock"]);
    assert_eq!(desk.stop(), 0);
    home.cli(&["verify"]).expect(0);
}
