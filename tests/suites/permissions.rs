//! Deny by default: a role may do what it was granted, at its own site, and nothing else.

use deskbell_tests::{Api, Home};
use serde_json::{Value, json};

const LETTERS: &str = "/api/v1/records/letters.letter";

#[test]
fn a_role_may_do_what_it_was_granted_and_is_told_so_otherwise() {
    let home = Home::new();
    home.add_user("lin", "clerk", "141421");
    home.add_user("hong", "hr", "271828");
    home.add_user("gang", "security", "161803");
    let desk = home.serve();
    let letter = desk.api.receive("钱学", "2026-11-20");
    let own = format!("{LETTERS}/{}", letter["number"].as_str().unwrap());
    let as_user = |user: &str| desk.api.with_token(Some(home.token(user)));
    let (clerk, hr, security) = (as_user("lin"), as_user("hong"), as_user("gang"));
    let new = json!({"addressee": "孙立", "kind": "letter", "destination": "other"});

    clerk.get(&own).expect(200);
    clerk.post(LETTERS, new.clone()).expect(201);
    hr.get(&own).expect(200);
    let collect = format!("{own}/actions/collect");
    let refused: [(&Api, &str, &str, Option<Value>); 8] = [
        (&hr, "POST", LETTERS, Some(new.clone())),
        (&hr, "POST", &collect, Some(json!({"collected_by": "钱学"}))),
        (&security, "GET", &own, None),
        (&security, "GET", &format!("{own}/history"), None),
        (&security, "GET", "/api/v1/registers/letters.letter?from=2026-11-01&to=2026-11-30&format=csv", None),
        (&security, "POST", LETTERS, Some(new)),
        (&clerk, "POST", "/api/v1/jobs/letters.hand-off-unclaimed/runs", Some(json!({}))),
        (&clerk, "GET", "/api/v1/audit", None),
    ];
    for (api, method, path, body) in refused {
        let answer = api.send(method, path, body, &[]).expect("the desk answers");
        assert_eq!((answer.status, answer.body["code"].as_str()), (403, Some("forbidden")), "{method} {path}: {}", answer.body);
    }
    assert_eq!(desk.api.get(&own).expect(200).body, letter, "nothing was done on the way to a refusal");
}
