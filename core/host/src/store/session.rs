//! The writer's own connection: one transaction at a time, a savepoint for each piece of work in it.
//!
//! SQLite goes straight to rusqlite, because through sqlx every statement is a hop to another thread. PostgreSQL goes through
//! SeaORM on a runtime of the writer's own, so that it depends on nobody else's.

use std::cell::Cell;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::Values;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use tokio::runtime::Runtime;

use super::connection::{Location, open_sqlite_writer};
use super::failure::{Failure, Kind, lost_connection};
use super::row::{Row, sqlite_value};

/// What the writer asks of a database. Everything is synchronous: the writer has a thread of its own.
pub(super) trait Session: Debug {
    fn backend(&self) -> DbBackend;

    /// Begins a transaction that nobody else can write beside.
    fn begin(&mut self) -> Result<(), Failure>;

    /// Makes everything since `begin` durable. A failure leaves no transaction open.
    fn commit(&mut self) -> Result<(), Failure>;

    /// Gives up the transaction, if there still is one.
    fn rollback(&mut self);

    /// Lets the statements of this transaction take their time: an index over a large table does.
    fn take_time(&mut self) -> Result<(), Failure>;

    /// Says how the transaction stands: an error in mid-work can end it, with all pieces of work in it.
    fn standing(&self) -> Standing;

    /// Runs statements without values or answer: savepoints, and changes of the schema.
    fn batch(&mut self, sql: &str) -> Result<(), Failure>;

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure>;

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure>;

    /// Returns a table's columns with their declared types, none if there is no such table.
    fn columns(&mut self, table: &str) -> Result<Vec<(String, String)>, Failure> {
        let rows = self.rows(columns_of(self.backend(), table))?;
        rows.iter().map(|row| Ok((row.get("name")?, row.get("type")?))).collect()
    }
}

/// Asks for a table's columns with their declared types.
pub(super) fn columns_of(backend: DbBackend, table: &str) -> Statement {
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1"
        }
        _ => "SELECT name, type FROM pragma_table_info(?)",
    };
    Statement::from_sql_and_values(backend, sql, [table.into()])
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    /// It was rolled back, or has to be done again.
    Lost,
    /// The database is out of reach.
    Unreachable,
}

/// Opens the session that belongs to a location, on the writer's thread.
pub(super) fn open(location: &Location) -> Result<Box<dyn Session>, Failure> {
    match location {
        Location::Sqlite(file) => {
            Ok(Box::new(SqliteSession { file: file.clone(), connection: Some(open_sqlite_writer(file)?), in_doubt: false }))
        }
        Location::Postgres(_) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unavailable)?;
            let pool = runtime.block_on(location.connect_writer())?;
            let location = location.clone();
            let (broken, patience) = (Cell::new(false), PATIENCE);
            Ok(Box::new(PostgresSession {
                runtime,
                location,
                pool: Some(pool),
                transaction: None,
                repeat: false,
                broken,
                patience,
            }))
        }
    }
}

#[derive(Debug)]
struct SqliteSession {
    file: PathBuf,
    connection: Option<rusqlite::Connection>,
    /// The last commit ended in an input or output error: the connection's view of the file can't be trusted any more.
    in_doubt: bool,
}

impl SqliteSession {
    fn connection(&self) -> Result<&rusqlite::Connection, Failure> {
        self.connection.as_ref().ok_or_else(|| Failure::unavailable(format!("{} is not open", self.file.display())))
    }

    /// After a failed fsync SQLite must read the file anew before the next acknowledgement.
    fn reopen_after_doubt(&mut self) -> Result<(), Failure> {
        if self.in_doubt || self.connection.is_none() {
            self.connection = None;
            self.connection = Some(open_sqlite_writer(&self.file)?);
            self.in_doubt = false;
        }
        Ok(())
    }
}

impl Session for SqliteSession {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn begin(&mut self) -> Result<(), Failure> {
        self.reopen_after_doubt()?;
        // Deferred would fail at once when a reader's snapshot is older, whatever the busy timeout says.
        self.batch(if cfg!(defect = "begin-deferred") { "BEGIN" } else { "BEGIN IMMEDIATE" })
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let committed = self.batch("COMMIT");
        if let Err(failure) = &committed {
            self.in_doubt = failure.kind == Kind::Unavailable;
            self.rollback();
        }
        committed
    }

    fn rollback(&mut self) {
        if self.standing() == Standing::Open {
            // What cannot be rolled back is rolled back by closing.
            self.in_doubt |= self.batch("ROLLBACK").is_err();
        }
    }

    fn take_time(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn standing(&self) -> Standing {
        match &self.connection {
            Some(connection) if !connection.is_autocommit() => Standing::Open,
            Some(_) => Standing::Lost,
            None => Standing::Unreachable,
        }
    }

    fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        let connection = self.connection()?;
        // Savepoints come by the thousand, so single statements stay prepared.
        if sql.contains(';') {
            return Ok(connection.execute_batch(sql)?);
        }
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        Ok(sqlite_rows(self.connection()?, &statement.sql, statement.values)?)
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let mut prepared = self.connection()?.prepare_cached(&statement.sql)?;
        Ok(prepared.execute(rusqlite::params_from_iter(bound(statement.values)?))? as u64)
    }
}

