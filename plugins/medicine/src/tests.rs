//! The rules of first-aid medicine, at the desk in memory.

use deskbell_sdk::Role;
use deskbell_testkit::{Reply, TestDesk, Value, json};

/// A desk on 1 November with plasters (`MI-001`, at least 20) and safflower oil (`MI-002`, at least 2), and none of either.
fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("zhou", [Role::CLERK, Role::SUPERVISOR], "2222").user("wang", [Role::SUPERVISOR], "3333");
    desk.act_as("zhou");
    for (name, unit, minimum) in [("创可贴", "片", 20), ("正红花油", "瓶", 2)] {
        desk.create("item", json!({"name": name, "unit": unit, "minimum": minimum})).done();
    }
    desk.act_as("chen");
    desk
}

/// Takes plasters in: `ML-001` is the first lot, `ML-002` the second.
fn receive(desk: &mut TestDesk, lot_no: &str, expires_on: &str, quantity: i64) -> Reply {
    desk.act("item", "MI-001", "receive", json!({"lot_no": lot_no, "expires_on": expires_on, "quantity": quantity}))
}

fn give(desk: &mut TestDesk, quantity: i64) -> Reply {
    desk.create(
        "use",
        json!({
            "item": "MI-001", "quantity": quantity, "given_to": "customer", "name": "李女士", "complaint": "手指划破"
        }),
    )
}

fn lot(desk: &TestDesk, number: &str) -> (String, i64) {
    let lot = desk.get("lot", number);
    (lot["state"].as_str().unwrap().to_owned(), lot["quantity"].as_i64().unwrap())
}

/// The numbers of what is due by a question.
fn due(desk: &mut TestDesk, question: &str, on: &str) -> Vec<String> {
    desk.due(on).into_iter().filter(|(name, _)| name == question).map(|(_, number)| number).collect()
}

/// What a lot's movements add up to.
fn sum_of_movements(desk: &TestDesk, number: &str) -> i64 {
    let movements = desk.list("movement");
    movements.iter().filter(|movement| movement["lot"] == number).map(|movement| movement["quantity"].as_i64().unwrap()).sum()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// M1: the standard list is entered once.
#[test]
fn m1_the_standard_list_is_entered_once() {
    let mut desk = desk();
    desk.act_as("zhou");
    assert_eq!(desk.act_on_plugin("set-up-standard-list", json!({})).done()["added"], 5, "two of the seven are there");
    assert_eq!(desk.act_on_plugin("set-up-standard-list", json!({})).done()["added"], 0);
    let names: Vec<Value> = desk.list("item").iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["创可贴", "正红花油", "云南白药", "消毒水", "棉签", "纱布", "风油精"]);
}

/// M1: below the minimum a restock request is raised once, not every night, and ends when some has come.
#[test]
fn m1_what_runs_low_is_requested_once() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 19).done();
    let run = desk.on("2026-11-02").run_job("stock-check");
    assert_eq!(run.count("requested"), 2, "19 of 20 plasters, and no oil");
    let plasters = desk.list("restock").iter().find(|request| request["item"] == "MI-001").unwrap().clone();
    assert_eq!((&plasters["in_stock"], &plasters["minimum"]), (&json!(19), &json!(20)));
    assert_eq!(desk.papers().last().unwrap().form, "restock-request");
    let number = plasters["number"].as_str().unwrap().to_owned();
    assert_eq!(desk.paper("restock-request", "restock", &number)["lacking"], 1);
    assert_eq!(desk.on("2026-11-03").run_job("stock-check").outcome().0, "nothing-due");

    receive(&mut desk, "A", "2027-06-30", 1).done();
    assert_eq!(desk.get("restock", &number)["state"], "received");
    assert_eq!(desk.on("2026-11-04").run_job("stock-check").outcome().0, "nothing-due", "twenty are enough");
    give(&mut desk, 1).done();
    assert_eq!(desk.on("2026-11-05").run_job("stock-check").count("requested"), 1);
    let told = desk.notices().last().unwrap().clone();
    assert_eq!(
        (&*told.role, desk.sentence(&told, "zh-CN")),
        ("supervisor", "创可贴只剩 19 片，最低应有 20，补货申请单已打印。".to_owned())
    );
}

