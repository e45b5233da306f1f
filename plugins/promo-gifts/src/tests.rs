//! The rules of gift distribution, at the desk in memory.

mod handouts; // G2, G7
mod leftovers; // G4, G6
mod prizes; // G5, G8
mod receipts; // G3
mod stock; // G1, G9

use deskbell_sdk::Role;
use deskbell_testkit::{Reply, TestDesk, Value, json};

/// The clerk chen, and those who sign.
fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("zhou", [Role::CLERK, Role::SUPERVISOR], "2222").user("zhao", [Role::LOSS_PREVENTION], "3333");
    desk.user("sun", [Role::PURCHASING], "4444").user("he", [Role::PLANNING], "5555");
    desk
}

/// Writes an activity of November down that differs from the usual one, and returns its number.
fn activity_with(desk: &mut TestDesk, differs: Value) -> String {
    let mut fields = json!({
        "name": "满百送杯", "supplier": "某饮料厂", "rule": "满100元送水杯一个",
        "starts_on": "2026-11-01", "ends_on": "2026-11-30", "person_in_charge": "李经理",
    });
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    desk.create("activity", fields).number()
}

/// Opens a gift of an activity and takes so many pieces in.
fn gift_of(desk: &mut TestDesk, activity: &str, name: &str, pieces: i64) -> String {
    let gift = desk.create("gift", json!({"activity": activity, "name": name, "unit": "个"})).number();
    if pieces > 0 {
        take_in(desk, &gift, pieces).done();
    }
    gift
}

fn take_in(desk: &mut TestDesk, gift: &str, pieces: i64) -> Reply {
    desk.create("intake", json!({"gift": gift, "list_no": "QD-7", "listed": pieces, "received": pieces}))
}

/// The usual activity and its cups.
fn cups(desk: &mut TestDesk, pieces: i64) -> (String, String) {
    let activity = activity_with(desk, json!({}));
    let gift = gift_of(desk, &activity, "水杯", pieces);
    (activity, gift)
}

fn hand_out(desk: &mut TestDesk, gift: &str, receipt_no: &str) -> Reply {
    hand_out_with(desk, gift, receipt_no, json!({}))
}

fn hand_out_with(desk: &mut TestDesk, gift: &str, receipt_no: &str, differs: Value) -> Reply {
    let mut fields = json!({"gift": gift, "receipt_no": receipt_no, "till_amount_fen": 12_800, "till_no": "POS-1"});
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    desk.create("handout", fields)
}

fn in_stock(desk: &TestDesk, gift: &str) -> i64 {
    desk.get("gift", gift)["in_stock"].as_i64().unwrap()
}

/// The sum of a gift's entries in the ledger.
fn booked(desk: &TestDesk, gift: &str) -> i64 {
    let movements = desk.list("movement").into_iter().filter(|movement| movement["gift"] == gift);
    movements.map(|movement| movement["quantity"].as_i64().unwrap()).sum()
}

/// The keys of the notices so far, and whom they are for.
fn told(desk: &TestDesk) -> Vec<(String, String)> {
    desk.notices().iter().map(|notice| (notice.role.clone(), notice.key.clone())).collect()
}

fn notice(role: &str, key: &str) -> (String, String) {
    (role.to_owned(), format!("notice-{key}"))
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// G2: an activity's days and amounts make sense, and can be corrected until it is over.
#[test]
fn g2_an_activity_is_written_down_sensibly() {
    let mut desk = desk();
    let new = |differs: Value| {
        let mut fields = json!({
            "name": "满百送杯", "supplier": "某饮料厂", "rule": "满100元送水杯一个",
            "starts_on": "2026-11-10", "ends_on": "2026-11-30", "person_in_charge": "李经理",
        });
        fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
        fields
    };
    assert_eq!(desk.create("activity", new(json!({"ends_on": "2026-11-09"}))).invalid("ends_on"), "ends-before-it-starts");
    let negative = new(json!({"purchase_from_fen": -1}));
    assert_eq!(desk.create("activity", negative).invalid("purchase_from_fen"), "amount-is-negative");
    desk.create("activity", new(json!({"handouts_per_receipt": 0}))).invalid("handouts_per_receipt");
    let activity = desk.create("activity", new(json!({"ends_on": "2026-11-10"}))).number();
    assert_eq!(activity, "PA-2026-001");

    desk.act_as("he");
    assert_eq!(desk.patch("activity", &activity, json!({"starts_on": "2026-11-11"})).invalid("ends_on"), "ends-before-it-starts");
    desk.patch("activity", &activity, json!({"ends_on": "2026-11-12"})).done();
    desk.on("2026-11-12").patch("activity", &activity, json!({"ends_on": "2026-11-13"})).done();
    desk.on("2026-11-14").patch("activity", &activity, json!({"ends_on": "2026-11-20"})).refused_by("G4");
}
