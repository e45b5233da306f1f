//! A plugin's fault stays in the plugin: what callers, clerks and store IT see of one that misbehaves.

use std::time::{Duration, Instant};

use deskbell_tests::{Answer, Api, Home, Package, Serving};
use serde_json::{Value, json};

/// A served desk with letters and the misbehaving plugin, which has a second for a call.
fn served() -> (Home, Serving) {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    home.write("deskbell.toml", &format!("{settings}\n[runner.plugins.misbehaving]\ndeadline = \"1s\"\n"));
    home.install(&Package::misbehaving()).expect(0);
    let desk = home.serve();
    (home, desk)
}

fn act(api: &Api, action: &str) -> Answer {
    api.post(&format!("/api/v1/actions/misbehaving.{action}"), json!({}))
}

fn about_plugin(home: &Home) -> Value {
    home.json(&["plugin", "info", "misbehaving"])
}

#[test]
fn whatever_a_plugin_does_its_caller_is_told_and_nobody_else_is_disturbed() {
    let (home, mut desk) = served();
    for (action, status, code) in [
        ("panic", 500, "plugin_panicked"),
        ("panic-with-a-payload-that-panics", 500, "plugin_panicked"),
        ("loop", 504, "plugin_timeout"),
        ("overflow-the-stack", 502, "plugin_crashed"),
        ("segfault", 502, "plugin_crashed"),
        ("abort", 502, "plugin_crashed"),
        ("exit", 502, "plugin_crashed"),
        ("hog-memory", 502, "plugin_crashed"),
        ("answer-10-mb", 502, "plugin_crashed"),
        ("answer-invalid-utf8", 502, "plugin_crashed"),
    ] {
        let (answer, letters_took) = std::thread::scope(|scope| {
            let call = scope.spawn(|| act(&desk.api, action));
            let started = Instant::now();
            desk.api.receive(action, "2026-11-20");
            let letters_took = started.elapsed();
            (call.join().unwrap(), letters_took)
        });
        let problem = answer.problem(status, code);
        let is_told_in_words = problem["detail"].as_str().is_some_and(|detail| detail.contains(' '));
        assert!(is_told_in_words && problem.get("cause").is_none(), "{action}: {problem}");
        assert!(letters_took < Duration::from_secs(1), "{action} kept letters waiting for {letters_took:?}");
        assert_eq!(act(&desk.api, "answer").expect(200).body, "good morning", "after {action}");
        // A clean sheet for the next one.
        home.cli(&["plugin", "enable", "misbehaving"]).expect(0);
    }
    for action in ["panic-in-a-thread", "print", "print-a-flood"] {
        act(&desk.api, action).expect(200);
    }
    assert!(desk.is_running(), "the host is the same process");
    assert_eq!(about_plugin(&home)["state"], "running");
}

#[test]
fn three_strikes_quarantine_a_plugin_until_store_it_enables_it_on_the_running_desk() {
    let (home, desk) = served();
    for _ in 0..3 {
        act(&desk.api, "segfault").problem(502, "plugin_crashed");
    }
    act(&desk.api, "answer").problem(503, "plugin_quarantined");
    desk.api.receive("not disturbed", "2026-11-20");
    let about = about_plugin(&home);
    assert_eq!(about["state"], "quarantined");
    let reason = about["reason"].as_str().unwrap();
    assert_eq!(
        reason,
        "misbehaving is quarantined, 3 of its calls failed within 60 s; the last: the plugin's process ended in mid-call: \
         signal 11 (SIGSEGV); after a repair: deskbell plugin enable misbehaving"
    );
    let listed = home.cli(&["plugin", "list"]).expect(0).stdout;
    assert!(listed.contains("quarantined") && listed.contains("SIGSEGV"), "{listed}");

    home.cli(&["plugin", "enable", "misbehaving"]).expect(0);
    assert_eq!(act(&desk.api, "answer").expect(200).body, "good morning");
    assert_eq!(about_plugin(&home)["state"], "running");
}

#[test]
fn a_library_that_cannot_be_used_is_refused_in_one_sentence_and_nothing_of_it_is_installed() {
    let home = Home::new();
    let desk = home.serve();
    let good = Package::misbehaving();
    let cut = |percent: usize| good.library[..good.library.len() * percent / 100].to_vec();
    let constructor = |word: &str| with_text(&good.library, "misbehaving-constructor:behave", word);
    for (what, library, says) in [
        ("a quarter of it", cut(25), "copy or build the library again"),
        ("a half of it", cut(50), "copy or build the library again"),
        ("three quarters of it", cut(75), "copy or build the library again"),
        ("no library", b"#!/bin/sh\necho hello\n".to_vec(), "is not a whole 64-bit ELF library"),
        ("no plugin", std::fs::read("/proc/self/exe").unwrap(), "is no Deskbell plugin"),
        ("a broken dynamic section", with_broken_dynamic_section(&good.library), "cannot be used"),
        ("another boundary", with_another_boundary(&good.library), "was built for another version of the boundary"),
        ("another protocol", with_text(&good.library, "protocol = 1", "protocol = 7"), "was built for protocol 7"),
        (
            "a constructor that panics",
            constructor("misbehaving-constructor:panics"),
            "its constructor failed: the plugin panicked",
        ),
        ("a constructor that aborts", constructor("misbehaving-constructor:aborts"), "signal 6 (SIGABRT)"),
    ] {
        let refused = home.install(&Package { library, ..good.clone() }).expect(7);
        assert!(refused.stderr.contains(says), "{what}: {}", refused.stderr);
        assert_eq!(refused.stderr.trim().lines().count(), 1, "{what}: {}", refused.stderr);
        assert!(!refused.stderr.contains("{\""), "{what}, in words: {}", refused.stderr);
        assert_is_not_installed(&home, what);
    }
    desk.api.receive("not disturbed", "2026-11-20");
    home.install(&good).expect(0);
    assert_eq!(act(&desk.api, "answer").expect(200).body, "good morning");
}

