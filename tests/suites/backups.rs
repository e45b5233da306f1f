//! A desk goes into one file while it works, and comes out of it the same; or it moves to another database.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use deskbell_tests::{Api, Cluster, Home, eventually, is_on_postgresql};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::letters::WhileHeld;

#[test]
fn a_backup_taken_while_clerks_write_restores_to_what_was_acknowledged_before_it() {
    let home = Home::new();
    let desk = home.serve();
    let before: Vec<Value> = (0..20).map(|n| desk.api.receive(&format!("before {n}"), "2026-01-05")).collect();
    let run = desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body;
    let paper = desk.api.get(run["papers"][0]["href"].as_str().expect("a paper")).expect(200).bytes;
    home.write("templates/letters/note.txt", "ours");
    let is_over = AtomicBool::new(false);
    let made = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2).map(|_| scope.spawn(|| write_until(&desk.api, &is_over))).collect();
        let at_work = WhileHeld(&is_over);
        let made = home.json(&["backup"]);
        drop(at_work);
        let n_written: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert!(n_written > 0, "nothing was written beside the backup");
        made
    });
    desk.stop();
    let file = PathBuf::from(made["file"].as_str().unwrap());
    assert_eq!(file.parent().unwrap(), home.path().join("data/backups"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Elsewhere, on SQLite, whatever the desk itself is on.
    let elsewhere = Home::empty();
    elsewhere.cli(&["restore", &file.display().to_string(), "--database", "sqlite"]).expect(0);
    assert_eq!(elsewhere.read("templates/letters/note.txt"), "ours");
    let restored = elsewhere.serve();
    let of = |api: &Api, number: &str| api.get(&format!("/api/v1/records/letters.letter/{number}")).expect(200).body;
    let live = home.serve();
    for letter in &before {
        let number = letter["number"].as_str().unwrap();
        assert_eq!(of(&restored.api, number), of(&live.api, number));
    }
    assert_eq!(restored.api.get(run["papers"][0]["href"].as_str().unwrap()).expect(200).bytes, paper);
    restored.api.receive("after", "2026-01-05");
    drop(restored);
    elsewhere.cli(&["verify"]).expect(0);
}

#[test]
fn a_restore_keeps_what_was_there_and_a_running_desk_is_left_alone() {
    let home = Home::new();
    let desk = home.serve();
    desk.api.receive("kept", "2026-11-20");
    let file = home.json(&["backup"])["file"].as_str().unwrap().to_owned();
    let later = desk.api.receive("later", "2026-11-20")["number"].as_str().unwrap().to_owned();
    home.cli(&["restore", &file]).expect(75);
    desk.stop();
    let done = home.cli(&["restore", &file]).expect(0);
    assert!(done.stderr.contains("data/before-restore-"), "{}", done.stderr);
    let desk = home.serve();
    desk.api.get(&format!("/api/v1/records/letters.letter/{later}")).problem(404, "not_found");
    let path = format!("/api/v1/records/letters.letter/{}", desk.api.receive("again", "2026-11-20")["number"].as_str().unwrap());
    assert!(path.ends_with(&later), "the number is free again: {path}");
    desk.stop();
    // And a second time, although a backup of the restored desk has the same name's folder beside it.
    home.cli(&["restore", &file]).expect(0);
    home.cli(&["doctor"]).expect(0);
}

#[test]
fn a_restore_that_was_killed_at_a_step_is_done_by_restoring_again() {
    if is_on_postgresql() {
        // There the tables change places in a transaction; the files are moved as on SQLite.
        return;
    }
    let home = Home::new();
    let desk = home.serve();
    let kept = desk.api.receive("kept", "2026-11-20")["number"].as_str().unwrap().to_owned();
    home.write("templates/letters/note.txt", "ours");
    let file = home.json(&["backup"])["file"].as_str().unwrap().to_owned();
    desk.stop();
    let look = || home.cli(&["record", "get", "letters.letter", &kept]);
    let mut n_half = 0;
    for nth in (1..).step_by(3) {
        let Some(restored) = home.cli_killed_at("rename,renameat,renameat2", nth, &["restore", &file]) else { return };
        if restored.code == 0 {
            break;
        }
        assert!(nth < 500, "it does not end, killed or not: {}", restored.stderr);
        // It is the desk as it was, or restored, or none at all: never a desk with half of its parts.
        let looked = look();
        n_half += u32::from(looked.code == 3);
        assert!([0, 3].contains(&looked.code), "killed at rename {nth}: {} {}", looked.code, looked.stderr);
    }
    assert!(n_half > 0, "no kill caught the restore in between");
    look().expect(0);
    assert_eq!(home.read("templates/letters/note.txt"), "ours");
    home.cli(&["verify"]).expect(0);
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_touched() {
    let home = Home::new();
    let file = home.json(&["backup"])["file"].as_str().unwrap().to_owned();
    let whole = std::fs::read(&file).unwrap();
    let settings = home.read("deskbell.toml");
    let middle = whole.len() / 2;
    let mut flipped = whole.clone();
    flipped[middle] ^= 0x20;
    for damaged in [&flipped, &whole[..middle].to_vec(), &Vec::new()] {
        std::fs::write(&file, damaged).unwrap();
        let refused = home.cli(&["restore", &file]).expect(10);
        assert!(refused.stderr.contains("is no whole backup"), "{}", refused.stderr);
        assert_eq!(home.read("deskbell.toml"), settings);
        let beside: Vec<_> =
            std::fs::read_dir(home.path().join("data")).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert!(!beside.iter().any(|name| name.to_string_lossy().contains("restor")), "{beside:?}");
    }
    home.cli(&["verify"]).expect(0);
}

#[test]
fn a_killed_backup_leaves_the_last_good_one_and_counts_for_nothing() {
    let home = Home::new();
    let desk = home.serve();
    desk.api.receive("kept", "2026-11-20");
    home.json(&["backup"]);
    let files = || -> Vec<String> {
        let names = std::fs::read_dir(home.path().join("data/backups")).unwrap().flatten();
        names.map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    let good = files();
    assert_eq!(good.len(), 1, "{good:?}");
    for n in 0..100 {
        desk.api.receive(&format!("addressee {n}"), "2026-11-20");
    }
    std::thread::scope(|scope| {
        let backup = scope.spawn(|| home.cli(&["backup"]).code);
        eventually("the backup has begun", || files().iter().any(|name| name.starts_with(".making-")).then_some(()));
        kill_process(Pid::from_raw(i32::try_from(desk.pid()).unwrap()).unwrap(), Signal::KILL).unwrap();
        assert_ne!(backup.join().unwrap(), 0);
    });
    drop(desk);
    let counted: Vec<String> = files().into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(counted, good);
    home.json(&["backup"]);
    assert!(files().iter().all(|name| !name.starts_with('.')), "what the kill left is gone: {:?}", files());
}

#[test]
fn only_the_newest_backups_are_kept() {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    home.write("deskbell.toml", &format!("{settings}\n[backup]\nkeep = 2\n"));
    for begun in ["20260101T020000Z", "20260102T020000Z", "20260103T020000Z"] {
        home.write(&format!("data/backups/deskbell-{begun}.zip"), "old");
    }
    home.write("data/backups/mine.zip", "not named by the desk");
    let made = home.json(&["backup"])["file"].as_str().unwrap().to_owned();
    let mut left: Vec<String> = std::fs::read_dir(home.path().join("data/backups"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path().display().to_string())
        .collect();
    left.sort();
    let name = |file: &str| home.path().join("data/backups").join(file).display().to_string();
    assert_eq!(left, [name("deskbell-20260103T020000Z.zip"), made, name("mine.zip")]);
}

/// SQLite to PostgreSQL, or back.
#[test]
fn a_desk_moves_to_another_database_with_everything_it_has() {
    let home = Home::new();
    let desk = home.serve();
    for n in 0..30 {
        desk.api.receive(&format!("addressee {n}"), "2026-01-05");
    }
    desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201);
    let to = if is_on_postgresql() { "sqlite".to_owned() } else { Cluster::shared().new_database() };
    home.cli(&["db", "copy", "--to", &to]).expect(75);
    let letters = |api: &Api| api.get("/api/v1/records/letters.letter?limit=100&sort=number").expect(200).body["items"].clone();
    let sheets = |api: &Api| api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"].clone();
    let (had_letters, had_sheets) = (letters(&desk.api), sheets(&desk.api));
    desk.stop();
    let settings = home.read("deskbell.toml");
    let copied = home.cli(&["db", "copy", "--to", &to]).expect(0);
    assert!(copied.stderr.contains("url = "), "{}", copied.stderr);
    assert_eq!(home.read("deskbell.toml"), settings, "nothing is switched unasked");
    home.cli(&["db", "copy", "--to", &to]).expect(6);

    home.write("deskbell.toml", &settings.replace(home.database(), &to));
    home.cli(&["verify"]).expect(0);
    let desk = home.serve();
    assert_eq!((letters(&desk.api), sheets(&desk.api)), (had_letters, had_sheets));
    let next = desk.api.receive("the next", "2026-01-05");
    assert!(next["number"].as_str().unwrap().ends_with("-031"), "the count goes on: {next}");
    // The outbox and the runs' log count up by themselves there, too.
    let run = desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body;
    assert_eq!(run["state"], "succeeded", "{run}");
    desk.stop();
    home.cli(&["verify"]).expect(0);
}

fn write_until(api: &Api, is_over: &AtomicBool) -> usize {
    let mut n = 0;
    while !is_over.load(Ordering::Relaxed) {
        api.receive(&format!("beside {n}"), "2026-11-20");
        n += 1;
    }
    n
}

/// Whoever restores does not know what came out of the printer since: nothing is printed a second time by itself.
#[test]
fn a_print_that_waited_in_a_backup_is_given_up_by_the_restored_desk() {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    // Nothing listens there.
    home.write("deskbell.toml", &format!("{settings}\n[[printers]]\nname = \"counter\"\nurl = \"socket://127.0.0.1:1\"\n"));
    let desk = home.serve();
    desk.api.receive("钱学", "2026-01-05");
    let print = json!({"form": "letters.office-round", "from": "2026-01-05", "to": "2026-01-05", "printer": "counter"});
    let paper = desk.api.post("/api/v1/papers", print).expect(201).text("id").to_owned();
    let file = home.path().join("desk.backup");
    home.cli(&["backup", &file.display().to_string()]).expect(0);
    desk.stop();
    let restored = Home::empty();
    restored.cli(&["restore", &file.display().to_string(), "--database", "sqlite"]).expect(0);
    let desk = restored.serve();
    let asked = desk.api.send("GET", &format!("/api/v1/papers/{paper}"), None, &[("accept", "application/json")]);
    let how = asked.expect("the desk answers").expect(200).body;
    assert_eq!(how["printed"]["state"], "cancelled", "{how}");
}
