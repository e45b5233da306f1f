//! What is due on a day, and which deadlines come next.

use deskbell_tests::Home;
use serde_json::{Value, json};

/// L7, X-3: the desk's day and its preview know the first day of a deadline; the job that sweeps asks the same.
#[test]
fn a_deadline_is_foreseen_with_its_first_day() {
    let home = Home::made_at("2026-12-28 09:00:00");
    let desk = home.serve();
    let letter = desk.api.receive("李雷", "2026-12-25");
    let number = letter["number"].as_str().unwrap();
    let due_on = |arguments: &[&str]| -> Option<Value> {
        let told = home.json(&[&["due"], arguments].concat());
        let mut items = told["items"].as_array().unwrap().iter();
        items.find(|item| item["due"] == "unclaimed" && item["number"] == number).map(|item| item["due_on"].clone())
    };
    // Over the year's end: kept through 1 January, due on the 2nd.
    assert_eq!(due_on(&["--on", "2027-01-01"]), None);
    assert_eq!(due_on(&["--on", "2027-01-02"]), Some(json!("2027-01-02")));
    assert_eq!(due_on(&["--on", "2027-01-05"]), Some(json!("2027-01-02")), "since when it is due does not move");
    assert_eq!(due_on(&["--on", "2026-12-28", "--ahead", "4"]), None);
    assert_eq!(due_on(&["--on", "2026-12-28", "--ahead", "5"]), Some(json!("2027-01-02")));
    desk.api.get("/api/v1/due?ahead=9999").problem(422, "validation_failed");
}
