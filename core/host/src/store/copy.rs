//! Copies of a whole database, over both backends: a snapshot into a SQLite file, or a desk moved to another database.
//!
//! SQLite copies itself; everything else goes row by row, read in one consistent view and written in one transaction, and is
//! read again on the other side before it counts. Not here: the desk's files (`backup`).

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::TryStreamExt;
use sea_orm::DbBackend;
use sea_orm::sea_query::{DynIden, Expr, Query};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::audit::ChainState;
use super::connection::Location;
use super::failure::Failure;
use super::migrations::{self, CORE_TABLES};
use super::row::Row;
use super::session;
use super::tables;
use super::tx::{Progress, Tx};
use super::types::{RecordTable, Storage, Types};
use super::view::View;
use crate::problem::{Code, Problem};

/// Rows on their way at once, of a table with few columns.
const BATCH: usize = 500;

/// SQLite takes 32,766 values in a statement.
const VALUES_MAX: usize = 30_000;

/// Batches between reader and writer.
const UNDER_WAY: usize = 4;

/// Tables whose key counts up by itself: PostgreSQL must be told where to go on.
const COUNTED: [&str; 4] = ["messages", "outbox", "print_jobs", "run_log"];

/// What was copied, as it was read back on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    pub chains: Vec<ChainState>,
}

impl Location {
    /// Copies the database as it stands at one moment, while the desk may be writing to it, into a SQLite file that is not
    /// there yet.
    pub async fn snapshot(&self, file: &Path) -> Result<(), Problem> {
        match self {
            Location::Sqlite(own) => copy_sqlite(own, file).await,
            Location::Postgres(_) => self.copy_to(&Location::Sqlite(file.to_owned())).await.map(drop),
        }
    }

    /// Copies every row into another database, which has none, and compares both afterwards.
    ///
    /// The other database's tables are made first; its rows come in one transaction.
    pub async fn copy_to(&self, to: &Location) -> Result<Copied, Problem> {
        self.must_be_up_to_date().await?;
        let from = self.reader().await?;
        to.bring_up_to_date().await?;
        let tables = tables_of(&from.view).await?;
        let sums = transfer(&from.view, &tables, to).await?;
        let chains = from.view.walk_chains().await?;
        from.close().await?;
        let copy = to.reader().await?;
        let compared = compare(&copy.view, &tables, &sums, &chains).await;
        copy.close().await?;
        compared?;
        let tables = tables.into_iter().zip(sums).map(|(table, sum)| (table.name, sum.rows)).collect();
        Ok(Copied { tables, chains })
    }

    /// Makes the core's tables, or takes the steps that an older version of Deskbell did not know.
    pub(crate) async fn bring_up_to_date(&self) -> Result<(), Problem> {
        if self.must_be_up_to_date().await.is_ok() {
            return Ok(());
        }
        let prepared = self.clone();
        let prepared = tokio::task::spawn_blocking(move || prepared.prepare()).await;
        prepared.map_err(|_| Problem::internal("preparing the database panicked"))??;
        let schema = self.connect_schema().await?;
        let migrated = migrations::run(&schema).await;
        schema.close().await.map_err(Failure::from)?;
        migrated
    }
}

/// Whether a copy holds what was read.
async fn compare(copy: &View, tables: &[CopiedTable], sums: &[Sum], chains: &[ChainState]) -> Result<(), Problem> {
    for (table, sum) in tables.iter().zip(sums) {
        let found = sum_of(copy, table).await?;
        if found != *sum {
            return Err(Problem::internal(format!(
                "the copy of {} differs: {} rows were read, {} are there",
                table.name, sum.rows, found.rows
            )));
        }
    }
    if copy.walk_chains().await? == chains { Ok(()) } else { Err(Problem::internal("the copy's audit chains differ")) }
}

async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), Problem> {
    let (from, to) = (from.to_owned(), to.display().to_string());
    let copied = tokio::task::spawn_blocking(move || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&from, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute("VACUUM INTO ?", [to])?;
        Ok::<_, rusqlite::Error>(())
    });
    let copied = copied.await.map_err(|_| Problem::internal("copying the database panicked"))?;
    Ok(copied.map_err(Failure::from)?)
}

/// A table as it is copied.
#[derive(Debug, Clone)]
pub(super) struct CopiedTable {
    pub name: String,
    /// By name, as they are in the database that is read.
    pub columns: BTreeMap<String, Storage>,
    /// What it was made from, unless it is the core's own.
    described: Option<RecordTable>,
}

impl CopiedTable {
    /// All rows, without an order.
    fn select(&self) -> String {
        let columns: Vec<String> = self.columns.keys().map(|name| format!("\"{name}\"")).collect();
        format!("SELECT {} FROM \"{}\"", columns.join(", "), self.name)
    }
}

/// Every table of the desk that a database has, in the order in which they are copied.
pub(super) async fn tables_of(view: &View) -> Result<Vec<CopiedTable>, Problem> {
    let mut tables = Vec::new();
    for name in CORE_TABLES.into_iter().filter(|name| *name != "seaql_migrations") {
        let columns = view.columns(name).await?;
        if !columns.is_empty() {
            tables.push(CopiedTable { name: name.to_owned(), columns, described: None });
        }
    }
    for described in view.record_tables().await? {
        let columns = view.columns(&described.name).await?;
        tables.push(CopiedTable { name: described.name.clone(), columns, described: Some(described) });
    }
    Ok(tables)
}

/// The rows of a table as one number that their order does not change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    words: [u64; 4],
}

