//! The rules of repair tickets, at the desk in memory.

use deskbell_sdk::{Day, Days, Role};
use deskbell_testkit::{TestDesk, Value, json};

fn desk() -> TestDesk {
    let mut desk = TestDesk::new(crate::plugin());
    desk.user("gang", [Role::SECURITY], "4444").user("mei", [Role::DUTY_MANAGER], "2222");
    desk
}

/// Reports a broken lamp that differs from one which staff found, and returns the ticket's number.
fn report_with(desk: &mut TestDesk, differs: Value) -> String {
    desk.create("ticket", lamp(differs)).number()
}

fn report(desk: &mut TestDesk, place: &str) -> String {
    report_with(desk, json!({ "place": place }))
}

fn lamp(differs: Value) -> Value {
    let mut fields = json!({"found_at": "2026-11-01T08:50:00+08:00", "place": "二楼东侧通道", "broken_item": "照明灯"});
    fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
    fields
}

/// A fault that a resident reports at home's front door.
fn by_resident() -> Value {
    json!({"reported_by": "resident", "reporter": "周敏", "contact": "13800001111", "place": "三单元门厅"})
}

/// Security signs the sheet of a ticket.
fn sign_for(desk: &mut TestDesk, ticket: &str) {
    let sheet = desk.get("ticket", ticket)["sheet"].as_str().unwrap().to_owned();
    desk.sign("sign-off-sheet", &sheet, "security", "gang", "4444").done();
}

fn fix(desk: &mut TestDesk, ticket: &str) {
    desk.act("ticket", ticket, "fix", json!({})).done();
}

fn state(desk: &TestDesk, ticket: &str) -> String {
    desk.get("ticket", ticket)["state"].as_str().unwrap().to_owned()
}

/// The tickets that one due question lists on the desk's today.
fn due(desk: &mut TestDesk, question: &str) -> Vec<String> {
    let today = desk.today().to_string();
    desk.due(&today).into_iter().filter(|(name, _)| name == question).map(|(_, number)| number).collect()
}

/// The tickets on the newest paper of a form, in its order.
fn listed(desk: &TestDesk, form: &str) -> Vec<String> {
    let paper = desk.papers().iter().rfind(|paper| paper.form == form).unwrap_or_else(|| panic!("no {form} was printed"));
    let number = |line: &Value| line["number"].as_str().or(line["ticket"]["number"].as_str()).unwrap().to_owned();
    paper.data["lines"].as_array().unwrap().iter().map(number).collect()
}

fn escalations(desk: &TestDesk) -> usize {
    desk.notices().iter().filter(|notice| notice.role == "duty-manager").count()
}

#[test]
fn both_languages_say_everything() {
    assert_eq!(desk().lacking_sentences(), Vec::<String>::new());
}

/// R1: a ticket states time, place and item; all three are required, and none of it lies ahead.
#[test]
fn r1_time_place_and_item_are_required() {
    let mut desk = desk();
    for field in ["found_at", "place", "broken_item"] {
        assert_eq!(desk.create("ticket", lamp(json!({ field: null }))).invalid(field), "required");
        assert_eq!(desk.create("ticket", lamp(json!({ field: " " }))).invalid(field), "required");
    }
    let ahead = lamp(json!({"found_at": "2026-11-01T09:00:01+08:00"}));
    assert_eq!(desk.create("ticket", ahead).invalid("found_at"), "found-at-is-ahead");
    let now = report_with(&mut desk, json!({"found_at": "2026-11-01T09:00:00+08:00"}));
    assert_eq!((now.as_str(), &*state(&desk, &now)), ("R-20261101-001", "open"), "what was refused left no gap");
}

/// R1: an emergency is phoned through at once, and its ticket says whom and when.
#[test]
fn r1_an_emergency_says_whom_it_was_phoned_to_and_when() {
    let mut desk = desk();
    let (to, at) = (json!({"phoned_to": "刘刚"}), json!({"phoned_at": "2026-11-01T08:52:00+08:00"}));
    for lacks in [json!({}), to, at] {
        let mut emergency = lamp(lacks);
        emergency["urgency"] = json!("emergency");
        let refusal = desk.create("ticket", emergency).refused_by("R1");
        assert_eq!(refusal.sentences["zh-CN"], "紧急情况要马上打电话：写上通知了谁、什么时候，再保存。");
        assert!(refusal.sentences["en"].starts_with("An emergency is phoned through at once"), "{refusal:?}");
    }
    assert!(desk.list("ticket").is_empty() && desk.list("sign-off-sheet").is_empty());
    let phoned = json!({"urgency": "emergency", "phoned_to": "刘刚", "phoned_at": "2026-11-01T08:52:00+08:00"});
    let emergency = report_with(&mut desk, phoned);
    assert_eq!(desk.get("ticket", &emergency)["phoned_to"], "刘刚");
}

