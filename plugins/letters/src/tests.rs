//! The rules of mail distribution, at the desk in memory.

use deskbell_sdk::Role;
use deskbell_testkit::{TestDesk, Value, json};

fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("mei", [Role::DUTY_MANAGER], "2222").user("wang", [Role::HR], "3333");
    desk
}

/// Registers a letter for the staff passage, and returns its number.
fn receive(desk: &mut TestDesk, addressee: &str) -> String {
    receive_with(desk, json!({ "addressee": addressee }))
}

/// Registers mail that differs from a letter for 李雷 in the staff passage, and returns its number.
fn receive_with(desk: &mut TestDesk, differs: Value) -> String {
    let mut fields = json!({"addressee": "李雷", "kind": "letter", "destination": "staff-passage"});
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    desk.create("letter", fields).number()
}

fn state(desk: &TestDesk, number: &str) -> String {
    desk.get("letter", number)["state"].as_str().unwrap().to_owned()
}

/// The addressees on a paper, in its order.
fn names(paper: &Value) -> Vec<&str> {
    paper["lines"].as_array().unwrap().iter().map(|line| line["addressee"].as_str().unwrap()).collect()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// L1: registered on arrival, with a number of the day, today unless it is entered later, and never ahead.
#[test]
fn l1_mail_is_registered_on_arrival() {
    let mut desk = desk();
    assert_eq!(receive(&mut desk, "李雷"), "L-20261101-001");
    let late = receive_with(&mut desk, json!({"received_on": "2026-10-30"}));
    assert_eq!(desk.get("letter", &late)["received_on"], "2026-10-30");
    assert_eq!(desk.get("letter", "L-20261101-001")["received_on"], "2026-11-01");
    let ahead = json!({"addressee": "李雷", "kind": "letter", "destination": "other", "received_on": "2026-11-02"});
    assert_eq!(desk.create("letter", ahead).invalid("received_on"), "received-on-is-ahead");
    assert_eq!(receive(&mut desk, "韩梅梅"), "L-20261101-003", "a refused letter leaves no gap");
}

/// L2: the addressee collects in person.
#[test]
fn l2_the_addressee_collects_once() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李雷");
    let collected = desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).done();
    assert_eq!(collected["state"], "collected");
    assert_eq!(collected["collected_at"], "2026-11-01T01:00:00.000Z");
    desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).refused_by("L2");
}

/// L2: somebody else needs the duty manager's own signature, and until then nothing has happened.
#[test]
fn l2_a_proxy_needs_the_duty_managers_signature() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李雷");
    let by_proxy = json!({"collected_by": "韩梅梅"});
    let refusal = desk.act("letter", &letter, "collect", by_proxy.clone()).needs_sign_off("duty-manager");
    assert_eq!(refusal.rule.as_deref(), Some("L2"));
    assert_eq!(refusal.sentences["zh-CN"], "信件须由李雷本人领取；他人代领，要先请值班经理签字。");
    assert_eq!(refusal.sentences["en"], "李雷 has to collect this in person; for anybody else the duty manager signs first.");
    assert_eq!(state(&desk, &letter), "received");

    desk.signed_by("duty-manager", "mei", "9999").act("letter", &letter, "collect", by_proxy.clone()).problem("wrong_pin");
    desk.signed_by("duty-manager", "wang", "3333").act("letter", &letter, "collect", by_proxy.clone()).problem("forbidden");
    desk.signed_by("duty-manager", "mei", "2222").act("letter", &letter, "collect", by_proxy).done();
    let letter = desk.get("letter", &letter);
    assert_eq!((&letter["collected_by"], &letter["sign_offs"][0]["user"]), (&json!("韩梅梅"), &json!("mei")));
}

/// L2: a name can't be changed into the proxy's once it was announced.
#[test]
fn l2_an_announced_name_stays() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李蕾");
    desk.patch("letter", &letter, json!({"addressee": "李雷"})).done();
    desk.run_job("morning-notice").outcome();
    desk.patch("letter", &letter, json!({"addressee": "韩梅梅"})).refused_by("L2");
    desk.patch("letter", &letter, json!({"note": "湿了一角"})).done();
}

