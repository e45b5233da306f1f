//! Notices outside the desk: each gets there, once when nothing goes wrong, and under one id whatever does.

use std::collections::BTreeSet;
use std::time::Duration;

use deskbell_tests::{Home, Mail, MailServer, Receiver, Serving, eventually, eventually_within};
use ring::hmac;
use serde_json::{Value, json};

fn with_deliveries(settings: &str) -> Home {
    let home = Home::new();
    home.write("deskbell.toml", &(home.read("deskbell.toml") + settings));
    home
}

/// The supervisor's mail, in English.
fn mail_to(server: &MailServer, to: &[&str]) -> String {
    let url = format!("smtp://{}", server.address);
    format!(
        "\n[[deliveries]]\nname = \"mail\"\nkind = \"smtp\"\nurl = \"{url}\"\nfrom = \"Service desk <desk@mall.example>\"\n\
         to = {to:?}\nroles = [\"supervisor\"]\nlanguage = \"en\"\n"
    )
}

/// Tells the supervisor of missing mail; returns the problem's number.
fn tell(desk: &Serving) -> String {
    let problem = json!({"kind": "missing", "description": "寄件人说上周已寄"});
    desk.api.post("/api/v1/records/letters.problem", problem).expect(201).text("number").to_owned()
}

/// Also when a host that died had claimed one: another takes it over after a minute.
fn until_taken(server: &MailServer, n: usize) -> Vec<Mail> {
    eventually_within(Duration::from_secs(90), &format!("{n} mails are taken"), || {
        let taken = server.taken();
        (taken.len() >= n).then_some(taken)
    })
}

/// Waits until the desk has noted so many messages as sent.
fn until_noted(desk: &Serving, n: usize) {
    let line = format!("deskbell_messages_total{{delivery=\"mail\",state=\"sent\"}} {n}\n");
    eventually(&format!("{n} messages are noted as sent"), || {
        let metrics = desk.api.get("/metrics").expect(200).bytes;
        String::from_utf8_lossy(&metrics).contains(&line).then_some(())
    });
}

/// How `doctor` finds a delivery.
fn check(home: &Home, delivery: &str) -> Value {
    let doctor = home.cli(&["--json", "doctor"]);
    let checks: Value = serde_json::from_str(&doctor.stdout).unwrap_or_else(|error| panic!("{error}: {}", doctor.stdout));
    let name = format!("delivery {delivery}");
    let check = checks["items"].as_array().into_iter().flatten().find(|check| check["check"] == name.as_str());
    check.unwrap_or_else(|| panic!("no {name}: {checks}")).clone()
}

fn until_found(home: &Home, delivery: &str, word: &str) -> Value {
    eventually_within(Duration::from_secs(30), &format!("doctor says {word:?}"), || {
        let check = check(home, delivery);
        check["cause"].as_str().is_some_and(|cause| cause.contains(word)).then_some(check)
    })
}

#[test]
fn a_notice_goes_out_by_mail_once() {
    let server = MailServer::started();
    let home = with_deliveries(&mail_to(&server, &["zhou@mall.example"]));
    let desk = home.serve();
    let problem = tell(&desk);
    let mail = until_taken(&server, 1).remove(0);
    assert_eq!(mail.to, ["zhou@mall.example"]);
    let body = mail.decoded();
    assert!(body.contains(&format!("Mail problem {problem}: missing mail. Please see to it.")), "{body}");
    assert!(body.contains("for Supervisor"), "{body}");
    assert_eq!(mail.header("from"), Some("\"Service desk\" <desk@mall.example>"));
    assert_eq!(mail.header("auto-submitted"), Some("auto-generated"));
    assert!(mail.header("message-id").unwrap().ends_with(".mail@mall.example>"), "{mail:?}");

    // The next message comes after the first in the queue: so when it is there, the first was not sent twice.
    let second = tell(&desk);
    assert!(until_taken(&server, 2)[1].decoded().contains(&second));
    until_noted(&desk, 2);
    desk.kill();
    let desk = home.serve();
    let third = tell(&desk);
    let taken = eventually_within(Duration::from_secs(30), "the third mail", || {
        let taken = server.taken();
        taken.last().is_some_and(|mail| mail.decoded().contains(&third)).then_some(taken)
    });
    // The second may have been killed between its sending and the note of it: then it comes again under its own id.
    let ids: Vec<&str> = taken.iter().filter_map(|mail| mail.header("message-id")).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), 3, "{taken:?}");
    assert_eq!(ids.iter().filter(|id| **id == ids[0]).count(), 1, "the first was done with: {taken:?}");
    assert_eq!(check(&home, "mail")["state"], "ok");
}