#[track_caller]
fn assert_is_not_installed(home: &Home, what: &str) {
    let listed = home.cli(&["plugin", "list"]).expect(0).stdout;
    assert!(!listed.contains("misbehaving"), "{what}: {listed}");
    let left = std::fs::read_dir(home.path().join("plugins")).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<String> = left.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("misb")).collect();
    assert_eq!(left, [""; 0], "{what}");
}

#[test]
fn one_changed_byte_is_noticed_before_the_plugin_is_installed_and_after() {
    let home = Home::new();
    let mut package = Package::misbehaving();
    home.install(&package).expect(0);
    *package.library.last_mut().unwrap() ^= 1;
    let folder = package.lay_out(&home).display().to_string();
    let refused = home.cli(&["plugin", "install", &folder]).expect(7);
    assert!(refused.stderr.contains("nobody has vouched for it"), "{}", refused.stderr);

    std::fs::write(home.path().join("plugins/misbehaving").join(package.library_name()), &package.library).unwrap();
    let desk = home.serve();
    let about = about_plugin(&home);
    assert_eq!(about["state"], "refused");
    let reason = about["reason"].as_str().unwrap();
    assert!(reason.contains("was changed after it was installed") && reason.contains("install the plugin again"), "{reason}");
    desk.api.receive("not disturbed", "2026-11-20");
}

/// The weaker promise of a plugin that store IT lets into the desk's own process.
#[test]
fn a_plugin_that_ends_the_desk_three_times_is_left_out_at_the_next_start() {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    home.write("deskbell.toml", &format!("{settings}\n[runner.plugins.misbehaving]\nisolation = \"in-process\"\n"));
    home.install(&Package::misbehaving()).expect(0);
    for crash in 1..=3 {
        let mut desk = home.serve();
        desk.api.receive(&format!("before crash {crash}"), "2026-11-20");
        assert_eq!(about_plugin(&home)["state"], "running", "before crash {crash}");
        desk.api.send("POST", "/api/v1/actions/misbehaving.segfault", Some(json!({})), &[]).expect_err("the desk is gone");
        assert_eq!(desk.ended_within(Duration::from_secs(10)).code(), None, "ended by a signal");
        let strikes = home.read("data/plugins/misbehaving.strikes");
        assert_eq!(strikes.split_whitespace().next(), Some("1"), "a call was at work: {strikes}");
    }
    let desk = home.serve();
    let about = about_plugin(&home);
    assert_eq!(about["state"], "quarantined");
    assert_eq!(
        about["reason"],
        "misbehaving is quarantined, the desk ended 3 times while it was at work; after a repair: deskbell plugin enable \
         misbehaving"
    );
    act(&desk.api, "answer").problem(503, "plugin_quarantined");
    desk.api.receive("the desk goes on", "2026-11-20");
    let letters = desk.api.get("/api/v1/records/letters.letter").expect(200).body;
    assert_eq!(letters["items"].as_array().map(Vec::len), Some(4), "{letters}");
    home.cli(&["plugin", "enable", "misbehaving"]).expect(0);
    assert_eq!(act(&desk.api, "answer").expect(200).body, "good morning");
}

/// The library with one text written over another of the same length.
fn with_text(library: &[u8], old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut changed = library.to_vec();
    let places: Vec<usize> = (0..library.len() - old.len()).filter(|at| library[*at..].starts_with(old.as_bytes())).collect();
    assert!(!places.is_empty(), "{old} is not in the library");
    for at in places {
        changed[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    changed
}

/// Says of its table of dynamic entries that the strings lie elsewhere: the system's loader trips over it.
fn with_broken_dynamic_section(library: &[u8]) -> Vec<u8> {
    let number = |at: usize, bytes: usize| (0..bytes).rev().fold(0, |sum, byte| sum << 8 | usize::from(library[at + byte]));
    let (table, entries) = (number(0x20, 8), number(0x38, 2));
    let dynamic = (0..entries).map(|entry| table + entry * 56).find(|at| number(*at, 4) == 2).expect("a dynamic segment");
    let (start, size) = (number(dynamic + 8, 8), number(dynamic + 0x20, 8));
    let mut changed = library.to_vec();
    changed[start..start + size].iter_mut().for_each(|byte| *byte ^= 0x5a);
    changed
}

/// Says of the header at the boundary that it is of another version.
fn with_another_boundary(library: &[u8]) -> Vec<u8> {
    let mark = b"abi stable library for Rust";
    let at = (0..library.len() - mark.len()).find(|at| library[*at..].starts_with(mark)).expect("the boundary's header");
    let mut changed = library.to_vec();
    // The mark fills 32 bytes, the major and minor version follow.
    changed[at + 32] ^= 0x40;
    changed[at + 36] ^= 0x40;
    changed
}
