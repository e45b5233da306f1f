//! What happens when the disk is full, the connection is lost, too many ask at once, or the file is not ours.

use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::sync_channel;

use futures_util::future::join_all;

use super::*;

/// Another host on the same database, with a name of its own in the audit trail.
async fn another_host(desk: &Fixture, folder: &TempDir) -> Store {
    let file = if desk.url == "sqlite" { desk.folder.path() } else { folder.path() }.join("deskbell.db");
    let store = Store::open(&desk.url, &file).await.unwrap();
    store.install_types("letters", &description()).await.unwrap();
    store
}

pub(super) async fn two_hosts_share_one_count(desk: Fixture) {
    if desk.url == "sqlite" {
        return; // A lock file keeps a second host away from a data folder.
    }
    let folder = tempfile::tempdir().unwrap();
    let other = another_host(&desk, &folder).await;
    let letters = (0..60).map(|n| if n % 2 == 0 { &desk.store } else { &other }.write(|tx| receive(tx, "张三")));
    let mut numbers: Vec<String> =
        join_all(letters).await.into_iter().map(|letter| letter.unwrap()["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=60).map(|n| format!("L-20261124-{n:03}")).collect();
    assert_eq!(numbers, expected);
    let chains = other.verify_audit().await.unwrap();
    let chains: Vec<_> = chains.iter().map(|chain| (chain.entries, &chain.broken)).collect();
    assert_eq!(chains, [(30, &None), (30, &None)]);
    other.close().await;
}

pub(super) async fn closing_finishes_what_waits(desk: Fixture) {
    let store = desk.store.clone();
    let waiting = tokio::spawn(async move { join_all((0..50).map(|_| store.write(|tx| receive(tx, "张三")))).await });
    // The first answer says that the others are at least queued.
    desk.store.write(|tx| receive(tx, "李四")).await.unwrap();
    desk.store.close().await;
    let answers = waiting.await.unwrap();
    let kept = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
    assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|problem| problem.code == Code::StorageUnavailable));
    let refused = desk.store.write(|tx| receive(tx, "王五")).await.unwrap_err();
    assert_eq!(refused.code, Code::StorageUnavailable);
    let store = desk.reopened().await;
    assert_eq!(store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), kept + 1);
}

pub(super) async fn a_newer_database_is_left_alone(desk: Fixture) {
    receive_letter(&desk.store, "张三").await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_next_year', 0);";
    desk.store.write(move |tx| Ok(tx.session().batch(newer)?)).await.unwrap();
    desk.store.close().await;
    let file = desk.folder.path().join("deskbell.db");
    let problem = Store::open(&desk.url, &file).await.unwrap_err();
    assert_eq!(problem.code, Code::ConfigInvalid);
    assert!(problem.detail.contains("another version of Deskbell"), "{}", problem.detail);
}

pub(super) async fn a_lost_connection_heals(desk: Fixture) {
    if desk.url == "sqlite" {
        return; // Nothing lies between SQLite and its file.
    }
    receive_letter(&desk.store, "张三").await;
    let folder = tempfile::tempdir().unwrap();
    let other = another_host(&desk, &folder).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid();";
    other.write(move |tx| Ok(tx.session().batch(cut)?)).await.unwrap();
    assert_eq!(receive_letter(&desk.store, "李四").await["number"], "L-20261124-002");
    assert_eq!(desk.store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), 2);
    // Cut in mid-work: nothing of it is kept, and the next is as usual.
    let itself = "SELECT pg_terminate_backend(pg_backend_pid());";
    let cut_off = desk.store.write(move |tx| {
        receive(tx, "nobody")?;
        Ok(tx.session().batch(itself)?)
    });
    assert_eq!(cut_off.await.unwrap_err().code, Code::StorageUnavailable);
    assert_eq!(receive_letter(&desk.store, "王五").await["number"], "L-20261124-003");
    assert_eq!(other.verify_audit().await.unwrap()[0].broken, None);
    other.close().await;
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_recovers_without_a_restart() {
    let desk = Fixture::open("sqlite").await;
    let pages = async |limit: &'static str| desk.store.write(move |tx| Ok(tx.session().batch(limit)?)).await.unwrap();
    receive_letter(&desk.store, "张三").await;
    // As many pages as there are: the next that is needed is one too many.
    pages("PRAGMA max_page_count = 1;").await;
    let large = || {
        let note = "x".repeat(2_000);
        let letters = (0..20).map(|_| {
            let letter = fields(json!({ "addressee": "李四", "note": note }));
            desk.store.write(move |tx| Ok(tx.insert_record(LETTER, Uuid::now_v7(), None, &letter, stamp())?))
        });
        join_all(letters)
    };
    let refused = large().await;
    assert!(refused.iter().any(Result::is_err));
    assert!(refused.iter().flat_map(|answer| answer.as_ref().err()).all(|problem| problem.code == Code::StorageFull));
    let kept = refused.iter().filter(|answer| answer.is_ok()).count() as u64 + 1;
    assert_eq!(desk.store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), kept);
    pages("PRAGMA max_page_count = 4294967294;").await;
    assert!(large().await.iter().all(Result::is_ok));
    assert_eq!(receive_letter(&desk.store, "王五").await["number"], "L-20261124-002");
    assert_eq!(desk.store.verify_audit().await.unwrap()[0].broken, None);
}

#[tokio::test]
async fn too_many_commands_are_turned_away_and_the_rest_go_on() {
    let desk = Fixture::open("sqlite").await;
    let (go_on, wait) = sync_channel::<()>(0);
    let held = desk.store.write(move |_| Ok(wait.recv().is_ok()));
    let many = join_all((0..600).map(|_| desk.store.write(|tx| receive(tx, "张三"))));
    let release = async {
        // Polled after the 600 have been queued or turned away.
        tokio::task::spawn_blocking(move || go_on.send(()).unwrap()).await.unwrap();
    };
    let (held, answers, ()) = tokio::join!(held, many, release);
    assert!(held.unwrap());
    let (kept, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(|answer| answer.as_ref().unwrap_err().code == Code::Overloaded));
    assert!(refused.iter().all(|answer| answer.as_ref().unwrap_err().retry_after.is_some()));
    assert!(kept.len() >= 500 && !refused.is_empty(), "{} kept", kept.len());
    assert_eq!(desk.store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), kept.len() as u64);
}

#[tokio::test]
async fn the_database_is_its_owners_alone() {
    let desk = Fixture::open("sqlite").await;
    receive_letter(&desk.store, "张三").await;
    for name in ["deskbell.db", "deskbell.db-wal"] {
        let mode = std::fs::metadata(desk.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_or_not_ours_is_refused_and_left_as_it_is() {
    let check = async |content: &[u8], why: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deskbell.db");
        std::fs::write(&file, content).unwrap();
        let problem = Store::open("sqlite", &file).await.unwrap_err();
        assert!(problem.detail.contains(why), "{}", problem.detail);
        assert_eq!(std::fs::read(&file).unwrap(), content);
    };
    check(b"not a database at all, but long enough to be taken for one if only the length were looked at", "not a database")
        .await;
    let desk = Fixture::open("sqlite").await;
    for _ in 0..200 {
        receive_letter(&desk.store, "张三").await;
    }
    desk.store.close().await;
    let mut damaged = std::fs::read(desk.folder.path().join("deskbell.db")).unwrap();
    let from = damaged.len() / 2;
    damaged[from..].iter_mut().for_each(|byte| *byte = !*byte);
    check(&damaged, "damaged").await;
}
