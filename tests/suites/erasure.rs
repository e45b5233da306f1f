//! Personal data whose purpose has ended: gone from records, search, exports, papers and the trail; what is counted stays.

use deskbell_tests::{Home, Serving};
use encoding_rs::GB18030;
use serde_json::{Value, json};

const GIFTS: &str = "/api/v1/records/birthday-gifts.";

/// HR's list in the encoding that a Chinese Excel writes: 欧阳文静, whose birthday it is, and somebody else.
fn hr_list(home: &Home, active: &str) -> String {
    let heading = "工号,姓名,部门,生日,入职日期,在职";
    let rows = format!("1001,欧阳文静,家电部,1990-12-05,2015-03-01,{active}\n1002,李雷,百货部,1991-02-03,2015-03-01,是");
    let text = format!("{heading}\n{rows}\n");
    let (bytes, _, _) = GB18030.encode(&text);
    let file = home.path().join(format!("hr-{active}.csv"));
    std::fs::write(&file, bytes).expect("HR's list");
    file.display().to_string()
}

/// The gift of 欧阳文静, listed by hand as on the month's last day.
fn listed(desk: &Serving, home: &Home) -> Value {
    home.cli(&["job", "run", "birthday-gifts.list-next-month", "--as-of", "2026-11-30"]).expect(0);
    let found = desk.api.get(&format!("{GIFTS}gift?q=欧阳文静")).expect(200).body;
    found["items"][0].clone()
}

/// B4, X-1: when the last gift of somebody who has left is settled, nothing knows their name any more, and all still adds up.
#[test]
fn the_name_of_somebody_who_has_left_is_nowhere_any_more() {
    let home = Home::made_at("2026-12-05 09:00:00");
    home.add_user("hong", "hr", "271828");
    home.add_user("na", "clerk", "161803");
    let desk = home.serve();
    let imported = home.json(&["record", "import", "birthday-gifts.employee", &hr_list(&home, "是")]);
    assert_eq!(imported["created"], json!(2), "{imported}");
    let gift = listed(&desk, &home);
    let number = gift["number"].as_str().expect("a gift");
    let of_gift = format!("{GIFTS}gift/{number}");
    desk.api.post(&format!("{of_gift}/actions/note-voucher"), json!({"voucher_no": "LQ1", "voucher_fen": 10_000})).expect(200);
    let list = gift["list"].as_str().expect("its list");
    for (sign_box, user, pin) in [("hr", "hong", "271828"), ("desk", "na", "161803")] {
        let path = format!("{GIFTS}handover-list/{list}/sign-offs/{sign_box}");
        desk.api.post(&path, json!({"user": user, "pin": pin})).expect(200);
    }
    let card = json!({"form": "birthday-gifts.card", "record": number});
    let card = desk.api.post("/api/v1/papers", card).expect(201).body;
    let card = format!("/api/v1/papers/{}", card["id"].as_str().expect("a paper"));
    desk.api.get(&card).expect(200);
    desk.api.post(&format!("{of_gift}/actions/deliver"), json!({"signed_by": "欧阳文静"})).expect(200);

    home.cli(&["record", "import", "birthday-gifts.employee", &hr_list(&home, "否")]).expect(0);
    for record_type in ["employee", "gift"] {
        let found = desk.api.get(&format!("{GIFTS}{record_type}?q=欧阳文静")).expect(200).body;
        assert_eq!(found["items"], json!([]), "{record_type}");
    }
    let erased = desk.api.get(&of_gift).expect(200).body;
    assert_eq!((&erased["name"], &erased["signed_by"], &erased["state"]), (&json!(""), &json!(""), &json!("delivered")));
    let history = desk.api.get(&format!("{of_gift}/history")).expect(200);
    assert!(!String::from_utf8_lossy(&history.bytes).contains("欧阳文静"));
    assert!(history.body["items"].as_array().unwrap().iter().any(|entry| entry["command"].as_str().unwrap().ends_with("erases")));
    desk.api.get(&card).problem(410, "erased");
    let period = "from=2000-01-01&to=2099-12-31";
    let export = desk.api.get(&format!("/api/v1/registers/birthday-gifts.gift?{period}&format=csv")).expect(200);
    let export = String::from_utf8_lossy(&export.bytes).into_owned();
    assert!(export.contains(number) && !export.contains("欧阳文静"), "{export}");
    home.cli(&["audit", "verify"]).expect(0);
    home.cli(&["verify"]).expect(0);
}
