//! Stock that runs out (G6), and what is left at an activity's end (G4, G6).

use deskbell_testkit::json;

use super::*;
use crate::gift::Warned;
use crate::stock_ahead::stage;
use deskbell_sdk::Days;

/// An activity that ends on 1 December with ten cups left, and the slip that lists them.
fn left(desk: &mut TestDesk) -> (String, String, String) {
    let activity = activity_with(desk, json!({"ends_on": "2026-12-01"}));
    let gift = gift_of(desk, &activity, "水杯", 10);
    desk.at("2026-12-02 02:30").run_job("stock-ahead").outcome();
    let slip = desk.list("disposal")[0]["number"].as_str().unwrap().to_owned();
    (activity, gift, slip)
}

fn state(desk: &TestDesk, record_type: &str, number: &str) -> String {
    desk.get(record_type, number)["state"].as_str().unwrap().to_owned()
}

/// G6: five a day and three days: 15 will do, 14 is low, none is empty; what nobody fetches can't run out.
#[test]
fn g6_a_stock_is_low_below_the_use_of_the_days_ahead() {
    let check =
        |in_stock, daily, expected: Warned| assert_eq!(stage(in_stock, daily, Days(3)), expected, "{in_stock} of {daily}");
    check(15, 5, Warned::Not);
    check(14, 5, Warned::Low);
    check(1, 5, Warned::Low);
    check(0, 5, Warned::Empty);
    check(0, 0, Warned::Not);
    check(14, i64::MAX, Warned::Low);
    assert_eq!(stage(14, 5, Days(2)), Warned::Not);
}

/// G6: planning is warned once per stage while the activity runs, and anew once there was enough again.
#[test]
fn g6_planning_is_warned_once_per_stage() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 15);
    desk.act_as("he").patch("gift", &gift, json!({"expected_daily_use": 5})).done();
    desk.act_as("chen").at("2026-11-02 02:40");
    assert_eq!(desk.run_job("stock-ahead").outcome().0, "nothing-due");
    hand_out(&mut desk, &gift, "8001").done();
    assert_eq!(desk.run_job("stock-ahead").sentence("en"), "warned of 1, activities ended 0");
    assert_eq!(told(&desk), [notice("planning", "stock-runs-out")]);
    let sentence = desk.sentence(&desk.notices()[0], "zh-CN");
    assert_eq!(sentence, "“满百送杯”的水杯只剩 14 个，不够派几天，请安排补货。");
    assert_eq!(desk.days_later(1).run_job("stock-ahead").outcome().0, "nothing-due");

    hand_out_with(&mut desk, &gift, "8002", json!({"quantity": 14})).done();
    assert_eq!(desk.days_later(1).run_job("stock-ahead").count("warned"), 1);
    assert_eq!(desk.sentence(&desk.notices()[1], "en"), "水杯 of \"满百送杯\" has run out. Please see to more.");
    take_in(&mut desk, &gift, 20).done();
    assert_eq!(desk.days_later(1).run_job("stock-ahead").outcome().0, "nothing-due");
    hand_out_with(&mut desk, &gift, "8003", json!({"quantity": 10})).done();
    assert_eq!(desk.days_later(1).run_job("stock-ahead").count("warned"), 1);
    assert_eq!(told(&desk).len(), 3);
}

/// G6: what stands at the front desk counts, and neither a coming nor a past activity is warned of.
#[test]
fn g6_only_a_running_activity_is_warned_of() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"starts_on": "2026-11-10", "ends_on": "2026-11-20"}));
    let gift = gift_of(&mut desk, &activity, "水杯", 15);
    desk.act_as("he").patch("gift", &gift, json!({"expected_daily_use": 5})).done();
    desk.act_as("chen").act("gift", &gift, "put-on-front-desk", json!({"full": 10})).done();
    assert_eq!(desk.on("2026-11-10").run_job("stock-ahead").outcome().0, "nothing-due");
    let on_desk = desk.list("gift")[1]["number"].as_str().unwrap().to_owned();
    hand_out(&mut desk, &on_desk, "8001").done();
    assert_eq!(desk.on("2026-11-09").run_job("stock-ahead").outcome().0, "nothing-due");
    assert_eq!(desk.on("2026-11-20").run_job("stock-ahead").count("warned"), 1);
    let over = desk.on("2026-11-21").run_job("stock-ahead");
    assert_eq!((over.count("warned"), over.count("ended")), (0, 1));
}