/// R1: an emergency can't be written down as an ordinary fault first and corrected later.
#[test]
fn r1_a_correction_keeps_the_rule() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    desk.patch("ticket", &ticket, json!({"urgency": "emergency"})).refused_by("R1");
    let phoned = json!({"urgency": "emergency", "phoned_to": "刘刚", "phoned_at": "2026-11-01T09:00:00+08:00"});
    desk.patch("ticket", &ticket, phoned).done();
    let ahead = json!({"phoned_at": "2026-11-01T09:00:01+08:00"});
    assert_eq!(desk.patch("ticket", &ticket, ahead).invalid("phoned_at"), "phoned-at-is-ahead");
}

/// R2: every ticket of the day is on its one sheet, and security is told of each.
#[test]
fn r2_the_days_tickets_are_on_one_sheet_and_security_is_told() {
    let mut desk = desk();
    let (first, second) = (report(&mut desk, "停车场"), report(&mut desk, "收银台"));
    let next_day = report(desk.on("2026-11-02"), "大门");
    let sheet = |desk: &TestDesk, ticket: &str| desk.get("ticket", ticket)["sheet"].clone();
    assert_eq!(sheet(&desk, &first), sheet(&desk, &second));
    assert_ne!(sheet(&desk, &first), sheet(&desk, &next_day));
    assert_eq!(desk.list("sign-off-sheet").len(), 2);
    let told: Vec<_> = desk.notices().iter().map(|notice| (&*notice.role, notice.about.as_deref().unwrap())).collect();
    assert_eq!(told, [("security", &*first), ("security", &*second), ("security", &*next_day)]);
    let sentence = desk.sentence(&desk.notices()[0], "zh-CN");
    assert_eq!(sentence, "请到服务台签收报修单 R-20261101-001：停车场，照明灯");
}

/// R2: security signs the sheet with their own PIN, and its tickets are signed for.
#[test]
fn r2_security_signs_for_every_ticket_of_the_sheet() {
    let mut desk = desk();
    let (open, fixed) = (report(&mut desk, "停车场"), report(&mut desk, "收银台"));
    fix(&mut desk, &fixed);
    let sheet = desk.get("ticket", &open)["sheet"].as_str().unwrap().to_owned();
    assert_eq!(due(&mut desk, "to-sign-for"), [&*sheet]);
    desk.sign("sign-off-sheet", &sheet, "security", "mei", "2222").problem("forbidden");
    desk.sign("sign-off-sheet", &sheet, "security", "gang", "0000").problem("wrong_pin");
    assert_eq!(state(&desk, &open), "open");

    let signed = desk.sign("sign-off-sheet", &sheet, "security", "gang", "4444").done();
    assert_eq!((&signed["state"], &signed["sign_offs"][0]["user"]), (&json!("signed"), &json!("gang")));
    assert_eq!((&*state(&desk, &open), &*state(&desk, &fixed)), ("signed-for", "fixed"));
    assert_eq!(desk.get("ticket", &fixed)["signed_for_on"], "2026-11-01");
    assert_eq!(listed(&desk, "sign-off-sheet"), [open, fixed]);
    assert_eq!(desk.papers().last().unwrap().data["is_signed"], true);
    assert_eq!(due(&mut desk, "to-sign-for"), Vec::<String>::new());
    desk.sign("sign-off-sheet", &sheet, "security", "gang", "4444").refused_by("R2");
}

/// R2: a ticket that comes after the signature opens the day's sheet again.
#[test]
fn r2_a_later_ticket_of_the_day_is_signed_for_too() {
    let mut desk = desk();
    let early = report(&mut desk, "停车场");
    sign_for(&mut desk, &early);
    let late = report(desk.at("2026-11-01 15:00"), "大门");
    let sheet = desk.get("ticket", &late)["sheet"].as_str().unwrap().to_owned();
    assert_eq!(due(&mut desk, "to-sign-for"), [sheet]);
    assert_eq!((&*state(&desk, &early), &*state(&desk, &late)), ("signed-for", "open"));
    sign_for(&mut desk, &late);
    assert_eq!(state(&desk, &late), "signed-for");
    assert_eq!(desk.list("sign-off-sheet").len(), 1);
}