/// L3: the morning notice names those with waiting mail, day after day, until it is collected.
#[test]
fn l3_the_morning_notice_names_who_has_mail() {
    let mut desk = desk();
    assert_eq!(desk.run_job("morning-notice").outcome().0, "nothing-due");
    let li = receive(&mut desk, "李雷");
    receive(&mut desk, "韩梅梅");
    receive_with(&mut desk, json!({"addressee": "办公室", "destination": "second-floor-office"}));
    let run = desk.on("2026-11-02").run_job("morning-notice");
    assert_eq!((run.sentence("en"), run.sentence("zh-CN")), ("named 2".to_owned(), "通知了 2 件".to_owned()));
    assert_eq!(names(&desk.papers()[0].data), ["李雷", "韩梅梅"]);
    assert_eq!((&*state(&desk, &li), desk.get("letter", &li)["version"].as_i64()), ("notified", Some(2)));

    desk.on("2026-11-03").act("letter", &li, "collect", json!({"collected_by": "李雷"})).done();
    desk.at("2026-11-04 09:00").run_job("morning-notice").outcome();
    assert_eq!(names(&desk.papers()[1].data), ["韩梅梅"]);
    assert_eq!(desk.papers()[1].data["on"], "2026-11-04");
}

/// L4: the office's mail goes up with the round, and each line is signed.
#[test]
fn l4_office_mail_is_brought_and_signed_for() {
    let mut desk = desk();
    let office =
        receive_with(&mut desk, json!({"addressee": "周敏", "destination": "second-floor-office", "department": "企划部"}));
    let other = receive(&mut desk, "李雷");
    assert_eq!(names(&desk.paper_for("office-round", "2026-11-01", "2026-11-01")), ["周敏"]);
    desk.act("letter", &other, "deliver", json!({"delivered_to": "李雷"})).refused_by("L4");
    let delivered = desk.act("letter", &office, "deliver", json!({"delivered_to": "周敏"})).done();
    assert_eq!((&delivered["state"], &delivered["delivered_to"]), (&json!("delivered"), &json!("周敏")));
    assert_eq!(names(&desk.paper_for("office-round", "2026-11-01", "2026-11-01")), Vec::<&str>::new());
}

/// L5: the third floor is called; who, when and by whom is logged.
#[test]
fn l5_the_third_floor_is_called_and_the_call_is_logged() {
    let mut desk = desk();
    let letter = receive_with(&mut desk, json!({"destination": "third-floor-clothing-city"}));
    assert_eq!(desk.sentence(&desk.tasks()[0], "zh-CN"), "打电话到三楼服装城，请李雷下来取件（L-20261101-001）");
    desk.at("2026-11-01 10:30").act("letter", &letter, "log-call", json!({"called": "店长"})).done();
    let call = &desk.list("call")[0];
    assert_eq!((&call["letter"], &call["called"], &call["called_by"]), (&json!(letter), &json!("店长"), &json!("chen")));
    assert_eq!(call["called_at"], "2026-11-01T02:30:00.000Z");
    assert_eq!(state(&desk, &letter), "notified");
}

/// L6: parcels, registered mail and remittances don't wait for the morning.
#[test]
fn l6_what_is_urgent_is_announced_at_once() {
    for (kind, n_tasks) in
        [("letter", 0), ("postcard", 0), ("printed-matter", 0), ("parcel", 1), ("registered", 1), ("remittance", 1)]
    {
        let mut desk = desk();
        let letter = receive_with(&mut desk, json!({ "kind": kind }));
        assert_eq!(desk.tasks().len(), n_tasks, "{kind}");
        for task in desk.tasks() {
            assert_eq!((&task.key[..], task.about.as_deref()), ("task-announce-at-once", Some(&letter[..])));
        }
    }
}

