//! What a signature stands for, through the API: a sheet that changes is signed anew.

use deskbell_tests::Home;
use serde_json::json;

const BIRTHDAYS: &str = "/api/v1/records/birthday-gifts.";

/// B1: HR has signed the list, then a voucher on it is noted anew: its signature is void, and the old look at the list is old.
#[test]
fn a_list_that_changes_after_hr_has_signed_is_signed_anew() {
    let home = Home::new();
    home.add_user("hong", "hr", "161803");
    home.add_user("zhou", "supervisor", "271828");
    let desk = home.serve();
    let employee = json!({"employee_no": "007", "name": "李雷", "birthday": "1990-12-05", "joined_on": "2020-03-01"});
    desk.api.post(&format!("{BIRTHDAYS}employee"), employee).expect(201);
    home.cli(&["job", "run", "birthday-gifts.list-next-month", "--as-of", "2025-11-30"]).expect(0);
    let only = |record_type: &str| {
        let found = desk.api.get(&format!("{BIRTHDAYS}{record_type}")).expect(200).body;
        format!("{BIRTHDAYS}{record_type}/{}", found["items"][0]["number"].as_str().expect("one record"))
    };
    let (list, gift) = (only("handover-list"), only("gift"));
    let note = |no: &str| {
        let voucher = json!({"voucher_no": no, "voucher_fen": 10_000});
        desk.api.post(&format!("{gift}/actions/note-voucher"), voucher).expect(200)
    };
    let sign = |sign_box: &str, user: &str, pin: &str, version: Option<i64>| {
        let seen = version.map(|version| format!("\"{version}\""));
        let headers: Vec<(&str, &str)> = seen.iter().map(|seen| ("if-match", seen.as_str())).collect();
        let api = desk.api.reading("zh-CN");
        api.post_with(&format!("{list}/sign-offs/{sign_box}"), json!({"user": user, "pin": pin}), &headers)
    };
    note("V1");
    let seen = sign("hr", "hong", "161803", None).expect(200).body;
    assert_eq!(seen["sign_offs"][0]["voided"], false);
    note("V2");
    let changed = desk.api.get(&list).expect(200).body;
    assert_eq!(changed["sign_offs"][0]["voided"], true, "{changed}");
    let early = sign("desk", "zhou", "271828", None).problem(409, "rule_refused");
    assert_eq!((&early["rule"], &early["detail"]), (&json!("B1"), &json!("还没轮到这一栏：请前一栏先签字。")));
    sign("hr", "hong", "161803", seen["version"].as_i64()).problem(412, "stale_version");
    sign("hr", "hong", "161803", changed["version"].as_i64()).expect(200);
    assert_eq!(sign("desk", "zhou", "271828", None).expect(200).body["state"], "handed-over");
    home.cli(&["verify"]).expect(0);
}
