//! The rules of office supplies, at the desk in memory.

use deskbell_sdk::Role;
use deskbell_testkit::{TestDesk, Value, json};

/// A desk on 1 November with two departments, two items and a duty manager.
fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("mei", [Role::DUTY_MANAGER], "2222").user("zhou", [Role::CLERK, Role::SUPERVISOR], "3333");
    desk.user("sun", [Role::PURCHASING], "4444").act_as("zhou");
    for name in ["家电", "服装"] {
        desk.create("department", json!({"name": name, "contact": "王姐"})).done();
    }
    for (name, unit) in [("圆珠笔", "支"), ("复印纸 A4", "包")] {
        desk.create("item", json!({"name": name, "unit": unit})).done();
    }
    desk.act_as("chen");
    desk
}

/// Begins a request of a department (`OD-001` is 家电) for next month, with some pens on it.
fn draft(desk: &mut TestDesk, department: &str, pens: i64) -> String {
    let request = desk.create("request", json!({"department": department, "requester": "李雷"})).number();
    ask(desk, &request, "OI-001", pens);
    request
}

fn ask(desk: &mut TestDesk, request: &str, item: &str, quantity: i64) {
    desk.act("request", request, "ask-for", json!({"item": item, "quantity": quantity, "purpose": "柜台"})).done();
}

fn submit(desk: &mut TestDesk, request: &str) {
    desk.act("request", request, "submit", json!({})).done();
}

fn approve(desk: &mut TestDesk, request: &str) {
    desk.act_as("mei").act("request", request, "approve", json!({})).done();
    desk.act_as("chen");
}

/// A request of a department that is approved.
fn approved(desk: &mut TestDesk, department: &str, pens: i64) -> String {
    let request = draft(desk, department, pens);
    submit(desk, &request);
    approve(desk, &request);
    request
}

/// The order of December, closed with one approved request on it.
fn closed_month(desk: &mut TestDesk) -> String {
    approved(desk, "OD-001", 10);
    desk.on("2026-11-26").run_job("close-month").outcome();
    desk.list("month-sheet")[0]["number"].as_str().unwrap().to_owned()
}

fn state(desk: &TestDesk, request: &str) -> String {
    desk.get("request", request)["state"].as_str().unwrap().to_owned()
}

