//! The rules of birthday gifts, at the desk in memory.

use deskbell_sdk::Role;
use deskbell_testkit::{Reply, TestDesk, Value, json};

fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("hong", [Role::HR], "2222").user("zhou", [Role::SUPERVISOR], "3333");
    desk.act_as("hong");
    desk
}

/// A row of HR's list: somebody born on a day, in service since another.
fn row(no: &str, name: &str, birthday: &str, joined_on: &str) -> Value {
    json!({"employee_no": no, "name": name, "department": "家电部", "birthday": birthday, "joined_on": joined_on})
}

fn employ(desk: &mut TestDesk, no: &str, name: &str, birthday: &str, joined_on: &str) -> String {
    desk.create("employee", row(no, name, birthday, joined_on)).number()
}

fn list_on(desk: &mut TestDesk, day: &str) -> i64 {
    desk.on(day).run_job("list-next-month").count("listed")
}

/// The days of all gifts, in the order they were listed.
fn birthdays(desk: &TestDesk) -> Vec<String> {
    desk.list("gift").iter().map(|gift| gift["birthday_on"].as_str().unwrap().to_owned()).collect()
}

fn state(desk: &TestDesk, gift: &str) -> String {
    desk.get("gift", gift)["state"].as_str().unwrap().to_owned()
}

/// Notes the voucher of each gift that is still with HR, and has both sign every open list.
fn hand_over(desk: &mut TestDesk) {
    for gift in desk.list("gift").into_iter().filter(|gift| gift["state"] == "expected") {
        let number = gift["number"].as_str().unwrap();
        let voucher = json!({"voucher_no": format!("V-{number}"), "voucher_fen": 10_000});
        desk.act("gift", number, "note-voucher", voucher).done();
    }
    for list in desk.list("handover-list").into_iter().filter(|list| list["state"] == "open") {
        let number = list["number"].as_str().unwrap();
        desk.sign("handover-list", number, "hr", "hong", "2222").done();
        desk.sign("handover-list", number, "desk", "chen", "1111").done();
    }
}

/// A desk with one gift at it, `BG-2026-001`, for 李雷's birthday on 5 December.
fn desk_with_a_gift() -> TestDesk {
    let mut desk = desk();
    employ(&mut desk, "007", "李雷", "1990-12-05", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    hand_over(&mut desk);
    desk.act_as("chen");
    desk
}

fn deliver(desk: &mut TestDesk, signed_by: &str) -> Reply {
    desk.act("gift", "BG-2026-001", "deliver", json!({ "signed_by": signed_by }))
}

/// The numbers of what is due by a question.
fn due(desk: &mut TestDesk, question: &str, on: &str) -> Vec<String> {
    desk.due(on).into_iter().filter(|(name, _)| name == question).map(|(_, number)| number).collect()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// B1: on the month's last day, everybody with a birthday next month is listed, by the day; others are not.
#[test]
fn b1_next_months_birthdays_are_listed() {
    let mut desk = desk();
    for (no, birthday) in [("1", "1990-12-31"), ("2", "1985-12-01"), ("3", "1990-11-30"), ("4", "1990-01-01")] {
        employ(&mut desk, no, "员工", birthday, "2020-03-01");
    }
    assert_eq!(list_on(&mut desk, "2026-11-30"), 2);
    assert_eq!(birthdays(&desk), ["2026-12-01", "2026-12-31"]);
    let list = desk.paper("handover-list", "handover-list", "BH-2026-001");
    assert_eq!(
        (&list["from"], &list["to"], &list["opened_on"]),
        (&json!("2026-12-01"), &json!("2026-12-31"), &json!("2026-11-30"))
    );
    let told = desk.notices().last().unwrap().clone();
    assert_eq!((&*told.role, &*told.key, &*desk.papers()[0].form), ("hr", "notice-list-is-made", "handover-list"));
}

/// B1: twelve months of service, counted to the birthday: reached on the day itself, not the day after it.
#[test]
fn b1_service_is_counted_to_the_birthday() {
    let mut desk = desk();
    employ(&mut desk, "1", "刚满", "1990-12-05", "2025-12-05");
    employ(&mut desk, "2", "差一天", "1990-12-05", "2025-12-06");
    assert_eq!(list_on(&mut desk, "2026-11-30"), 1);
    assert_eq!(desk.list("gift")[0]["name"], "刚满");
    desk.setting("minimum_tenure_months", 0);
    assert_eq!(list_on(&mut desk, "2026-11-30"), 1, "a store may ask for less");
}

/// B1: over the year's end the gift is of the new year.
#[test]
fn b1_decembers_list_is_of_the_new_year() {
    let mut desk = desk();
    employ(&mut desk, "1", "元旦", "1990-01-01", "2020-03-01");
    assert_eq!(list_on(&mut desk, "2026-12-31"), 1);
    let gift = &desk.list("gift")[0];
    assert_eq!((&gift["birthday_on"], &gift["year"]), (&json!("2027-01-01"), &json!(2027)));
    assert_eq!(list_on(&mut desk, "2027-01-31"), 0);
    assert_eq!(list_on(&mut desk, "2027-12-31"), 1, "and the year after it comes again");
}

/// B1: HR signs first and for complete vouchers, then the desk; only then the gifts are at the desk.
#[test]
fn b1_hr_and_the_desk_both_sign_the_list() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    let (list, gift) = ("BH-2026-001", "BG-2026-001");
    let refusal = desk.sign("handover-list", list, "hr", "hong", "2222").refused_by("B1");
    assert_eq!(refusal.sentences["zh-CN"], "李雷的礼券还没有登记，请填好号码和金额再签字。");
    desk.act("gift", gift, "note-voucher", json!({"voucher_no": "V1", "voucher_fen": 0})).refused_by("B1");
    desk.act("gift", gift, "note-voucher", json!({"voucher_no": "V1", "voucher_fen": 10_000})).done();
    desk.sign("handover-list", list, "desk", "chen", "1111").refused_by("B1");
    desk.sign("handover-list", list, "hr", "hong", "2222").done();
    assert_eq!((state(&desk, gift).as_str(), due(&mut desk, "list-to-sign", "2026-11-30")), ("expected", vec![list.to_owned()]));
    desk.sign("handover-list", list, "desk", "chen", "1111").done();
    assert_eq!(state(&desk, gift), "received");
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["n_gifts"], &paper["total_fen"]), (&json!(1), &json!(10_000)));
    desk.act("gift", gift, "note-voucher", json!({"voucher_no": "V2", "voucher_fen": 1})).refused_by("B1");
    desk.sign("handover-list", list, "hr", "hong", "2222").refused_by("B1");
}

