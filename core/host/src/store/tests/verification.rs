//! What is wrong with the data is found and named, and a copy of it is the same.

use super::*;

/// A desk with letters in two versions, a paper and a run.
async fn busy(desk: &Fixture) {
    for addressee in ["张三", "李四", "王五"] {
        let letter = receive_letter(&desk.store, addressee).await;
        let (id, collected) = (id_of(&letter), fields(json!({ "state": "collected", "pieces": 2 })));
        let collect = move |tx: &mut Tx<'_>| {
            let changed = tx.update_record(LETTER, id, 1, &collected, stamp())?;
            tx.append_audit(&entry("collect", Some(&changed.old), &changed.new))?;
            let about = deskbell_proto::RecordRef { record_type: LETTER.to_owned(), id };
            let paper = NewPaper {
                id: Uuid::now_v7(),
                form: "letters.slip",
                title: "Slip",
                lang: "en",
                record: Some(&about),
                period: None,
                data: &json!({ "n": 1 }),
                made_by: "lin",
                run: None,
            };
            tx.put_paper(&paper, stamp())?;
            tx.put_paper(&paper_again(&paper), stamp())
        };
        desk.store.write(collect).await.unwrap();
    }
    let run = desk.store.begin_manual_run("letters.night", SITE, "node", "lin", at()).await.unwrap();
    let problem = Problem::internal("of no importance");
    desk.store.fail_run(run.id, run.lease_token, 1, &problem, at()).await.unwrap();
}

fn paper_again<'a>(paper: &NewPaper<'a>) -> NewPaper<'a> {
    NewPaper { id: Uuid::now_v7(), ..paper.clone() }
}

pub(super) async fn sound_data_has_no_faults_and_a_copy_of_it_is_the_same(desk: Fixture) {
    busy(&desk).await;
    let faults = |checks: Vec<Check>| checks.into_iter().flat_map(|check| check.faults).collect::<Vec<_>>();
    assert_eq!(faults(desk.store.verify().await.unwrap()), []);
    let copy = Location::Sqlite(desk.folder.path().join("copy.db"));
    let own = Location::parse(&desk.url, &desk.folder.path().join("deskbell.db")).unwrap();
    let copied = own.copy_to(&copy).await.unwrap();
    assert_eq!((copied.tables["letters_letter"], copied.tables["papers"]), (3, 6));
    let reader = copy.reader().await.unwrap();
    assert_eq!(faults(reader.verify().await), []);
    assert_eq!(reader.count_rows().await.unwrap(), own.reader().await.unwrap().count_rows().await.unwrap());
    assert_eq!(reader.walk_chains().await.unwrap(), desk.store.verify_audit().await.unwrap());
    let again = own.copy_to(&copy).await.unwrap_err();
    assert_eq!(again.code, Code::Conflict, "{again}");
    // The same through a snapshot, which SQLite makes by itself.
    let file = desk.folder.path().join("snapshot.db");
    own.snapshot(&file).await.unwrap();
    let snapshot = Location::Sqlite(file.clone()).reader().await.unwrap();
    assert_eq!(snapshot.count_rows().await.unwrap(), reader.count_rows().await.unwrap());
    // Once it is closed the file is all there is of it, and may be moved.
    snapshot.close().await.unwrap();
    assert!(!file.with_extension("db-wal").exists() && !file.with_extension("db-shm").exists());
}

pub(super) async fn every_kind_of_damage_is_named_and_none_hides_another(desk: Fixture) {
    busy(&desk).await;
    // What is done to the data, and the check that must tell of it.
    let damage = [
        ("DELETE FROM letters_letter WHERE number = 'L-20261124-002'", "numbers", "number 2 first is missing"),
        ("UPDATE letters_letter SET version = 7 WHERE number = 'L-20261124-003'", "versions", "it has version 7"),
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 1", "audit chains", "its content is not what was hashed"),
        ("UPDATE papers SET copy = 5 WHERE copy = 2", "papers", "the last is copy 5"),
        ("UPDATE job_attempts SET result = 'succeeded'", "job ledger", "with 1 attempts that succeeded"),
        ("INSERT INTO user_roles (login, role, site) VALUES ('ghost', 'clerk', '*')", "references", "users has no such row"),
        (
            "INSERT INTO idempotency (login, route, key, body_hash, answer, created_at) \
             VALUES ('lin', 'POST /', 'k', 'zz', '{', '2026-11-24T00:00:00.000Z')",
            "answers",
            "cannot be given again",
        ),
    ];
    for (sql, _, _) in damage {
        let sql = format!("{sql};");
        desk.store.write(move |tx| Ok(tx.session().batch(&sql)?)).await.unwrap();
    }
    let checks = desk.store.verify().await.unwrap();
    for (_, name, why) in damage {
        let check = checks.iter().find(|check| check.check == name).unwrap();
        assert!(check.faults.iter().any(|fault| fault.why.contains(why)), "no «{why}» among {check:#?}");
    }
}
