//! What the store promises, on SQLite always and on PostgreSQL where its server is installed.

mod conformance;
mod faults;
mod filters;
mod verification;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use deskbell_proto::description::{FieldDescription, NumberPeriod, NumberScheme, StateDescription, TypeDescription};
use deskbell_proto::value::{FieldKind, NUMBER_MAX};
use deskbell_proto::{Fields, Find, Operator, PluginDescription, Read, RecordRef};
use deskbell_tests::Cluster;
use sea_orm::{DbBackend, Statement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::problem::{Code, Sentence};
use conformance::every_check_of_the_shared_suite_holds;
use faults::{a_lost_connection_heals, a_newer_database_is_left_alone, closing_finishes_what_waits, two_hosts_share_one_count};
use filters::the_sql_of_a_filter_answers_as_its_evaluator_does;
use verification::{every_kind_of_damage_is_named_and_none_hides_another, sound_data_has_no_faults_and_a_copy_of_it_is_the_same};

const SITE: &str = "main";
const LETTER: &str = "letters.letter";
const SHEET: &str = "letters.handoff-sheet";
const BOX: &str = "letters.cash-box";

/// An opened store, where it lies, and how to look at it from outside.
struct Fixture {
    store: Store,
    url: String,
    folder: TempDir,
}

impl Fixture {
    async fn open(url: &str) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(url, &folder.path().join("deskbell.db")).await.unwrap();
        store.install_types("letters", &description()).await.unwrap();
        Fixture { store, url: url.to_owned(), folder }
    }

    /// Opens the same records again, as after a restart.
    async fn reopened(&self) -> Store {
        self.store.close().await;
        let store = Store::open(&self.url, &self.folder.path().join("deskbell.db")).await.unwrap();
        store.install_types("letters", &description()).await.unwrap();
        store
    }
}

fn field(name: &str, kind: FieldKind) -> FieldDescription {
    FieldDescription {
        name: name.to_owned(),
        kind,
        required: false,
        default: None,
        editable: false,
        personal: false,
        searchable: false,
        signed: false,
        doc: String::new(),
    }
}

fn text() -> FieldKind {
    FieldKind::Text { max: 200, long: false }
}

fn description() -> PluginDescription {
    let letter = TypeDescription {
        name: "letter".to_owned(),
        number: Some(NumberScheme { prefix: "L".to_owned(), per: NumberPeriod::Day }),
        fields: vec![
            FieldDescription { required: true, personal: true, searchable: true, ..field("addressee", text()) },
            field("kind", FieldKind::Choice { values: vec!["letter".into(), "parcel".into()] }),
            field("received_on", FieldKind::Day),
            field("notified_at", FieldKind::Instant),
            field("pieces", FieldKind::Integer { min: None, max: None }),
            field("urgent", FieldKind::Bool),
            FieldDescription { searchable: true, ..field("note", FieldKind::Text { max: 2000, long: true }) },
            field("sheet", FieldKind::Reference { record_type: SHEET.to_owned() }),
        ],
        states: states(&["received", "notified"], &["collected"]),
        indexes: vec![vec!["received_on".to_owned()]],
        ..TypeDescription::default()
    };
    let sheet = TypeDescription {
        name: "handoff-sheet".to_owned(),
        states: states(&["open"], &["handed-over"]),
        one_open_per_site: true,
        ..TypeDescription::default()
    };
    let cash_box = TypeDescription {
        name: "cash-box".to_owned(),
        fields: vec![field("name", text()), field("balance_fen", FieldKind::Fen)],
        unique: vec![vec!["name".to_owned()]],
        ..TypeDescription::default()
    };
    PluginDescription { types: vec![letter, sheet, cash_box], ..PluginDescription::default() }
}

fn states(open: &[&str], closed: &[&str]) -> Vec<StateDescription> {
    let state = |name: &&str, closed| StateDescription { name: (*name).to_owned(), closed };
    open.iter().map(|name| state(name, false)).chain(closed.iter().map(|name| state(name, true))).collect()
}

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn at() -> DateTime<Utc> {
    "2026-11-24T01:30:00.125Z".parse().unwrap()
}

fn today() -> NaiveDate {
    "2026-11-24".parse().unwrap()
}

fn stamp() -> Stamp<'static> {
    Stamp { site: SITE, by: "lin", at: at() }
}

fn scheme() -> NumberScheme {
    NumberScheme { prefix: "L".to_owned(), per: NumberPeriod::Day }
}

/// Draws a number and writes a letter with its entry in the trail, as the desk does.
fn receive(tx: &mut Tx<'_>, addressee: &str) -> Result<Fields, Problem> {
    let number = tx.next_number(LETTER, &scheme(), SITE, today())?;
    let letter = fields(json!({ "addressee": addressee, "kind": "parcel", "received_on": "2026-11-24" }));
    let letter = tx.insert_record(LETTER, Uuid::now_v7(), Some(&number), &letter, stamp())?;
    tx.append_audit(&entry("create", None, &letter))?;
    Ok(letter)
}