/// R2: no ticket stays behind on a signed sheet, whoever is a moment quicker.
#[test]
fn r2_a_ticket_and_a_signature_in_the_same_second_lose_nothing() {
    let mut desk = desk();
    let first = report(&mut desk, "停车场");
    desk.meanwhile(|desk| drop(report(desk, "大门")));
    sign_for(&mut desk, &first);
    assert!(desk.list("ticket").iter().all(|ticket| ticket["state"] == "signed-for"));

    let third = report(desk.on("2026-11-02"), "停车场");
    desk.meanwhile(move |desk| sign_for(desk, &third));
    let fourth = report(&mut desk, "收银台");
    let sheet = desk.get("ticket", &fourth)["sheet"].as_str().unwrap().to_owned();
    assert_eq!((&*state(&desk, &fourth), &desk.get("sign-off-sheet", &sheet)["state"]), ("open", &json!("open")));
}

/// R2: two clerks who write the day's first tickets share one sheet.
#[test]
fn r2_the_days_first_two_tickets_make_one_sheet() {
    let mut desk = desk();
    desk.meanwhile(|desk| drop(report(desk, "大门")));
    report(&mut desk, "停车场");
    assert_eq!((desk.list("ticket").len(), desk.list("sign-off-sheet").len()), (2, 1));
}

/// R2: what was signed for stays what it was.
#[test]
fn r2_a_signed_ticket_keeps_its_place_and_item() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    desk.patch("ticket", &ticket, json!({"place": "地下停车场"})).done();
    sign_for(&mut desk, &ticket);
    desk.patch("ticket", &ticket, json!({"place": "大门"})).refused_by("R2");
    desk.patch("ticket", &ticket, json!({"broken_item": "门禁"})).refused_by("R2");
    desk.patch("ticket", &ticket, json!({"description": "时亮时灭"})).done();
}

/// R3: at 21:00 each ticket not yet fixed is listed against its sheet, signed for or not; what comes later is not.
#[test]
fn r3_the_evening_check_lists_what_is_not_fixed_at_nine() {
    let mut desk = desk();
    assert_eq!(desk.at("2026-11-01 21:00").run_job("evening-check").outcome().0, "nothing-due");
    assert!(desk.list("check").is_empty(), "with nothing to look at there is no check");

    desk.on("2026-11-02");
    let (signed, fixed) = (report(&mut desk, "停车场"), report(&mut desk, "大门"));
    sign_for(&mut desk, &signed);
    fix(&mut desk, &fixed);
    let at_nine = report(desk.at("2026-11-02 21:00"), "收银台");
    let run = desk.run_job("evening-check");
    assert_eq!((run.sentence("zh-CN"), run.sentence("en")), ("列入检查 2 项".to_owned(), "listed 2".to_owned()));
    report(desk.at("2026-11-02 21:01"), "卫生间");
    assert_eq!(listed(&desk, "check-sheet"), [signed, at_nine]);
}

/// R3: the clerk ticks fixed or not; fixed is fixed, and the last tick ends the round.
#[test]
fn r3_the_clerk_ticks_fixed_or_not() {
    let mut desk = desk();
    let (mended, broken) = (report(&mut desk, "停车场"), report(&mut desk, "大门"));
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    let check = desk.list("check")[0]["number"].as_str().unwrap().to_owned();
    assert_eq!(due(&mut desk, "to-tick"), [&*check]);

    let tick = |desk: &mut TestDesk, ticket: &str, result: &str| {
        desk.act("check", &check, "tick", json!({"ticket": ticket, "result": result, "note": "到现场看过"}))
    };
    assert_eq!(tick(&mut desk, &mended, "fixed").done()["state"], "open");
    assert_eq!(state(&desk, &mended), "fixed");
    tick(&mut desk, &mended, "not-fixed").refused_by("R3");
    assert_eq!(tick(&mut desk, &broken, "not-fixed").done()["state"], "done");
    assert_eq!(state(&desk, &broken), "open");
    let lines = desk.paper("check-sheet", "check", &check)["lines"].clone();
    assert_eq!((&lines[0]["result"], &lines[1]["result"]), (&json!("fixed"), &json!("not-fixed")));
    assert_eq!(due(&mut desk, "to-tick"), Vec::<String>::new());
}

