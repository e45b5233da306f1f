//! The writer's session with SQLite, straight through rusqlite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sea_orm::sea_query::Values;
use sea_orm::{DbBackend, Statement};

use super::checkpoints::Checkpoints;
use super::{Session, Standing};
use crate::store::connection::open_sqlite_writer;
use crate::store::failure::{Failure, Kind};
use crate::store::row::{Row, sqlite_value};

#[derive(Debug)]
pub(super) struct SqliteSession {
    file: PathBuf,
    connection: Option<rusqlite::Connection>,
    checkpoints: Checkpoints,
    /// The last commit ended in an input or output error: the connection's view of the file can't be trusted any more.
    in_doubt: bool,
}

impl SqliteSession {
    pub(super) fn open(file: &Path) -> Result<Self, Failure> {
        let connection = open_sqlite_writer(file)?;
        let checkpoints = Checkpoints::of(&connection, file);
        Ok(SqliteSession { file: file.to_owned(), connection: Some(connection), checkpoints, in_doubt: false })
    }

    fn connection(&self) -> Result<&rusqlite::Connection, Failure> {
        self.connection.as_ref().ok_or_else(|| Failure::unavailable(format!("{} is not open", self.file.display())))
    }

    /// After a failed fsync SQLite must read the file anew before the next acknowledgement.
    fn reopen_after_doubt(&mut self) -> Result<(), Failure> {
        if self.in_doubt || self.connection.is_none() {
            self.connection = None;
            let connection = open_sqlite_writer(&self.file)?;
            self.checkpoints = Checkpoints::of(&connection, &self.file);
            self.connection = Some(connection);
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

    fn tidy(&mut self) {
        if let Some(connection) = &self.connection
            && let Err(failure) = self.checkpoints.keep_up(connection)
        {
            tracing::warn!("the log of {} was not copied into it: {}", self.file.display(), failure.detail);
        }
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
pub(in crate::store) fn sqlite_rows(
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