fn entry<'a>(command: &'a str, old: Option<&'a Fields>, new: &'a Fields) -> AuditEntry<'a> {
    let about = About::Record { record_type: LETTER, old, new };
    AuditEntry { at: at(), actor: "lin", origin: "api 127.0.0.1", site: SITE, command, rule: None, about }
}

fn id_of(record: &Fields) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}

async fn receive_letter(store: &Store, addressee: &'static str) -> Fields {
    store.write(move |tx| receive(tx, addressee)).await.unwrap()
}

/// Runs every body on a fresh SQLite, a test each, and all of them on one PostgreSQL.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(super::Fixture::open("sqlite").await).await;
                }
            )*
        }

        #[tokio::test]
        async fn all_of_it_holds_on_postgresql() {
            let cluster = match Cluster::start() {
                Ok(cluster) => cluster,
                Err(why) => return eprintln!("SKIPPED on PostgreSQL: {why}"),
            };
            $(
                let url = cluster.database(stringify!($name)).unwrap();
                eprintln!("{}", stringify!($name));
                $name(Fixture::open(&url).await).await;
            )*
        }
    };
}

promises!(
    a_record_reads_back_as_it_was_written,
    a_reopened_store_has_what_was_written,
    wrong_fields_are_named_and_nothing_is_kept,
    an_update_needs_the_version_there_is,
    a_counter_never_falls_below_its_floor,
    unique_keys_are_told_apart,
    one_part_can_fail_without_the_rest,
    numbers_have_no_gaps_when_commands_fail,
    a_panic_in_one_command_does_not_end_the_writer,
    an_answer_means_that_others_can_see_it,
    old_answers_and_what_was_told_are_forgotten_and_the_rest_stays,
    a_message_is_queued_once_and_given_up_with_a_copy,
    a_rehearsal_leaves_nothing,
    a_record_of_another_site_is_not_there,
    a_list_pages_through_everything_once,
    search_takes_words_as_they_stand,
    types_grow_and_refuse_what_would_lose_data,
    names_that_clash_are_refused,
    the_audit_chain_shows_tampering,
    the_trail_of_an_older_desk_goes_on_whole,
    erased_values_leave_the_chain_valid,
    what_is_told_later_is_told_before_it_is_asked_about,
    a_key_used_twice_is_a_conflict_for_its_own_command_alone,
    the_sql_of_a_filter_answers_as_its_evaluator_does,
    every_check_of_the_shared_suite_holds,
    two_hosts_share_one_count,
    closing_finishes_what_waits,
    a_newer_database_is_left_alone,
    a_lost_connection_heals,
    sound_data_has_no_faults_and_a_copy_of_it_is_the_same,
    every_kind_of_damage_is_named_and_none_hides_another,
);

async fn a_record_reads_back_as_it_was_written(desk: Fixture) {
    let sheet = Uuid::now_v7();
    let given = fields(json!({
        "addressee": "张三", "kind": "parcel", "received_on": "2026-11-24", "notified_at": "2026-11-24T09:30:00.5+08:00",
        "pieces": -3, "urgent": true, "note": "a\nb", "sheet": sheet.to_string(),
    }));
    let id = Uuid::now_v7();
    let work = move |tx: &mut Tx<'_>| Ok(tx.insert_record(LETTER, id, Some("L-20261124-001"), &given, stamp())?);
    let written = desk.store.write(work).await.unwrap();
    let view = desk.store.view().await.unwrap();
    let read = view.by_number(LETTER, SITE, "L-20261124-001").await.unwrap().unwrap();
    assert_eq!(read, written);
    assert_eq!(read["notified_at"], "2026-11-24T01:30:00.500Z");
    assert_eq!(read["created_at"], "2026-11-24T01:30:00.125Z");
    assert_eq!((&read["state"], &read["version"], &read["urgent"]), (&json!("received"), &json!(1), &json!(true)));
    assert_eq!(read["sheet"], sheet.to_string());
    let answer = view.read(SITE, &Read::Get { record_type: LETTER.to_owned(), id }).await.unwrap();
    assert_eq!(answer.rows, [written]);
    assert_eq!(view.numbers(LETTER, &[SITE], &[id]).await.unwrap()[&id], "L-20261124-001");
    assert_eq!(view.numbers(LETTER, &["elsewhere"], &[id]).await.unwrap().len(), 0);
}

