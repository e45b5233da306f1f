//! What is counted: many clerks at once, and never less than nothing.

use std::thread;

use deskbell_tests::{Home, Serving};
use serde_json::json;

const MEDICINE: &str = "/api/v1/records/medicine.";
const CLERKS: usize = 50;

/// A desk with plasters in three lots, 7, 15 and 18 of them, first to expire first.
fn desk_with_plasters(home: &Home) -> Serving {
    let desk = home.serve();
    let item = desk.api.post(&format!("{MEDICINE}item"), json!({"name": "创可贴", "unit": "片", "minimum": 5})).expect(201);
    let number = item.text("number");
    for (lot_no, expires_on, quantity) in [("C", "2099-12-31", 18), ("A", "2099-01-31", 7), ("B", "2099-06-30", 15)] {
        let came = json!({"lot_no": lot_no, "expires_on": expires_on, "quantity": quantity});
        desk.api.post(&format!("{MEDICINE}item/{number}/actions/receive"), came).expect(200);
    }
    desk
}

/// M2, M6: of fifty clerks at once forty are given one of the forty there are, over three lots, and ten hear why not.
#[test]
fn fifty_clerks_at_once_take_no_more_than_there_is() {
    let home = Home::new();
    let desk = desk_with_plasters(&home);
    let given = json!({"item": "MI-001", "given_to": "customer", "name": "李女士", "complaint": "手指划破"});
    let answers: Vec<u16> = thread::scope(|clerks| {
        let ask = |_| {
            let (api, given) = (desk.api.clone(), given.clone());
            clerks.spawn(move || {
                let answer = api.post(&format!("{MEDICINE}use"), given);
                if answer.status != 201 {
                    assert_eq!(
                        (&answer.body["code"], &answer.body["rule"]),
                        (&json!("rule_refused"), &json!("M2")),
                        "{}",
                        answer.body
                    );
                }
                answer.status
            })
        };
        let clerks: Vec<_> = (0..CLERKS).map(ask).collect();
        clerks.into_iter().map(|clerk| clerk.join().expect("a clerk")).collect()
    });
    let n_given = answers.iter().filter(|status| **status == 201).count();
    assert_eq!((n_given, answers.len()), (40, CLERKS));
    let lots = desk.api.get(&format!("{MEDICINE}lot")).expect(200).body;
    assert!(lots["items"].as_array().unwrap().iter().all(|lot| lot["quantity"] == 0), "{lots}");
    let uses = desk.api.get(&format!("{MEDICINE}use?limit=100")).expect(200).body;
    assert_eq!(uses["items"].as_array().map(Vec::len), Some(40));
    home.cli(&["verify"]).expect(0);
}

/// M5: a slip is signed in its order and by two people; the refusal is by the rule, in the clerk's language.
#[test]
fn a_disposal_slip_is_signed_in_turn_by_two_people() {
    let home = Home::new();
    home.add_user("zhou", "supervisor", "161803");
    home.add_user("wang", "supervisor", "271828");
    let desk = desk_with_plasters(&home);
    desk.api.post(&format!("{MEDICINE}lot/ML-001/actions/quarantine"), json!({"reason": "受潮"})).expect(200);
    let slip = desk.api.post(&format!("{MEDICINE}disposal"), json!({"manner": "销毁"})).expect(201);
    let slip = slip.text("number");
    let sign = |sign_box: &str, user: &str, pin: &str| {
        let path = format!("{MEDICINE}disposal/{slip}/sign-offs/{sign_box}");
        desk.api.reading("zh-CN").post(&path, json!({"user": user, "pin": pin}))
    };
    let early = sign("supervisor", "wang", "271828").problem(409, "rule_refused");
    assert_eq!((&early["rule"], &early["detail"]), (&json!("M5"), &json!("还没轮到这一栏：请前一栏先签字。")));
    sign("clerk", "zhou", "161803").expect(200);
    let twice = sign("supervisor", "zhou", "161803").problem(409, "rule_refused");
    assert_eq!(twice["detail"], json!("您已在这张单上签过另一栏，这一栏须由别人签。"));
    let signed = sign("supervisor", "wang", "271828").expect(200).body;
    assert_eq!((&signed["state"], signed["sign_offs"].as_array().map(Vec::len)), (&json!("disposed"), Some(2)));
    let lot = desk.api.get(&format!("{MEDICINE}lot/ML-001")).expect(200).body;
    assert_eq!((&lot["state"], &lot["quantity"]), (&json!("disposed"), &json!(0)));
    home.cli(&["verify"]).expect(0);
}
