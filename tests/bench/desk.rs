//! A desk to measure, and records to fill it with.

use std::time::Duration;

use deskbell_tests::{Home, Serving};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::disk;
use crate::load::{Asked, Clients};

const LETTERS: &str = "/api/v1/records/letters.letter";

/// A home on the disk that is measured.
pub(crate) fn home() -> anyhow::Result<Home> {
    Ok(Home::in_folder(disk::folder()?))
}

pub(crate) fn clients(desk: &Serving, n: usize) -> Clients {
    let token = desk.api.token().unwrap_or_default().to_owned();
    Clients { address: desk.address.clone(), token, pid: desk.pid(), n, lasting: Duration::from_secs(4) }
}

/// A letter that came today.
pub(crate) fn letter(client: usize, n: u64) -> Value {
    json!({
        "addressee": format!("王小明 {client}-{n}"), "department": "家电", "kind": "parcel", "destination": "staff-passage",
        "sender": "某文具厂", "carrier": "中国邮政", "tracking_no": format!("XA{n:09}"), "note": "外包装略有破损",
    })
}

pub(crate) fn receiving(client: usize, n: u64) -> Asked {
    Asked::post(LETTERS, letter(client, n))
}

pub(crate) fn path_of(letter: &Value) -> String {
    format!("{LETTERS}/{}", letter["number"].as_str().unwrap_or_default())
}

/// Letters that lie in the table without having come over the counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling {
    pub(crate) n: u32,
    /// Of which so many have waited too long.
    pub(crate) n_overdue: u32,
    /// Every how manieth still waits; the others were collected.
    pub(crate) every: u32,
}

/// Fills a desk that is not running, by copies of the one letter it has; nobody would wait for a million to be received.
pub(crate) fn fill(home: &Home, filling: Filling) -> anyhow::Result<()> {
    let connection = Connection::open(home.path().join("data/deskbell.db"))?;
    let columns: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info('letters_letter')")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let Filling { n, n_overdue, every } = filling;
    let copied = columns.iter().map(|column| match column.as_str() {
        "id" => "printf('01000000-%04x-7%03x-8000-%012x', i / 65536, i % 4096, i)".to_owned(),
        "number" => "printf('L-20200101-%03d', i)".to_owned(),
        "addressee" => "addressee || ' ' || i".to_owned(),
        "received_on" => {
            format!("CASE WHEN i <= {n_overdue} THEN date('now', '-20 days') ELSE date('now', '-' || (i % 3) || ' days') END")
        }
        "state" => format!("CASE WHEN i <= {n_overdue} OR i % {every} = 0 THEN 'received' ELSE 'collected' END"),
        own => format!("\"{own}\""),
    });
    let copied: Vec<String> = copied.collect();
    connection.execute_batch(&format!(
        "INSERT INTO letters_letter ({}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) \
         SELECT {} FROM n, (SELECT * FROM letters_letter LIMIT 1); ANALYZE",
        columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", "),
        copied.join(", "),
    ))?;
    Ok(())
}

/// A desk with such letters, not running.
pub(crate) fn filled(filling: Filling) -> anyhow::Result<Home> {
    let home = home()?;
    home.cli(&["record", "new", "letters.letter", "addressee=王小明", "kind=letter", "destination=other"]).expect(0);
    fill(&home, filling)?;
    Ok(home)
}