async fn a_reopened_store_has_what_was_written(desk: Fixture) {
    receive_letter(&desk.store, "张三").await;
    let store = desk.reopened().await;
    let next = store.write(|tx| receive(tx, "李四")).await.unwrap();
    assert_eq!(next["number"], "L-20261124-002");
    let chains = store.verify_audit().await.unwrap();
    assert_eq!((chains[0].entries, &chains[0].broken), (2, &None));
}

async fn wrong_fields_are_named_and_nothing_is_kept(desk: Fixture) {
    let check = async |given: Value, expected: &[(&str, &str)]| {
        let given = fields(given);
        let work = move |tx: &mut Tx<'_>| Ok(tx.insert_record(LETTER, Uuid::now_v7(), None, &given, stamp())?);
        let problem = desk.store.write(work).await.unwrap_err();
        let named: Vec<_> = problem.errors.iter().map(|fault| (fault.field.as_str(), fault.key.as_str())).collect();
        assert_eq!((problem.code, named.as_slice()), (Code::ValidationFailed, expected));
    };
    check(json!({ "kind": "parcel" }), &[("addressee", "required")]).await;
    check(json!({ "addressee": "a", "kind": "boat" }), &[("kind", "not-a-choice")]).await;
    check(json!({ "addressee": "a", "colour": "red" }), &[("colour", "unknown-field")]).await;
    check(json!({ "addressee": "a", "version": 7 }), &[("version", "unknown-field")]).await;
    check(json!({ "addressee": "a", "sheet": "L-1" }), &[("sheet", "not-a-reference")]).await;
    assert_eq!(desk.store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), 0);
}

async fn an_update_needs_the_version_there_is(desk: Fixture) {
    let letter = receive_letter(&desk.store, "张三").await;
    let id = id_of(&letter);
    let collect = move |version| {
        move |tx: &mut Tx<'_>| {
            let set = fields(json!({ "state": "collected", "kind": null }));
            Ok(tx.update_record(LETTER, id, version, &set, Stamp { by: "wang", at: at() + TimeDelta::hours(1), ..stamp() })?)
        }
    };
    let changed = desk.store.write(collect(1)).await.unwrap();
    assert_eq!(changed.old, letter);
    assert_eq!(
        (&changed.new["version"], &changed.new["updated_by"], &changed.new["kind"]),
        (&json!(2), &json!("wang"), &Value::Null)
    );
    let stale = desk.store.write(collect(1)).await.unwrap_err();
    assert_eq!((stale.code, stale.current_version), (Code::StaleVersion, Some(2)));
    assert_eq!(desk.store.view().await.unwrap().by_id(LETTER, SITE, id).await.unwrap().unwrap(), changed.new);
}

async fn a_counter_never_falls_below_its_floor(desk: Fixture) {
    let id = Uuid::now_v7();
    let open = move |tx: &mut Tx<'_>| {
        Ok(tx.insert_record(BOX, id, None, &fields(json!({ "name": "800", "balance_fen": 80_000 })), stamp())?)
    };
    desk.store.write(open).await.unwrap();
    let withdrawals =
        (0..100).map(|_| desk.store.write(move |tx| Ok(tx.adjust_record(BOX, id, "balance_fen", -1_000, Some(0), stamp())?)));
    let results = futures_util::future::join_all(withdrawals).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 80);
    let left = desk.store.view().await.unwrap().by_id(BOX, SITE, id).await.unwrap().unwrap();
    assert_eq!((&left["balance_fen"], &left["version"]), (&json!(0), &json!(81)));
    let adjust = async |delta: i64| {
        desk.store.write(move |tx| Ok(tx.adjust_record(BOX, id, "balance_fen", delta, None, stamp()))).await.unwrap()
    };
    assert!(adjust(-NUMBER_MAX).await.is_ok());
    let Err(Refused::Problem(misfit)) = adjust(-1).await else { panic!("a counter holds no more than any number") };
    assert_eq!(misfit.errors[0].key, "number-too-small");
    assert_eq!(adjust(i64::MIN).await.unwrap_err(), Refused::BelowFloor { current: -NUMBER_MAX });
}

async fn unique_keys_are_told_apart(desk: Fixture) {
    let refused = async |record_type: &'static str, number: Option<&'static str>, given: Value| {
        let given = fields(given);
        let work =
            move |tx: &mut Tx<'_>| Ok(tx.part(|tx| tx.insert_record(record_type, Uuid::now_v7(), number, &given, stamp())));
        desk.store.write(work).await.unwrap().err()
    };
    let taken = |key: &str| Some(Refused::Taken { key: key.to_owned() });
    assert_eq!(refused(SHEET, None, json!({})).await, None);
    assert_eq!(refused(SHEET, None, json!({})).await, taken("one_open_per_site"));
    assert_eq!(refused(SHEET, None, json!({ "state": "handed-over" })).await, None);
    assert_eq!(refused(SHEET, None, json!({ "state": "handed-over" })).await, None);
    assert_eq!(refused(BOX, None, json!({ "name": "a" })).await, None);
    assert_eq!(refused(BOX, None, json!({ "name": "a" })).await, taken("name"));
    assert_eq!(refused(LETTER, Some("L-1"), json!({ "addressee": "a" })).await, None);
    assert_eq!(refused(LETTER, Some("L-1"), json!({ "addressee": "a" })).await, taken("number"));
    let twice = Uuid::now_v7();
    let twice = desk.store.write(move |tx| {
        let given = fields(json!({ "name": "b" }));
        tx.insert_record(BOX, twice, None, &given, stamp())?;
        let again = fields(json!({ "name": "c" }));
        Ok(tx.part(|tx| tx.insert_record(BOX, twice, None, &again, stamp())))
    });
    assert_eq!(twice.await.unwrap().err(), taken("id"));
}