/// L7: received on the 1st, still waiting on the 8th, due on the 9th; with nothing due there is no sheet.
#[test]
fn l7_mail_is_due_for_hr_on_the_ninth_day_and_not_before() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李雷");
    desk.at("2026-11-08 02:30");
    assert_eq!(desk.due("2026-11-08"), []);
    assert_eq!(desk.run_job("hand-off-unclaimed").outcome().0, "nothing-due");
    assert!(desk.list("handoff-sheet").is_empty());

    desk.at("2026-11-09 02:30");
    assert_eq!(desk.due("2026-11-09"), [("unclaimed".to_owned(), letter.clone())]);
    let run = desk.run_job("hand-off-unclaimed");
    assert_eq!(run.sentence("en"), "handed off 1, waiting 0");
    let sheet = desk.papers()[0].of.clone().unwrap();
    assert_eq!(desk.papers()[0].data["number"], sheet);
    assert_eq!(desk.papers()[0].data["lines"][0]["days_waited"], 8);
    assert_eq!(desk.get("letter", &letter)["sheet"], sheet);
    assert_eq!(state(&desk, &letter), "received", "it counts as handed over only when HR signs");
}

/// L7: the setting moves the day.
#[test]
fn l7_a_store_may_wait_longer() {
    let mut desk = desk();
    receive(&mut desk, "李雷");
    desk.setting("handoff_after_days", 10).at("2026-11-11 02:30");
    assert_eq!(desk.run_job("hand-off-unclaimed").outcome().0, "nothing-due");
    assert_eq!(desk.at("2026-11-12 02:30").run_job("hand-off-unclaimed").count("handed-off"), 1);
}

/// L7: running the night's job again adds nothing, and the next night adds to the one open sheet.
#[test]
fn l7_a_site_has_one_open_sheet() {
    let mut desk = desk();
    receive(&mut desk, "李雷");
    desk.on("2026-11-02");
    receive(&mut desk, "韩梅梅");
    let first = desk.at("2026-11-09 02:30").run_job("hand-off-unclaimed");
    assert_eq!((first.count("handed-off"), first.count("waiting")), (1, 1));
    assert_eq!(desk.run_job("hand-off-unclaimed").outcome().0, "nothing-due");
    desk.at("2026-11-10 02:30").run_job("hand-off-unclaimed").outcome();
    assert_eq!(desk.list("handoff-sheet").len(), 1);
    assert_eq!(names(&desk.papers()[1].data), ["李雷", "韩梅梅"]);
}

/// L7: a letter settled meanwhile leaves the open sheet; signing closes it with what it then lists.
#[test]
fn l7_hr_signs_for_what_the_sheet_then_lists() {
    let mut desk = desk();
    let (collected, missing) = (receive(&mut desk, "李雷"), receive(&mut desk, "韩梅梅"));
    let handed_over = receive(&mut desk, "周敏");
    desk.at("2026-11-09 02:30").run_job("hand-off-unclaimed").outcome();
    let sheet = desk.papers()[0].of.clone().unwrap();
    desk.act("letter", &collected, "collect", json!({"collected_by": "李雷"})).done();
    desk.act("letter", &missing, "report-problem", json!({"kind": "missing", "description": "不在架上"})).done();

    desk.sign("handoff-sheet", &sheet, "hr", "mei", "2222").problem("forbidden");
    desk.at("2026-11-09 11:00").sign("handoff-sheet", &sheet, "hr", "wang", "3333").done();
    let signed = desk.get("handoff-sheet", &sheet);
    assert_eq!((&signed["state"], &signed["n_letters"]), (&json!("handed-over"), &json!(1)));
    assert_eq!((&*state(&desk, &handed_over), &*state(&desk, &collected)), ("handed-to-hr", "collected"));
    assert_eq!(names(&desk.papers().last().unwrap().data), ["周敏"]);
    desk.sign("handoff-sheet", &sheet, "hr", "wang", "3333").refused_by("L7");
}

