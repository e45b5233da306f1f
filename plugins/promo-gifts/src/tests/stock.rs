//! What is in stock is what the ledger says (G1), also at the front desk (G9).

use deskbell_testkit::json;

use super::*;

/// G1: what comes through receiving is registered against its list, and is in stock.
#[test]
fn g1_gifts_are_registered_at_intake() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 0);
    let intake = take_in(&mut desk, &gift, 50).done();
    assert_eq!((&intake["activity"], &intake["received_on"]), (&json!(activity), &json!("2026-11-01")));
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (50, 50));
    assert_eq!(told(&desk), []);

    let short = json!({"gift": gift, "source": "purchase", "list_no": "QD-8", "listed": 20, "received": 18});
    let short = desk.create("intake", short).number();
    assert_eq!(in_stock(&desk, &gift), 68);
    assert_eq!(desk.list("movement")[1]["reason"], "purchase");
    assert_eq!(told(&desk), [notice("purchasing", "intake-differs")]);
    let sentence = format!("Gift intake {short}: 20 of 水杯 on the list, 18 received. Please check.");
    assert_eq!(desk.sentence(&desk.notices()[0], "en"), sentence);
}

/// G1: receiving signs for what it brought.
#[test]
fn g1_receiving_signs_for_the_intake() {
    let mut desk = desk();
    desk.user("zheng", [Role::RECEIVING], "6666");
    let (_, gift) = cups(&mut desk, 0);
    let intake = take_in(&mut desk, &gift, 50).number();
    desk.sign("intake", &intake, "receiving", "zhou", "2222").problem("forbidden");
    let signed = desk.sign("intake", &intake, "receiving", "zheng", "6666").done();
    assert_eq!(signed["sign_offs"][0]["user"], "zheng");
}

/// G1: nothing, less than nothing and more than there is can't be moved, and nothing has moved then.
#[test]
fn g1_no_piece_comes_or_goes_that_is_not_there() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 3);
    for quantity in [0, -1] {
        let none = hand_out_with(&mut desk, &gift, "8001", json!({"quantity": quantity})).refused_by("G1");
        assert_eq!(none.sentences["zh-CN"], "数量至少是 1。");
        let into = json!({"gift": gift, "list_no": "QD-8", "listed": quantity, "received": quantity});
        desk.create("intake", into).refused_by("G1");
    }
    let refusal = hand_out_with(&mut desk, &gift, "8001", json!({"quantity": 4})).refused_by("G1");
    assert_eq!(refusal.sentences["zh-CN"], "水杯库存只有 3 个，不够。请先入库或盘点。");
    assert_eq!(refusal.sentences["en"], "There are only 3 个 of 水杯 in stock. Take more in first, or count.");
    assert_eq!((in_stock(&desk, &gift), desk.list("handout").len()), (3, 0));
    hand_out_with(&mut desk, &gift, "8001", json!({"quantity": 3})).done();
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (0, 0));
}

/// G1: two clerks reach for the last piece.
#[test]
fn g1_the_last_piece_goes_out_once() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 1);
    let same = gift.clone();
    desk.meanwhile(move |desk| drop(hand_out(desk, &same, "8001").done()));
    hand_out(&mut desk, &gift, "8002").refused_by("G1");
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift)), (0, 0));
}

/// G1: a stock moves by the ledger alone.
#[test]
fn g1_nobody_writes_a_stock_down() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 5);
    desk.act_as("zhou");
    desk.patch("gift", &gift, json!({"in_stock": 9})).invalid("in_stock");
    desk.create("gift", json!({"activity": activity, "name": "伞", "in_stock": 9})).invalid("in_stock");
    desk.create("movement", json!({"gift": gift, "quantity": 9})).problem("forbidden");
}

/// G1: gifts come until the last day of their activity, and not the day after.
#[test]
fn g1_nothing_comes_for_an_activity_that_is_over() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 0);
    take_in(desk.on("2026-11-30"), &gift, 5).done();
    take_in(desk.on("2026-12-01"), &gift, 5).refused_by("G1");
    desk.create("gift", json!({"activity": activity, "name": "伞"})).refused_by("G1");
}

/// G1: a shortage that nobody explains goes to loss prevention; a surplus and a right count don't.
#[test]
fn g1_an_unexplained_shortage_goes_to_loss_prevention() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    desk.act("gift", &gift, "count", json!({"counted": 10, "explanation": "复核无误"})).done();
    assert_eq!(desk.list("movement").len(), 1, "a right count moves nothing");
    desk.act("gift", &gift, "count", json!({"counted": 12})).done();
    assert_eq!((in_stock(&desk, &gift), told(&desk)), (12, vec![]));

    let counted = desk.on("2026-11-02").act("gift", &gift, "count", json!({"counted": 7})).done();
    assert_eq!((&counted["in_stock"], &counted["counted_on"]), (&json!(7), &json!("2026-11-02")));
    assert_eq!(booked(&desk, &gift), 7);
    assert_eq!(told(&desk), [notice("loss-prevention", "gifts-missing")]);
    let sentence = desk.sentence(&desk.notices()[0], "zh-CN");
    assert_eq!(sentence, "水杯盘点短少 5 个（实有 7），原因不明，请防损调查。");
    desk.act("gift", &gift, "count", json!({"counted": -1})).refused_by("G1");
}

