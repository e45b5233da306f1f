//! The writer's session with PostgreSQL: one connection of its own, kept from transaction to transaction.
//!
//! Each thing told is a way there and back, and with one clerk at work those ways are most of the time. A connection of a pool
//! would be asked whether it lives before each transaction and once more behind it; this one shows it at the next begin.

use std::fmt::Debug;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres};
use sea_orm::{DbBackend, QueryResult, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::runtime::Runtime;

use super::{Session, Standing};
use crate::store::connection::connect_postgres_writer;
use crate::store::failure::{Failure, Kind};
use crate::store::row::Row;

/// The lock is held by the one transaction that writes, of all hosts on a database: `desk` in ASCII.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(1684370283)";

/// A network that swallows replies must not hang the writer: PostgreSQL's own timeout of 5 s would never be heard.
const PATIENCE: Duration = Duration::from_secs(4);
const LONG_PATIENCE: Duration = Duration::from_secs(600);

pub(super) struct PostgresSession {
    runtime: Runtime,
    url: String,
    /// None after it was lost, or answered no more.
    connection: Option<PgConnection>,
    /// A transaction is open, as far as the connection knows.
    is_open: bool,
    /// A statement met another transaction's: the whole group has to be done again.
    repeat: bool,
    patience: Duration,
}

impl Debug for PostgresSession {
    /// Without the password that the address may hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresSession").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

impl PostgresSession {
    pub(super) fn open(url: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unavailable)?;
        let connection = runtime.block_on(connect_postgres_writer(url))?;
        let url = url.to_owned();
        Ok(PostgresSession { runtime, url, connection: Some(connection), is_open: false, repeat: false, patience: PATIENCE })
    }

    /// Asks on the connection and waits for the answer, but not for ever. A connection that failed is given up: its server
    /// rolls back what it had begun.
    fn wait<T>(&mut self, ask: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>) -> Result<T, Failure> {
        let connection = self.connection.as_mut().ok_or_else(|| Failure::unavailable("PostgreSQL is not connected"))?;
        let answer = self.runtime.block_on(async { tokio::time::timeout(self.patience, ask(connection)).await });
        let (is_lost, failure) = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => (!matches!(error, sqlx::Error::Database(_)), error.into()),
            Err(_) => (true, Failure::unavailable("PostgreSQL did not answer in time")),
        };
        if is_lost {
            self.drop_connection();
        }
        self.repeat |= failure.kind == Kind::Repeat;
        Err(failure)
    }

    fn drop_connection(&mut self) {
        // A socket is taken from its runtime where it is dropped.
        let _entered = self.runtime.enter();
        self.connection = None;
        self.is_open = false;
    }

    fn begin_once(&mut self) -> Result<(), Failure> {
        if self.connection.is_none() {
            self.connection = Some(self.runtime.block_on(connect_postgres_writer(&self.url))?);
        }
        self.wait(async |connection| sqlx::raw_sql(BEGIN).execute(connection).await)?;
        self.is_open = true;
        Ok(())
    }

    fn in_transaction<T>(&mut self, ask: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>) -> Result<T, Failure> {
        if !self.is_open {
            return Err(Failure::unavailable("no transaction is open"));
        }
        self.wait(ask)
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
        let had_connection = self.connection.is_some();
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
        begun
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let committed = self.batch("COMMIT");
        if committed.is_err() {
            self.drop_connection();
        }
        self.is_open = false;
        committed
    }

    fn rollback(&mut self) {
        if self.is_open && self.batch("ROLLBACK").is_err() {
            self.drop_connection();
        }
        self.is_open = false;
    }

    fn take_time(&mut self) -> Result<(), Failure> {
        self.patience = LONG_PATIENCE;
        self.batch("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    }

    fn standing(&self) -> Standing {
        match self.connection {
            None => Standing::Unreachable,
            Some(_) if self.is_open && !self.repeat => Standing::Open,
            Some(_) => Standing::Lost,
        }
    }

    fn batch(&mut self, sql: &str) -> Result<(), Failure> {
        let sql = AssertSqlSafe(sql.to_owned());
        self.in_transaction(async |connection| sqlx::raw_sql(sql).execute(connection).await).map(drop)
    }

    fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        let answer = self.in_transaction(async |connection| query(statement).fetch_all(connection).await)?;
        Row::from_answer(&answer.into_iter().map(QueryResult::from).collect::<Vec<_>>())
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let done = self.in_transaction(async |connection| query(statement).execute(connection).await)?;
        Ok(done.rows_affected())
    }
}

/// A statement with its values bound; the connection keeps it prepared.
fn query(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| sea_orm::sea_query::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}
