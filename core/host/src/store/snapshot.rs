//! One read transaction, and the connections that are lent for it beside the one that writes.
//!
//! SQLite is asked where the question comes up: a short one takes some microseconds, less than waking a thread for it. One
//! that turns out long, a search through a million rows, is stopped and asked again on a thread that may wait, so that it
//! holds up nobody. PostgreSQL goes through SeaORM's pool.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{Stream, StreamExt};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, StreamTrait, TransactionTrait};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::connection::{ACQUIRE_TIMEOUT, Location, open_sqlite_reader};
use super::failure::{Failure, lost_connection};
use super::row::{Row, spelled_for_sqlite};
use super::session::sqlite_rows;

/// Steps of SQLite's machine after which it says that it still works: about a millisecond.
const STEPS: i32 = 50_000;

/// How often it may say so before a question counts as long; the first time may be left over from the question before.
const TIMES_WHEN_SHORT: u32 = 2;

/// Where views come from.
#[derive(Debug)]
pub(super) enum Readers {
    Sqlite(Arc<SqliteReaders>),
    Postgres(DatabaseConnection),
}

/// One read transaction.
#[derive(Debug)]
pub(super) enum Snapshot {
    Sqlite(Arc<tokio::sync::Mutex<Lent>>),
    Orm(OrmSnapshot),
}

/// A transaction through SeaORM, on either database; begun by the first question, which many a command never asks.
#[derive(Debug)]
pub(super) struct OrmSnapshot {
    pool: DatabaseConnection,
    transaction: OnceCell<DatabaseTransaction>,
}

/// SQLite connections, so many at the most.
#[derive(Debug)]
pub(super) struct SqliteReaders {
    file: PathBuf,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteReader>>,
}

/// A connection, and how much patience its question has left.
#[derive(Debug)]
struct SqliteReader {
    connection: rusqlite::Connection,
    patience: Arc<AtomicU32>,
}

/// A connection on loan; it goes back when the last who uses it is done.
#[derive(Debug)]
pub(super) struct Lent {
    reader: Option<SqliteReader>,
    readers: Arc<SqliteReaders>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// Connects with at most so many connections; one is opened at once, so that a database out of reach shows.
    pub(super) async fn connect(location: &Location, connections: u32) -> Result<Readers, Failure> {
        let Location::Sqlite(file) = location else {
            return Ok(Readers::Postgres(location.connect_readers(connections).await?));
        };
        let first = SqliteReader::open(file)?;
        Ok(Readers::Sqlite(Arc::new(SqliteReaders {
            file: file.clone(),
            free: Arc::new(Semaphore::new(connections as usize)),
            idle: Mutex::new(vec![first]),
        })))
    }

    pub(super) async fn snapshot(&self) -> Result<Snapshot, Failure> {
        match self {
            Readers::Sqlite(readers) => readers.snapshot().await,
            Readers::Postgres(pool) => Ok(Snapshot::of(pool)),
        }
    }

    /// Closes what idles, and lends no more.
    pub(super) async fn close(&self) {
        match self {
            Readers::Sqlite(readers) => {
                readers.free.close();
                readers.idle.lock().clear();
            }
            // What can't be closed is closed by the end of the process.
            Readers::Postgres(pool) => drop(pool.close_by_ref().await),
        }
    }
}

impl SqliteReaders {
    async fn snapshot(self: &Arc<Self>) -> Result<Snapshot, Failure> {
        let place = tokio::time::timeout(ACQUIRE_TIMEOUT, self.free.clone().acquire_owned()).await;
        let busy = |_| Failure::unavailable("all connections for reading are in use");
        let place = place.map_err(busy)?.map_err(|_| Failure::unavailable("the store is closed"))?;
        let idle = self.idle.lock().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => SqliteReader::open(&self.file)?,
        };
        reader.connection.prepare_cached("BEGIN")?.execute([])?;
        let lent = Lent { reader: Some(reader), readers: Arc::clone(self), _place: place };
        Ok(Snapshot::Sqlite(Arc::new(tokio::sync::Mutex::new(lent))))
    }
}

impl SqliteReader {
    fn open(file: &Path) -> Result<SqliteReader, Failure> {
        let connection = open_sqlite_reader(file)?;
        let patience = Arc::new(AtomicU32::new(u32::MAX));
        let left = Arc::clone(&patience);
        connection.progress_handler(STEPS, Some(move || left.fetch_sub(1, Ordering::Relaxed) <= 1))?;
        Ok(SqliteReader { connection, patience })
    }

    fn rows(&self, statement: &Statement, patience: u32) -> Result<Vec<Row>, rusqlite::Error> {
        self.patience.store(patience, Ordering::Relaxed);
        sqlite_rows(&self.connection, &statement.sql, statement.values.clone())
    }
}

impl Lent {
    fn reader(&self) -> Result<&SqliteReader, Failure> {
        self.reader.as_ref().ok_or_else(|| Failure::defect("a connection was used after it was given back"))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(reader) = self.reader.take() else { return };
        // A connection whose transaction cannot be ended is closed instead of lent again.
        let ended = reader.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        if ended.is_ok() && !self.readers.free.is_closed() {
            self.readers.idle.lock().push(reader);
        }
    }
}