/// R3: what was reported fixed after it was listed can't be ticked as broken without a reason; and its line can be ended.
#[test]
fn r3_a_ticket_fixed_meanwhile_is_ticked_fixed_or_reopened() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    fix(&mut desk, &ticket);
    let check = desk.list("check")[0]["number"].as_str().unwrap().to_owned();
    desk.act("check", &check, "tick", json!({"ticket": ticket, "result": "not-fixed"})).refused_by("R3");
    desk.act("check", &check, "tick", json!({"ticket": ticket, "result": "fixed"})).done();
    let other = report(&mut desk, "大门");
    desk.act("check", &check, "tick", json!({"ticket": other, "result": "fixed"})).refused_by("R3");
}

/// R3: run twice, it lists nothing twice; a later ticket joins the same evening's check, and opens it again.
#[test]
fn r3_an_evening_has_one_check() {
    let mut desk = desk();
    let first = report(&mut desk, "停车场");
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    assert_eq!(desk.run_job("evening-check").outcome().0, "nothing-due");
    let check = desk.list("check")[0]["number"].as_str().unwrap().to_owned();
    desk.act("check", &check, "tick", json!({"ticket": first, "result": "not-fixed"})).done();

    let second = report(desk.at("2026-11-01 21:30"), "大门");
    assert_eq!(desk.run_job("evening-check").count("listed"), 1);
    assert_eq!((desk.list("check").len(), desk.list("check-line").len()), (1, 2));
    assert_eq!(desk.get("check", &check)["state"], "open");
    assert_eq!(listed(&desk, "check-sheet"), [first, second]);
}

/// R3: a ticket fixed while the job runs is not on the sheet.
#[test]
fn r3_a_ticket_fixed_in_the_same_second_is_left_out() {
    let mut desk = desk();
    let (fixed, broken) = (report(&mut desk, "停车场"), report(&mut desk, "大门"));
    desk.at("2026-11-01 21:00").meanwhile(move |desk| fix(desk, &fixed));
    assert_eq!(desk.run_job("evening-check").count("listed"), 1);
    assert_eq!(listed(&desk, "check-sheet"), [broken]);
}

/// R3: two clerks who tick the last two lines at once end the round between them.
#[test]
fn r3_the_last_two_ticks_at_once_end_the_round() {
    let mut desk = desk();
    let (first, second) = (report(&mut desk, "停车场"), report(&mut desk, "大门"));
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    let check = desk.list("check")[0]["number"].as_str().unwrap().to_owned();
    let tick = |ticket: &str| json!({"ticket": ticket, "result": "fixed"});
    let (at_once, same) = (tick(&second), check.clone());
    desk.meanwhile(move |desk| drop(desk.act("check", &same, "tick", at_once).done()));
    assert_eq!(desk.act("check", &check, "tick", tick(&first)).done()["state"], "done");
}

/// R4: what is open at 21:00 is on the evening's check and on every opening's list, until it is verified.
#[test]
fn r4_a_ticket_is_on_every_opening_check_until_it_is_verified() {
    let mut desk = desk();
    assert_eq!(desk.run_job("morning-recheck").outcome().0, "nothing-due");
    let ticket = report(&mut desk, "停车场");
    sign_for(&mut desk, &ticket);
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    assert_eq!(listed(&desk, "check-sheet"), [&*ticket]);
    for day in ["2026-11-02", "2026-11-03"] {
        let run = desk.at(&format!("{day} 10:00")).run_job("morning-recheck");
        assert_eq!((run.count("to-recheck"), run.count("escalated")), (1, 0), "{day}");
        assert_eq!(listed(&desk, "opening-check"), [&*ticket], "{day}");
        assert_eq!(due(&mut desk, "to-fix"), [&*ticket], "{day}");
    }
    fix(&mut desk, &ticket);
    desk.at("2026-11-04 10:00").run_job("morning-recheck").outcome();
    assert_eq!(desk.papers().last().unwrap().data["lines"][0]["is_fixed"], true, "it waits for the clerk's eyes");
    assert_eq!((due(&mut desk, "to-fix"), due(&mut desk, "to-verify")), (vec![], vec![ticket.clone()]));

    let verified = desk.act("ticket", &ticket, "verify", json!({})).done();
    assert_eq!((&verified["state"], &verified["verified_by"]), (&json!("verified"), &json!("chen")));
    assert_eq!(desk.at("2026-11-05 10:00").run_job("morning-recheck").outcome().0, "nothing-due");
}