/// G6: planning is told once per stage, outside the desk too.
#[test]
fn one_stage_is_one_message() {
    let receiver = Receiver::new();
    let settings = format!(
        "\n[[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\nroles = [\"planning\"]\n",
        receiver.address
    );
    let home = with_deliveries(&settings);
    let desk = home.serve();
    let record = |name: &str, fields: Value| {
        let made = desk.api.post(&format!("/api/v1/records/promo-gifts.{name}"), fields).expect(201);
        made.text(if made.body["number"].is_string() { "number" } else { "id" }).to_owned()
    };
    let activity = record(
        "activity",
        json!({
            "name": "满百送杯", "supplier": "某饮料厂", "rule": "满100元送水杯", "starts_on": "2020-01-01", "ends_on": "2099-12-31",
            "person_in_charge": "李经理",
        }),
    );
    let gift = record("gift", json!({"activity": activity, "name": "水杯", "unit": "个", "expected_daily_use": 5}));
    let look_ahead = || desk.api.post("/api/v1/jobs/promo-gifts.stock-ahead/runs", json!({})).expect(201);
    record("intake", json!({"gift": gift, "list_no": "1", "listed": 10, "received": 10}));
    look_ahead();
    look_ahead();
    record("handout", json!({"gift": gift, "receipt_no": "8001", "till_amount_fen": 100, "till_no": "1", "quantity": 10}));
    look_ahead();
    look_ahead();
    let posts = eventually("both stages are told", || Some(receiver.taken()).filter(|taken| taken.len() >= 2));
    let texts: Vec<Value> = posts.iter().map(|post| serde_json::from_str::<Value>(&post.body).unwrap()["text"].clone()).collect();
    let low = "“满百送杯”的水杯只剩 10 个，不够派几天，请安排补货。";
    assert_eq!(texts, [low, "“满百送杯”的水杯已经派完，请安排补货。"]);
}

#[test]
fn a_webhook_gets_signed_json_under_one_key() {
    let receiver = Receiver::new();
    receiver.answer([503, 429]);
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "quite secret\n").unwrap();
    let settings = format!(
        "\n[[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\nsecret_file = \"{}\"\nlanguage = \"en\"\n",
        receiver.address,
        secret.path().display()
    );
    let home = with_deliveries(&settings);
    let desk = home.serve();
    let problem = tell(&desk);
    let posts = eventually_within(Duration::from_secs(30), "it is taken at last", || {
        Some(receiver.taken()).filter(|taken| taken.len() >= 3)
    });
    let keys: Vec<_> = posts.iter().map(|post| post.header("idempotency-key").unwrap()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]) && keys[0].ends_with(".chat"), "{keys:?}");
    let said: Value = serde_json::from_str(&posts[0].body).unwrap();
    assert_eq!((&posts[0].path[..], &said["record"], &said["role"]), ("/hook", &json!(problem), &json!("supervisor")));
    assert_eq!(said["text"], format!("Mail problem {problem}: missing mail. Please see to it."));
    assert_eq!((&said["id"], posts[0].header("content-type")), (&json!(keys[0]), Some("application/json")));
    let signature = posts[0].header("deskbell-signature").unwrap().strip_prefix("sha256=").unwrap();
    let bytes =
        |hex: &str| (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<_>>();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"quite secret");
    assert!(hmac::verify(&key, posts[0].body.as_bytes(), &bytes(signature)).is_ok());

    let second = tell(&desk);
    let posts = eventually("the next is told", || Some(receiver.taken()).filter(|taken| taken.len() >= 4));
    assert!(posts.len() == 4 && posts[3].body.contains(&second), "{posts:?}");
}

