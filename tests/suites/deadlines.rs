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

/// O1, O3: the month closes at the end of the 25th on the store's own clock, also on the day on which that clock is put back.
#[test]
fn a_month_closes_at_the_end_of_its_day_when_the_clocks_change() {
    let home = Home::with_init(&["--timezone", "Europe/London"]);
    let line = |at: &str, path: &str, body: Value| {
        let path = format!("/api/v1/records/office-supplies.{path}");
        json!({"at": at, "as": "boss", "method": "POST", "path": path, "body": body}).to_string()
    };
    // Summer time ends on the 25th at two in the morning: the day has 25 hours, and its last minutes are 23:50 UTC.
    let (early, last_minutes, too_late) = ("2026-10-24T09:00:00+01:00", "2026-10-25T23:50:00Z", "2026-10-26T00:05:00Z");
    let script = [
        line(early, "department", json!({"name": "家电部"})),
        line(early, "department", json!({"name": "服装部"})),
        line(early, "item", json!({"name": "圆珠笔", "unit": "支"})),
        line(early, "request", json!({"department": "OD-001", "requester": "李雷"})),
        line(early, "request", json!({"department": "OD-002", "requester": "韩梅梅"})),
        line(early, "request/OS-2026-001/actions/ask-for", json!({"item": "OI-001", "quantity": 10})),
        line(early, "request/OS-2026-002/actions/ask-for", json!({"item": "OI-001", "quantity": 5})),
        line(last_minutes, "request/OS-2026-001/actions/submit", json!({})),
        line(last_minutes, "request/OS-2026-001/actions/approve", json!({})),
        line(too_late, "request/OS-2026-002/actions/submit", json!({})),
    ];
    home.write("october.jsonl", &script.join("\n"));
    let script = home.path().join("october.jsonl").display().to_string();
    let span = ["--json", "simulate", "--from", "2026-10-24", "--to", "2026-10-27", "--script", &script];
    let told: Value = serde_json::from_str(&home.cli(&span).expect(9).stdout).expect("a report");

    let statuses: Vec<&Value> = told["commands"].as_array().unwrap().iter().map(|sent| &sent["status"]).collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 200, 200, 200, 200, 409], "{told}");
    let runs = told["runs"].as_array().unwrap().iter().filter(|run| run["job"] == "office-supplies.close-month");
    let merged: Vec<(&str, Option<i64>)> = runs
        .map(|run| (run["scheduled_for"].as_str().unwrap(), run["effects"]["merged"].as_i64()))
        .filter(|(_, merged)| merged.is_some())
        .collect();
    assert_eq!(merged.len(), 1, "{told}");
    assert!(merged[0].0.starts_with("2026-10-26T00:20:00"), "{merged:?}");
}
