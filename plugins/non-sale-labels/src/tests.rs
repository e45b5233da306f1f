//! The rules of non-sale labels, at the desk in memory.

use deskbell_sdk::Role;
use deskbell_testkit::{TestDesk, Value, json};

/// A desk on 1 November with the serials 1–60 and 101–400 in stock.
fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("zhou", [Role::CLERK, Role::SUPERVISOR], "2222").user("zhao", [Role::LOSS_PREVENTION], "3333");
    desk.act_as("zhou");
    for (first, last) in [(1, 60), (101, 400)] {
        desk.create("label-stock", json!({"first_serial": first, "last_serial": last})).done();
    }
    desk.act_as("chen");
    desk
}

/// An application for labels of a three-day tasting, which differs from the usual one.
fn application(differs: Value) -> Value {
    let mut fields = json!({
        "supplier": "某乳业", "credential": "business-licence", "credential_no": "91440101", "contact": "刘洋",
        "activity": "tasting", "goods": "酸奶 100g", "quantity": 10, "valid_to": "2026-11-03"
    });
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    fields
}

fn issue(desk: &mut TestDesk, quantity: i64) -> String {
    desk.create("issue", application(json!({ "quantity": quantity }))).number()
}

fn look_up(desk: &mut TestDesk, serial: &str) -> Value {
    desk.act_on_plugin("look-up", json!({ "serial": serial })).done()
}