/// R4: only what is fixed is verified or reopened, and a reopened one is checked again evening and morning.
#[test]
fn r4_a_fixed_ticket_is_verified_or_reopened() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    desk.act("ticket", &ticket, "verify", json!({})).refused_by("R4");
    desk.act("ticket", &ticket, "reopen", json!({"reason": "灯还不亮"})).refused_by("R4");
    fix(&mut desk, &ticket);
    desk.act("ticket", &ticket, "fix", json!({})).refused_by("R4");
    desk.act("ticket", &ticket, "reopen", json!({"reason": "灯还不亮"})).done();
    assert_eq!(desk.notices().last().unwrap().key, "notice-ticket-reopened");
    desk.at("2026-11-01 21:00").run_job("evening-check").outcome();
    assert_eq!(listed(&desk, "check-sheet"), [&*ticket]);
    desk.at("2026-11-02 10:00").run_job("morning-recheck").outcome();
    assert_eq!(listed(&desk, "opening-check"), [&*ticket]);
    fix(&mut desk, &ticket);
    desk.act("ticket", &ticket, "verify", json!({})).done();
    let refusal = desk.act("ticket", &ticket, "reopen", json!({"reason": "又坏了"})).refused_by("R4");
    assert_eq!(refusal.key, "refused-ticket-is-verified");
}

/// R5: signed for on the 1st, three full days are over on the 5th; the duty manager is told once.
#[test]
fn r5_the_duty_manager_is_told_on_the_fifth_and_not_before() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    sign_for(&mut desk, &ticket);
    assert_eq!(desk.at("2026-11-04 10:00").run_job("morning-recheck").count("escalated"), 0, "the third day");
    assert_eq!(desk.at("2026-11-05 10:00").run_job("morning-recheck").count("escalated"), 1, "the fourth");
    assert_eq!(desk.run_job("morning-recheck").count("escalated"), 0, "never twice");
    assert_eq!(desk.at("2026-11-06 10:00").run_job("morning-recheck").count("escalated"), 0);
    let told = desk.sentence(desk.notices().last().unwrap(), "zh-CN");
    assert_eq!(told, "签收后一直没有修复，第 1 次上报：R-20261101-001，停车场，照明灯");
    assert_eq!((escalations(&desk), &desk.get("ticket", &ticket)["escalation_stage"]), (1, &json!(1)));
}

/// R5: the stages, in two dates and a setting.
#[test]
fn r5_a_stage_is_each_time_more_than_so_many_days() {
    let day = |day: u32| Day::from_ymd_opt(2026, 11, day).unwrap();
    let check = |today: u32, after: u32, expected: i64| {
        assert_eq!(crate::escalation::stage(day(1), day(today), Days(after)), expected, "the {today}th, after {after}");
    };
    for (today, expected) in [(1, 0), (4, 0), (5, 1), (7, 1), (8, 2), (10, 2), (11, 3)] {
        check(today, 3, expected);
    }
    for (today, expected) in [(2, 0), (3, 1), (4, 2)] {
        check(today, 1, expected);
    }
}

/// R5: each stage is told once, and an outage over two of them is told once as well.
#[test]
fn r5_each_stage_is_told_once_also_after_an_outage() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    sign_for(&mut desk, &ticket);
    for (day, told) in [("2026-11-05", 1), ("2026-11-07", 1), ("2026-11-08", 2), ("2026-11-20", 3), ("2026-11-20", 3)] {
        desk.at(&format!("{day} 10:00")).run_job("morning-recheck").outcome();
        assert_eq!(escalations(&desk), told, "{day}");
    }
    assert_eq!(desk.get("ticket", &ticket)["escalation_stage"], 6);
}

/// R5: only what was signed for and is still broken; a reopened ticket waits anew from that day.
#[test]
fn r5_counts_from_the_signature_or_from_the_reopening() {
    let mut desk = desk();
    let (unsigned, signed) = (report(&mut desk, "停车场"), report(desk.on("2026-11-02"), "大门"));
    sign_for(&mut desk, &signed);
    desk.on("2026-11-05");
    fix(&mut desk, &signed);
    assert_eq!(desk.at("2026-11-09 10:00").run_job("morning-recheck").count("escalated"), 0);
    desk.act("ticket", &signed, "reopen", json!({"reason": "还漏水"})).done();
    assert_eq!(desk.at("2026-11-12 10:00").run_job("morning-recheck").count("escalated"), 0);
    assert_eq!(desk.at("2026-11-13 10:00").run_job("morning-recheck").count("escalated"), 1);
    assert_eq!(desk.get("ticket", &unsigned)["escalation_stage"], 0);
}