async fn one_part_can_fail_without_the_rest(desk: Fixture) {
    let numbers = desk.store.write(|tx| {
        let first = receive(tx, "张三")?;
        let failed = tx.part(|tx| {
            receive(tx, "nobody")?;
            Err::<(), _>(Problem::internal("this part is dropped"))
        });
        assert!(failed.is_err());
        Ok([first["number"].clone(), receive(tx, "李四")?["number"].clone()])
    });
    assert_eq!(numbers.await.unwrap(), ["L-20261124-001", "L-20261124-002"]);
    let view = desk.store.view().await.unwrap();
    assert_eq!(view.count(SITE, &Find::all(LETTER)).await.unwrap(), 2);
    assert_eq!(desk.store.verify_audit().await.unwrap()[0].broken, None);
}

async fn numbers_have_no_gaps_when_commands_fail(desk: Fixture) {
    let commands = (0..120).map(|n| {
        desk.store.write(move |tx| {
            let letter = receive(tx, "张三")?;
            if n % 6 == 5 {
                Err(Problem::internal("refused at the end"))
            } else {
                Ok(letter["number"].as_str().unwrap().to_owned())
            }
        })
    });
    let mut drawn: Vec<String> = futures_util::future::join_all(commands).await.into_iter().flatten().collect();
    drawn.sort();
    let expected: Vec<String> = (1..=100).map(|n| format!("L-20261124-{n:03}")).collect();
    assert_eq!(drawn, expected);
    let chains = desk.store.verify_audit().await.unwrap();
    assert_eq!((chains[0].entries, &chains[0].broken), (100, &None));
}

async fn a_panic_in_one_command_does_not_end_the_writer(desk: Fixture) {
    let panicking = desk.store.write(|tx| {
        receive(tx, "张三")?;
        if tx.host.is_empty() { Ok(()) } else { panic!("a defect") }
    });
    let beside = desk.store.write(|tx| receive(tx, "李四"));
    let (panicked, beside) = tokio::join!(panicking, beside);
    let problem = panicked.unwrap_err();
    assert_eq!(problem.code, Code::Internal);
    assert!(problem.detail.contains("a defect"));
    assert_eq!(beside.unwrap()["number"], "L-20261124-001");
}

async fn an_answer_means_that_others_can_see_it(desk: Fixture) {
    // Another process that looks, with nothing of ours between it and the file.
    let beside = Store::open(&desk.url, &desk.folder.path().join("deskbell.db")).await.unwrap();
    beside.install_types("letters", &description()).await.unwrap();
    for n in 1..=20 {
        let writes = (0..3).map(|_| desk.store.write(|tx| receive(tx, "张三")));
        futures_util::future::join_all(writes).await.into_iter().for_each(|written| drop(written.unwrap()));
        assert_eq!(beside.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), n * 3);
    }
    beside.close().await;
}

async fn old_answers_and_what_was_told_are_forgotten_and_the_rest_stays(desk: Fixture) {
    let store = &desk.store;
    let hours = TimeDelta::hours;
    let keep = |n: usize, login: &'static str, at: DateTime<Utc>| {
        store.write(move |tx| {
            let kept = KeptAnswer { body_hash: String::new(), answer: json!(n) };
            (0..n).try_for_each(|n| tx.keep_answer(login, "POST /x", &format!("{at} {n}"), &kept, at))
        })
    };
    // More than one chunk of old ones.
    keep(450, "lin", at() - hours(49)).await.unwrap();
    keep(3, "lin", at() - hours(47)).await.unwrap();
    keep(1, ANYBODY, at() - hours(1000)).await.unwrap();
    assert_eq!(store.forget_answers(at() - hours(48)).await.unwrap(), 450);
    assert_eq!(store.forget_answers(at() - hours(48)).await.unwrap(), 0);
    let key = |at: DateTime<Utc>| format!("{at} 0");
    assert!(store.kept_answer("lin", "POST /x", &key(at() - hours(47))).await.unwrap().is_some());
    assert!(store.kept_answer(ANYBODY, "POST /x", &key(at() - hours(1000))).await.unwrap().is_some());

    let put = |at: DateTime<Utc>| store.write(move |tx| tx.put_outbox("notice", &json!({}), Stamp { site: SITE, by: "lin", at }));
    put(at() - hours(200)).await.unwrap();
    put(at() - hours(200)).await.unwrap();
    let first = store.outgoing(at(), 1).await.unwrap();
    store.told(vec![first[0].seq], Vec::new(), at() - hours(199)).await.unwrap();
    assert_eq!(store.forget_told(at() - hours(168)).await.unwrap(), 1);
    assert_eq!(store.outgoing(at(), 10).await.unwrap().len(), 1, "what is still to be told stays, however old");
}

