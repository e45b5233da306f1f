//! Faults in public areas: seen every evening and every morning until somebody has verified that they are fixed.

use deskbell_tests::{Home, Serving};
use serde_json::{Value, json};

const TICKETS: &str = "/api/v1/records/repair-tickets.ticket";

/// A ticket left open at 21:00 is on the evening's check sheet, and on each opening's list until it is verified.
#[test]
fn a_ticket_is_listed_each_evening_and_morning_until_it_is_verified() {
    let home = Home::made_at("2026-12-01 09:00:00");
    let command = |at: &str, path: &str, body: Value| {
        let path = format!("{TICKETS}{path}");
        json!({"at": at, "as": "boss", "method": "POST", "path": path, "body": body, "keep": "ticket"})
    };
    let found = fault(json!({"found_at": "2026-12-01T20:50:00+08:00", "place": "二楼东侧通道"}));
    let script = [
        command("2026-12-01 20:55", "", found),
        command("2026-12-02 15:00", "/{ticket}/actions/fix", json!({})),
        command("2026-12-03 11:00", "/{ticket}/actions/verify", json!({})),
    ];
    home.write("mend.jsonl", &script.map(|line| line.to_string()).join("\n"));
    let (script, out) = (home.path().join("mend.jsonl"), home.path().join("out"));
    let (script, out) = (script.display().to_string(), out.display().to_string());
    let told = home.json(&["simulate", "--from", "2026-12-01", "--to", "2026-12-04", "--script", &script, "--out", &out]);

    // 21:00 in Shanghai is 13:00 UTC, 10:00 is 02:00. It is fixed on the 2nd, and verified on the 3rd after opening.
    assert_eq!(days_with_a_paper(&told, "repair-tickets.evening-check"), ["2026-12-01T13:00"], "{told}");
    let mornings = ["2026-12-02T02:00", "2026-12-03T02:00"];
    assert_eq!(days_with_a_paper(&told, "repair-tickets.morning-recheck"), mornings, "{told}");
    for form in ["check-sheet", "opening-check"] {
        let texts = home.texts_of_papers(form);
        assert!(!texts.is_empty(), "no {form} in out/");
        for text in texts {
            assert!(text.contains("R-20261201-001") && text.contains("二楼东侧通道"), "{form}: {text}");
        }
    }
}

/// R1, to the clerk's eyes, in both languages.
#[test]
fn an_emergency_that_nobody_was_told_of_is_refused_in_the_clerks_language() {
    let home = Home::new();
    let desk = home.serve();
    let emergency = fault(json!({"urgency": "emergency", "phoned_at": "2026-11-01T09:05:00+08:00"}));
    let english = desk.api.post(TICKETS, emergency.clone()).problem(409, "rule_refused");
    let chinese = desk.api.reading("zh-CN").post(TICKETS, emergency.clone()).problem(409, "rule_refused");
    assert_eq!((&english["rule"], &chinese["rule"]), (&json!("R1"), &json!("R1")));
    assert!(english["detail"].as_str().unwrap().contains("phoned to"), "{english}");
    assert!(chinese["detail"].as_str().unwrap().contains("打电话"), "{chinese}");

    let lacking = desk.api.post(TICKETS, json!({"description": "很暗"})).problem(422, "validation_failed");
    let fields: Vec<&str> = lacking["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["found_at", "place", "broken_item"]);
    let mut phoned = emergency;
    phoned["phoned_to"] = json!("工程值班");
    desk.api.post(TICKETS, phoned).expect(201);
}

/// R2: security signs the day's sheet with their own PIN; a ticket that comes later opens it again.
#[test]
fn security_signs_for_the_days_tickets_as_often_as_new_ones_come() {
    let home = Home::new();
    home.add_user("gang", "security", "161803");
    let desk = home.serve();
    for place in ["停车场", "大门"] {
        let number = report(&desk, json!({ "place": place }));
        let sheets = desk.api.get("/api/v1/records/repair-tickets.sign-off-sheet").expect(200).body["items"].clone();
        let sheet = sheets[0]["number"].as_str().unwrap();
        assert_eq!((sheets.as_array().map(Vec::len), &sheets[0]["state"]), (Some(1), &json!("open")), "{sheets}");
        let sign = format!("/api/v1/records/repair-tickets.sign-off-sheet/{sheet}/sign-offs/security");
        desk.api.post(&sign, json!({"user": "gang", "pin": "161803"})).expect(200);
        assert_eq!(desk.api.get(&format!("{TICKETS}/{number}")).expect(200).body["state"], "signed-for");
        desk.api.post(&sign, json!({"user": "gang", "pin": "161803"})).problem(409, "rule_refused");
    }
}

/// R2: clerks who write the day's first tickets at the same moment all get theirs onto one sheet.
#[test]
fn the_days_first_tickets_at_once_are_on_one_sheet() {
    let home = Home::new();
    let desk = home.serve();
    std::thread::scope(|scope| {
        for clerk in 0..8 {
            let desk = &desk;
            scope.spawn(move || report(desk, json!({"place": format!("{clerk} 号门")})));
        }
    });
    let tickets = desk.api.get(TICKETS).expect(200).body["items"].clone();
    let sheets = desk.api.get("/api/v1/records/repair-tickets.sign-off-sheet").expect(200).body["items"].clone();
    assert_eq!((tickets.as_array().map(Vec::len), sheets.as_array().map(Vec::len)), (Some(8), Some(1)));
    assert!(tickets.as_array().unwrap().iter().all(|ticket| ticket["sheet"] == sheets[0]["number"]), "{tickets}");
}

/// R6: from the command line, a resident's ticket is not verified before the resident was called back.
#[test]
fn a_residents_ticket_is_called_back_before_it_is_verified() {
    let home = Home::new();
    let reported = ["found_at=2026-11-01T09:00:00+08:00", "place=三单元门厅", "broken_item=门禁"];
    let by = ["reported_by=resident", "reporter=周敏", "contact=13800001111"];
    let new = [&["record", "new", "repair-tickets.ticket"][..], &reported, &by].concat();
    let number = home.json(&new)["number"].as_str().unwrap().to_owned();
    let act = |action: &str, fields: &[&str], code: i32| {
        home.cli(&[&["record", "do", "repair-tickets.ticket", &number, action], fields].concat()).expect(code)
    };
    let due = home.cli(&["due"]).expect(0).stdout;
    assert!(due.contains(&number) && due.contains("Work order to give to maintenance"), "{due}");
    act("dispatch", &["dispatched_to=何工"], 0);
    act("fix", &[], 0);
    let refused = act("verify", &[], 6);
    assert!(refused.stderr.contains("has not been called back"), "{}", refused.stderr);
    act("call-back", &["opinion=很满意"], 0);
    act("verify", &[], 0);
}

/// A fault that staff found, differing as said.
fn fault(differs: Value) -> Value {
    let mut fields = json!({"found_at": "2026-11-01T09:00:00+08:00", "place": "大门", "broken_item": "照明灯"});
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    fields
}

fn report(desk: &Serving, differs: Value) -> String {
    desk.api.post(TICKETS, fault(differs)).expect(201).text("number").to_owned()
}

/// When the runs of a job that printed something were due, to the minute.
fn days_with_a_paper<'t>(told: &'t Value, job: &str) -> Vec<&'t str> {
    let runs = told["runs"].as_array().expect("runs").iter().filter(|run| run["job"] == job);
    let printed = runs.filter(|run| run["papers"].as_array().is_some_and(|papers| !papers.is_empty()));
    printed.map(|run| &run["scheduled_for"].as_str().unwrap()[..16]).collect()
}
