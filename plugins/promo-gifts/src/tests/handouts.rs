//! A gift for a receipt, once (G2), rung up at the till (G7).

use deskbell_testkit::json;

use super::*;

/// G2: a receipt is used once in an activity, and the refusal says when and by whom it was.
#[test]
fn g2_a_used_receipt_is_refused_with_when_and_by_whom() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let handout = hand_out(&mut desk, &gift, "8001").number();
    desk.act_as("zhou").on("2026-11-03");
    let refusal = hand_out(&mut desk, &gift, "8001").refused_by("G2");
    assert_eq!(refusal.sentences["zh-CN"], format!("小票 8001 已在 2026-11-01 由chen发过赠品（{handout}），不能再领。"));
    let english = format!("Receipt 8001 was used on 2026-11-01 by chen ({handout}); it can't be used again.");
    assert_eq!(refusal.sentences["en"], english);
    hand_out(&mut desk, &gift, " 80 01").refused_by("G2");
    hand_out(&mut desk, &gift, "8002").done();
    assert_eq!(in_stock(&desk, &gift), 8);
}

/// G2: another activity asks for the receipt anew.
#[test]
fn g2_a_receipt_counts_in_each_activity() {
    let mut desk = desk();
    let (_, cup) = cups(&mut desk, 10);
    let other = activity_with(&mut desk, json!({"name": "满百送伞"}));
    let umbrella = gift_of(&mut desk, &other, "雨伞", 10);
    let first = gift_of(&mut desk, &other, "扇子", 10);
    hand_out(&mut desk, &cup, "8001").done();
    hand_out(&mut desk, &umbrella, "8001").done();
    hand_out(&mut desk, &first, "8001").refused_by("G2");
}

/// G2: as often as the activity says.
#[test]
fn g2_an_activity_may_say_more() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"handouts_per_receipt": 2}));
    let gift = gift_of(&mut desk, &activity, "水杯", 10);
    assert_eq!(hand_out(&mut desk, &gift, "8001").done()["nth"], 1);
    assert_eq!(hand_out(&mut desk, &gift, "8001").done()["nth"], 2);
    hand_out(&mut desk, &gift, "8001").refused_by("G2");
}

/// G2: two clerks with one receipt at the same second: one hands out, the other reads that it is used.
#[test]
fn g2_two_clerks_with_one_receipt_hand_out_once() {
    for (per_receipt, handed_out) in [(1, 1), (2, 2)] {
        let mut desk = desk();
        let activity = activity_with(&mut desk, json!({"handouts_per_receipt": per_receipt}));
        let gift = gift_of(&mut desk, &activity, "水杯", 10);
        let same = gift.clone();
        desk.meanwhile(move |desk| drop(hand_out(desk, &same, "8001").done()));
        let second = hand_out(&mut desk, &gift, "8001");
        if per_receipt == 1 {
            second.refused_by("G2");
        } else {
            assert_eq!(second.done()["nth"], 2);
        }
        assert_eq!((desk.list("handout").len(), in_stock(&desk, &gift)), (handed_out, 10 - handed_out as i64));
    }
}

/// G2: only while the activity runs, its first and its last day included.
#[test]
fn g2_nothing_goes_out_before_the_first_day_or_after_the_last() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"starts_on": "2026-12-30", "ends_on": "2027-01-02"}));
    let gift = gift_of(&mut desk, &activity, "水杯", 10);
    let early = hand_out(desk.on("2026-12-29"), &gift, "8001").refused_by("G2");
    assert_eq!(early.sentences["zh-CN"], "“满百送杯”2026-12-30 才开始，现在还不能办。");
    hand_out(desk.on("2026-12-30"), &gift, "8001").done();
    hand_out(desk.on("2027-01-02"), &gift, "8002").done();
    let late = hand_out(desk.on("2027-01-03"), &gift, "8003").refused_by("G2");
    assert_eq!(late.sentences["en"], "\"满百送杯\" ended on 2027-01-02; nothing more can be done in it.");
}

/// G2: the receipt comes to what the rule asks for.
#[test]
fn g2_a_purchase_comes_to_enough() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"purchase_from_fen": 10_000}));
    let gift = gift_of(&mut desk, &activity, "水杯", 10);
    let refusal = hand_out_with(&mut desk, &gift, "8001", json!({"till_amount_fen": 9_999})).refused_by("G2");
    assert_eq!(refusal.sentences["zh-CN"], "小票金额不够，本活动满 100.00 元才可领。");
    hand_out_with(&mut desk, &gift, "8001", json!({"till_amount_fen": 10_000})).done();
    let negative = hand_out_with(&mut desk, &gift, "8002", json!({"till_amount_fen": -1}));
    assert_eq!(negative.invalid("till_amount_fen"), "amount-is-negative");
    let (_, for_everybody) = cups(&mut desk, 10);
    hand_out_with(&mut desk, &for_everybody, "8003", json!({"till_amount_fen": 0})).done();
}

/// G2: a handout that was a mistake is taken back by the supervisor: gift and receipt are as before.
#[test]
fn g2_a_handout_taken_back_frees_its_receipt() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let handout = hand_out(&mut desk, &gift, "8001").number();
    let why = json!({"reason": "小票看错了"});
    desk.act("handout", &handout, "take-back", why.clone()).problem("forbidden");
    desk.act_as("zhou").act("handout", &handout, "take-back", why.clone()).done();
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (10, 10));
    desk.act("handout", &handout, "take-back", why.clone()).refused_by("G2");
    let again = hand_out(&mut desk, &gift, "8001").done();
    assert_eq!((&again["nth"], in_stock(&desk, &gift)), (&json!(2), 9));
    hand_out(&mut desk, &gift, "8001").refused_by("G2");
    let again = again["number"].as_str().unwrap();
    desk.on("2026-12-01").act("handout", again, "take-back", why).refused_by("G2");
}

/// G7: a handout carries its number at the till.
#[test]
fn g7_a_handout_is_rung_up_at_the_till() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let without = json!({"gift": gift, "receipt_no": "8001", "till_amount_fen": 12_800});
    assert_eq!(desk.create("handout", without).invalid("till_no"), "required");
    assert_eq!(hand_out(&mut desk, &gift, "8001").done()["till_no"], "POS-1");
}

/// G7: the day's handouts go to finance, and what petty cash paid for prizes with them.
#[test]
fn g7_the_days_handouts_go_to_finance() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 10);
    hand_out(&mut desk, &gift, "8001").done();
    hand_out_with(desk.on("2026-11-02"), &gift, "8002", json!({"quantity": 2, "till_no": "POS-2"})).done();
    let mistake = hand_out(&mut desk, &gift, "8003").number();
    desk.act_as("zhou").act("handout", &mistake, "take-back", json!({"reason": "看错"})).done();
    let cap = json!({"activity": activity, "token": "bottle-cap", "cash_fen": 500});
    desk.signed_by("loss-prevention", "zhao", "3333").create("redemption", cap).done();

    let day = desk.paper_for("days-handouts", "2026-11-02", "2026-11-02");
    assert_eq!((&day["n_handouts"], &day["n_pieces"]), (&json!(1), &json!(2)));
    let line = &day["lines"][0];
    assert_eq!((&line["till_no"], &line["gift"], &line["activity"]), (&json!("POS-2"), &json!("水杯"), &json!("满百送杯")));
    assert_eq!((&day["n_cash_prizes"], &day["cash_fen"]), (&json!(1), &json!(500)));
    let both = desk.paper_for("days-handouts", "2026-11-01", "2026-11-02");
    assert_eq!((&both["n_handouts"], &both["n_pieces"]), (&json!(2), &json!(3)));
}