/// The numbers of what is due by a question.
fn due(desk: &mut TestDesk, question: &str, on: &str) -> Vec<String> {
    desk.due(on).into_iter().filter(|(name, _)| name == question).map(|(_, number)| number).collect()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// O1: next month's request is taken through the end of the 25th.
#[test]
fn o1_a_request_is_taken_through_the_end_of_the_twenty_fifth() {
    let mut desk = desk();
    let request = draft(&mut desk, "OD-001", 10);
    assert_eq!(desk.get("request", &request)["for_month"], "2026-12-01");
    desk.at("2026-11-25 23:59");
    submit(&mut desk, &request);
    let submitted = desk.get("request", &request);
    assert_eq!((&submitted["state"], &submitted["is_late"]), (&json!("submitted"), &json!(false)));
    desk.act("request", &request, "submit", json!({})).refused_by("O1");
}

/// O1: on the 26th it is refused, unless the duty manager signs for it.
#[test]
fn o1_a_request_on_the_twenty_sixth_needs_the_duty_managers_signature() {
    let mut desk = desk();
    let request = draft(&mut desk, "OD-001", 10);
    desk.at("2026-11-26 00:00");
    let refusal = desk.act("request", &request, "submit", json!({})).needs_sign_off("duty-manager");
    assert_eq!(refusal.rule.as_deref(), Some("O1"));
    assert_eq!(refusal.sentences["zh-CN"], "这个月的申请到 2026-11-25 截止。逾期申请要先请值班经理签字。");
    let english = "The requests of that month were taken through 2026-11-25. A late one needs the duty manager's signature.";
    assert_eq!(refusal.sentences["en"], english);
    assert_eq!(state(&desk, &request), "draft");
    desk.signed_by("duty-manager", "zhou", "3333").act("request", &request, "submit", json!({})).problem("forbidden");
    let late = desk.signed_by("duty-manager", "mei", "2222").act("request", &request, "submit", json!({})).done();
    assert_eq!((&late["state"], &late["is_late"]), (&json!("submitted"), &json!(true)));
}

/// O1: a store may move the day, and a month without such a day closes on its last.
#[test]
fn o1_the_deadline_follows_the_setting_and_the_length_of_the_month() {
    let mut desk = desk();
    desk.setting("deadline_day", 31);
    let december = draft(&mut desk, "OD-001", 1);
    desk.on("2026-11-30");
    submit(&mut desk, &december);
    desk.on("2027-02-28");
    let march = draft(&mut desk, "OD-001", 1);
    submit(&mut desk, &march);
    let second = draft(&mut desk, "OD-002", 1);
    assert_eq!(desk.get("request", &second)["for_month"], "2027-03-01");
    desk.on("2027-03-01").act("request", &second, "submit", json!({})).needs_sign_off("duty-manager");
}

/// O1: a department has one request a month, for the next one; one sent back may be written again.
#[test]
fn o1_a_department_asks_once_a_month_and_for_the_next() {
    let mut desk = desk();
    for day in ["2026-11-15", "2027-01-20"] {
        let other = json!({"department": "OD-001", "requester": "李雷", "for_month": day});
        assert_eq!(desk.create("request", other).refused_by("O1").key, "refused-month-is-not-the-next");
    }
    let first = draft(&mut desk, "OD-001", 3);
    let again = json!({"department": "OD-001", "requester": "韩梅梅"});
    let refusal = desk.create("request", again.clone()).refused_by("O1");
    assert_eq!(refusal.sentences["zh-CN"], "家电这个月已有一份申请，请在那一份上办理。");
    submit(&mut desk, &first);
    desk.act_as("mei").act("request", &first, "reject", json!({"reason": "数量太多"})).done();
    desk.act_as("chen").create("request", again).done();
}

/// O1: two clerks who begin the same request at once make one.
#[test]
fn o1_two_clerks_at_once_begin_one_request() {
    let mut desk = desk();
    let new = json!({"department": "OD-001", "requester": "李雷"});
    let other = new.clone();
    desk.meanwhile(move |desk| drop(desk.create("request", other).done()));
    desk.create("request", new).refused_by("O1");
    assert_eq!(desk.list("request").len(), 1);
}

/// O1: a draft is filled and corrected line by line; what is submitted stays as it is.
#[test]
fn o1_lines_are_corrected_while_it_is_a_draft() {
    let mut desk = desk();
    let request = draft(&mut desk, "OD-001", 10);
    ask(&mut desk, &request, "OI-001", 12);
    ask(&mut desk, &request, "OI-002", 2);
    ask(&mut desk, &request, "OI-002", 0);
    let negative = json!({"item": "OI-001", "quantity": -1});
    assert_eq!(desk.act("request", &request, "ask-for", negative).refused_by("O1").key, "refused-quantity-is-negative");
    let paper = desk.paper("request", "request", &request);
    assert_eq!((&paper["lines"][0]["quantity"], &paper["n_items"]), (&json!(12), &json!(1)));
    ask(&mut desk, &request, "OI-001", 0);
    assert_eq!(desk.act("request", &request, "submit", json!({})).refused_by("O1").key, "refused-request-is-empty");
    ask(&mut desk, &request, "OI-001", 1);
    desk.act_as("zhou").patch("item", "OI-002", json!({"is_offered": false})).done();
    desk.act_as("chen");
    let gone = json!({"item": "OI-002", "quantity": 1});
    assert_eq!(desk.act("request", &request, "ask-for", gone).refused_by("O1").key, "refused-item-is-not-offered");
    submit(&mut desk, &request);
    let more = json!({"item": "OI-001", "quantity": 99});
    assert_eq!(desk.act("request", &request, "ask-for", more).refused_by("O1").key, "refused-request-is-submitted");
}

/// O1: what is decided on is not decided again, and a draft is not decided on.
#[test]
fn o1_only_what_is_submitted_is_approved_or_sent_back() {
    let mut desk = desk();
    let request = draft(&mut desk, "OD-001", 10);
    desk.act_as("mei");
    assert_eq!(desk.act("request", &request, "approve", json!({})).refused_by("O1").key, "refused-request-is-a-draft");
    desk.act_as("chen");
    submit(&mut desk, &request);
    assert_eq!(due(&mut desk, "to-approve", "2026-11-01"), [&*request]);
    assert_eq!(desk.paper("request", "request", &request)["submitted_on"], "2026-11-01");
    approve(&mut desk, &request);
    desk.act_as("mei");
    let why = json!({"reason": "数量太多"});
    assert_eq!(desk.act("request", &request, "reject", why).refused_by("O1").key, "refused-request-is-decided");
    let paper = desk.paper("request", "request", &request);
    assert_eq!((&paper["approved_by"], &paper["submitted_on"]), (&json!("mei"), &json!("2026-11-01")));
}

/// O2: three days before and on the day itself, each department without a request is named once.
#[test]
fn o2_departments_without_a_request_are_reminded_three_days_before_and_on_the_day() {
    let mut desk = desk();
    let request = draft(&mut desk, "OD-001", 10);
    let reminded = |desk: &mut TestDesk, on: &str| {
        let before = desk.notices().len();
        desk.on(on).run_job("deadline-reminder").outcome();
        desk.notices().len() - before
    };
    assert_eq!(reminded(&mut desk, "2026-11-21"), 0, "four days before");
    assert_eq!(reminded(&mut desk, "2026-11-22"), 2, "a draft is no request yet");
    assert_eq!(reminded(&mut desk, "2026-11-22"), 0, "once a stage");
    assert_eq!(reminded(&mut desk, "2026-11-24"), 0);
    submit(&mut desk, &request);
    assert_eq!(due(&mut desk, "without-request", "2026-11-25"), ["OD-002"]);
    assert_eq!(reminded(&mut desk, "2026-11-25"), 1);
    let told = desk.notices().last().unwrap().clone();
    assert_eq!(told.role, "clerk");
    assert_eq!(desk.sentence(&told, "zh-CN"), "服装还没有申请下月办公用品，2026-11-25 截止。王姐");
    assert_eq!(reminded(&mut desk, "2026-11-26"), 0, "the day after");
    assert_eq!(due(&mut desk, "without-request", "2026-11-26"), Vec::<String>::new());
    assert_eq!(reminded(&mut desk, "2026-12-22"), 2, "and for the next month anew");
}

/// O2: after an outage the reminder of the stage that has come goes out, and none for what is past.
#[test]
fn o2_a_late_run_reminds_of_the_stage_that_has_come() {
    let mut desk = desk();
    assert_eq!(desk.on("2026-11-23").run_job("deadline-reminder").count("reminded"), 2);
    desk.setting("reminder_days_before", 0);
    assert_eq!(desk.on("2026-11-24").run_job("deadline-reminder").outcome().0, "nothing-due");
    assert_eq!(desk.on("2026-11-25").run_job("deadline-reminder").count("reminded"), 2);
}

/// O2: who asks for nothing any more is not reminded, and who was sent back is.
#[test]
fn o2_only_departments_that_still_have_to_ask_are_reminded() {
    let mut desk = desk();
    desk.act_as("zhou").patch("department", "OD-002", json!({"is_active": false})).done();
    desk.act_as("chen");
    let request = draft(&mut desk, "OD-001", 10);
    submit(&mut desk, &request);
    assert_eq!(desk.on("2026-11-22").run_job("deadline-reminder").outcome().0, "nothing-due");
    desk.act_as("mei").act("request", &request, "reject", json!({"reason": "数量太多"})).done();
    assert_eq!(desk.on("2026-11-25").run_job("deadline-reminder").count("reminded"), 1);
}

/// O2: a late request of the month before that is sent back says nothing about next month's.
#[test]
fn o2_who_has_asked_is_not_reminded_when_an_older_request_is_sent_back() {
    let mut desk = desk();
    let december = draft(&mut desk, "OD-001", 10);
    desk.on("2026-11-30").signed_by("duty-manager", "mei", "2222").act("request", &december, "submit", json!({})).done();
    desk.on("2026-12-10");
    let january = draft(&mut desk, "OD-001", 10);
    submit(&mut desk, &january);
    desk.act_as("mei").act("request", &december, "reject", json!({"reason": "已过期"})).done();
    assert_eq!(due(&mut desk, "without-request", "2026-12-25"), ["OD-002"]);
}

/// O3: when the 25th is over, what is approved is one order with totals per item and department; what isn't stays out.
#[test]
fn o3_the_approved_requests_are_merged_when_the_deadline_is_over() {
    let mut desk = desk();
    let first = approved(&mut desk, "OD-001", 10);
    ask_more(&mut desk, "OD-002", 5, 2);
    let undecided = desk.list("request").last().unwrap()["number"].as_str().unwrap().to_owned();
    assert_eq!(desk.at("2026-11-25 23:59").run_job("close-month").outcome().0, "nothing-due");
    approve(&mut desk, &undecided);
    assert_eq!(desk.at("2026-11-26 00:20").run_job("close-month").count("merged"), 2);
    assert_eq!(desk.run_job("close-month").outcome().0, "nothing-due", "once");

    let sheet = desk.list("month-sheet")[0]["number"].as_str().unwrap().to_owned();
    let paper = desk.paper("month-sheet", "month-sheet", &sheet);
    let pens = paper["lines"].as_array().unwrap().iter().find(|line| line["item"] == "圆珠笔").unwrap();
    assert_eq!((&pens["total"], pens["shares"].as_array().map(Vec::len)), (&json!(15), Some(2)));
    assert_eq!(paper["n_items"], 2);
    let of = |name: &str| {
        let all = paper["departments"].as_array().unwrap().iter();
        all.filter(|of| of["department"] == name).map(|of| of["quantity"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((of("家电"), of("服装")), (vec![10], vec![7]));
    assert_eq!(desk.papers().len(), 1);
    assert_eq!(desk.get("request", &first)["sheet"], json!(sheet));
}

/// Submits a request with pens and paper.
fn ask_more(desk: &mut TestDesk, department: &str, pens: i64, paper: i64) {
    let request = draft(desk, department, pens);
    ask(desk, &request, "OI-002", paper);
    submit(desk, &request);
}

/// O3: a month without an approved request has no order, and one over the year's end has the right month.
#[test]
fn o3_a_month_closes_over_the_years_end_and_an_empty_one_has_no_order() {
    let mut desk = desk();
    assert_eq!(desk.on("2026-11-26").run_job("close-month").outcome().0, "nothing-due");
    desk.on("2026-12-01");
    let january = approved(&mut desk, "OD-001", 4);
    assert_eq!(desk.on("2026-12-25").run_job("close-month").outcome().0, "nothing-due");
    // Two nights late: the sweep finds it all the same.
    assert_eq!(desk.on("2026-12-28").run_job("close-month").count("merged"), 1);
    let sheet = &desk.list("month-sheet")[0];
    assert_eq!((&sheet["for_month"], &sheet["closed_on"]), (&json!("2027-01-01"), &json!("2026-12-28")));
    assert!(!desk.get("request", &january)["sheet"].is_null());
}

/// O3: a late request that was signed for joins the order of its closed month when it is approved.
#[test]
fn o3_a_late_request_joins_the_order_when_it_is_approved() {
    let mut desk = desk();
    approved(&mut desk, "OD-001", 10);
    desk.on("2026-11-26").run_job("close-month").outcome();
    let late = draft(&mut desk, "OD-002", 3);
    desk.signed_by("duty-manager", "mei", "2222").act("request", &late, "submit", json!({})).done();
    approve(&mut desk, &late);
    assert_eq!(desk.list("month-sheet").len(), 1);
    assert_eq!(desk.papers().last().unwrap().data["lines"][0]["total"], 13);
}

/// O3: an order that grows after it was signed for is signed for anew, in turn.
#[test]
fn o3_an_order_that_grows_is_signed_anew() {
    let mut desk = desk();
    let sheet = closed_month(&mut desk);
    desk.sign("month-sheet", &sheet, "supervisor", "zhou", "3333").done();
    let late = draft(&mut desk, "OD-002", 3);
    desk.signed_by("duty-manager", "mei", "2222").act("request", &late, "submit", json!({})).done();
    approve(&mut desk, &late);
    desk.sign("month-sheet", &sheet, "purchasing", "sun", "4444").refused_by("O3");
    desk.sign("month-sheet", &sheet, "supervisor", "zhou", "3333").done();
    desk.sign("month-sheet", &sheet, "purchasing", "sun", "4444").done();
}

/// O3: the month is closed in the second in which the duty manager approves: the request is on its order all the same.
#[test]
fn o3_a_request_approved_while_the_month_closes_is_not_left_behind() {
    let mut desk = desk();
    approved(&mut desk, "OD-001", 10);
    let second = draft(&mut desk, "OD-002", 3);
    submit(&mut desk, &second);
    desk.on("2026-11-26").meanwhile(|desk| drop(desk.run_job("close-month")));
    approve(&mut desk, &second);
    assert!(!desk.get("request", &second)["sheet"].is_null());
}

/// O3: things are handed out once they were ordered; every line is in the issue register with who fetched it.
#[test]
fn o3_what_was_ordered_is_issued_line_by_line() {
    let mut desk = desk();
    let request = approved(&mut desk, "OD-001", 10);
    let to = json!({"issued_to": "韩梅梅"});
    assert_eq!(desk.act("request", &request, "issue", to.clone()).refused_by("O3").key, "refused-month-is-not-closed");
    desk.on("2026-11-26").run_job("close-month").outcome();
    assert_eq!(due(&mut desk, "to-issue", "2026-11-30"), Vec::<String>::new());
    assert_eq!(due(&mut desk, "to-issue", "2026-12-01"), [&*request]);
    desk.on("2026-12-02").act("request", &request, "issue", to.clone()).done();
    let line = &desk.list("line")[0];
    assert_eq!((&line["issued_on"], &line["issued_to"]), (&json!("2026-12-02"), &json!("韩梅梅")));
    assert_eq!(desk.act("request", &request, "issue", to).refused_by("O3").key, "refused-request-is-not-approved");
    let paper = desk.paper("request", "request", &request);
    assert_eq!((&paper["submitted_on"], &paper["approved_by"]), (&json!("2026-11-01"), &json!("mei")));
}

/// O3: the supervisor signs the order before purchasing does.
#[test]
fn o3_the_order_is_signed_in_turn() {
    let mut desk = desk();
    let sheet = closed_month(&mut desk);
    desk.sign("month-sheet", &sheet, "purchasing", "sun", "4444").refused_by("O3");
    desk.sign("month-sheet", &sheet, "supervisor", "zhou", "3333").done();
    desk.sign("month-sheet", &sheet, "purchasing", "sun", "4444").done();
}

/// O4: packing charges the store's fee, and prints the receipt for it; never for nothing.
#[test]
fn o4_packing_is_charged_and_receipted() {
    let mut desk = desk();
    let packing = desk.create("packing", json!({"goods": "玻璃杯一套", "customer": "李雷"})).done();
    assert_eq!(packing["fee_fen"], 500);
    let receipt = desk.papers().last().unwrap();
    assert_eq!(
        (&*receipt.form, &receipt.data["fee_fen"], &receipt.data["packed_by"]),
        ("packing-receipt", &json!(500), &json!("chen"))
    );
    desk.setting("packing_fee_fen", 800);
    assert_eq!(desk.create("packing", json!({"goods": "茶具"})).done()["fee_fen"], 800);
    assert_eq!(desk.create("packing", json!({"goods": "花瓶", "fee_fen": 1200})).done()["fee_fen"], 1200);
    for fee in [0, -100] {
        desk.create("packing", json!({"goods": "花瓶", "fee_fen": fee})).refused_by("O4");
    }
}

fn straws(desk: &mut TestDesk) -> String {
    desk.act_as("zhou");
    let straws = desk.create("consumable", json!({"name": "吸管", "unit": "支", "minimum": 100})).number();
    desk.act_as("chen");
    straws
}

fn move_straws(desk: &mut TestDesk, straws: &str, action: &str, quantity: i64) -> Value {
    desk.act("consumable", straws, action, json!({ "quantity": quantity })).done()
}

/// O5: below the minimum a refill is asked for, once, until there is enough again.
#[test]
fn o5_too_few_on_the_counter_raise_one_refill() {
    let mut desk = desk();
    let straws = straws(&mut desk);
    assert_eq!((desk.tasks().len(), due(&mut desk, "to-refill", "2026-11-01")), (1, vec![straws.clone()]), "none at first");
    assert_eq!(move_straws(&mut desk, &straws, "refill", 99)["state"], "to-refill");
    assert_eq!(desk.tasks().len(), 1, "it is asked for already");
    assert_eq!(move_straws(&mut desk, &straws, "refill", 1)["state"], "enough");
    assert_eq!(move_straws(&mut desk, &straws, "use", 1)["state"], "to-refill");
    assert_eq!(desk.tasks().len(), 2);
    let told = desk.sentence(desk.tasks().last().unwrap(), "zh-CN");
    assert_eq!(told, "请补充台面用品：吸管，至少 100 支");
    desk.act_as("zhou").patch("consumable", &straws, json!({"minimum": 50})).done();
    assert_eq!(due(&mut desk, "to-refill", "2026-11-01"), Vec::<String>::new(), "the minimum was lowered");
}

/// O5: nothing is used that is not there, and a count sets the books right with its reason.
#[test]
fn o5_the_books_are_the_sum_of_what_moved() {
    let mut desk = desk();
    let straws = straws(&mut desk);
    move_straws(&mut desk, &straws, "refill", 200);
    desk.act("consumable", &straws, "use", json!({"quantity": 201})).refused_by("O5");
    for quantity in [0, -5] {
        desk.act("consumable", &straws, "refill", json!({ "quantity": quantity })).refused_by("O5");
    }
    desk.on("2026-11-02");
    move_straws(&mut desk, &straws, "use", 30);
    let count = |counted: i64| json!({"counted": counted, "note": "受潮"});
    assert_eq!(desk.act("consumable", &straws, "count", count(150)).done()["in_stock"], 150);
    assert_eq!(desk.act("consumable", &straws, "count", count(150)).done()["in_stock"], 150);
    desk.act("consumable", &straws, "count", count(-1)).refused_by("O5");
    assert_eq!(desk.list("movement").len(), 3, "a count that finds the books right books nothing");
    let paper = desk.paper_for("counter-stock", "2026-11-02", "2026-11-30");
    let turnover = json!({"opening": 200, "incoming": 0, "outgoing": 50, "closing": 150});
    assert_eq!(paper["lines"][0]["turnover"], turnover);
    let before = desk.paper_for("counter-stock", "2026-11-01", "2026-11-01");
    assert_eq!(before["lines"][0]["turnover"], json!({"opening": 0, "incoming": 200, "outgoing": 0, "closing": 200}));
}

/// O5: a count taken while somebody uses some is a count of what is there, not of what was.
#[test]
fn o5_a_count_and_a_use_at_once_lose_nothing() {
    let mut desk = desk();
    let straws = straws(&mut desk);
    move_straws(&mut desk, &straws, "refill", 200);
    let other = straws.clone();
    desk.meanwhile(move |desk| drop(move_straws(desk, &other, "use", 20)));
    desk.act("consumable", &straws, "count", json!({"counted": 180})).done();
    assert_eq!(desk.get("consumable", &straws)["in_stock"], 180);
    assert_eq!(desk.list("movement").len(), 2);
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("duty-manager", Role::DUTY_MANAGER), ("purchasing", Role::PURCHASING)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("00:20", "close-month"), ("09:30", "deadline-reminder")]);
    for question in ["to-submit", "to-approve"] {
        assert!(!due(&mut desk, question, "2026-11-24").is_empty(), "something is {question} today");
    }
    assert_eq!(desk.list("month-sheet").len(), 1);
    assert!(desk.list("line").iter().any(|line| line["issued_to"] == "李雷"), "something was fetched");
    assert!(!desk.notices().is_empty(), "a department was reminded");
}