async fn a_message_is_queued_once_and_given_up_with_a_copy(desk: Fixture) {
    let store = &desk.store;
    let put = |tx: &mut Tx<'_>| {
        let (args, stamp) = (std::collections::BTreeMap::new(), Stamp { site: SITE, by: "lin", at: at() });
        tx.put_notice(&NewNotice { plugin: "letters", role: "hr", key: "notice-x", args: &args, record: None }, stamp)
    };
    store.write(put).await.unwrap();
    let told = store.outgoing(at(), 10).await.unwrap().remove(0);
    let notice: Uuid = serde_json::from_value(told.body["notice"].clone()).unwrap();
    let to = |recipient: &str| NewMessage { notice, delivery: "mail".to_owned(), recipient: recipient.to_owned() };
    // Another host may have read the outbox at the same time.
    store.told(vec![told.seq], vec![to("a"), to("b")], at()).await.unwrap();
    store.told(vec![told.seq], vec![to("a"), to("b")], at()).await.unwrap();

    let first = store.first_message("mail").await.unwrap().unwrap();
    assert_eq!((&*first.recipient, first.state), ("a", MessageState::Queued));
    assert_eq!(store.notice(notice).await.unwrap().unwrap().role, "hr");
    let until = at() + TimeDelta::seconds(60);
    assert!(store.claim_message(first.seq, at(), until).await.unwrap());
    assert!(!store.claim_message(first.seq, at(), until).await.unwrap(), "another host is at it");
    assert!(store.claim_message(first.seq, until, until).await.unwrap(), "until its time is over");
    let note = MessageNote { state: MessageState::Sent, reason: None, attempts: 0, next_at: at(), is_done: true };
    store.note_message(first.seq, note, at()).await.unwrap();
    assert_eq!(store.first_message("mail").await.unwrap().unwrap().recipient, "b");
    assert_eq!(store.given_up("mail", at()).await.unwrap(), None);

    store.write(put).await.unwrap();
    let reason = Sentence { key: "message-before-restore".to_owned(), ..Sentence::default() };
    Location::parse(&desk.url, &desk.folder.path().join("deskbell.db"))
        .unwrap()
        .give_up_queues(&reason, &reason, at())
        .await
        .unwrap();
    assert_eq!(store.waiting_deliveries().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.outgoing(at(), 10).await.unwrap(), [], "what waited in the outbox must not go out later either");
    let given_up = store.given_up("mail", at()).await.unwrap().unwrap();
    assert_eq!((given_up.n_messages, given_up.reason), (1, Some(reason)));
    let later = at() + TimeDelta::hours(1);
    assert_eq!(store.given_up("mail", later).await.unwrap(), None);
    assert_eq!(store.forget_told(later).await.unwrap(), 4);
}

async fn a_rehearsal_leaves_nothing(desk: Fixture) {
    let rehearsed = desk.store.rehearse(|tx| receive(tx, "张三")).await.unwrap();
    assert_eq!(rehearsed["number"], "L-20261124-001");
    let view = desk.store.view().await.unwrap();
    assert_eq!(view.count(SITE, &Find::all(LETTER)).await.unwrap(), 0);
    assert_eq!(receive_letter(&desk.store, "李四").await["number"], "L-20261124-001");
    assert_eq!(desk.store.verify_audit().await.unwrap()[0].broken, None);
}

async fn a_record_of_another_site_is_not_there(desk: Fixture) {
    let letter = receive_letter(&desk.store, "张三").await;
    let (id, number) = (id_of(&letter), letter["number"].as_str().unwrap());
    let view = desk.store.view().await.unwrap();
    assert_eq!(view.by_id(LETTER, "north", id).await.unwrap(), None);
    assert_eq!(view.by_number(LETTER, "north", number).await.unwrap(), None);
    assert_eq!(view.count("north", &Find::all(LETTER)).await.unwrap(), 0);
    let elsewhere = Stamp { site: "north", ..stamp() };
    let update = desk.store.write(move |tx| Ok(tx.update_record(LETTER, id, 1, &Fields::new(), elsewhere)?));
    assert_eq!(update.await.unwrap_err().code, Code::NotFound);
    let missing = desk.store.view().await.unwrap().count(SITE, &Find::all("letters.postcard")).await;
    assert_eq!(missing.unwrap_err().code, Code::NotFound);
}