/// G1: an explained shortage needs the supervisor's signature; until then the books stay.
#[test]
fn g1_an_explained_shortage_is_signed_by_the_supervisor() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let broken = json!({"counted": 9, "explanation": "上架时打碎一个"});
    desk.act("gift", &gift, "count", broken.clone()).needs_sign_off("supervisor");
    desk.signed_by("supervisor", "chen", "1111").act("gift", &gift, "count", broken.clone()).problem("forbidden");
    assert_eq!(in_stock(&desk, &gift), 10);
    desk.signed_by("supervisor", "zhou", "2222").act("gift", &gift, "count", broken).done();
    assert_eq!((in_stock(&desk, &gift), told(&desk)), (9, vec![]));
    assert_eq!(desk.list("movement")[1]["note"], "上架时打碎一个");
}

/// G1: a piece handed out while somebody counts is no shortage.
#[test]
fn g1_a_count_sees_what_moved_meanwhile() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let same = gift.clone();
    desk.meanwhile(move |desk| drop(hand_out(desk, &same, "8001").done()));
    desk.act("gift", &gift, "count", json!({"counted": 9})).done();
    assert_eq!((in_stock(&desk, &gift), booked(&desk, &gift), told(&desk)), (9, 9, vec![]));
}

/// G1: the activity's sheet accounts for every piece.
#[test]
fn g1_the_activity_sheet_accounts_for_every_piece() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 10);
    hand_out(&mut desk, &gift, "8001").done();
    desk.act("gift", &gift, "put-on-front-desk", json!({"full": 4})).done();
    let sheet = desk.paper("activity-sheet", "activity", &activity);
    assert_eq!((&sheet["intakes"][0]["gift"], &sheet["intakes"][0]["received"]), (&json!("水杯"), &json!(10)));
    let turnover = |line: usize| sheet["gifts"][line]["turnover"].clone();
    assert_eq!(turnover(0), json!({"opening": 0, "incoming": 10, "outgoing": 5, "closing": 5}));
    assert_eq!(turnover(1), json!({"opening": 0, "incoming": 4, "outgoing": 0, "closing": 4}));
}

/// G9: what stands at the front desk is an account of its own, due to be counted every day.
#[test]
fn g9_front_desk_goods_are_counted_every_day() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    desk.act("gift", &gift, "put-on-front-desk", json!({"full": 4})).done();
    let on_desk = desk.list("gift")[1]["number"].as_str().unwrap().to_owned();
    assert_eq!((in_stock(&desk, &gift), in_stock(&desk, &on_desk)), (6, 4));
    assert_eq!(desk.due("2026-11-01"), []);
    assert_eq!(desk.on("2026-11-02").due("2026-11-02"), [("to-count".to_owned(), on_desk.clone())]);
    desk.act("gift", &on_desk, "count", json!({"counted": 4})).done();
    assert_eq!(desk.due("2026-11-02"), []);
    desk.act("gift", &gift, "put-on-front-desk", json!({"full": 4})).refused_by("G9");
    desk.act("gift", &on_desk, "put-on-front-desk", json!({"full": 4})).refused_by("G9");
}

/// G9: what a count found missing is due to be refilled, from the storeroom and no further than full.
#[test]
fn g9_the_front_desk_is_refilled_from_the_storeroom() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    desk.act("gift", &gift, "put-on-front-desk", json!({"full": 4})).done();
    let on_desk = desk.list("gift")[1]["number"].as_str().unwrap().to_owned();
    hand_out_with(&mut desk, &on_desk, "8001", json!({"quantity": 3})).done();
    desk.act("gift", &on_desk, "count", json!({"counted": 1})).done();
    assert_eq!(desk.due("2026-11-01"), [("to-refill".to_owned(), on_desk.clone())]);
    desk.act("gift", &on_desk, "refill", json!({"quantity": 4})).refused_by("G9");
    desk.act("gift", &on_desk, "refill", json!({"quantity": -1})).refused_by("G1");
    desk.act("gift", &on_desk, "refill", json!({"quantity": 1})).done();
    assert_eq!(desk.get("gift", &on_desk)["to_refill"], 2);
    desk.act("gift", &on_desk, "refill", json!({})).done();
    assert_eq!((in_stock(&desk, &gift), in_stock(&desk, &on_desk)), (3, 4));
    assert_eq!(desk.due("2026-11-01"), []);
    desk.act("gift", &gift, "refill", json!({})).refused_by("G9");
}

/// G9: two clerks put the same gift on the front desk: it stands there once.
#[test]
fn g9_a_gift_stands_at_the_front_desk_once() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 10);
    let same = gift.clone();
    desk.meanwhile(move |desk| drop(desk.act("gift", &same, "put-on-front-desk", json!({"full": 4})).done()));
    desk.act("gift", &gift, "put-on-front-desk", json!({"full": 4})).refused_by("G9");
    assert_eq!((desk.list("gift").len(), in_stock(&desk, &gift)), (2, 6));
}
