//! The writer's own connection: one transaction at a time, a savepoint for each piece of work in it.
//!
//! SQLite goes straight to rusqlite, because through sqlx every statement is a hop to another thread. PostgreSQL is asked on a
//! runtime of the writer's own, so that it depends on nobody else's.

use std::fmt::Debug;

use sea_orm::{DbBackend, Statement};

use super::connection::Location;
use super::failure::Failure;
use super::row::Row;

mod checkpoints;
mod postgres;
mod sqlite;

pub(super) use sqlite::sqlite_rows;

/// What the writer asks of a database. Everything is synchronous: the writer has a thread of its own.
pub(super) trait Session: Debug {
    fn backend(&self) -> DbBackend;

    /// Begins a transaction that nobody else can write beside.
    fn begin(&mut self) -> Result<(), Failure>;

    /// Makes everything since `begin` durable. A failure leaves no transaction open.
    fn commit(&mut self) -> Result<(), Failure>;

    /// Does what its commits have left to do and nobody waits for: the writer has answered.
    fn tidy(&mut self) {}

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
    Ok(match location {
        Location::Sqlite(file) => Box::new(sqlite::SqliteSession::open(file)?),
        Location::Postgres(url) => Box::new(postgres::PostgresSession::open(url)?),
    })
}