#[test]
fn a_kill_between_sending_and_noting_sends_the_same_message_again() {
    let server = MailServer::started();
    server.hesitate(true);
    let home = with_deliveries(&mail_to(&server, &["zhou@mall.example"]));
    let desk = home.serve();
    tell(&desk);
    let first = until_taken(&server, 1).remove(0);
    desk.kill();
    server.hesitate(false);
    let desk = home.serve();
    let again = until_taken(&server, 2).remove(1);
    assert_eq!(again.header("message-id"), first.header("message-id"));
    assert_eq!(again.decoded(), first.decoded());

    let next = tell(&desk);
    let taken = until_taken(&server, 3);
    assert!(taken.len() == 3 && taken[2].decoded().contains(&next), "{taken:?}");
    assert_ne!(taken[2].header("message-id"), first.header("message-id"));
}

#[test]
fn a_notice_of_a_desk_that_is_killed_is_delivered_by_the_next() {
    let server = MailServer::new();
    let home = with_deliveries(&mail_to(&server, &["zhou@mall.example"]));
    let mut desk = home.serve();
    let mut problems = Vec::new();
    for round in 0..8_u64 {
        problems.push(tell(&desk));
        // Only a pause of another length each time, so that the kill meets another step.
        std::thread::park_timeout(Duration::from_millis(round * 31 % 250));
        desk.kill();
        desk = home.serve();
    }
    server.start();
    let taken = until_taken(&server, problems.len());
    for (mail, problem) in taken.iter().zip(&problems) {
        assert!(mail.decoded().contains(problem), "in order: {mail:?}");
    }
    assert_eq!(taken.len(), problems.len(), "nothing was handed over before a kill, so nothing came twice");
    drop(desk);
}

#[test]
fn a_server_that_is_down_holds_its_own_queue_and_no_other() {
    let (server, receiver) = (MailServer::new(), Receiver::new());
    let chat = format!("\n[[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"http://{}/\"\n", receiver.address);
    let home = with_deliveries(&(mail_to(&server, &["zhou@mall.example"]) + &chat));
    let desk = home.serve();
    let problem = tell(&desk);
    eventually("the chat is told", || (receiver.taken().len() == 1).then_some(()));
    let held = until_found(&home, "mail", "cannot be delivered now");
    assert_eq!((&held["state"], &check(&home, "chat")["state"]), (&json!("warning"), &json!("ok")));
    let metrics = desk.api.get("/metrics").expect(200);
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("deskbell_delivery_held{delivery=\"mail\"} 1"));

    server.start();
    let taken = until_taken(&server, 1);
    assert!(taken.len() == 1 && taken[0].decoded().contains(&problem), "{taken:?}");
    eventually("it is in order again", || (check(&home, "mail")["state"] == "ok").then_some(()));
}

#[test]
fn an_unknown_recipient_is_given_up_and_shown_and_the_others_get_theirs() {
    let server = MailServer::started();
    server.forget("gone@mall.example");
    let home = with_deliveries(&mail_to(&server, &["gone@mall.example", "zhou@mall.example"]));
    let desk = home.serve();
    tell(&desk);
    assert_eq!(until_taken(&server, 1)[0].to, ["zhou@mall.example"]);
    let shown = until_found(&home, "mail", "no such user");
    assert_eq!(shown["state"], "warning");
    assert_eq!(shown["cause"], "1 given up in 7 days: It was refused (550 5.1.1 no such user here).");
    tell(&desk);
    assert_eq!(until_taken(&server, 2).len(), 2);
    until_found(&home, "mail", "2 given up");
}

#[test]
fn a_password_does_not_go_over_an_open_line() {
    let server = MailServer::started();
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "quite secret\n").unwrap();
    let login = format!("user = \"desk\"\nsecret_file = {:?}\n", password.path());
    let home = with_deliveries(&(mail_to(&server, &["zhou@mall.example"]) + &login));
    let desk = home.serve();
    tell(&desk);
    until_found(&home, "mail", "cannot be delivered now");
    assert!(server.taken().is_empty());
    assert!(server.words().iter().all(|word| ["EHLO", "QUIT"].contains(&&**word)), "{:?}", server.words());
}