/// M1: a request stands until there is enough again, by what comes or by what a count finds.
#[test]
fn m1_a_request_stands_until_there_is_enough() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 5).done();
    desk.run_job("stock-check").outcome();
    receive(&mut desk, "A", "2027-06-30", 1).done();
    assert_eq!(desk.on("2026-11-02").run_job("stock-check").outcome().0, "nothing-due", "it is requested already");
    assert_eq!(due(&mut desk, "to-restock", "2026-11-02").len(), 2);
    desk.act_as("zhou").act("lot", "ML-001", "count", json!({"counted": 20, "note": "漏登一盒"})).done();
    assert_eq!(due(&mut desk, "to-restock", "2026-11-02").len(), 1, "only the oil");
}

/// M1: a request that is cancelled is raised again while it lacks, and only open ones are cancelled.
#[test]
fn m1_a_cancelled_request_is_raised_again() {
    let mut desk = desk();
    desk.run_job("stock-check").outcome();
    let requests = due(&mut desk, "to-restock", "2026-11-01");
    assert_eq!(requests.len(), 2);
    desk.act_as("zhou").act("restock", &requests[0], "cancel", json!({"reason": "停产"})).done();
    desk.act("restock", &requests[0], "cancel", json!({"reason": "停产"})).refused_by("M1");
    assert_eq!(desk.on("2026-11-02").run_job("stock-check").count("requested"), 1);
}

/// M1: what is past its date or set aside does not count as stock.
#[test]
fn m1_only_what_may_be_given_counts_as_stock() {
    let mut desk = desk();
    receive(&mut desk, "A", "2026-11-10", 100).done();
    let requested = |desk: &mut TestDesk, on: &str| {
        desk.on(on).run_job("stock-check").outcome();
        desk.list("restock").iter().any(|request| request["item"] == "MI-001")
    };
    assert!(!requested(&mut desk, "2026-11-10"));
    assert!(requested(&mut desk, "2026-11-11"));
}

/// M2: what expires first is given first, from as many lots as it takes.
#[test]
fn m2_a_use_takes_what_expires_first_and_spans_lots() {
    let mut desk = desk();
    receive(&mut desk, "LATE", "2027-12-31", 10).done();
    receive(&mut desk, "SOON", "2026-12-31", 4).done();
    let given = give(&mut desk, 3).done();
    assert_eq!((&given["lots"], lot(&desk, "ML-002").1), (&json!("SOON ×3"), 1));
    assert_eq!(desk.list("movement").last().unwrap()["given"], given["number"]);
    let given = give(&mut desk, 3).done();
    assert_eq!(given["lots"], "SOON ×1, LATE ×2");
    assert_eq!((lot(&desk, "ML-001").1, lot(&desk, "ML-002").1), (8, 0));
}

/// M2: more than there is, is refused as a whole, with a sentence that names it.
#[test]
fn m2_never_more_than_there_is() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 5).done();
    let refusal = give(&mut desk, 6).refused_by("M2");
    let chinese = "可以使用的创可贴没有这么多：过期和封存的不算。请少取一些，或者联系诊所。";
    assert_eq!(refusal.sentences["zh-CN"], chinese);
    assert!(refusal.sentences["en"].starts_with("There is not that much 创可贴 that may be given"));
    assert_eq!((lot(&desk, "ML-001").1, desk.list("use").len()), (5, 0));
    for quantity in [0, -2] {
        give(&mut desk, quantity).refused_by("M2");
    }
    give(&mut desk, 5).done();
    give(&mut desk, 1).refused_by("M2");
}

/// M2: a lot that is past its date or set aside is never given from, also before the night's job has seen it.
#[test]
fn m2_nothing_is_given_from_expired_or_quarantined_lots() {
    let mut desk = desk();
    receive(&mut desk, "OLD", "2026-11-10", 5).done();
    receive(&mut desk, "NEW", "2027-06-30", 5).done();
    assert_eq!(give(desk.on("2026-11-10"), 1).done()["lots"], "OLD ×1", "on its expiry date it is usable");
    assert_eq!(give(desk.on("2026-11-11"), 1).done()["lots"], "NEW ×1", "the day after it is not");
    desk.act("lot", "ML-002", "quarantine", json!({"reason": "包装破损"})).done();
    give(&mut desk, 1).refused_by("M2");
}

/// M2: two clerks who take the last of a lot at once are both served, the later from the next lot; never below zero.
#[test]
fn m2_two_clerks_at_once_take_no_more_than_there_is() {
    let mut desk = desk();
    receive(&mut desk, "A", "2026-12-31", 3).done();
    receive(&mut desk, "B", "2027-06-30", 3).done();
    desk.meanwhile(|desk| drop(give(desk, 2).done()));
    assert_eq!(give(&mut desk, 2).done()["lots"], "A ×1, B ×1");
    desk.meanwhile(|desk| drop(give(desk, 2).done()));
    give(&mut desk, 1).refused_by("M2");
    assert_eq!((lot(&desk, "ML-001").1, lot(&desk, "ML-002").1), (0, 0));
}

