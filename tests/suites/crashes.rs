//! Killing the host, and killing a plugin's child: nothing acknowledged is lost, nothing is half done.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use deskbell_tests::{Chance, Home, eventually, figure, rounds};
use rustix::process::{Pid, Signal, getpriority_process, kill_process};
use serde_json::{Value, json};

use super::letters::{WhileHeld, all_are_kept, write_until};

/// So many letters at least are acknowledged between the kills; a slow machine is killed more often.
const LETTERS: usize = 5_000;

/// SIGKILL of the host under four writers, sixty times in CI, at a moment of its own each time.
#[test]
fn every_acknowledged_letter_survives_kill_after_kill() {
    let home = Home::new();
    let token = home.token("boss");
    let mut chance = Chance::new("kills");
    let acknowledged: Mutex<Vec<Value>> = Mutex::default();
    for round in 0.. {
        if round >= rounds(60, 1_000) && acknowledged.lock().unwrap().len() >= LETTERS {
            break;
        }
        let desk = home.serve_with(Some(&token));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let at_work = WhileHeld(&is_over);
            for writer in 0..4 {
                let (api, is_over, acknowledged) = (desk.api.clone(), &is_over, &acknowledged);
                scope.spawn(move || write_until(&api, &format!("{round}-{writer}"), is_over, acknowledged));
            }
            let until = Instant::now() + Duration::from_millis(chance.below(800));
            while let Some(rest) = until.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(rest);
            }
            desk.kill();
            drop(at_work);
        });
    }
    let desk = home.serve_with(Some(&token));
    let acknowledged = acknowledged.into_inner().unwrap();
    let n_kept = all_are_kept(&desk.api, &acknowledged);
    figure(&format!("{} letters acknowledged, {n_kept} kept", acknowledged.len()));
    assert!(n_kept >= acknowledged.len(), "{} of {n_kept}", acknowledged.len());
    home.cli(&["verify"]).expect(0);
    desk.stop();
    home.cli(&["verify"]).expect(0);
}

/// Whatever a plugin computes or a paper takes, the threads that a clerk waits for get a processor first.
#[test]
fn plugins_and_typesetters_come_after_the_desk_where_both_want_a_processor() {
    let home = Home::new();
    let desk = home.serve();
    desk.api.receive("first", "2026-11-20");
    let nice = |pid| getpriority_process(Pid::from_raw(pid)).unwrap();
    let host = nice(desk.pid().cast_signed());
    desk.api.get("/api/v1/registers/letters.letter?from=2026-11-20&to=2026-11-20&format=pdf").expect(200);
    let (plugins, typesetters) = (desk.plugin_children(), desk.typesetters());
    assert!(!plugins.is_empty() && !typesetters.is_empty(), "plugins and typesetters are processes of their own");
    for child in plugins.into_iter().chain(typesetters) {
        assert_eq!(nice(child), (host + 10).min(19));
    }
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
