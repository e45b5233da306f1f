//! Packages and libraries that are refused before any of their code runs, and those that take each other's place.

use std::path::Path;

use deskbell::home::{NewHome, Shipped, init};
use deskbell::plugins::{Package, Registry, State};
use serde_json::json;

use crate::fixture::{Desk, ID, library, library_with, manifest, package_with};

/// A library that must not be installed, and why.
async fn check(library: &[u8], expected: &str) {
    let desk = Desk::empty("").await;
    let problem = desk.install(library).await.unwrap_err();
    assert_eq!(problem.code.as_str(), "plugin_refused");
    assert!(problem.detail.contains(expected), "{}", problem.detail);
    assert_eq!(desk.registry.statuses("en"), [], "nothing is left of it");
    let cached = std::fs::read_dir(desk.home.plugin_cache())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "so"));
    assert_eq!(cached.count(), 0, "and nothing was kept to be opened");
}

#[tokio::test]
async fn a_library_that_is_not_whole_is_refused_before_it_is_opened() {
    let whole = library();
    for percent in [1, 25, 50, 75, 90, 99] {
        check(&whole[..whole.len() * percent / 100], "copy or build the library again").await;
    }
    check(b"", "is not a whole 64-bit ELF library").await;
    check(b"#!/bin/sh\necho hello\n", "is not a whole 64-bit ELF library").await;
}

#[tokio::test]
async fn a_library_that_is_no_plugin_is_refused() {
    let binary = std::fs::read(env!("CARGO_BIN_EXE_deskbell")).unwrap();
    check(&binary, "it has no section .deskbell.manifest").await;
}

#[tokio::test]
async fn a_library_for_another_protocol_is_refused_in_one_sentence() {
    check(
        &library_with("protocol = 1", "protocol = 7"),
        "misbehaving 0.1.0 was built for protocol 7; this host speaks 1; install a build for protocol 1, or upgrade the host",
    )
    .await;
}

#[tokio::test]
async fn a_library_of_another_plugin_is_refused() {
    let expected = "was built from another plugin.toml: its id is \"mistakenfor\", the package's \"misbehaving\"";
    check(&library_with("id = \"misbehaving\"", "id = \"mistakenfor\""), expected).await;
}

#[tokio::test]
async fn a_library_whose_constructor_fails_is_refused() {
    for (word, expected) in [("panics", "its constructor failed: the plugin panicked"), ("aborts", "signal 6 (SIGABRT)")] {
        check(&library_with("misbehaving-constructor:behave", &format!("misbehaving-constructor:{word}")), expected).await;
    }
}

#[tokio::test]
async fn an_upgrade_that_cannot_be_used_leaves_the_plugin_as_it_was() {
    let desk = Desk::open("").await;
    let broken = library_with("misbehaving-constructor:behave", "misbehaving-constructor:panics");
    assert_eq!(desk.install(&broken).await.unwrap_err().code.as_str(), "plugin_refused");
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
    assert!(desk.registry.rollback(ID).await.is_err(), "nothing was replaced");
}

#[tokio::test]
async fn a_changed_file_is_refused_at_the_next_start_and_named() {
    let desk = Desk::open("").await;
    let library = desk.home.plugins().join(ID).join("libmisbehaving.so");
    std::fs::write(&library, library_with("good morning", "bad  morning")).unwrap();
    let desk = desk.reopened().await;
    let status = desk.status();
    assert_eq!(status.state, State::Refused);
    let reason = status.reason.unwrap();
    assert!(
        reason.starts_with("plugins/misbehaving/libmisbehaving.so: plugins/misbehaving/libmisbehaving.so was changed after"),
        "{reason}"
    );
    assert_eq!(desk.registry.running(ID).unwrap_err().code.exit_code(), 7);
    assert_eq!(desk.registry.problems()[0].code, "plugin.tampered");

    std::fs::write(&library, crate::fixture::library()).unwrap();
    assert_eq!(desk.registry.enable(ID).await.unwrap().state, State::Running);
}

#[tokio::test]
async fn a_cached_library_that_was_changed_is_written_anew() {
    let desk = Desk::open("").await;
    for entry in std::fs::read_dir(desk.home.plugin_cache()).unwrap().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "so") {
            std::fs::remove_file(entry.path()).unwrap();
            std::fs::write(entry.path(), library_with("good morning", "bad  morning")).unwrap();
        }
    }
    let desk = desk.reopened().await;
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
}