/// B1: HR signs for what is on the list: whatever changes on it afterwards is signed for anew.
#[test]
fn b1_a_list_that_changes_is_signed_anew() {
    let mut desk = desk();
    let voucher = json!({"voucher_no": "V1", "voucher_fen": 10_000});
    let first = employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    let check = |desk: &mut TestDesk, what_changes: &mut dyn FnMut(&mut TestDesk)| {
        desk.sign("handover-list", "BH-2026-001", "hr", "hong", "2222").done();
        what_changes(desk);
        desk.sign("handover-list", "BH-2026-001", "desk", "chen", "1111").refused_by("B1");
    };
    employ(&mut desk, "2", "韩梅梅", "1990-12-06", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    for gift in ["BG-2026-001", "BG-2026-002"] {
        desk.act("gift", gift, "note-voucher", voucher.clone()).done();
    }
    check(&mut desk, &mut |desk| drop(desk.act("gift", "BG-2026-002", "note-voucher", voucher.clone()).done()));
    check(&mut desk, &mut |desk| drop(desk.act("employee", &first, "leave", json!({})).done()));
    check(&mut desk, &mut |desk| {
        employ(desk, "3", "林涛", "1990-12-07", "2020-03-01");
        assert_eq!(list_on(desk, "2026-11-30"), 1);
    });
}

/// B1: a voucher that is noted anew gives the list a new version, so that HR can't sign by an old look at it.
#[test]
fn b1_an_old_look_at_the_list_is_not_signed_by() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    let voucher = |no: &str| json!({"voucher_no": no, "voucher_fen": 10_000});
    desk.act("gift", "BG-2026-001", "note-voucher", voucher("V1")).done();
    let seen = desk.get("handover-list", "BH-2026-001")["version"].clone();
    desk.act("gift", "BG-2026-001", "note-voucher", voucher("V2")).done();
    assert_ne!(desk.get("handover-list", "BH-2026-001")["version"], seen, "an old look at the list has an old version");
}