fn serials(desk: &TestDesk) -> Vec<i64> {
    desk.list("label").iter().map(|label| label["serial"].as_i64().unwrap()).collect()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// N1: without a credential no label, and nothing has been drawn.
#[test]
fn n1_without_a_credential_there_is_no_label() {
    let mut desk = desk();
    for lacking in [json!({"credential": null}), json!({"credential_no": null}), json!({"credential_no": "  "})] {
        let refusal = desk.create("issue", application(lacking)).refused_by("N1");
        assert_eq!(refusal.sentences["zh-CN"], "没有证件不能领标签：请供应商出示证件，并登记种类和号码。");
        let english = "Without a credential there is no label: note which one was shown, and its number.";
        assert_eq!(refusal.sentences["en"], english);
    }
    assert!(desk.list("label").is_empty() && desk.list("issue").is_empty());
    issue(&mut desk, 3);
    assert_eq!(serials(&desk), [1, 2, 3]);
}

/// N1: an activity has its days, and they are not over.
#[test]
fn n1_an_activity_ends_after_it_begins_and_not_before_today() {
    let mut desk = desk();
    for (from, to) in [("2026-11-04", "2026-11-03"), ("2026-10-01", "2026-10-31")] {
        desk.create("issue", application(json!({"valid_from": from, "valid_to": to}))).refused_by("N1");
    }
    desk.create("issue", application(json!({"valid_from": "2026-11-01", "valid_to": "2026-11-01"}))).done();
}

/// N2: serials are drawn in order and without a gap, over the end of a range into the next.
#[test]
fn n2_serials_run_on_without_a_gap() {
    let mut desk = desk();
    let first = issue(&mut desk, 58);
    let second = issue(&mut desk, 5);
    assert_eq!(desk.get("issue", &first)["serials"], "NS00000001–NS00000058");
    assert_eq!(desk.get("issue", &second)["serials"], "NS00000059–NS00000060, NS00000101–NS00000103");
    let all: Vec<i64> = (1..=60).chain(101..=103).collect();
    assert_eq!(serials(&desk), all);
    let third = issue(&mut desk, 1);
    assert_eq!(desk.get("issue", &third)["serials"], "NS00000104");
}

/// N2: two clerks at once draw different serials, and none is skipped.
#[test]
fn n2_two_clerks_at_once_draw_different_serials() {
    let mut desk = desk();
    desk.meanwhile(|desk| drop(issue(desk, 4)));
    issue(&mut desk, 3);
    assert_eq!(serials(&desk), [1, 2, 3, 4, 5, 6, 7]);
}

/// N2: more than there are is refused as a whole; a range is taken in once for ever.
#[test]
fn n2_labels_run_out_and_no_range_comes_twice() {
    let mut desk = desk();
    issue(&mut desk, 300);
    let refusal = desk.create("issue", application(json!({"quantity": 61}))).refused_by("N2");
    assert_eq!(refusal.key, "refused-not-enough-labels");
    assert_eq!(serials(&desk).len(), 300);
    issue(&mut desk, 60);
    desk.act_as("zhou");
    for (first, last) in [(1, 10), (60, 70), (400, 500), (90, 600)] {
        let again = json!({"first_serial": first, "last_serial": last});
        assert_eq!(desk.create("label-stock", again).refused_by("N2").key, "refused-serials-are-taken", "{first}–{last}");
    }
    desk.create("label-stock", json!({"first_serial": 70, "last_serial": 61})).refused_by("N2");
    desk.create("label-stock", json!({"first_serial": 61, "last_serial": 100})).done();
    desk.act_as("chen");
    issue(&mut desk, 40);
    assert_eq!(serials(&desk).iter().collect::<std::collections::BTreeSet<_>>().len(), 400);
}

/// N2: a quantity is one label at least, and no more than can be checked at the gate.
#[test]
fn n2_a_quantity_is_within_reason() {
    let mut desk = desk();
    for quantity in [0, -1, 301] {
        desk.create("issue", application(json!({ "quantity": quantity }))).refused_by("N2");
    }
}

/// N2: labels go on goods by their serials, while the activity runs; only then may the goods enter.
#[test]
fn n2_labels_are_affixed_while_the_activity_runs() {
    let mut desk = desk();
    let number = issue(&mut desk, 10);
    assert_eq!(look_up(&mut desk, "NS00000001")["verdict"], "not-affixed");
    let some = json!({"first": "NS00000001", "last": "4"});
    let affixed = desk.act("issue", &number, "affix", some.clone()).done();
    assert_eq!((&affixed["state"], &affixed["affixed"], &affixed["outstanding"]), (&json!("affixed"), &json!(4), &json!(6)));
    assert_eq!(desk.act("issue", &number, "affix", some).refused_by("N2").key, "refused-no-label-is-left");
    assert_eq!(desk.act("issue", &number, "affix", json!({"first": "x"})).invalid("first"), "not-a-serial");
    desk.on("2026-11-03").act("issue", &number, "affix", json!({"last": "5"})).done();
    let refusal = desk.on("2026-11-04").act("issue", &number, "affix", json!({})).refused_by("N2");
    assert_eq!(refusal.key, "refused-activity-is-over");
}

/// N3: what was not used comes back and is void; an activity closes when every label is accounted for.
#[test]
fn n3_unused_labels_are_returned_and_void() {
    let mut desk = desk();
    let number = issue(&mut desk, 10);
    desk.act("issue", &number, "affix", json!({"last": "6"})).done();
    let refusal = desk.act("issue", &number, "close", json!({})).refused_by("N3");
    assert_eq!(refusal.sentences["zh-CN"], "还有 4 枚标签没有交代：请退回，或者办理注销。");
    let returned = desk.act("issue", &number, "return-unused", json!({})).done();
    assert_eq!((&returned["returned"], &returned["outstanding"]), (&json!(4), &json!(0)));
    assert_eq!(look_up(&mut desk, "7")["verdict"], "returned");
    desk.act("issue", &number, "close", json!({})).done();
    assert_eq!(look_up(&mut desk, "1")["verdict"], "over");
    desk.act("issue", &number, "close", json!({})).refused_by("N3");
    assert_eq!(desk.act("issue", &number, "affix", json!({})).refused_by("N2").key, "refused-activity-is-closed");
    let more = issue(&mut desk, 1);
    assert_eq!(desk.get("issue", &more)["serials"], "NS00000011", "a returned label is never issued again");
}

/// N3: what never comes back is written off with loss prevention's signature, and is never valid again.
#[test]
fn n3_missing_labels_are_written_off_with_loss_preventions_signature() {
    let mut desk = desk();
    let number = issue(&mut desk, 10);
    desk.act("issue", &number, "affix", json!({"last": "8"})).done();
    desk.act_as("zhou");
    let reason = json!({"reason": "促销员称已丢失"});
    let refusal = desk.act("issue", &number, "write-off", reason.clone()).needs_sign_off("loss-prevention");
    assert_eq!(refusal.rule.as_deref(), Some("N3"));
    let written_off = desk.signed_by("loss-prevention", "zhao", "3333").act("issue", &number, "write-off", reason).done();
    assert_eq!((&written_off["written_off"], &written_off["outstanding"]), (&json!(2), &json!(0)));
    assert_eq!(desk.notices().last().unwrap().role, "supervisor");
    assert_eq!(look_up(&mut desk, "9")["verdict"], "written-off");
}

/// N3: the night after the last day lists what is unaccounted for, every night, and tells the supervisor once.
#[test]
fn n3_activities_past_their_end_are_listed_until_accounted_for() {
    let mut desk = desk();
    let number = issue(&mut desk, 10);
    let done = issue(&mut desk, 2);
    desk.act("issue", &done, "affix", json!({})).done();
    assert_eq!(desk.on("2026-11-03").run_job("expired-activities").outcome().0, "nothing-due");
    assert_eq!(desk.due("2026-11-03"), []);
    assert_eq!(desk.due("2026-11-04"), [("labels-unaccounted".to_owned(), number.clone())]);
    let run = desk.on("2026-11-04").run_job("expired-activities");
    assert_eq!((run.count("listed"), run.count("closed")), (1, 1));
    assert_eq!(desk.get("issue", &done)["state"], "closed");
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["lines"][0]["number"], &paper["n_labels"]), (&json!(number), &json!(10)));
    let told = desk.notices().last().unwrap().clone();
    assert_eq!(desk.sentence(&told, "zh-CN"), format!("某乳业的活动 {number} 已结束，还有 10 枚标签没有交代。"));

    assert_eq!(desk.on("2026-11-05").run_job("expired-activities").count("listed"), 1);
    assert_eq!((desk.notices().len(), desk.papers().len()), (1, 2));
    desk.act("issue", &number, "return-unused", json!({})).done();
    assert_eq!(desk.on("2026-11-06").run_job("expired-activities").count("closed"), 1);
    assert_eq!(desk.papers().len(), 2, "with nothing to list there is no paper");
    assert_eq!(desk.run_job("expired-activities").outcome().0, "nothing-due");
}

