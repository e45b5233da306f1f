//! Receipts that stay at the desk for forty days (G3).

use deskbell_testkit::json;

use super::*;

/// An activity over the year's end that keeps receipts, and its gift.
fn keeping(desk: &mut TestDesk) -> (String, String) {
    let days = json!({"starts_on": "2026-11-01", "ends_on": "2027-12-31", "keeps_receipts": true});
    let activity = activity_with(desk, days);
    let gift = gift_of(desk, &activity, "水杯", 100);
    (activity, gift)
}

/// Hands a gift out against a receipt of 顾客甲's, which stays at the desk; returns the receipt's record.
fn keep(desk: &mut TestDesk, gift: &str, receipt_no: &str) -> String {
    let whose = json!({"customer": "顾客甲", "telephone": "13900000001"});
    hand_out_with(desk, gift, receipt_no, whose).done();
    desk.list("kept-receipt").last().unwrap()["number"].as_str().unwrap().to_owned()
}

fn state(desk: &TestDesk, receipt: &str) -> String {
    desk.get("kept-receipt", receipt)["state"].as_str().unwrap().to_owned()
}

/// G3: the receipt stays where the activity asks for it, with whose it is; elsewhere nothing personal is written down.
#[test]
fn g3_a_receipt_is_kept_where_the_activity_asks_for_it() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    let receipt = keep(&mut desk, &gift, "8001");
    let receipt = desk.get("kept-receipt", &receipt);
    assert_eq!((&receipt["receipt_no"], &receipt["customer"]), (&json!("8001"), &json!("顾客甲")));
    assert_eq!((&receipt["kept_on"], &receipt["state"]), (&json!("2026-11-01"), &json!("kept")));

    let (_, other) = cups(&mut desk, 10);
    hand_out(&mut desk, &other, "8001").done();
    assert_eq!(desk.list("kept-receipt").len(), 1);
    for whose in [json!({"customer": "顾客甲"}), json!({"telephone": "13900000001"})] {
        assert_eq!(hand_out_with(&mut desk, &other, "8002", whose).invalid("customer"), "customer-is-not-kept");
    }
}

/// G3: kept on 1 January: day 40 is 10 February, when it is still kept; released on 11 February.
#[test]
fn g3_a_receipt_is_kept_for_forty_days_and_released_on_the_next() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    let receipt = keep(desk.on("2027-01-01"), &gift, "8001");
    desk.at("2027-02-10 02:30");
    assert_eq!(desk.due("2027-02-10"), []);
    assert_eq!(desk.run_job("release-receipts").outcome().0, "nothing-due");
    assert_eq!((&*state(&desk, &receipt), desk.list("release").len()), ("kept", 0));

    desk.at("2027-02-11 02:30");
    assert_eq!(desk.due("2027-02-11"), [("to-release".to_owned(), receipt.clone())]);
    assert_eq!(desk.run_job("release-receipts").sentence("zh-CN"), "列入交接单 1 张");
    let list = desk.papers()[0].of.clone().unwrap();
    assert_eq!(desk.get("kept-receipt", &receipt)["release"], json!(list));
    assert_eq!(desk.due("2027-02-11"), [("release-to-sign".to_owned(), list)]);
    assert_eq!(desk.run_job("release-receipts").outcome().0, "nothing-due");
}

/// G3: forty days also over 29 February and over the year's end.
#[test]
fn g3_the_forty_days_are_calendar_days() {
    for (kept_on, last, released_on) in [("2028-01-31", "2028-03-11", "2028-03-12"), ("2026-12-01", "2027-01-10", "2027-01-11")] {
        let mut desk = desk();
        let days = json!({"starts_on": "2026-11-01", "ends_on": "2028-12-31", "keeps_receipts": true});
        let activity = activity_with(&mut desk, days);
        let gift = gift_of(&mut desk, &activity, "水杯", 100);
        keep(desk.on(kept_on), &gift, "8001");
        assert_eq!(desk.on(last).run_job("release-receipts").outcome().0, "nothing-due", "{kept_on}");
        assert_eq!(desk.on(released_on).run_job("release-receipts").count("released"), 1, "{kept_on}");
    }
}

/// G3: the setting moves the day.
#[test]
fn g3_a_store_may_keep_receipts_longer() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    keep(desk.on("2027-01-01"), &gift, "8001");
    desk.setting("receipt_retention_days", 50);
    assert_eq!(desk.on("2027-02-20").run_job("release-receipts").outcome().0, "nothing-due");
    assert_eq!(desk.on("2027-02-21").run_job("release-receipts").count("released"), 1);
}

/// G3: when the person in charge has not come, the record says since when the desk is no longer liable.
#[test]
fn g3_the_desk_is_no_longer_liable_and_the_record_says_so() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    let receipt = keep(desk.on("2027-01-01"), &gift, "8001");
    desk.on("2027-02-11").run_job("release-receipts").outcome();
    let released = desk.get("kept-receipt", &receipt);
    assert_eq!((&released["state"], &released["not_liable_since"]), (&json!("released"), &json!("2027-02-11")));
    let paper = &desk.papers()[0].data;
    assert_eq!((&paper["is_overdue"], &paper["n_receipts"]), (&json!(true), &json!(1)));
    assert_eq!(
        (&paper["lines"][0]["person_in_charge"], &paper["lines"][0]["not_liable_since"]),
        (&json!("李经理"), &json!("2027-02-11"))
    );
}