#[tokio::test]
async fn a_package_that_nobody_vouches_for_is_not_installed() {
    let desk = Desk::empty("").await;
    let folder = package_with(&library());
    let hash = Package::from_folder(folder.path()).unwrap().hash();
    let problem = desk.registry.install(folder.path(), None).await.unwrap_err();
    assert!(problem.detail.contains(&format!("deskbell plugin trust {hash}")), "{}", problem.detail);
    desk.registry.trust(&hash).await.unwrap();
    assert_eq!(desk.registry.install(folder.path(), None).await.unwrap().0.state, State::Running);
}

#[tokio::test]
async fn a_folder_put_there_by_hand_is_not_opened() {
    let desk = Desk::empty("").await;
    let place = desk.home.plugins().join(ID);
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("plugin.toml"), manifest()).unwrap();
    std::fs::write(place.join("libmisbehaving.so"), library()).unwrap();
    let desk = desk.reopened().await;
    assert!(desk.status().reason.unwrap().contains("is in no record"));
}

#[tokio::test]
async fn a_disabled_plugin_stays_off_over_a_restart_and_comes_back_when_enabled() {
    let desk = Desk::open("").await;
    assert_eq!(desk.registry.disable(ID).await.unwrap().state, State::Disabled);
    let desk = desk.reopened().await;
    assert_eq!(desk.status().state, State::Disabled);
    assert!(desk.registry.running(ID).is_err() && desk.registry.get(ID).is_some());
    assert_eq!(desk.registry.enable(ID).await.unwrap().state, State::Running);
    assert_eq!(desk.reopened().await.status().state, State::Running);
}

#[tokio::test]
async fn an_upgrade_takes_over_on_the_running_desk_and_a_rollback_brings_the_old_one_back() {
    let desk = Desk::open("").await;
    let other = library_with("good morning", "good evening");
    assert_eq!(desk.install(&other).await.unwrap().state, State::Running);
    assert_eq!(desk.act("answer").await, Ok(json!("good evening")));
    desk.registry.rollback(ID).await.unwrap();
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
    desk.registry.rollback(ID).await.unwrap();
    assert_eq!(desk.act("answer").await, Ok(json!("good evening")));
    desk.registry.remove(ID).await.unwrap();
    assert_eq!(desk.registry.statuses("en"), []);
    assert!(!desk.home.plugins().join(ID).exists());
}

/// A shipped set with one plugin, one form and one schedule.
fn shipped_set(folder: &Path, form: &str, library: &[u8]) -> Shipped {
    let write = |path: &str, bytes: &[u8]| {
        std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.join(path), bytes).unwrap();
    };
    write("plugins/misbehaving/plugin.toml", manifest().as_bytes());
    write("plugins/misbehaving/locales/en.ftl", b"plugin-name = Misbehaviour\n");
    write("plugins/misbehaving/libmisbehaving.so", library);
    write("templates/misbehaving/sheet.typ", form.as_bytes());
    write("schedules/misbehaving.toml", b"# none\n");
    Shipped::in_folder(folder)
}

#[tokio::test]
async fn a_new_home_has_the_shipped_plugins_and_its_untouched_forms_follow_upgrades() {
    let scratch = tempfile::tempdir().unwrap();
    let set = scratch.path().join("set");
    let shipped = shipped_set(&set, "first", &library());
    let home = init(&scratch.path().join("desk"), &NewHome::default(), Some(&shipped)).unwrap();
    let form = home.templates().join("misbehaving/sheet.typ");
    let read = || std::fs::read_to_string(&form).unwrap();
    assert_eq!(read(), "first");
    assert!(home.schedules().join("misbehaving.toml").is_file());

    let registry = Registry::open(&home, &Default::default()).await;
    assert_eq!(registry.statuses("zh-CN")[0].name, "捣乱");
    assert_eq!(registry.get(ID).unwrap().locales()[0].0, "en");
    assert_eq!(registry.follow_shipped(&shipped).await, [], "nothing has changed");

    let shipped = shipped_set(&set, "second", &library_with("good morning", "good evening"));
    assert_eq!(registry.follow_shipped(&shipped).await, []);
    assert_eq!(read(), "second", "an untouched form follows");

    std::fs::write(&form, "the store's own").unwrap();
    let notes = registry.follow_shipped(&shipped_set(&set, "third", &library())).await;
    assert_eq!(read(), "the store's own", "an edited one stays");
    assert_eq!(
        notes[0].one_line(),
        "templates/misbehaving/sheet.typ: the store's own templates/misbehaving/sheet.typ stays in force, and misbehaving \
         0.1.0 ships a new one; compare them: the new one is plugins/misbehaving/templates/sheet.typ"
    );
}