async fn a_list_pages_through_everything_once(desk: Fixture) {
    let work = |tx: &mut Tx<'_>| {
        for n in 0..25 {
            let day = (n % 4 != 0).then(|| format!("2026-11-{:02}", n % 5 + 1));
            let letter = fields(json!({ "addressee": "张三", "received_on": day }));
            let site = if n % 3 == 0 { "north" } else { SITE };
            tx.insert_record(LETTER, Uuid::now_v7(), None, &letter, Stamp { site, ..stamp() })?;
        }
        Ok(())
    };
    desk.store.write(work).await.unwrap();
    let view = desk.store.view().await.unwrap();
    let sites = [SITE.to_owned(), "north".to_owned()];
    for descending in [false, true] {
        let sort = deskbell_proto::Sort { field: "received_on".to_owned(), descending };
        let find = Find { sort: vec![sort], limit: Some(4), ..Find::all(LETTER) };
        let whole = view.list(&sites, &Find { limit: None, ..find.clone() }, None, None).await.unwrap();
        let mut paged = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = view.list(&sites, &find, None, cursor.as_deref()).await.unwrap();
            paged.extend(page.records);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((paged.len(), &paged), (25, &whole.records));
    }
    let other_order = view.list(&sites, &Find { limit: Some(4), ..Find::all(LETTER) }, None, None).await.unwrap();
    let find = Find { sort: vec![deskbell_proto::Sort { field: "kind".to_owned(), descending: false }], ..Find::all(LETTER) };
    let wrong = view.list(&sites, &find, None, other_order.next_cursor.as_deref()).await.unwrap_err();
    assert_eq!(wrong.errors[0].field, "cursor");
}

async fn search_takes_words_as_they_stand(desk: Fixture) {
    let work = |tx: &mut Tx<'_>| {
        for (addressee, note) in [("张三", "50% off"), ("李四", "500 pieces"), ("Anna Berg", "under_score")] {
            receive(tx, addressee)?;
            let letter = fields(json!({ "addressee": addressee, "note": note }));
            tx.insert_record(LETTER, Uuid::now_v7(), None, &letter, stamp())?;
        }
        Ok(())
    };
    desk.store.write(work).await.unwrap();
    let view = desk.store.view().await.unwrap();
    let check = async |text: &str, expected: usize| {
        let found = view.list(&[SITE.to_owned()], &Find::all(LETTER), Some(text), None).await.unwrap();
        assert_eq!(found.records.len(), expected, "{text}");
    };
    check("张三", 2).await;
    check("张", 2).await;
    check("50%", 1).await;
    check("r_s", 1).await;
    check("anna BERG", 2).await;
    check("berg under", 1).await;
    check("l-20261124-002", 1).await;
    check("'; DROP TABLE users; --", 0).await;
    check("\0\\", 0).await;
    check("", 6).await;
}

async fn types_grow_and_refuse_what_would_lose_data(desk: Fixture) {
    receive_letter(&desk.store, "张三").await;
    let change = |change: fn(&mut TypeDescription)| {
        let mut changed = description();
        change(&mut changed.types[0]);
        changed
    };
    let grown = change(|letter| {
        letter.fields.push(field("carrier", text()));
        letter.fields.push(FieldDescription {
            required: true,
            default: Some(json!(1)),
            ..field("weight", FieldKind::Integer { min: None, max: None })
        });
        letter.unique.push(vec!["carrier".to_owned()]);
    });
    desk.store.install_types("letters", &grown).await.unwrap();
    desk.store.install_types("letters", &grown).await.unwrap();
    let letter = desk.store.view().await.unwrap().by_number(LETTER, SITE, "L-20261124-001").await.unwrap().unwrap();
    assert_eq!((&letter["carrier"], &letter["weight"]), (&Value::Null, &json!(1)));
    let post = |number: &'static str| {
        let given = fields(json!({ "addressee": "a", "carrier": "post", "weight": 2 }));
        desk.store.write(move |tx| Ok(tx.part(|tx| tx.insert_record(LETTER, Uuid::now_v7(), Some(number), &given, stamp()))))
    };
    assert!(post("L-2").await.unwrap().is_ok());
    assert_eq!(post("L-3").await.unwrap().unwrap_err(), Refused::Taken { key: "carrier".to_owned() });

    let refused = async |changed: PluginDescription, why: &str| {
        let problem = desk.store.install_types("letters", &changed).await.unwrap_err();
        assert_eq!(problem.code, Code::PluginRefused);
        assert!(problem.detail.contains(why), "{}", problem.detail);
    };
    refused(change(|letter| letter.fields[2].kind = text()), "cannot become").await;
    refused(
        change(|letter| letter.fields.push(FieldDescription { required: true, ..field("size", text()) })),
        "give it a default",
    )
    .await;

    // Back to the version before: what it does not know stays where it is.
    desk.store.install_types("letters", &description()).await.unwrap();
    receive_letter(&desk.store, "李四").await;
    let forgetful = change(|letter| letter.fields.push(field("carrier", FieldKind::Day)));
    let problem = desk.store.install_types("letters", &forgetful).await.unwrap_err();
    assert!(problem.detail.contains("carrier") && problem.detail.contains("cannot become"), "{}", problem.detail);
    desk.store.install_types("letters", &grown).await.unwrap();
    let kept = desk.store.view().await.unwrap().by_number(LETTER, SITE, "L-2").await.unwrap().unwrap();
    assert_eq!(kept["carrier"], "post");
}