/// Asks SQLite through a connection of ours.
pub(super) fn sqlite_rows(
    connection: &rusqlite::Connection,
    sql: &str,
    values: Option<Values>,
) -> Result<Vec<Row>, rusqlite::Error> {
    let mut prepared = connection.prepare_cached(sql)?;
    let columns: Arc<[String]> = prepared.column_names().into_iter().map(str::to_owned).collect();
    let mut answer = prepared.query(rusqlite::params_from_iter(bound(values)?))?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        rows.push(Row::from_sqlite(row, &columns)?);
    }
    Ok(rows)
}

fn bound(values: Option<Values>) -> Result<Vec<rusqlite::types::Value>, rusqlite::Error> {
    values.into_iter().flat_map(|values| values.0).map(sqlite_value).collect()
}

/// Held by the one transaction that writes, of all hosts on a database: `desk` in ASCII.
const POSTGRES_WRITE_LOCK: i64 = 0x6465_736b;

/// A network that swallows replies must not hang the writer: PostgreSQL's own timeout of 5 s would never be heard.
const PATIENCE: Duration = Duration::from_secs(4);
const LONG_PATIENCE: Duration = Duration::from_secs(600);

struct PostgresSession {
    runtime: Runtime,
    location: Location,
    /// One connection; none after it was found broken.
    pool: Option<DatabaseConnection>,
    transaction: Option<DatabaseTransaction>,
    /// A statement met another transaction's: the whole group has to be done again.
    repeat: bool,
    /// The connection was lost, or answers no more.
    broken: Cell<bool>,
    patience: Duration,
}

impl Debug for PostgresSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresSession").field("transaction", &self.transaction.is_some()).finish_non_exhaustive()
    }
}

impl PostgresSession {
    fn transaction(&self) -> Result<&DatabaseTransaction, Failure> {
        self.transaction.as_ref().ok_or_else(|| Failure::unavailable("no transaction is open"))
    }

    /// Waits for the database, but not for ever.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, sea_orm::DbErr>>) -> Result<T, Failure> {
        let timely = self.runtime.block_on(async { tokio::time::timeout(self.patience, answer).await });
        match timely {
            Ok(Err(error)) => {
                self.broken.set(self.broken.get() || lost_connection(&error));
                Err(error.into())
            }
            Ok(Ok(answer)) => Ok(answer),
            Err(_) => {
                self.broken.set(true);
                Err(Failure::unavailable("PostgreSQL did not answer in time"))
            }
        }
    }

    fn note<T>(&mut self, answer: Result<T, Failure>) -> Result<T, Failure> {
        self.repeat |= matches!(&answer, Err(failure) if failure.kind == Kind::Repeat);
        answer
    }

    /// Forgets a connection that may be broken; the next transaction makes a new one.
    fn drop_connection(&mut self) {
        // Connections go back to their pool by a task, which needs a runtime.
        let _entered = self.runtime.enter();
        self.transaction = None;
        self.broken.set(false);
        if let Some(pool) = self.pool.take() {
            let closed = async { tokio::time::timeout(Duration::from_millis(200), pool.close()).await };
            // A connection that cannot be closed is left to the server, which ends it when it idles.
            let _ = self.runtime.block_on(closed);
        }
    }

    fn begin_once(&mut self) -> Result<DatabaseTransaction, Failure> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => self.runtime.block_on(self.location.connect_writer())?,
        };
        let begun = self.wait(async {
            let transaction = pool.begin().await?;
            transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({POSTGRES_WRITE_LOCK})")).await?;
            Ok(transaction)
        });
        self.pool = Some(pool);
        begun
    }
}

impl Session for PostgresSession {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    /// One lock for all hosts makes PostgreSQL's writes as serial as SQLite's: numbers stay without gaps, a counted condition
    /// still holds at the commit, and no host ever meets a serialization failure. Each statement sees what was committed before.
    fn begin(&mut self) -> Result<(), Failure> {
        self.repeat = false;
        self.patience = PATIENCE;
        let had_connection = self.pool.is_some();
        let begun = match self.begin_once() {
            // The server may have been restarted since the last transaction. Nothing was done yet, so once more is safe.
            Err(failure) if failure.kind == Kind::Unavailable && had_connection => {
                self.drop_connection();
                self.begin_once()
            }
            begun => begun,
        };
        if begun.is_err() {
            self.drop_connection();
        }
        self.transaction = Some(begun?);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let Some(transaction) = self.transaction.take() else {
            return Err(Failure::unavailable("no transaction is open"));
        };
        let committed = self.wait(transaction.commit());
        if committed.is_err() {
            self.drop_connection();
        }
        committed
    }

    fn rollback(&mut self) {
        if self.broken.get() {
            // A connection that is gone has rolled back by itself.
            return self.drop_connection();
        }
        if let Some(transaction) = self.transaction.take()
            && self.wait(transaction.rollback()).is_err()
        {
            self.drop_connection();
        }
    }

    fn take_time(&mut self) -> Result<(), Failure> {
        self.patience = LONG_PATIENCE;
        self.batch("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    }

    fn standing(&self) -> Standing {
        match &self.transaction {
            _ if self.broken.get() => Standing::Unreachable,
            Some(_) if !self.repeat => Standing::Open,
            _ => Standing::Lost,
        }
    }

    fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        self.wait(self.transaction()?.execute_unprepared(sql))?;
        Ok(())
    }

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let answer = self.wait(self.transaction()?.query_all_raw(statement));
        let answer = self.note(answer)?;
        Row::from_answer(&answer)
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let answer = self.wait(self.transaction()?.execute_raw(statement));
        Ok(self.note(answer)?.rows_affected())
    }
}