/// G6: the setting moves the border.
#[test]
fn g6_a_store_may_look_further_ahead() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({}));
    let new = json!({"activity": activity, "name": "水杯", "unit": "个", "expected_daily_use": 5});
    let gift = desk.create("gift", new).number();
    take_in(&mut desk, &gift, 15).done();
    desk.setting("days_ahead", 4);
    assert_eq!(desk.run_job("stock-ahead").count("warned"), 1);
}

/// G6: what is left at the end is listed the night after, once, and planning is told.
#[test]
fn g6_what_is_left_at_the_end_is_listed_at_once() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"ends_on": "2026-12-01"}));
    let gift = gift_of(&mut desk, &activity, "水杯", 10);
    hand_out(desk.at("2026-12-01 21:00"), &gift, "8001").done();
    assert_eq!(desk.run_job("stock-ahead").outcome().0, "nothing-due");
    assert_eq!(desk.at("2026-12-02 02:30").run_job("stock-ahead").count("ended"), 1);
    assert_eq!(state(&desk, "activity", &activity), "ended");
    let slip = desk.papers()[0].data.clone();
    assert_eq!((&slip["n_pieces"], &slip["lines"][0]["name"]), (&json!(9), &json!("水杯")));
    assert_eq!((&slip["unclaimed_from"], &slip["is_the_malls"]), (&json!("2026-12-17"), &json!(false)));
    assert_eq!(told(&desk), [notice("planning", "leftovers-listed")]);
    assert_eq!(desk.run_job("stock-ahead").outcome().0, "nothing-due");
    assert_eq!(desk.list("disposal").len(), 1);
}

/// G6: an activity of which nothing is left is settled.
#[test]
fn g6_with_nothing_left_there_is_no_slip() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 1);
    hand_out(&mut desk, &gift, "8001").done();
    assert_eq!(desk.on("2026-12-01").run_job("stock-ahead").count("ended"), 1);
    assert_eq!((&*state(&desk, "activity", &activity), desk.list("disposal").len()), ("settled", 0));
    desk.act("gift", &gift, "count", json!({"counted": 1})).refused_by("G1");
}

/// G4: ended on the 1st: its promoter's through the 16th, due for the mall on the 17th.
#[test]
fn g4_gifts_are_the_malls_on_the_seventeenth_and_not_before() {
    let mut desk = desk();
    let (_, _, slip) = left(&mut desk);
    desk.at("2026-12-16 02:40");
    assert_eq!(desk.due("2026-12-16"), []);
    assert_eq!(desk.run_job("unclaimed-gifts").outcome().0, "nothing-due");
    assert_eq!(state(&desk, "disposal", &slip), "waiting");

    desk.at("2026-12-17 02:40");
    assert_eq!(desk.due("2026-12-17"), [("unclaimed".to_owned(), slip.clone())]);
    assert_eq!(desk.run_job("unclaimed-gifts").sentence("zh-CN"), "归商场 1 单，新结束活动 0 个");
    assert_eq!(desk.get("disposal", &slip)["unclaimed_since"], "2026-12-17");
    assert_eq!(told(&desk)[1], notice("supervisor", "gifts-unclaimed"));
    assert_eq!(desk.papers().last().unwrap().data["is_the_malls"], true);
    assert_eq!(desk.due("2026-12-17"), [("disposal-to-sign".to_owned(), slip)]);
    assert_eq!(desk.run_job("unclaimed-gifts").outcome().0, "nothing-due");
}

/// G4: the setting moves the day.
#[test]
fn g4_a_store_may_wait_longer() {
    let mut desk = desk();
    left(&mut desk);
    desk.setting("unclaimed_after_days", 20);
    assert_eq!(desk.on("2026-12-21").run_job("unclaimed-gifts").outcome().0, "nothing-due");
    assert_eq!(desk.on("2026-12-22").run_job("unclaimed-gifts").count("unclaimed"), 1);
}