/// L7: an unsigned sheet is carried forward; after signing, the next due mail opens a new one.
#[test]
fn l7_after_signing_the_next_night_opens_a_new_sheet() {
    let mut desk = desk();
    receive(&mut desk, "李雷");
    desk.on("2026-11-03");
    receive(&mut desk, "韩梅梅");
    desk.at("2026-11-09 02:30").run_job("hand-off-unclaimed").outcome();
    assert_eq!(desk.at("2026-11-10 02:30").run_job("hand-off-unclaimed").outcome().0, "nothing-due");
    let sheet = desk.papers()[0].of.clone().unwrap();
    assert_eq!(desk.due("2026-11-10"), [("to-sign".to_owned(), sheet.clone())]);
    desk.sign("handoff-sheet", &sheet, "hr", "wang", "3333").done();
    desk.at("2026-11-11 02:30").run_job("hand-off-unclaimed").outcome();
    assert_eq!(desk.list("handoff-sheet").len(), 2);
}

/// L7: there is nothing to sign for when every letter has left the sheet.
#[test]
fn l7_an_empty_sheet_is_not_signed() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李雷");
    desk.at("2026-11-09 02:30").run_job("hand-off-unclaimed").outcome();
    let sheet = desk.papers()[0].of.clone().unwrap();
    desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).done();
    desk.sign("handoff-sheet", &sheet, "hr", "wang", "3333").refused_by("L7");
}

/// L7: a letter collected while the job runs does not end up on the sheet, and the count is right.
#[test]
fn l7_a_letter_collected_in_the_same_second_is_left_out() {
    let mut desk = desk();
    let (fetched, left) = (receive(&mut desk, "李雷"), receive(&mut desk, "韩梅梅"));
    desk.at("2026-11-09 02:30").meanwhile(move |desk| {
        desk.act("letter", &fetched, "collect", json!({"collected_by": "李雷"})).done();
    });
    assert_eq!(desk.run_job("hand-off-unclaimed").count("handed-off"), 1);
    assert_eq!(names(&desk.papers()[0].data), ["韩梅梅"]);
    assert!(desk.get("letter", &left)["sheet"].is_string());
}

/// L7: HR signs while the job runs: what it lists goes on the next sheet and is not lost on the closed one.
#[test]
fn l7_nothing_is_listed_on_a_sheet_that_closes_meanwhile() {
    let mut desk = desk();
    receive(&mut desk, "李雷");
    desk.on("2026-11-02");
    let late = receive(&mut desk, "韩梅梅");
    desk.at("2026-11-09 02:30").run_job("hand-off-unclaimed").outcome();
    let first = desk.papers()[0].of.clone().unwrap();
    let sheet = first.clone();
    desk.at("2026-11-10 02:30").meanwhile(move |desk| drop(desk.sign("handoff-sheet", &sheet, "hr", "wang", "3333").done()));
    desk.run_job("hand-off-unclaimed").outcome();
    let second = desk.get("letter", &late)["sheet"].clone();
    assert!(second.is_string() && second != json!(first));
}

/// L8: a problem is a record of its own, reported to the supervisor; the letter goes no further until it is resolved.
#[test]
fn l8_a_problem_stops_the_letter_until_it_is_resolved() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李?");
    let unreadable = json!({"letter": letter, "kind": "unreadable-address", "description": "姓名看不清"});
    let problem = desk.create("problem", unreadable.clone()).number();
    assert_eq!(desk.notices()[0].role, "supervisor");
    assert_eq!(desk.sentence(&desk.notices()[0], "en"), format!("Mail problem {problem}: unreadable address. Please see to it."));
    assert_eq!(state(&desk, &letter), "problem");
    let refusal = desk.act("letter", &letter, "collect", json!({"collected_by": "李?"})).refused_by("L2");
    assert_eq!(refusal.key, "refused-letter-has-a-problem");
    desk.create("problem", unreadable).refused_by("L8");
    assert_eq!(desk.on("2026-11-20").run_job("hand-off-unclaimed").outcome().0, "nothing-due");

    desk.act("problem", &problem, "resolve", json!({"resolution": "退回邮局"})).done();
    assert_eq!(state(&desk, &letter), "resolved");
    let refusal = desk.act("letter", &letter, "collect", json!({"collected_by": "李?"})).refused_by("L2");
    assert_eq!(refusal.key, "refused-letter-is-settled");
    desk.act("problem", &problem, "resolve", json!({"resolution": "退回邮局"})).refused_by("L8");
}