impl Sum {
    fn add(&mut self, table: &CopiedTable, row: &Row) -> Result<(), Failure> {
        let cells = table.columns.values().zip(row.cells()).map(|(storage, cell)| storage.spelled(cell));
        let spelled = serde_json::to_vec(&cells.collect::<Result<Vec<_>, _>>()?).map_err(Failure::defect)?;
        self.rows += 1;
        for (word, bytes) in self.words.iter_mut().zip(Sha256::digest(spelled).chunks_exact(8)) {
            *word = word.wrapping_add(bytes.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
        }
        Ok(())
    }
}

async fn sum_of(view: &View, table: &CopiedTable) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    view.each(&table.select(), |row| sum.add(table, &row)).await?;
    Ok(sum)
}

/// Reads every table and writes it on the other side; returns what was read of each.
async fn transfer(from: &View, tables: &[CopiedTable], to: &Location) -> Result<Vec<Sum>, Problem> {
    let (send, batches) = mpsc::channel(UNDER_WAY);
    let (to, of_writer) = (to.clone(), tables.to_vec());
    let writing = tokio::task::spawn_blocking(move || write(&to, &of_writer, batches));
    let read = read(from, tables, &send).await;
    // The writer commits once it is told that this was all; without that it gives up.
    if read.is_ok() {
        let _ = send.send(Batch::End).await;
    }
    drop(send);
    let written = writing.await.map_err(|_| Problem::internal("copying the database panicked"))?;
    // What the writer met comes first: the reader only notices that nobody listens.
    written.and(read.map_err(Problem::from))
}

/// Rows of the table with this number.
enum Batch {
    Rows(usize, Vec<Row>),
    End,
}

async fn read(from: &View, tables: &[CopiedTable], send: &mpsc::Sender<Batch>) -> Result<Vec<Sum>, Failure> {
    let gone = |_| Failure::unavailable("the copy was given up");
    let mut sums = Vec::new();
    for (position, table) in tables.iter().enumerate() {
        let size = (VALUES_MAX / table.columns.len()).min(BATCH);
        let mut sum = Sum::default();
        let mut batch = Vec::new();
        // Dropped with this table: it is all that can be asked of the view meanwhile.
        let mut rows = std::pin::pin!(from.snapshot.stream(&table.select()).await?);
        while let Some(row) = rows.try_next().await? {
            sum.add(table, &row)?;
            batch.push(row);
            if batch.len() == size {
                send.send(Batch::Rows(position, std::mem::take(&mut batch))).await.map_err(gone)?;
            }
        }
        if !batch.is_empty() {
            send.send(Batch::Rows(position, batch)).await.map_err(gone)?;
        }
        sums.push(sum);
    }
    Ok(sums)
}

/// The one transaction on the other side.
fn write(to: &Location, tables: &[CopiedTable], mut batches: mpsc::Receiver<Batch>) -> Result<(), Problem> {
    let mut session = session::open(to)?;
    session.begin()?;
    let (types, mut progress) = (Types::default(), Progress::default());
    let mut tx = Tx::new(&mut *session, &types, "", &mut progress);
    let written = write_all(&mut tx, tables, &mut batches);
    match written {
        Ok(()) => Ok(session.commit()?),
        Err(problem) => {
            session.rollback();
            Err(problem)
        }
    }
}

fn write_all(tx: &mut Tx<'_>, tables: &[CopiedTable], batches: &mut mpsc::Receiver<Batch>) -> Result<(), Problem> {
    tx.session().take_time()?;
    for table in tables {
        make_fit(tx, table)?;
    }
    loop {
        match batches.blocking_recv() {
            Some(Batch::Rows(position, rows)) => insert(tx, &tables[position], &rows)?,
            Some(Batch::End) => return go_on_counting(tx),
            None => return Err(Problem::internal("the database that is copied cannot be read")),
        }
    }
}

/// Makes a record type's table, and makes sure that a table of the core has no rows.
fn make_fit(tx: &mut Tx<'_>, table: &CopiedTable) -> Result<(), Problem> {
    let occupied = || Problem::new(Code::Conflict, format!("the database is not empty: it has a table {} in use", table.name));
    let present = tx.session().columns(&table.name)?;
    let Some(described) = &table.described else {
        let first = tx.row(Query::select().expr(Expr::val(1)).from(DynIden::from(table.name.clone())).limit(1))?;
        return if first.is_none() { Ok(()) } else { Err(occupied()) };
    };
    if !present.is_empty() {
        return Err(occupied());
    }
    tables::create(tx, described)?;
    for (name, storage) in table.columns.iter().filter(|(name, _)| described.column(name).is_none()) {
        tables::add_undescribed(tx, described, name, *storage)?;
    }
    Ok(())
}

fn insert(tx: &mut Tx<'_>, table: &CopiedTable, rows: &[Row]) -> Result<(), Problem> {
    let mut insert = Query::insert();
    insert.into_table(DynIden::from(table.name.clone())).columns(table.columns.keys().map(|name| DynIden::from(name.clone())));
    for row in rows {
        let values = table.columns.values().zip(row.cells()).map(|(storage, cell)| storage.bound(cell));
        insert.values_panic(values.collect::<Result<Vec<_>, _>>()?.into_iter().map(Expr::val));
    }
    tx.execute(&insert)?;
    Ok(())
}

fn go_on_counting(tx: &mut Tx<'_>) -> Result<(), Problem> {
    if tx.session().backend() != DbBackend::Postgres {
        return Ok(());
    }
    for table in COUNTED {
        let last = format!("(SELECT max(seq) FROM {table})");
        tx.session().batch(&format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'seq'), COALESCE({last}, 1), {last} IS NOT NULL)"
        ))?;
    }
    Ok(())
}
