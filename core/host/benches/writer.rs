//! What a durable command costs, beside the least that a durable commit can cost on the same disk.
//!
//! A command draws a number, writes a record, its entry in the audit trail, its idempotency answer and its word in the outbox.
//! The floor is two rows and a commit through rusqlite, nothing else. `DESKBELL_BENCH_DIR` names the disk; without it the
//! benchmark writes below the build folder, never to a temporary file system that has no disk behind it.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deskbell::problem::Problem;
use deskbell::store::{About, AuditEntry, KeptAnswer, Stamp, Store, Tx};
use deskbell_proto::description::{FieldDescription, NumberPeriod, NumberScheme, StateDescription, TypeDescription};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Fields, PluginDescription};
use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

const LETTER: &str = "letters.letter";
const CALLERS: [usize; 3] = [1, 8, 64];

fn commands(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("writer");
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("floor: two rows and a commit", |bencher| {
        let folder = folder();
        let connection = raw(&folder);
        bencher.iter(|| two_rows(&connection));
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    for callers in CALLERS {
        group.bench_function(format!("commands, {callers} callers"), |bencher| {
            let folder = folder();
            let store = open(&runtime, &folder);
            bencher.iter_custom(|n| run(&runtime, &store, callers, n));
            runtime.block_on(store.close());
        });
    }
    group.finish();
}

/// What a walk over the audit trail costs an entry, personal values included.
fn verifying(criterion: &mut Criterion) {
    const ENTRIES: u64 = 20_000;
    let mut group = criterion.benchmark_group("audit");
    group.throughput(Throughput::Elements(ENTRIES)).sample_size(10).measurement_time(Duration::from_secs(5));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    group.bench_function("verify", |bencher| {
        let folder = folder();
        let store = open(&runtime, &folder);
        run(&runtime, &store, 64, ENTRIES);
        bencher.iter(|| runtime.block_on(async { store.verify_audit().await }).expect("it verifies"));
        runtime.block_on(store.close());
    });
    group.finish();
}

/// Lets every caller send its share of `n` commands, one after the other.
fn run(runtime: &Runtime, store: &Store, callers: usize, n: u64) -> Duration {
    let share = n.div_ceil(callers as u64);
    let begun = Instant::now();
    runtime.block_on(join_all((0..callers).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..share {
                black_box(store.write(receive).await).expect("the command succeeds");
            }
        })
    })));
    begun.elapsed().mul_f64(n as f64 / (share * callers as u64) as f64)
}

fn receive(tx: &mut Tx<'_>) -> Result<(), Problem> {
    let stamp = Stamp { site: "main", by: "lin", at: now() };
    let number = tx.next_number(LETTER, &scheme(), stamp.site, day())?;
    let id = Uuid::now_v7();
    let letter = tx.insert_record(LETTER, id, Some(&number), &letter(), stamp)?;
    let about = About::Record { record_type: LETTER, old: None, new: &letter };
    let (actor, origin, command) = (stamp.by, "api 127.0.0.1", "create");
    tx.append_audit(&AuditEntry { at: stamp.at, actor, origin, site: stamp.site, command, rule: None, about })?;
    let kept = KeptAnswer { body_hash: id.simple().to_string(), answer: letter.into() };
    tx.keep_answer(stamp.by, "POST /api/v1/records/letters.letter", &id.to_string(), &kept, stamp.at)?;
    tx.put_outbox("record.created", &json!({ "type": LETTER, "number": number }), stamp)
}

fn letter() -> Fields {
    let letter = json!({
        "addressee": "张三", "kind": "parcel", "department": "生鲜", "destination": "staff-passage", "received_on": "2026-11-24",
    });
    letter.as_object().cloned().unwrap_or_default()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_500_000_125).unwrap_or_default()
}

fn day() -> NaiveDate {
    now().date_naive()
}

fn scheme() -> NumberScheme {
    NumberScheme { prefix: "L".to_owned(), per: NumberPeriod::Day }
}

fn description() -> PluginDescription {
    let text = |name: &str| FieldDescription {
        name: name.to_owned(),
        kind: FieldKind::Text { max: 200, long: false },
        required: false,
        default: None,
        editable: true,
        personal: name == "addressee",
        searchable: false,
        signed: false,
        doc: String::new(),
    };
    let mut fields: Vec<FieldDescription> = ["addressee", "kind", "department", "destination", "note"].map(text).to_vec();
    fields.push(FieldDescription { kind: FieldKind::Day, ..text("received_on") });
    let letter = TypeDescription {
        name: "letter".to_owned(),
        number: Some(scheme()),
        fields,
        states: vec![StateDescription { name: "received".to_owned(), closed: false }],
        ..TypeDescription::default()
    };
    PluginDescription { types: vec![letter], ..PluginDescription::default() }
}

fn folder() -> TempDir {
    let disk = std::env::var_os("DESKBELL_BENCH_DIR").map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    tempfile::tempdir_in(disk).expect("a folder to write to")
}

fn open(runtime: &Runtime, folder: &TempDir) -> Store {
    runtime.block_on(async {
        let store = Store::open("sqlite", &folder.path().join("deskbell.db")).await.expect("the store opens");
        store.install_types("letters", &description()).await.expect("the tables are made");
        store
    })
}

fn raw(folder: &TempDir) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.path().join("floor.db")).expect("the floor's database opens");
    let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
                  CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, text TEXT);";
    connection.execute_batch(schema).expect("the floor's tables are made");
    connection
}

fn two_rows(connection: &rusqlite::Connection) {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).expect("the floor holds");
    run("BEGIN IMMEDIATE");
    run(
        "INSERT INTO a (text) VALUES ('a row of about a hundred characters, which is what the rows of a desk have in their columns')",
    );
    run("INSERT INTO b (text) VALUES ('another row')");
    run("COMMIT");
}

criterion_group!(benches, commands, verifying);
criterion_main!(benches);
