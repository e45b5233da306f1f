//! Killing the host, and killing a plugin's child: nothing acknowledged is lost, nothing is half done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deskbell_tests::{Api, Home, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// SIGKILL of the host under four writers, ten times.
#[test]
fn every_acknowledged_letter_survives_ten_kills() {
    let home = Home::new();
    let acknowledged: Mutex<Vec<Value>> = Mutex::default();
    for round in 0..10_u64 {
        let desk = home.serve();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (api, is_over, acknowledged) = (desk.api.clone(), &is_over, &acknowledged);
                scope.spawn(move || write_until(&api, &format!("{round}-{writer}"), is_over, acknowledged));
            }
            // A kill at a moment of its own each round, once something was acknowledged.
            let enough = acknowledged.lock().unwrap().len() + 20 + usize::try_from(round * 7).unwrap();
            eventually("letters are acknowledged", || (acknowledged.lock().unwrap().len() >= enough).then_some(()));
            desk.kill();
            is_over.store(true, Ordering::Relaxed);
        });
    }
    let desk = home.serve();
    let acknowledged = acknowledged.into_inner().unwrap();
    for letter in &acknowledged {
        let found = desk.api.get(&format!("/api/v1/records/letters.letter/{}", letter["number"].as_str().unwrap())).expect(200);
        assert_eq!(&found.body, letter);
    }
    let numbers = all_numbers(&desk.api);
    for (position, number) in numbers.iter().enumerate() {
        assert_eq!(number[number.len() - 3..].parse::<usize>().ok(), Some((position + 1) % 1000), "a gap: {numbers:?}");
    }
    assert!(numbers.len() >= acknowledged.len() && acknowledged.len() >= 200, "{} of {}", acknowledged.len(), numbers.len());
    desk.stop();
    home.cli(&["audit", "verify"]).expect(0);
}

fn write_until(api: &Api, writer: &str, is_over: &AtomicBool, acknowledged: &Mutex<Vec<Value>>) {
    let mut n = 0;
    while !is_over.load(Ordering::Relaxed) {
        n += 1;
        let letter = json!({"addressee": format!("writer {writer} letter {n}"), "kind": "letter", "destination": "other"});
        match api.send("POST", "/api/v1/records/letters.letter", Some(letter), &[]) {
            Ok(answer) if answer.status == 201 => acknowledged.lock().unwrap().push(answer.body),
            Ok(answer) => panic!("{} {}", answer.status, answer.body),
            Err(_) => return,
        }
    }
}

fn all_numbers(api: &Api) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/api/v1/records/letters.letter?limit=200&sort=created_at{cursor}")).expect(200).body;
        numbers.extend(page["items"].as_array().unwrap().iter().map(|letter| letter["number"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    numbers.sort_by_key(|number| number[11..].parse::<usize>().unwrap_or_default());
    numbers
}

/// SIGKILL of the plugin's child while it has a call.
#[test]
fn a_killed_plugin_child_takes_one_call_with_it() {
    let home = Home::new();
    let mut desk = home.serve();
    desk.api.receive("first", "2026-11-20");
    let children = desk.plugin_children();
    assert!(!children.is_empty(), "the plugin lives in a child");
    // Stopped, the child holds the call until it is killed.
    for child in &children {
        kill_process(Pid::from_raw(*child).unwrap(), Signal::STOP).unwrap();
    }
    let letter = json!({"addressee": "second", "kind": "letter", "destination": "other"});
    let started = Instant::now();
    let answer = std::thread::scope(|scope| {
        let call = scope.spawn(|| desk.api.post("/api/v1/records/letters.letter", letter.clone()));
        eventually("the call is in the child", || (started.elapsed() > Duration::from_millis(300)).then_some(()));
        for child in &children {
            let _ = kill_process(Pid::from_raw(*child).unwrap(), Signal::KILL);
        }
        call.join().unwrap()
    });
    answer.problem(502, "plugin_crashed");
    desk.api.post("/api/v1/records/letters.letter", letter).expect(201);
    assert!(desk.is_running(), "the host is the same process");
}