impl Snapshot {
    /// A transaction through SeaORM, on either database.
    pub(super) fn of(pool: &DatabaseConnection) -> Snapshot {
        Snapshot::Orm(OrmSnapshot { pool: pool.clone(), transaction: OnceCell::new() })
    }

    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Snapshot::Sqlite(_) => DbBackend::Sqlite,
            Snapshot::Orm(snapshot) => ConnectionTrait::get_database_backend(&snapshot.pool),
        }
    }

    /// Lets PostgreSQL take its time with what is asked of it.
    pub(super) async fn take_time(&self) -> Result<(), Failure> {
        if let (Snapshot::Orm(snapshot), DbBackend::Postgres) = (self, self.backend()) {
            let no_limits = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
            snapshot.transaction().await?.execute_unprepared(no_limits).await?;
        }
        Ok(())
    }

    /// Answers row by row as they come; only for a transaction through SeaORM.
    pub(super) async fn stream(&self, sql: &str) -> Result<impl Stream<Item = Result<Row, Failure>> + Send + '_, Failure> {
        let Snapshot::Orm(snapshot) = self else {
            return Err(Failure::defect("a view for a request was asked for everything"));
        };
        let rows = snapshot.transaction().await?.stream_raw(Statement::from_string(self.backend(), sql)).await?;
        let mut columns: Option<Arc<[String]>> = None;
        Ok(rows.map(move |row| {
            let row = row?;
            let columns = columns.get_or_insert_with(|| row.column_names().into());
            Row::from_orm(&row, columns)
        }))
    }

    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        match self {
            Snapshot::Sqlite(lent) => sqlite_answer(lent, statement).await,
            Snapshot::Orm(snapshot) => {
                let Statement { sql, values, db_backend } = statement;
                let values = match db_backend {
                    DbBackend::Sqlite => values.map(spelled_for_sqlite),
                    _ => values,
                };
                let transaction = snapshot.transaction().await?;
                Row::from_answer(&transaction.query_all_raw(Statement { sql, values, db_backend }).await?)
            }
        }
    }
}

impl OrmSnapshot {
    async fn transaction(&self) -> Result<&DatabaseTransaction, Failure> {
        self.transaction.get_or_try_init(|| begin(&self.pool)).await
    }
}

/// On connections for reading every transaction is a snapshot: SQLite's in WAL mode, PostgreSQL's by their options.
///
/// A server that was restarted leaves connections that are dead. Nothing was asked on one yet, so the next is tried.
async fn begin(pool: &DatabaseConnection) -> Result<DatabaseTransaction, Failure> {
    let begun = tokio::time::timeout(ACQUIRE_TIMEOUT, async {
        loop {
            match pool.begin().await {
                Err(error) if lost_connection(&error) => {}
                begun => return begun,
            }
        }
    });
    Ok(begun.await.map_err(|_| Failure::unavailable("the database began no transaction in time"))??)
}

async fn sqlite_answer(lent: &Arc<tokio::sync::Mutex<Lent>>, statement: Statement) -> Result<Vec<Row>, Failure> {
    let answer = lent.lock().await.reader()?.rows(&statement, TIMES_WHEN_SHORT);
    match answer {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::OperationInterrupted => {}
        answer => return Ok(answer?),
    }
    let lent = Arc::clone(lent).lock_owned().await;
    let answered = tokio::task::spawn_blocking(move || Ok(lent.reader()?.rows(&statement, u32::MAX)?)).await;
    answered.map_err(|_| Failure::defect("a question to SQLite panicked"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far more steps than a short question may take.
    const LONG: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) AS n FROM n";

    async fn readers(folder: &tempfile::TempDir, connections: u32) -> Readers {
        let file = folder.path().join("desk.db");
        let writer = super::super::connection::open_sqlite_writer(&file).unwrap();
        writer.execute_batch("CREATE TABLE IF NOT EXISTS letters(n INTEGER); INSERT INTO letters VALUES (1)").unwrap();
        Readers::connect(&Location::Sqlite(file), connections).await.unwrap()
    }

    async fn count(snapshot: &Snapshot, sql: &str) -> i64 {
        let rows = snapshot.rows(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        rows[0].get("n").unwrap()
    }

    #[tokio::test]
    async fn a_long_question_is_answered_and_lets_others_run_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(&folder, 2).await;
        let (long, short) = (readers.snapshot().await.unwrap(), readers.snapshot().await.unwrap());
        let long_first = async {
            assert_eq!(count(&long, LONG).await, 300_000);
            std::time::Instant::now()
        };
        let short_after = async {
            assert_eq!(count(&short, "SELECT count(*) AS n FROM letters").await, 1);
            std::time::Instant::now()
        };
        // One thread runs both: the short one could not overtake a question that held it.
        let (long_done, short_done) = tokio::join!(long_first, short_after);
        assert!(short_done < long_done);
        assert_eq!(count(&long, "SELECT count(*) AS n FROM letters").await, 1, "the connection serves on");
    }

    #[tokio::test]
    async fn a_snapshot_sees_nothing_that_was_written_after_its_first_look() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(&folder, 2).await;
        let before = readers.snapshot().await.unwrap();
        assert_eq!(count(&before, "SELECT count(*) AS n FROM letters").await, 1);
        let writer = super::super::connection::open_sqlite_writer(&folder.path().join("desk.db")).unwrap();
        writer.execute_batch("INSERT INTO letters VALUES (2)").unwrap();
        assert_eq!(count(&before, "SELECT count(*) AS n FROM letters").await, 1);
        drop(before);
        assert_eq!(count(&readers.snapshot().await.unwrap(), "SELECT count(*) AS n FROM letters").await, 2);
    }

    #[tokio::test]
    async fn who_finds_all_connections_lent_waits_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(&folder, 1).await;
        let only = readers.snapshot().await.unwrap();
        let (second, ()) = tokio::join!(readers.snapshot(), async { drop(only) });
        assert_eq!(count(&second.unwrap(), "SELECT count(*) AS n FROM letters").await, 1);
    }
}