/// B1: who comes onto HR's list late has a gift all the same, on a list of its own.
#[test]
fn b1_a_late_entry_is_listed_when_the_job_runs_again() {
    let mut desk = desk_with_a_gift();
    desk.act_as("hong");
    employ(&mut desk, "8", "韩梅梅", "1992-12-20", "2020-03-01");
    employ(&mut desk, "9", "已过", "1992-12-02", "2020-03-01");
    assert_eq!(list_on(&mut desk, "2026-12-02"), 1, "a birthday that is over is not made up for");
    assert_eq!(desk.list("handover-list").len(), 2);
    assert_eq!(birthdays(&desk), ["2026-12-05", "2026-12-20"]);
}

/// B1: an unsigned list is carried forward, not doubled.
#[test]
fn b1_an_unsigned_list_is_carried_forward() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    employ(&mut desk, "2", "韩梅梅", "1990-01-05", "2020-03-01");
    assert_eq!((list_on(&mut desk, "2026-11-30"), list_on(&mut desk, "2026-12-31")), (1, 1));
    assert_eq!(desk.list("handover-list").len(), 1);
    assert_eq!(desk.papers().last().unwrap().data["n_gifts"], 2);
}

/// B1: HR signs in the second in which somebody is added: nobody is left on a closed list.
#[test]
fn b1_nobody_is_left_behind_on_a_closed_list() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    employ(&mut desk, "2", "韩梅梅", "1990-12-06", "2020-03-01");
    desk.meanwhile(hand_over);
    assert_eq!(desk.run_job("list-next-month").count("listed"), 1);
    let lists: Vec<Value> = desk.list("gift").iter().map(|gift| gift["list"].clone()).collect();
    assert_eq!(lists, ["BH-2026-001", "BH-2026-002"]);
}

/// B2: delivered on the birthday or later, to the employee, who signs; once.
#[test]
fn b2_the_employee_signs_on_the_birthday() {
    let mut desk = desk_with_a_gift();
    assert_eq!(deliver(desk.on("2026-12-04"), "李雷").refused_by("B2").key, "refused-birthday-is-ahead");
    let refusal = deliver(desk.on("2026-12-05"), "韩梅梅").refused_by("B2");
    assert_eq!(refusal.sentences["en"], "李雷 has to sign for this in person.");
    let gift = deliver(&mut desk, "李雷").done();
    assert_eq!((&gift["state"], &gift["signed_by"]), (&json!("delivered"), &json!("李雷")));
    assert_eq!(deliver(&mut desk, "李雷").refused_by("B2").key, "refused-gift-is-delivered");
}

/// B2: what HR has not handed over can't be delivered.
#[test]
fn b2_a_gift_that_hr_still_has_is_not_delivered() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    desk.on("2026-12-05").act_as("chen");
    assert_eq!(deliver(&mut desk, "李雷").refused_by("B2").key, "refused-gift-is-not-handed-over");
}

/// B2: on the morning of the day the card and the broadcast are printed, once.
#[test]
fn b2_card_and_broadcast_are_printed_on_the_morning_of_the_day() {
    let mut desk = desk_with_a_gift();
    let forms = |desk: &TestDesk| desk.papers().iter().skip(2).map(|paper| paper.form.clone()).collect::<Vec<_>>();
    assert_eq!(desk.on("2026-12-04").run_job("todays-birthdays").outcome().0, "nothing-due");
    let morning = desk.on("2026-12-05").run_job("todays-birthdays");
    assert_eq!((morning.count("announced"), morning.count("to-deliver")), (1, 1));
    assert_eq!(forms(&desk), ["card", "broadcast-script", "delivery-list"]);
    let papers = desk.papers();
    assert_eq!((&papers[2].data["name"], &papers[3].data["people"][0]["name"]), (&json!("李雷"), &json!("李雷")));
    assert_eq!(desk.run_job("todays-birthdays").count("announced"), 0, "once");
    assert_eq!(forms(&desk).len(), 4, "only the list to deliver is printed again");
}

/// B3: born on 29 February: the 28th in common years, or 1 March where the store says so; in a leap year the day itself.
#[test]
fn b3_the_twenty_ninth_of_february_follows_the_setting() {
    for (setting, year, on) in [
        ("feb-28", 2027, "2027-02-28"),
        ("mar-1", 2027, "2027-03-01"),
        ("feb-28", 2028, "2028-02-29"),
        ("mar-1", 2028, "2028-02-29"),
    ] {
        let mut desk = desk();
        desk.setting("leap_day", setting);
        employ(&mut desk, "1", "闰日", "2000-02-29", "2020-03-01");
        list_on(&mut desk, &format!("{year}-01-31"));
        list_on(&mut desk, &format!("{year}-02-{}", if year == 2028 { 29 } else { 28 }));
        assert_eq!(birthdays(&desk), [on], "{setting} in {year}");
    }
}

