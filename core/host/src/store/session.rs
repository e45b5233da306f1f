//! The writer's own connection: one transaction at a time, a savepoint for each piece of work in it.
//!
//! SQLite goes straight to rusqlite, because through sqlx every statement is a hop to another thread. PostgreSQL goes through
//! SeaORM on a runtime of the writer's own, so that it depends on nobody else's.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, Statement, TransactionTrait,
};
use tokio::runtime::Runtime;

use super::connection::{Location, open_sqlite_writer};
use super::failure::{Failure, Kind};
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

    /// Says whether the transaction still stands: an error in mid-work can end it, with all pieces of work in it.
    fn stands(&self) -> bool;

    /// Runs statements without values or answer: savepoints, and changes of the schema.
    fn batch(&mut self, sql: &str) -> Result<(), Failure>;

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure>;

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure>;

    /// Returns the names of a table's columns, none if there is no such table.
    fn columns(&mut self, table: &str) -> Result<Vec<String>, Failure> {
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1"
            }
            _ => "SELECT name FROM pragma_table_info(?)",
        };
        let rows = self.rows(Statement::from_sql_and_values(self.backend(), sql, [table.into()]))?;
        rows.iter().map(|row| row.get("name")).collect()
    }
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
            Ok(Box::new(PostgresSession { runtime, pool, transaction: None, repeat: false }))
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
        self.batch("BEGIN IMMEDIATE")
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
        if self.stands() {
            // What cannot be rolled back is rolled back by closing.
            self.in_doubt |= self.batch("ROLLBACK").is_err();
        }
    }

    fn stands(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.is_autocommit())
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
        let mut prepared = self.connection()?.prepare_cached(&statement.sql)?;
        let columns: Arc<[String]> = prepared.column_names().into_iter().map(str::to_owned).collect();
        let mut answer = prepared.query(rusqlite::params_from_iter(bound(statement)?))?;
        let mut rows = Vec::new();
        while let Some(row) = answer.next()? {
            rows.push(Row::from_sqlite(row, &columns)?);
        }
        Ok(rows)
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let mut prepared = self.connection()?.prepare_cached(&statement.sql)?;
        Ok(prepared.execute(rusqlite::params_from_iter(bound(statement)?))? as u64)
    }
}

fn bound(statement: Statement) -> Result<Vec<rusqlite::types::Value>, Failure> {
    statement.values.into_iter().flat_map(|values| values.0).map(sqlite_value).collect()
}

/// Held by the one transaction that writes, of all hosts on a database: `desk` in ASCII.
const POSTGRES_WRITE_LOCK: i64 = 0x6465_736b;

struct PostgresSession {
    runtime: Runtime,
    pool: DatabaseConnection,
    transaction: Option<DatabaseTransaction>,
    /// A statement met another transaction's: the whole group has to be done again.
    repeat: bool,
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

    fn note<T>(&mut self, answer: Result<T, Failure>) -> Result<T, Failure> {
        self.repeat |= matches!(&answer, Err(failure) if failure.kind == Kind::Repeat);
        answer
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
        let (level, mode) = (Some(IsolationLevel::ReadCommitted), Some(AccessMode::ReadWrite));
        let begun = self.runtime.block_on(async {
            let transaction = self.pool.begin_with_config(level, mode).await?;
            transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({POSTGRES_WRITE_LOCK})")).await?;
            Ok::<_, sea_orm::DbErr>(transaction)
        });
        self.transaction = Some(begun?);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let Some(transaction) = self.transaction.take() else {
            return Err(Failure::unavailable("no transaction is open"));
        };
        Ok(self.runtime.block_on(transaction.commit())?)
    }

    fn rollback(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            // A connection that is gone has rolled back by itself.
            let _ = self.runtime.block_on(transaction.rollback());
        }
    }

    fn stands(&self) -> bool {
        self.transaction.is_some() && !self.repeat
    }

    fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        self.runtime.block_on(self.transaction()?.execute_unprepared(sql))?;
        Ok(())
    }

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let answer = self.runtime.block_on(self.transaction()?.query_all_raw(statement)).map_err(Failure::from);
        let answer = self.note(answer)?;
        Row::from_answer(&answer)
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let answer = self.runtime.block_on(self.transaction()?.execute_raw(statement)).map_err(Failure::from);
        Ok(self.note(answer)?.rows_affected())
    }
}