/// M3: an urgent use tells the supervisor at once, another one nobody.
#[test]
fn m3_an_urgent_use_tells_the_supervisor_at_once() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 5).done();
    give(&mut desk, 1).done();
    assert!(desk.notices().is_empty());
    let urgent = json!({"item": "MI-001", "given_to": "staff", "name": "杨勇", "complaint": "头部撞伤", "is_urgent": true});
    desk.create("use", urgent).done();
    let told = desk.notices().last().unwrap().clone();
    assert_eq!(told.role, "supervisor");
    assert_eq!(desk.sentence(&told, "zh-CN"), "紧急用药：服务台使用了创可贴（MU-20261101-002），请马上过来。");
}

/// M4: thirty days ahead a lot is warned of, once.
#[test]
fn m4_a_lot_is_warned_of_thirty_days_ahead_and_once() {
    let mut desk = desk();
    receive(&mut desk, "A", "2026-12-31", 5).done();
    assert_eq!(desk.on("2026-11-30").run_job("expiry-check").outcome().0, "nothing-due", "31 days");
    assert_eq!(
        (due(&mut desk, "expires-soon", "2026-11-30"), due(&mut desk, "expires-soon", "2026-12-01")),
        (vec![], vec!["ML-001".to_owned()])
    );
    assert_eq!(desk.on("2026-12-01").run_job("expiry-check").count("warned"), 1, "30 days");
    let told = desk.notices().last().unwrap().clone();
    assert_eq!(desk.sentence(&told, "en"), "创可贴, lot A, expires on 2026-12-31: 5 left.");
    assert_eq!(desk.on("2026-12-02").run_job("expiry-check").outcome().0, "nothing-due");
    assert_eq!(desk.notices().len(), 1);
}

/// M4: a lot is usable through its date and quarantined the day after, also when the nights were missed.
#[test]
fn m4_a_lot_is_quarantined_the_day_after_its_date() {
    let mut desk = desk();
    desk.setting("expiry_warning_days", 0);
    receive(&mut desk, "A", "2026-12-31", 5).done();
    assert_eq!(desk.on("2026-12-31").run_job("expiry-check").count("quarantined"), 0);
    assert_eq!(lot(&desk, "ML-001").0, "usable");
    let late = desk.on("2027-01-04").run_job("expiry-check");
    assert_eq!((late.count("quarantined"), late.count("warned")), (1, 0));
    assert_eq!(desk.get("lot", "ML-001")["quarantined_on"], "2027-01-04");
    assert_eq!(desk.notices().last().unwrap().key, "notice-lot-quarantined");
    assert_eq!(desk.run_job("expiry-check").outcome().0, "nothing-due");
}

/// M4: a lot that was used up ends without a word.
#[test]
fn m4_an_empty_lot_ends_quietly() {
    let mut desk = desk();
    receive(&mut desk, "A", "2026-11-10", 2).done();
    give(&mut desk, 2).done();
    desk.on("2026-11-11").run_job("expiry-check").outcome();
    assert_eq!((lot(&desk, "ML-001").0.as_str(), desk.notices().len()), ("finished", 0));
}

/// M4: what is past its date is not taken in; more of a lot adds to it, but not with another date or once it is set aside.
#[test]
fn m4_what_is_past_its_date_is_not_taken_in() {
    let mut desk = desk();
    let refusal = receive(&mut desk, "OLD", "2026-10-31", 5).refused_by("M4");
    assert_eq!(refusal.sentences["zh-CN"], "这批药已过有效期，不能入库也不能使用，请退回。");
    receive(&mut desk, "A", "2026-11-01", 5).done();
    receive(&mut desk, "A", "2026-11-01", 3).done();
    assert_eq!((lot(&desk, "ML-001").1, desk.list("lot").len()), (8, 1));
    assert_eq!(receive(&mut desk, "A", "2026-11-02", 3).refused_by("M4").key, "refused-lot-has-another-date");
    desk.act("lot", "ML-001", "quarantine", json!({"reason": "受潮"})).done();
    assert_eq!(receive(&mut desk, "A", "2026-11-01", 3).refused_by("M4").key, "refused-lot-is-set-aside");
    desk.act("lot", "ML-001", "quarantine", json!({"reason": "受潮"})).refused_by("M4");
}