/// N4: a scan tells what the goods are, whose, and whether the label is valid today.
#[test]
fn n4_a_scan_tells_whose_goods_they_are_and_whether_the_label_is_valid() {
    let mut desk = desk();
    let ahead = json!({"quantity": 2, "valid_from": "2026-11-02", "valid_to": "2026-11-03"});
    let number = desk.create("issue", application(ahead)).number();
    desk.act("issue", &number, "affix", json!({})).done();
    for (day, verdict) in [("2026-11-01", "not-yet"), ("2026-11-02", "valid"), ("2026-11-03", "valid"), ("2026-11-04", "over")] {
        let told = look_up(desk.on(day), "ns00000002");
        assert_eq!((&told["verdict"], &told["is_valid"]), (&json!(verdict), &json!(verdict == "valid")), "{day}");
        assert_eq!((&told["goods"], &told["supplier"]), (&json!("酸奶 100g"), &json!("某乳业")));
    }
    let refusal = desk.act_on_plugin("look-up", json!({"serial": "NS00000099"})).refused_by("N4");
    assert_eq!(refusal.sentences["zh-CN"], "NS00000099 没有发放过：这件商品不能进场。");
    assert_eq!(refusal.sentences["en"], "NS00000099 was never issued: these goods may not enter.");
    for nonsense in ["NSX", "0", "-3"] {
        assert_eq!(desk.act_on_plugin("look-up", json!({ "serial": nonsense })).invalid("serial"), "not-a-serial");
    }
}

/// N2: a sheet begins at any label of a half-used one, and shows each serial that may still be used.
#[test]
fn n2_a_sheet_begins_at_any_label_of_a_half_used_one() {
    let mut desk = desk();
    let number = issue(&mut desk, 4);
    desk.act("issue", &number, "return-unused", json!({"first": "4"})).done();
    desk.act("issue", &number, "print-labels", json!({"starts_at": 24})).done();
    let sheet = desk.papers().last().unwrap().data.clone();
    assert_eq!((&sheet["starts_at"], &sheet["geometry"]["columns"]), (&json!(24), &json!(3)));
    let serials: Vec<&Value> = sheet["labels"].as_array().unwrap().iter().map(|label| &label["serial"]).collect();
    assert_eq!(serials, ["NS00000001", "NS00000002", "NS00000003"]);
    for nowhere in [0, 25] {
        let print = json!({ "starts_at": nowhere });
        assert_eq!(desk.act("issue", &number, "print-labels", print).invalid("starts_at"), "no-such-label-on-the-sheet");
    }
}

/// N2: a sheet that just fills an A4 page is printed; any measure that is a tenth of a millimetre more is refused.
#[test]
fn n2_a_sheet_may_fill_a_page_and_no_more() {
    let mut desk = desk();
    let number = issue(&mut desk, 4);
    let across = [("sheet_columns", 3), ("sheet_left", 120), ("label_width", 600), ("gap_across", 90)];
    let down = [("sheet_rows", 4), ("sheet_top", 50), ("label_height", 700), ("gap_down", 40)];
    let filling = across.into_iter().chain(down);
    for (setting, value) in filling.clone() {
        desk.setting(setting, value);
    }
    let last = json!({"starts_at": 12});
    desk.act("issue", &number, "print-labels", last.clone()).done();
    for (setting, value) in filling {
        desk.setting(setting, value + 1);
        let refusal = desk.act("issue", &number, "print-labels", last.clone()).refused_by("N2");
        assert_eq!(refusal.key, "refused-sheet-is-too-large", "{setting}");
        desk.setting(setting, value);
    }
}

/// N2: the stock's paper shows what came, what was issued and what is left.
#[test]
fn n2_the_stock_adds_up() {
    let mut desk = desk();
    issue(&mut desk, 50);
    issue(desk.on("2026-11-02"), 20);
    let paper = desk.paper_for("label-stock", "2026-11-02", "2026-11-02");
    let turnover = |nth: usize| paper["lines"][nth]["turnover"].clone();
    assert_eq!(turnover(0), json!({"opening": 10, "incoming": 0, "outgoing": 10, "closing": 0}));
    assert_eq!(turnover(1), json!({"opening": 300, "incoming": 0, "outgoing": 10, "closing": 290}));
    assert_eq!((&paper["lines"][1]["first"], &paper["lines"][1]["last"]), (&json!("NS00000101"), &json!("NS00000400")));
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("loss-prevention", Role::LOSS_PREVENTION)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("01:10", "expired-activities")]);
    assert!(!desk.due("2026-11-24").is_empty(), "an activity is over with labels unaccounted for");
    assert!(desk.list("issue").iter().any(|issue| issue["state"] == "closed"));
}