/// G4: after an outage of a month one run lists what is left and gives it to the mall.
#[test]
fn g4_one_late_run_makes_good_a_month_of_outage() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"ends_on": "2026-12-01"}));
    gift_of(&mut desk, &activity, "水杯", 10);
    let run = desk.on("2027-01-05").run_job("unclaimed-gifts");
    assert_eq!((run.count("unclaimed"), run.count("ended")), (1, 1));
    assert_eq!(state(&desk, "disposal", desk.list("disposal")[0]["number"].as_str().unwrap()), "unclaimed");
}

/// G4: both sign, in order and not the same person; then the gifts leave the stock through the ledger.
#[test]
fn g4_unclaimed_gifts_leave_the_stock_when_both_have_signed() {
    let mut desk = desk();
    let (activity, gift, slip) = left(&mut desk);
    desk.sign("disposal", &slip, "clerk", "chen", "1111").refused_by("G4");
    desk.on("2026-12-17").run_job("unclaimed-gifts").outcome();
    desk.sign("disposal", &slip, "supervisor", "zhou", "2222").refused_by("G4");
    desk.sign("disposal", &slip, "clerk", "zhou", "2222").done();
    desk.sign("disposal", &slip, "supervisor", "zhou", "2222").refused_by("G4");
    assert_eq!(in_stock(&desk, &gift), 10, "one signature moves nothing");

    desk.user("lin", [Role::SUPERVISOR], "7777").on("2026-12-18");
    let moved = desk.sign("disposal", &slip, "supervisor", "lin", "7777").done();
    assert_eq!((&moved["state"], &moved["n_pieces"]), (&json!("handed-to-mall"), &json!(10)));
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (0, 0));
    assert_eq!(desk.list("movement").last().unwrap()["reason"], "handed-to-mall");
    assert_eq!(state(&desk, "activity", &activity), "settled");
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["lines"][0]["quantity"], &paper["done_on"]), (&json!(10), &json!("2026-12-18")));
}

/// G4: the promoter or the person in charge fetches what is left through the 16th.
#[test]
fn g4_what_is_left_may_be_fetched_in_time() {
    let mut desk = desk();
    let (activity, gift, slip) = left(&mut desk);
    desk.on("2026-12-16");
    let back = desk.act("disposal", &slip, "hand-back", json!({"fetched_by": "促销员小王"})).done();
    assert_eq!((&back["state"], &back["n_pieces"]), (&json!("handed-back"), &json!(10)));
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (0, 0));
    assert_eq!((&*state(&desk, "activity", &activity), desk.due("2026-12-31")), ("settled", vec![]));
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["n_pieces"], &paper["is_the_malls"]), (&json!(10), &json!(false)));
    assert_eq!((&paper["fetched_by"], &paper["done_on"]), (&json!("促销员小王"), &json!("2026-12-16")));
    desk.act("disposal", &slip, "hand-back", json!({"fetched_by": "促销员小王"})).refused_by("G4");
}

/// G4: from the 17th on they are the mall's, also while the night's job has not run.
#[test]
fn g4_what_is_the_malls_is_not_handed_back() {
    let mut desk = desk();
    let (_, _, slip) = left(&mut desk);
    desk.at("2026-12-17 00:10").act("disposal", &slip, "hand-back", json!({"fetched_by": "李经理"})).refused_by("G4");
    desk.run_job("unclaimed-gifts").outcome();
    desk.act("disposal", &slip, "hand-back", json!({"fetched_by": "李经理"})).refused_by("G4");
}

/// G4: gifts counted while somebody signs are not lost: what leaves is what is there then.
#[test]
fn g4_a_count_in_the_same_second_is_seen() {
    let mut desk = desk();
    let (_, gift, slip) = left(&mut desk);
    let same = gift.clone();
    desk.meanwhile(move |desk| drop(desk.act("gift", &same, "count", json!({"counted": 12})).done()));
    let back = desk.act("disposal", &slip, "hand-back", json!({"fetched_by": "李经理"})).done();
    assert_eq!((&back["n_pieces"], in_stock(&desk, &gift)), (&json!(12), 0));
}