/// R5: the setting moves the day; 0 days make no sense and are refused.
#[test]
fn r5_a_store_may_wait_longer() {
    let mut desk = desk();
    let ticket = report(desk.setting("escalate_after_days", 5), "停车场");
    sign_for(&mut desk, &ticket);
    assert_eq!(desk.at("2026-11-06 10:00").run_job("morning-recheck").count("escalated"), 0);
    assert_eq!(desk.at("2026-11-07 10:00").run_job("morning-recheck").count("escalated"), 1);
}

/// R6: what a tenant or resident reports is a work order, and needs somebody to call back.
#[test]
fn r6_tenants_and_residents_have_a_work_order() {
    let mut desk = desk();
    for (by, work_order) in
        [("staff", "not-needed"), ("customer", "not-needed"), ("tenant", "to-dispatch"), ("resident", "to-dispatch")]
    {
        let ticket = report_with(&mut desk, json!({"reported_by": by, "reporter": "周敏", "contact": "13800001111"}));
        assert_eq!(desk.get("ticket", &ticket)["work_order"], work_order, "{by}");
    }
    desk.create("ticket", lamp(json!({"reported_by": "tenant", "reporter": "周敏"}))).refused_by("R6");
    let first = desk.list("ticket")[0]["number"].as_str().unwrap().to_owned();
    desk.act("ticket", &first, "dispatch", json!({"dispatched_to": "老王"})).refused_by("R6");
    desk.act("ticket", &first, "call-back", json!({})).refused_by("R6");
}

/// R6: four hours exactly are in time, a minute more is late; late ones are flagged before and after.
#[test]
fn r6_a_work_order_goes_to_maintenance_within_four_hours() {
    for (at, is_late) in [("2026-11-01 13:00", false), ("2026-11-01 13:01", true)] {
        let mut desk = desk();
        let ticket = report_with(&mut desk, by_resident());
        desk.at(at);
        let (in_time, late) = (due(&mut desk, "to-dispatch"), due(&mut desk, "late-to-dispatch"));
        assert_eq!((in_time.len(), late.len()), (usize::from(!is_late), usize::from(is_late)), "{at}");
        let dispatched = desk.act("ticket", &ticket, "dispatch", json!({"dispatched_to": "老王"})).done();
        assert_eq!((&dispatched["work_order"], &dispatched["dispatched_late"]), (&json!("dispatched"), &json!(is_late)), "{at}");
        assert!(due(&mut desk, "to-dispatch").is_empty() && due(&mut desk, "late-to-dispatch").is_empty());
        desk.act("ticket", &ticket, "dispatch", json!({"dispatched_to": "老王"})).refused_by("R6");
    }
}

/// R6: a store that gives maintenance longer is late later.
#[test]
fn r6_the_setting_moves_the_hour() {
    let mut desk = desk();
    report_with(desk.setting("dispatch_within_hours", 24), by_resident());
    assert_eq!(due(desk.at("2026-11-02 09:00"), "late-to-dispatch").len(), 0);
    assert_eq!(due(desk.at("2026-11-02 09:01"), "late-to-dispatch").len(), 1);
}

/// R6: it is followed until solved, and nothing is verified before the reporter was called back.
#[test]
fn r6_the_reporter_is_called_back_before_it_is_verified() {
    let mut desk = desk();
    let ticket = report_with(&mut desk, by_resident());
    desk.act("ticket", &ticket, "call-back", json!({})).refused_by("R6");
    desk.act("ticket", &ticket, "dispatch", json!({"dispatched_to": "老王"})).done();
    desk.act("ticket", &ticket, "call-back", json!({})).refused_by("R6");
    assert_eq!(due(&mut desk, "to-call-back"), Vec::<String>::new(), "it is not fixed yet");
    fix(&mut desk, &ticket);
    assert_eq!((due(&mut desk, "to-call-back"), due(&mut desk, "to-verify")), (vec![ticket.clone()], vec![]));
    desk.act("ticket", &ticket, "verify", json!({})).refused_by("R6");

    desk.act("ticket", &ticket, "call-back", json!({"opinion": "很满意"})).done();
    assert_eq!((due(&mut desk, "to-call-back"), due(&mut desk, "to-verify")), (vec![], vec![ticket.clone()]));
    assert_eq!(desk.get("ticket", &ticket)["opinion"], "很满意");
    desk.act("ticket", &ticket, "call-back", json!({})).refused_by("R6");
    desk.act("ticket", &ticket, "verify", json!({})).done();
}