/// B4: no employee has two gifts for one year, however often the import and the job run.
#[test]
fn b4_one_gift_a_year_however_often_it_runs() {
    let mut desk = desk();
    let first = employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    let history = desk.history("employee", &first).len();
    assert_eq!(employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01"), first);
    assert_eq!(desk.history("employee", &first).len(), history, "the same row again changes nothing");
    assert_eq!((list_on(&mut desk, "2026-11-30"), list_on(&mut desk, "2026-11-30")), (1, 0));
    employ(&mut desk, "1", "李蕾", "1990-12-06", "2020-03-01");
    assert_eq!(list_on(&mut desk, "2026-11-30"), 0, "not for a corrected birthday either");
    let gift = &desk.list("gift")[0];
    assert_eq!((&gift["name"], &gift["birthday_on"]), (&json!("李蕾"), &json!("2026-12-05")), "the name is corrected");
    for born_on in ["2020-03-02", "2020-03-01"] {
        let nonsense = row("2", "错", born_on, "2020-03-01");
        assert_eq!(desk.create("employee", nonsense).invalid("joined_on"), "joined-before-born");
    }
}

/// B4: two runs at once list everybody once.
#[test]
fn b4_two_runs_at_once_list_everybody_once() {
    let mut desk = desk();
    employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    desk.on("2026-11-30").meanwhile(|desk| drop(desk.run_job("list-next-month")));
    desk.run_job("list-next-month").outcome();
    assert_eq!((desk.list("gift").len(), desk.list("handover-list").len()), (1, 1));
}

/// B4: who has left is skipped, and what HR has not handed over is cancelled.
#[test]
fn b4_who_has_left_is_skipped() {
    let mut desk = desk();
    let first = employ(&mut desk, "1", "李雷", "1990-12-05", "2020-03-01");
    employ(&mut desk, "2", "韩梅梅", "1990-12-06", "2020-03-01");
    list_on(&mut desk, "2026-11-30");
    desk.act("employee", &first, "leave", json!({})).done();
    desk.act("employee", &first, "leave", json!({})).refused_by("B4");
    assert_eq!(state(&desk, "BG-2026-001"), "cancelled");
    hand_over(&mut desk);
    let paper = &desk.papers().last().unwrap().data;
    assert_eq!((&paper["n_gifts"], &paper["lines"][0]["name"]), (&json!(1), &json!("韩梅梅")));
    assert_eq!(list_on(&mut desk, "2027-11-30"), 1);
}

/// B4: the gift of somebody who has left goes back to HR, who signs for it; it is never delivered.
#[test]
fn b4_a_leavers_gift_goes_back_to_hr() {
    let mut desk = desk_with_a_gift();
    desk.act_as("hong")
        .create("employee", {
            let mut left = row("007", "李雷", "1990-12-05", "2020-03-01");
            left["is_active"] = json!(false);
            left
        })
        .done();
    desk.on("2026-12-05").act_as("chen");
    assert_eq!(state(&desk, "BG-2026-001"), "to-return");
    let refusal = deliver(&mut desk, "李雷").refused_by("B4");
    assert_eq!(refusal.sentences["zh-CN"], "这位员工已经离职，礼物要退回人事。");
    assert_eq!(refusal.sentences["en"], "This employee has left: the gift goes back to HR.");
    assert_eq!(desk.run_job("todays-birthdays").outcome().0, "nothing-due");
    assert_eq!(due(&mut desk, "to-return", "2026-12-05"), ["BG-2026-001"]);
    desk.act("gift", "BG-2026-001", "return-to-hr", json!({})).needs_sign_off("hr");
    desk.signed_by("hr", "hong", "2222").act("gift", "BG-2026-001", "return-to-hr", json!({})).done();
    assert_eq!(state(&desk, "BG-2026-001"), "returned-to-hr");
    desk.act("gift", "BG-2026-001", "return-to-hr", json!({})).refused_by("B4");
    deliver(&mut desk, "李雷").refused_by("B4");
}

/// B4: somebody whom HR's list left out by mistake has their gift again: the one at the desk, or the one that was cancelled.
#[test]
fn b4_who_comes_back_has_the_years_one_gift() {
    let mut desk = desk();
    let rows = [("1", "李雷", "1990-12-05"), ("2", "韩梅梅", "1990-12-31")];
    let import = |desk: &mut TestDesk, is_active: bool| {
        for (no, name, birthday) in rows {
            let mut row = row(no, name, birthday, "2020-03-01");
            row["is_active"] = json!(is_active);
            desk.create("employee", row).done();
        }
    };
    import(&mut desk, true);
    list_on(&mut desk, "2026-11-30");
    import(&mut desk, false);
    assert_eq!(state(&desk, "BG-2026-001"), "cancelled");
    import(&mut desk, true);
    assert_eq!(list_on(&mut desk, "2026-12-01"), 2, "expected again");
    assert_eq!(desk.list("gift").len(), 2, "and not twice");
    assert_eq!(desk.get("gift", "BG-2026-001")["name"], "李雷");
    hand_over(&mut desk);
    import(&mut desk, false);
    assert_eq!(state(&desk, "BG-2026-001"), "to-return");
    import(&mut desk, true);
    assert_eq!(state(&desk, "BG-2026-001"), "received");
    deliver(desk.on("2026-12-05").act_as("chen"), "李雷").done();
}

/// B4: HR's list comes in while the clerk delivers: the gift is not delivered to somebody who has left.
#[test]
fn b4_a_gift_is_not_delivered_while_its_employee_leaves() {
    let mut desk = desk_with_a_gift();
    desk.on("2026-12-05").meanwhile(|desk| {
        desk.act_as("hong").act("employee", "BE-001", "leave", json!({})).done();
        desk.act_as("chen");
    });
    deliver(&mut desk, "李雷").refused_by("B4");
}

/// B4: once nothing is open, the name of somebody who has left is forgotten; every gift still counts.
#[test]
fn b4_the_names_of_former_staff_are_forgotten() {
    let mut desk = desk_with_a_gift();
    deliver(desk.on("2026-12-05"), "李雷").done();
    list_on(desk.act_as("hong"), "2027-11-30");
    hand_over(&mut desk);
    desk.act("employee", "BE-001", "leave", json!({})).done();
    assert_eq!(desk.get("employee", "BE-001")["name"], "李雷", "one gift still has to go back");
    desk.act_as("chen").signed_by("hr", "hong", "2222").act("gift", "BG-2027-001", "return-to-hr", json!({})).done();
    let employee = desk.get("employee", "BE-001");
    assert_eq!((&employee["name"], &employee["birthday"]), (&json!(""), &json!(null)));
    for gift in desk.list("gift") {
        assert_eq!((&gift["name"], gift["signed_by"].as_str().unwrap_or_default()), (&json!(""), ""), "{}", gift["number"]);
    }
    assert!(desk.history("employee", "BE-001").iter().all(|entry| !format!("{entry:?}").contains("李雷")));
    assert_eq!(desk.list("gift").len(), 2);

    let mut left = row("007", "李雷", "1990-12-05", "2020-03-01");
    left["is_active"] = json!(false);
    desk.act_as("hong").create("employee", left).done();
    assert_eq!(desk.get("employee", "BE-001")["name"], "", "HR's old list does not bring it back");
    employ(&mut desk, "007", "李雷", "1990-12-05", "2028-01-01");
    assert_eq!(desk.get("employee", "BE-001")["state"], "active", "but coming back does");
}

/// B5: what was not delivered by the day's end is listed again each morning, until it is.
#[test]
fn b5_what_was_not_delivered_is_listed_every_morning() {
    let mut desk = desk_with_a_gift();
    for (day, waiting) in [("2026-12-05", 0), ("2026-12-06", 1), ("2026-12-09", 4)] {
        assert_eq!(desk.on(day).run_job("todays-birthdays").count("to-deliver"), 1, "{day}");
        let list = &desk.papers().last().unwrap().data;
        assert_eq!((&list["lines"][0]["number"], &list["lines"][0]["days_waiting"]), (&json!("BG-2026-001"), &json!(waiting)));
        assert_eq!(due(&mut desk, "to-deliver", day), ["BG-2026-001"]);
    }
    deliver(&mut desk, "李雷").done();
    assert_eq!(desk.on("2026-12-10").run_job("todays-birthdays").outcome().0, "nothing-due");
    assert_eq!(due(&mut desk, "to-deliver", "2026-12-10"), Vec::<String>::new());
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("hr", Role::HR)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("08:30", "todays-birthdays")]);
    assert!(desk.list("gift").iter().any(|gift| gift["state"] == "delivered"));
    assert!(!due(&mut desk, "to-deliver", "2026-11-24").is_empty(), "somebody has not fetched theirs");
    assert!(!due(&mut desk, "to-return", "2026-11-24").is_empty(), "somebody has left");
}