/// M5: quarantined lots leave the stock by a slip that the clerk signs first and the supervisor after.
#[test]
fn m5_quarantined_lots_leave_with_two_signatures() {
    let mut desk = desk();
    desk.create("disposal", json!({"manner": "退回药店"})).refused_by("M5");
    receive(&mut desk, "A", "2026-11-10", 5).done();
    receive(&mut desk, "B", "2027-06-30", 3).done();
    desk.on("2026-11-11").run_job("expiry-check").outcome();
    assert_eq!(due(&mut desk, "to-dispose", "2026-11-11"), ["ML-001"]);
    let slip = desk.create("disposal", json!({"manner": "退回药店"})).number();
    assert_eq!(desk.create("disposal", json!({"manner": "再来"})).refused_by("M5").key, "refused-nothing-is-quarantined");
    assert_eq!(lot(&desk, "ML-001"), ("quarantined".to_owned(), 5), "until both have signed it is there");

    assert_eq!(desk.sign("disposal", &slip, "supervisor", "zhou", "2222").refused_by("M5").key, "refused-signed-out-of-turn");
    desk.sign("disposal", &slip, "clerk", "zhou", "2222").done();
    let twice = desk.sign("disposal", &slip, "supervisor", "zhou", "2222").refused_by("M5");
    assert_eq!(twice.sentences["zh-CN"], "您已在这张单上签过另一栏，这一栏须由别人签。");
    assert_eq!(due(&mut desk, "disposal-to-sign", "2026-11-11"), [&*slip]);
    desk.on("2026-11-12").sign("disposal", &slip, "supervisor", "wang", "3333").done();
    assert_eq!((lot(&desk, "ML-001"), lot(&desk, "ML-002").1), (("disposed".to_owned(), 0), 3));
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["lines"][0]["quantity"], &paper["n_lots"]), (&json!(5), &json!(1)));
    assert!(!paper["disposed_at"].is_null());
    desk.sign("disposal", &slip, "supervisor", "wang", "3333").refused_by("M5");
    assert_eq!(
        desk.act_as("zhou").act("lot", "ML-001", "count", json!({"counted": 1, "note": "又找到"})).refused_by("M6").key,
        "refused-lot-has-left"
    );
}

/// M5: a count takes nothing out of quarantine, where two have to sign.
#[test]
fn m5_a_count_takes_nothing_out_of_quarantine() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 5).done();
    desk.act("lot", "ML-001", "quarantine", json!({"reason": "包装破损"})).done();
    let count = json!({"counted": 0, "note": "已丢失"});
    let refusal = desk.act_as("zhou").act("lot", "ML-001", "count", count).refused_by("M5");
    assert_eq!(refusal.sentences["zh-CN"], "封存的批次不再盘点，凭两人签字的报废单出库。");
    assert_eq!(lot(&desk, "ML-001").1, 5);
}

/// M5: a lot that was emptied by a count leaves all the same, and its slip says why it was set aside.
#[test]
fn m5_an_empty_lot_leaves_by_its_slip() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 2).done();
    desk.act_as("zhou").act("lot", "ML-001", "count", json!({"counted": 0, "note": "已丢失"})).done();
    desk.act("lot", "ML-001", "quarantine", json!({"reason": "包装破损"})).done();
    let slip = desk.create("disposal", json!({"manner": "销毁"})).number();
    assert_eq!(desk.paper("disposal-slip", "disposal", &slip)["lines"][0]["reason"], "包装破损");
    desk.sign("disposal", &slip, "clerk", "chen", "1111").done();
    desk.sign("disposal", &slip, "supervisor", "wang", "3333").done();
    assert_eq!(lot(&desk, "ML-001"), ("disposed".to_owned(), 0));
    assert_eq!(desk.list("movement").len(), 2);
}