/// L8: mail that never came has a problem without a letter, and what is found again waits again.
#[test]
fn l8_mail_may_be_missed_or_found() {
    let mut desk = desk();
    desk.create("problem", json!({"kind": "missing", "description": "寄件人说上周已寄"})).done();
    let letter = receive(&mut desk, "李雷");
    desk.act("letter", &letter, "report-problem", json!({"kind": "missing", "description": "不在架上"})).done();
    let problem = desk.list("problem")[1]["number"].as_str().unwrap().to_owned();
    desk.act("problem", &problem, "resolve", json!({"resolution": "在架后找到", "waits_again": true})).done();
    desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).done();
}

/// L9: what comes with a carrier is signed for, and outgoing mail leaves against a receipt.
#[test]
fn l9_carriers_receipts_are_kept_both_ways() {
    let mut desk = desk();
    let without = receive(&mut desk, "李雷");
    let with = receive_with(&mut desk, json!({"kind": "registered", "carrier": "中国邮政", "tracking_no": "XA123"}));
    desk.sign("letter", &without, "carrier-receipt", "chen", "1111").refused_by("L9");
    let signed = desk.sign("letter", &with, "carrier-receipt", "chen", "1111").done();
    assert_eq!(signed["sign_offs"][0]["box"], "carrier-receipt");

    let sent = desk.create("outgoing", json!({"sender": "周敏", "addressee": "总公司", "kind": "registered"})).number();
    assert_eq!(desk.act("outgoing", &sent, "hand-to-carrier", json!({"carrier": "中国邮政"})).invalid("receipt_no"), "required");
    let receipt = |postage_fen: i64| json!({"carrier": "中国邮政", "receipt_no": "RA77", "postage_fen": postage_fen});
    assert_eq!(desk.act("outgoing", &sent, "hand-to-carrier", receipt(-1)).invalid("postage_fen"), "postage-is-negative");
    let free = desk.create("outgoing", json!({"sender": "周敏", "addressee": "总公司", "kind": "letter"})).number();
    desk.act("outgoing", &free, "hand-to-carrier", receipt(0)).done();
    let sent = desk.act("outgoing", &sent, "hand-to-carrier", receipt(480)).done();
    assert_eq!((&sent["state"], &sent["receipt_no"]), (&json!("handed-to-carrier"), &json!("RA77")));
    desk.act("outgoing", sent["number"].as_str().unwrap(), "hand-to-carrier", receipt(480)).refused_by("L9");
}

#[test]
fn two_clerks_on_one_letter_don_t_overwrite_each_other() {
    let mut desk = desk();
    let letter = receive(&mut desk, "李雷");
    desk.patch_seen("letter", &letter, 1, json!({"note": "第一位"})).done();
    let stale = desk.patch_seen("letter", &letter, 1, json!({"note": "第二位"})).problem("stale_version");
    assert_eq!(stale.current_version, Some(2));
    desk.patch("letter", &letter, json!({"state": "collected"})).invalid("state");
    desk.patch("letter", &letter, json!({"received_on": "2026-01-01"})).invalid("received_on");
}

#[test]
fn hr_may_sign_but_not_register() {
    let mut desk = desk();
    desk.act_as("wang");
    desk.create("letter", json!({"addressee": "李雷", "kind": "letter", "destination": "other"})).problem("forbidden");
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("duty-manager", Role::DUTY_MANAGER), ("hr", Role::HR)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("02:30", "hand-off-unclaimed"), ("09:00", "morning-notice")]);
    assert!(desk.list("handoff-sheet").iter().any(|sheet| sheet["state"] == "open"), "a sheet waits for HR today");
}