async fn names_that_clash_are_refused(desk: Fixture) {
    let check = async |plugin: &str, described: TypeDescription, why: &str| {
        let description = PluginDescription { types: vec![described], ..PluginDescription::default() };
        let problem = desk.store.install_types(plugin, &description).await.unwrap_err();
        assert!(problem.detail.contains(why), "{}", problem.detail);
    };
    let of = |name: &str, fields: Vec<FieldDescription>| TypeDescription {
        name: name.to_owned(),
        fields,
        ..TypeDescription::default()
    };
    check("letters-handoff", of("sheet", vec![]), "belongs to letters.handoff-sheet").await;
    check("job", of("runs", vec![]), "of its own").await;
    check("a", of("Thing", vec![]), "kebab-case").await;
    check("a", of("thing", vec![field("version", text())]), "reserved").await;
    check("a", of("thing", vec![field("rowid", text())]), "reserved").await;
    check("a", of("thing", vec![field("Colour", text())]), "snake_case").await;
    check("a", of("thing", vec![field("x", text()), field("x", text())]), "twice").await;
    check("a", TypeDescription { unique: vec![vec!["y".to_owned()]], ..of("thing", vec![]) }, "does not have").await;
    check("a", TypeDescription { one_open_per_site: true, ..of("thing", vec![]) }, "one_open_per_site").await;
}

async fn the_audit_chain_shows_tampering(desk: Fixture) {
    for _ in 0..6 {
        receive_letter(&desk.store, "张三").await;
    }
    let check = async |sql: &'static str, expected: Option<i64>, why: &str| {
        desk.store.write(move |tx| Ok(tx.session().batch(sql)?)).await.unwrap();
        let chains = desk.store.verify_audit().await.unwrap();
        let (seq, reason) = chains[0].broken.clone().map_or((None, String::new()), |(seq, reason)| (Some(seq), reason));
        assert_eq!(seq, expected, "{sql}: {reason}");
        assert!(reason.contains(why), "{sql}: {reason}");
    };
    check("UPDATE audit SET actor = 'nobody' WHERE seq = 3;", Some(3), "content").await;
    check("UPDATE audit SET actor = 'lin' WHERE seq = 3;", None, "").await;
    // Two entries swapped, with their hashes; then put back.
    let swap = "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 99;";
    check(swap, Some(2), "content").await;
    check(swap, None, "").await;
    check("UPDATE audit_values SET personal = replace(personal, '张三', '李四') WHERE seq = 5;", Some(5), "personal").await;
    check("UPDATE audit_values SET personal = replace(personal, '李四', '张三');", None, "").await;
    // An entry too many at the end, and one too few there and in the middle.
    let insert = "INSERT INTO audit SELECT host, 7, hash, hash, at, actor, origin, site, record_type, record_id, number, version, \
                  command, rule, changes FROM audit WHERE seq = 6;";
    check(insert, Some(7), "content").await;
    check("DELETE FROM audit WHERE seq = 7;", None, "").await;
    check("DELETE FROM audit WHERE seq = 6;", Some(6), "ends at 5").await;
    check("DELETE FROM audit WHERE seq = 2;", Some(3), "missing").await;
}

async fn erased_values_leave_the_chain_valid(desk: Fixture) {
    let letter = receive_letter(&desk.store, "张三").await;
    let id = id_of(&letter);
    let trail = AuditFind { sites: vec![SITE.to_owned()], record_id: Some(id), limit: 10, ..AuditFind::default() };
    let entries = desk.store.view().await.unwrap().audit(&trail).await.unwrap();
    assert_eq!(entries[0].changes["addressee"], json!({ "old": null, "new": "张三" }));
    assert_eq!(entries[0].changes["kind"], json!({ "old": null, "new": "parcel" }));
    desk.store.write(move |tx| tx.erase_audit_values(id)).await.unwrap();
    let view = desk.store.view().await.unwrap();
    let entries = view.audit(&trail).await.unwrap();
    assert_eq!(entries[0].changes["addressee"], json!({ "old": null, "new": { "erased": true } }));
    assert_eq!(desk.store.verify_audit().await.unwrap()[0].broken, None);
}