/// M6: a count sets the books right with a reason, and the quantity is the sum of its entries, whatever happens.
#[test]
fn m6_the_quantity_is_the_sum_of_its_entries() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 10).done();
    give(&mut desk, 3).done();
    desk.act_as("zhou");
    let count = |counted: i64| json!({"counted": counted, "note": "少了两片"});
    assert_eq!(desk.act("lot", "ML-001", "count", json!({"counted": 5})).invalid("note"), "required");
    desk.act("lot", "ML-001", "count", count(5)).done();
    desk.act("lot", "ML-001", "count", count(5)).done();
    desk.act("lot", "ML-001", "count", count(-1)).refused_by("M6");
    assert_eq!((lot(&desk, "ML-001").1, sum_of_movements(&desk, "ML-001")), (5, 5));
    let last = desk.list("movement").last().unwrap().clone();
    assert_eq!((&last["reason"], &last["quantity"], &last["note"]), (&json!("counted"), &json!(-2), &json!("少了两片")));
    assert_eq!(desk.list("movement").len(), 3);
    for quantity in [0, -5] {
        assert_eq!(receive(&mut desk, "B", "2027-06-30", quantity).refused_by("M6").key, "refused-quantity-is-not-positive");
    }
}

/// M6: a count taken while somebody is given medicine finds what is there, not what was.
#[test]
fn m6_a_count_and_a_use_at_once_lose_nothing() {
    let mut desk = desk();
    receive(&mut desk, "A", "2027-06-30", 10).done();
    desk.act_as("zhou").meanwhile(|desk| drop(give(desk, 2).done()));
    desk.act("lot", "ML-001", "count", json!({"counted": 8, "note": "月底盘点"})).done();
    assert_eq!((lot(&desk, "ML-001").1, desk.list("movement").len()), (8, 2));
}

/// M6: the stock register shows each lot's opening, in, out and closing, and adds up.
#[test]
fn m6_the_stock_register_adds_up() {
    let mut desk = desk();
    receive(&mut desk, "A", "2026-11-20", 10).done();
    give(desk.on("2026-11-05"), 3).done();
    receive(&mut desk, "B", "2027-06-30", 7).done();
    give(desk.on("2026-12-01"), 2).done();
    let paper = desk.paper_for("stock", "2026-11-02", "2026-11-30");
    let line = |nth: usize| {
        (paper["lines"][nth]["lot_no"].clone(), paper["lines"][nth]["turnover"].clone(), paper["lines"][nth]["is_usable"].clone())
    };
    assert_eq!(line(0), (json!("A"), json!({"opening": 10, "incoming": 0, "outgoing": 3, "closing": 7}), json!(false)));
    assert_eq!(line(1), (json!("B"), json!({"opening": 0, "incoming": 7, "outgoing": 0, "closing": 7}), json!(true)));
    assert_eq!(desk.paper_for("stock", "2026-10-01", "2026-10-31")["lines"], json!([]));
}

/// M7: clinics and trained clerks are at hand; a training is due for renewal before it runs out.
#[test]
fn m7_clinics_and_trainings_are_at_hand() {
    let mut desk = desk();
    desk.act_as("zhou");
    desk.create("clinic", json!({"name": "解放北路社区医院", "telephone": "020-8765"})).done();
    let training = |trained: &str, until: &str| json!({"clerk": "李娜", "trained_on": trained, "renew_by": until});
    desk.create("training", training("2026-11-02", "2027-11-01")).refused_by("M7");
    desk.create("training", training("2026-01-10", "2026-01-10")).refused_by("M7");
    let number = desk.create("training", training("2026-01-10", "2027-01-09")).number();
    let paper = desk.paper_for("first-aid", "2026-11-01", "2026-11-01");
    assert_eq!((&paper["clinics"][0]["telephone"], &paper["trained"][0]["clerk"]), (&json!("020-8765"), &json!("李娜")));

    assert_eq!(due(&mut desk, "training-to-renew", "2026-12-09"), Vec::<String>::new());
    assert_eq!(due(&mut desk, "training-to-renew", "2026-12-10"), [&*number]);
    assert_eq!(desk.paper_for("first-aid", "2027-01-10", "2027-01-10")["trained"], json!([]), "it has run out");
    desk.on("2027-01-08").act("training", &number, "renew", json!({"trained_on": "2027-01-07", "renew_by": "2028-01-06"})).done();
    assert_eq!(due(&mut desk, "training-to-renew", "2027-01-10"), Vec::<String>::new());
    desk.act("training", &number, "renew", json!({"trained_on": "2027-01-09", "renew_by": "2028-01-06"})).refused_by("M7");
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("hr", Role::HR)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("00:40", "expiry-check"), ("00:50", "stock-check")]);
    for question in ["expires-soon", "to-dispose", "to-restock", "training-to-renew"] {
        assert!(!due(&mut desk, question, "2026-11-24").is_empty(), "something is {question} today");
    }
    assert!(desk.list("disposal").iter().any(|slip| slip["state"] == "disposed"));
    assert!(desk.list("use").len() > 8);
}