/// R6: a reporter who says that it is still broken is called again after the next repair.
#[test]
fn r6_a_reopened_work_order_owes_another_call() {
    let mut desk = desk();
    let ticket = report_with(&mut desk, by_resident());
    desk.act("ticket", &ticket, "dispatch", json!({"dispatched_to": "老王"})).done();
    fix(&mut desk, &ticket);
    desk.act("ticket", &ticket, "call-back", json!({"opinion": "还在漏"})).done();
    desk.act("ticket", &ticket, "reopen", json!({"reason": "住户说还在漏"})).done();
    fix(&mut desk, &ticket);
    desk.act("ticket", &ticket, "verify", json!({})).refused_by("R6");
    desk.act("ticket", &ticket, "call-back", json!({"opinion": "好了"})).done();
    desk.act("ticket", &ticket, "verify", json!({})).done();
}

#[test]
fn a_voided_ticket_is_out_of_every_list() {
    let mut desk = desk();
    desk.user("zhou", [Role::SUPERVISOR], "5555");
    let ticket = report_with(&mut desk, by_resident());
    desk.act_as("zhou").void("ticket", &ticket, "重复开单").done();
    assert_eq!((due(&mut desk, "to-fix"), due(&mut desk, "to-dispatch")), (vec![], vec![]));
    assert_eq!(desk.at("2026-11-01 21:00").run_job("evening-check").outcome().0, "nothing-due");
}

#[test]
fn the_slip_says_where_what_and_for_whom() {
    let mut desk = desk();
    let ticket = report_with(&mut desk, by_resident());
    let slip = desk.paper("slip", "ticket", &ticket);
    assert_eq!(
        (&slip["place"], &slip["broken_item"], &slip["reporter"]),
        (&json!("三单元门厅"), &json!("照明灯"), &json!("周敏"))
    );
    assert_eq!((&slip["sheet_number"], &slip["fixed_at"]), (&desk.get("ticket", &ticket)["sheet"], &json!(null)));
    fix(&mut desk, &ticket);
    assert_eq!(desk.paper("slip", "ticket", &ticket)["fixed_at"], "2026-11-01T01:00:00.000Z");
    desk.act("ticket", &ticket, "dispatch", json!({"dispatched_to": "孙师傅"})).done();
    desk.act("ticket", &ticket, "call-back", json!({"opinion": "亮了"})).done();
    desk.act("ticket", &ticket, "verify", json!({})).done();
    let slip = desk.paper("slip", "ticket", &ticket);
    assert_eq!((&slip["fixed_at"], &slip["verified_by"]), (&json!("2026-11-01T01:00:00.000Z"), &json!("chen")));
}

#[test]
fn security_may_report_fixed_but_not_verify() {
    let mut desk = desk();
    let ticket = report(&mut desk, "停车场");
    fix(desk.act_as("gang"), &ticket);
    desk.act("ticket", &ticket, "verify", json!({})).problem("forbidden");
}

#[test]
fn the_demo_month_plays_without_a_refusal() {
    let mut desk = TestDesk::new(crate::plugin());
    for (name, role) in [("clerk", Role::CLERK), ("security", Role::SECURITY)] {
        desk.user(name, [role], &format!("{{pin-{name}}}"));
    }
    desk.user("supervisor", [Role::CLERK, Role::SUPERVISOR], "{pin-supervisor}");
    desk.at("2026-11-24 23:00");
    desk.play(include_str!("../demo.jsonl"), &[("10:00", "morning-recheck"), ("21:00", "evening-check")]);
    for question in ["to-fix", "to-sign-for", "to-verify", "to-call-back"] {
        assert!(!due(&mut desk, question).is_empty(), "something is {question} today");
    }
    assert!(escalations(&desk) > 0, "the duty manager was told of one");
    assert!(desk.list("ticket").iter().any(|ticket| ticket["state"] == "reopened"));
}