/// G3: whose a released receipt was is erased, in its history too, and the erasure is itself in the trail.
#[test]
fn g3_personal_data_of_released_receipts_is_erased() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    let (old, new) = (keep(desk.on("2027-01-01"), &gift, "8001"), keep(desk.on("2027-01-02"), &gift, "8002"));
    desk.on("2027-02-11").run_job("release-receipts").outcome();
    let (old_receipt, new_receipt) = (desk.get("kept-receipt", &old), desk.get("kept-receipt", &new));
    assert_eq!((&old_receipt["customer"], &old_receipt["telephone"]), (&json!(""), &json!("")));
    assert_eq!((&old_receipt["receipt_no"], &new_receipt["customer"]), (&json!("8001"), &json!("顾客甲")));
    let history = desk.history("kept-receipt", &old);
    assert!(history.iter().all(|entry| !format!("{entry:?}").contains("顾客甲")), "{history:?}");
    assert!(history.len() >= 2, "that it was erased stands in the trail");
}

/// G3: the person in charge fetches the receipts of the activity within the time, and only of that one.
#[test]
fn g3_the_person_in_charge_collects_the_receipts() {
    let mut desk = desk();
    let (activity, gift) = keeping(&mut desk);
    desk.act("activity", &activity, "collect-receipts", json!({"collected_by": "李经理"})).refused_by("G3");
    let receipt = keep(desk.on("2027-01-01"), &gift, "8001");
    let (_, other_gift) = keeping(&mut desk);
    let other = keep(&mut desk, &other_gift, "8002");
    desk.on("2027-02-10").act("activity", &activity, "collect-receipts", json!({"collected_by": "李经理"})).done();
    assert_eq!((&*state(&desk, &receipt), &*state(&desk, &other)), ("collected", "kept"));
    let paper = &desk.papers()[0].data;
    assert_eq!(
        (&paper["is_overdue"], &paper["collected_by"], &paper["n_receipts"]),
        (&json!(false), &json!("李经理"), &json!(1))
    );
    assert_eq!(desk.on("2027-02-11").run_job("release-receipts").count("released"), 1);
    assert_eq!(desk.list("release").len(), 2);
}

/// G3: a receipt collected while the job runs does not end up on the release list.
#[test]
fn g3_a_receipt_collected_in_the_same_second_is_not_released() {
    let mut desk = desk();
    let (activity, gift) = keeping(&mut desk);
    let (_, other_gift) = keeping(&mut desk);
    let fetched = keep(desk.on("2027-01-01"), &gift, "8001");
    let left = keep(&mut desk, &other_gift, "8002");
    desk.on("2027-02-11").meanwhile(move |desk| {
        desk.act("activity", &activity, "collect-receipts", json!({"collected_by": "李经理"})).done();
    });
    assert_eq!(desk.run_job("release-receipts").count("released"), 1);
    assert_eq!((&*state(&desk, &fetched), &*state(&desk, &left)), ("collected", "released"));
    assert_eq!(desk.get("kept-receipt", &fetched)["customer"], "顾客甲");
}

/// G3: a site has one open list: the nights add to it, the supervisor signs it, the next night opens another.
#[test]
fn g3_a_site_has_one_open_release_list() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    for (day, receipt_no) in [("2027-01-01", "8001"), ("2027-01-02", "8002"), ("2027-01-03", "8003")] {
        keep(desk.on(day), &gift, receipt_no);
    }
    desk.on("2027-02-11").run_job("release-receipts").outcome();
    desk.on("2027-02-12").run_job("release-receipts").outcome();
    let list = desk.list("release")[0]["number"].as_str().unwrap().to_owned();
    assert_eq!((desk.list("release").len(), &desk.papers()[1].data["n_receipts"]), (1, &json!(2)));

    desk.sign("release", &list, "supervisor", "chen", "1111").problem("forbidden");
    let closed = desk.sign("release", &list, "supervisor", "zhou", "2222").done();
    assert_eq!((&closed["state"], &closed["n_receipts"]), (&json!("closed"), &json!(2)));
    desk.sign("release", &list, "supervisor", "zhou", "2222").refused_by("G3");
    desk.on("2027-02-13").run_job("release-receipts").outcome();
    assert_eq!(desk.list("release").len(), 2);
}

/// G3: nothing is listed on a list that the supervisor signs meanwhile.
#[test]
fn g3_nothing_is_released_onto_a_list_that_closes_meanwhile() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    keep(desk.on("2027-01-01"), &gift, "8001");
    let late = keep(desk.on("2027-01-02"), &gift, "8002");
    desk.on("2027-02-11").run_job("release-receipts").outcome();
    let first = desk.papers()[0].of.clone().unwrap();
    let list = first.clone();
    desk.on("2027-02-12").meanwhile(move |desk| drop(desk.sign("release", &list, "supervisor", "zhou", "2222").done()));
    desk.run_job("release-receipts").outcome();
    assert_ne!(desk.get("kept-receipt", &late)["release"], json!(first));
}

/// G3: a handout that was a mistake gives the receipt back, and its customer is forgotten.
#[test]
fn g3_a_receipt_given_back_is_not_kept() {
    let mut desk = desk();
    let (_, gift) = keeping(&mut desk);
    let receipt = keep(&mut desk, &gift, "8001");
    let handout = desk.list("handout")[0]["number"].as_str().unwrap().to_owned();
    desk.act_as("zhou").act("handout", &handout, "take-back", json!({"reason": "看错"})).done();
    let receipt = desk.get("kept-receipt", &receipt);
    assert_eq!((&receipt["state"], &receipt["customer"]), (&json!("given-back"), &json!("")));
}
