//! The road of a letter from the counter to the paper that HR signs.

use deskbell_tests::{Home, Serving, eventually};
use serde_json::{Value, json};

/// The acceptance of the letters plugin, day by day, on a copy of the desk with a clock of its own.
#[test]
fn two_letters_that_nobody_fetched_stand_on_the_sheet_of_the_ninth() {
    let home = Home::made_at("2026-12-01 10:00:00");
    let desk = home.serve();
    for addressee in ["欧阳娜娜", "张三", "李四"] {
        desk.api.receive(addressee, "2026-12-01");
    }
    desk.stop();
    home.write(
        "collect.jsonl",
        r#"{"at": "2026-12-05 11:00", "as": "boss", "method": "POST", "path": "/api/v1/records/letters.letter/L-20261201-002/actions/collect", "body": {"collected_by": "张三"}}"#,
    );
    let (script, out) = (home.path().join("collect.jsonl"), home.path().join("out"));
    let (script, out) = (script.display().to_string(), out.display().to_string());
    let told = home.json(&["simulate", "--from", "2026-12-01", "--to", "2026-12-10", "--script", &script, "--out", &out]);

    let runs = told["runs"].as_array().expect("runs");
    let of = |job: &str| runs.iter().filter(|run| run["job"] == job).collect::<Vec<_>>();
    assert!(of("letters.morning-notice").len() >= 9, "a morning notice a day: {told}");
    let has_papers = |run: &&&Value| run["papers"].as_array().is_some_and(|papers| !papers.is_empty());
    let night_runs = of("letters.hand-off-unclaimed");
    let handed: Vec<_> = night_runs.iter().filter(has_papers).collect();
    assert_eq!(handed.len(), 1, "one sheet: {told}");
    assert!(handed[0]["scheduled_for"].as_str().unwrap().starts_with("2026-12-08T18:30"), "02:30 on the 9th: {}", handed[0]);
    let sheets = home.texts_of_papers("handoff-sheet");
    let [sheet] = sheets.as_slice() else { panic!("one paper, not {}", sheets.len()) };
    assert!(sheet.contains("欧阳娜娜") && sheet.contains("李四"), "{sheet}");
    assert!(!sheet.contains("张三"), "{sheet}");
    // Nothing of it happened on the desk itself.
    let desk = home.serve();
    assert_eq!(desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"], json!([]));
}

/// Running the night's job again adds nothing; HR's signature closes the sheet; an unsigned one is carried forward.
#[test]
fn a_sheet_is_carried_forward_until_hr_signs_it() {
    let home = Home::made_at("2026-12-09 10:00:00");
    home.add_user("hong", "hr", "271828");
    let desk = home.serve();
    desk.api.receive("王芳", "2026-11-20");
    let first = run_hand_off(&desk);
    assert_eq!(first["state"], "succeeded", "{first}");
    let again = run_hand_off(&desk);
    assert_eq!(again["papers"], json!([]), "nothing was added: {again}");

    desk.api.receive("赵敏", "2026-11-21");
    run_hand_off(&desk);
    let sheets = desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"].clone();
    let sheets = sheets.as_array().unwrap();
    assert_eq!(sheets.len(), 1, "carried forward, not doubled: {sheets:?}");

    let number = sheets[0]["number"].as_str().unwrap();
    let path = format!("/api/v1/records/letters.handoff-sheet/{number}/sign-offs/hr");
    desk.api.post(&path, json!({"user": "hong", "pin": "000000"})).problem(403, "wrong_pin");
    // A wrong PIN slows the account down for a moment; it does not shut HR out.
    desk.api.post(&path, json!({"user": "hong", "pin": "271828"})).problem(429, "too_many_requests");
    eventually("HR may sign again", || {
        let signed = desk.api.post(&path, json!({"user": "hong", "pin": "271828"}));
        (signed.status != 429).then(|| signed.expect(200))
    });
    let letters = desk.api.get("/api/v1/records/letters.letter").expect(200).body["items"].clone();
    for letter in letters.as_array().unwrap() {
        assert_eq!(letter["state"], "handed-to-hr", "{letter}");
    }
    run_hand_off(&desk);
    let sheets = desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"].clone();
    assert_eq!(sheets.as_array().unwrap().len(), 1, "with nothing due there is no new sheet");
}

/// L2, to the clerk's eyes, in both languages.
#[test]
fn a_proxy_without_the_duty_manager_is_refused_in_the_clerks_language() {
    let home = Home::new();
    home.add_user("dong", "duty-manager", "314159");
    let desk = home.serve();
    let letter = desk.api.post(
        "/api/v1/records/letters.letter",
        json!({"addressee": "孙悦", "kind": "registered", "destination": "staff-passage"}),
    );
    let number = letter.expect(201).text("number").to_owned();
    let collect = format!("/api/v1/records/letters.letter/{number}/actions/collect");
    let proxy = json!({"collected_by": "周杰"});

    let english = desk.api.post(&collect, proxy.clone()).problem(409, "sign_off_required");
    assert_eq!(english["rule"], "L2");
    assert_eq!(english["boxes"][0]["roles"], json!(["duty-manager"]));
    let chinese = desk.api.reading("zh-CN").post(&collect, proxy.clone()).problem(409, "sign_off_required");
    assert!(chinese["detail"].as_str().unwrap().contains("值班经理"), "{chinese}");
    assert_ne!(english["detail"], chinese["detail"]);

    let mut signed = proxy;
    signed["sign_offs"] = json!([{"box": english["boxes"][0]["box"], "user": "dong", "pin": "314159"}]);
    assert_eq!(desk.api.post(&collect, signed).expect(200).body["state"], "collected");
}

/// L6: a parcel is announced at once; whoever has been told is no longer on the list of what to do.
#[test]
fn a_task_is_done_when_its_letter_has_moved_on() {
    let home = Home::new();
    let desk = home.serve();
    let parcel = desk
        .api
        .post("/api/v1/records/letters.letter", json!({"addressee": "孙悦", "kind": "parcel", "destination": "staff-passage"}));
    let number = parcel.expect(201).text("number").to_owned();
    let tasks = || {
        let due = desk.api.get("/api/v1/due").expect(200).body["items"].clone();
        due.as_array().unwrap().iter().filter(|item| item["number"] == *number && !item["task"].is_null()).count()
    };
    assert_eq!(tasks(), 1);
    let collect = format!("/api/v1/records/letters.letter/{number}/actions/collect");
    desk.api.post(&collect, json!({"collected_by": "孙悦"})).expect(200);
    assert_eq!(tasks(), 0);
}

fn run_hand_off(desk: &Serving) -> Value {
    desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body
}