/// As version 4 of the schema kept personal values: a row each, found by its digest.
async fn the_trail_of_an_older_desk_goes_on_whole(desk: Fixture) {
    let letter = receive_letter(&desk.store, "张三").await;
    let rewind = |tx: &mut Tx<'_>| {
        let backend = tx.session().backend();
        let kept = tx.session().rows(Statement::from_string(backend, "SELECT seq, personal FROM audit_values"))?;
        let id = if backend == DbBackend::Postgres { "uuid" } else { "uuid_text" };
        let mut sql = format!(
            "CREATE TABLE values_before \
             (digest text, salt text, value text, record_type text, record_id {id}, field text);"
        );
        for row in kept {
            let (seq, personal): (i64, String) = (row.get("seq")?, row.get("personal")?);
            let personal: Value = serde_json::from_str(&personal).map_err(Problem::internal)?;
            for salted in personal.as_array().into_iter().flatten() {
                let (salt, value) = (salted["salt"].as_str().unwrap_or_default(), salted["value"].to_string());
                let digest = hex::encode(Sha256::digest(format!("{salt}{value}")));
                let field = salted["field"].as_str().unwrap_or_default();
                sql += &format!(
                    "INSERT INTO values_before SELECT '{digest}', '{salt}', '{value}', '{LETTER}', record_id, '{field}' \
                     FROM audit_values WHERE seq = {seq};"
                );
            }
        }
        sql += "DROP TABLE audit_values; ALTER TABLE values_before RENAME TO audit_values; \
                DELETE FROM seaql_migrations WHERE version = 'm0005_values_by_entry';";
        Ok(tx.session().batch(&sql)?)
    };
    desk.store.write(rewind).await.unwrap();
    let location = Location::parse(&desk.url, &desk.folder.path().join("deskbell.db")).unwrap();
    let problem = location.must_be_up_to_date().await.unwrap_err();
    assert!(problem.detail.contains("deskbell db migrate"), "{}", problem.detail);
    assert_eq!(problem.sentence.key, "schema-is-older");

    let store = desk.reopened().await;
    assert_eq!(store.verify_audit().await.unwrap()[0].broken, None);
    let trail = AuditFind { sites: vec![SITE.to_owned()], record_id: Some(id_of(&letter)), limit: 10, ..AuditFind::default() };
    let entries = store.view().await.unwrap().audit(&trail).await.unwrap();
    assert_eq!(entries[0].changes["addressee"]["new"], "张三");
}

async fn what_is_told_later_is_told_before_it_is_asked_about(desk: Fixture) {
    let letter = desk.store.write(|tx| {
        let letter = receive(tx, "张三")?;
        tx.erase_audit_values(id_of(&letter))?;
        let record = RecordRef { record_type: LETTER.to_owned(), id: id_of(&letter) };
        let args = std::collections::BTreeMap::new();
        let task = NewTask { plugin: "letters", key: "task-x", args: &args, record: Some(&record), due_on: None };
        tx.put_task(&task, stamp())?;
        tx.finish_tasks(LETTER, record.id, stamp())?;
        Ok(letter)
    });
    let id = id_of(&letter.await.unwrap());
    let view = desk.store.view().await.unwrap();
    assert_eq!(view.open_tasks(SITE, today()).await.unwrap(), []);
    let trail = AuditFind { sites: vec![SITE.to_owned()], record_id: Some(id), limit: 10, ..AuditFind::default() };
    assert_eq!(view.audit(&trail).await.unwrap()[0].changes["addressee"]["new"], json!({ "erased": true }));
}

async fn a_key_used_twice_is_a_conflict_for_its_own_command_alone(desk: Fixture) {
    let keep = |key: &'static str| {
        desk.store.write(move |tx| {
            receive(tx, key)?;
            let kept = KeptAnswer { body_hash: String::new(), answer: json!(key) };
            tx.keep_answer("lin", "POST /x", key, &kept, at())
        })
    };
    let (first, again, other) = tokio::join!(keep("a"), keep("a"), keep("b"));
    assert!(first.is_ok() && other.is_ok());
    assert_eq!(again.unwrap_err().code, Code::Conflict);
    assert_eq!(desk.store.view().await.unwrap().count(SITE, &Find::all(LETTER)).await.unwrap(), 2);
    assert_eq!(desk.store.verify_audit().await.unwrap()[0].broken, None);
}
