//! A database that is only read: by a copy, by a check of its data, without the desk that belongs to it.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::audit::ChainState;
use super::connection::Location;
use super::copy::tables_of;
use super::failure::Failure;
use super::migrations;
use super::types::RecordTable;
use super::verify::{Check, verify};
use super::view::View;
use crate::problem::{Code, Problem};

/// One view of a whole database, open until it is dropped.
#[derive(Debug)]
pub struct Reader {
    pub(super) view: View,
    /// The view's connection belongs to it.
    connections: DatabaseConnection,
}

impl Location {
    /// Opens a view of the whole database; changes nothing, and makes nothing that is not there.
    pub async fn reader(&self) -> Result<Reader, Problem> {
        let connections = self.connect_readers(1).await?;
        Ok(Reader { view: View::of_the_whole(&connections).await?, connections })
    }

    /// Refuses a database whose schema is not this version's.
    pub(crate) async fn must_be_up_to_date(&self) -> Result<(), Problem> {
        let connection = self.connect_readers(1).await?;
        let steps = migrations::steps(Some(&connection)).await;
        connection.close().await.map_err(Failure::from)?;
        if steps?.iter().all(|step| step.is_applied) {
            return Ok(());
        }
        let older = "the database's schema is of an older version: `deskbell db migrate` first";
        let mut problem = Problem::new(Code::ConfigInvalid, older);
        problem.sentence.key = "schema-is-older".to_owned();
        Err(problem)
    }

    /// How many other connections of hosts a shared database has. A home's lock says nothing about hosts elsewhere.
    pub async fn others_at_work(&self) -> Result<i64, Problem> {
        let Location::Postgres(_) = self else { return Ok(0) };
        let connection = self.connect_readers(1).await?;
        let asked = "SELECT count(*) AS others FROM pg_stat_activity \
                     WHERE datname = current_database() AND application_name = 'deskbell' AND pid <> pg_backend_pid()";
        let answer = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, asked)).await;
        let others = answer.and_then(|row| row.map_or(Ok(0), |row| row.try_get("", "others")));
        connection.close().await.map_err(Failure::from)?;
        Ok(others.map_err(Failure::from)?)
    }
}

impl Location {
    /// Moves the desk's tables into a schema of their own, from where store IT may bring them back.
    pub async fn set_aside(&self, schema: &str) -> Result<(), Problem> {
        let reader = self.reader().await?;
        let tables = reader.tables().await;
        reader.close().await?;
        let tables = tables?;
        let moves = tables.iter().map(|table| format!("ALTER TABLE \"{table}\" SET SCHEMA {schema}"));
        let sql: Vec<String> = std::iter::once(format!("CREATE SCHEMA {schema}")).chain(moves).collect();
        let connection = self.connect_schema().await?;
        // Several statements in one string are one transaction.
        let moved = connection.execute_unprepared(&sql.join("; ")).await;
        connection.close().await.map_err(Failure::from)?;
        Ok(moved.map(drop).map_err(Failure::from)?)
    }
}

impl Reader {
    /// Ends the view, and returns once nothing of the database is open any more: only then may its file be moved or copied.
    /// A reader that is dropped closes behind one's back, and SQLite's files beside the database come and go with it.
    pub async fn close(self) -> Result<(), Problem> {
        drop(self.view);
        Ok(self.connections.close().await.map_err(Failure::from)?)
    }

    /// The names of all tables of the desk, that of its schema's steps, too.
    async fn tables(&self) -> Result<Vec<String>, Problem> {
        let mut names: Vec<String> = tables_of(&self.view).await?.into_iter().map(|table| table.name).collect();
        if !self.view.columns("seaql_migrations").await?.is_empty() {
            names.push("seaql_migrations".to_owned());
        }
        Ok(names)
    }

    /// Rows by table.
    pub async fn count_rows(&self) -> Result<BTreeMap<String, u64>, Problem> {
        let mut counts = BTreeMap::new();
        for table in tables_of(&self.view).await? {
            let rows = self.view.sql(&format!("SELECT count(*) AS rows FROM \"{}\"", table.name)).await?;
            let count: i64 = rows.first().map_or(Ok(0), |row| row.get("rows"))?;
            counts.insert(table.name, count.unsigned_abs());
        }
        Ok(counts)
    }

    /// What SQLite finds wrong with its file first, if anything; PostgreSQL looks after its own.
    pub async fn integrity(&self) -> Result<Option<String>, Problem> {
        if self.view.backend() != DbBackend::Sqlite {
            return Ok(None);
        }
        let verdicts = self.view.sql("PRAGMA integrity_check(1)").await?;
        let verdict: Option<String> = verdicts.first().map(|row| row.get("integrity_check")).transpose()?;
        Ok(verdict.filter(|verdict| verdict != "ok"))
    }

    /// Walks the audit chains.
    pub async fn walk_chains(&self) -> Result<Vec<ChainState>, Problem> {
        self.view.walk_chains().await
    }

    /// Looks at everything that must hold of the data.
    pub async fn verify(&self) -> Vec<Check> {
        verify(&self.view).await
    }
}

impl View {
    /// The record types that have tables, those of disabled plugins, too.
    pub(super) async fn record_tables(&self) -> Result<Vec<RecordTable>, Problem> {
        let rows = self.sql("SELECT plugin, description FROM record_types ORDER BY record_type").await?;
        let table = |row: &super::row::Row| {
            let description = serde_json::from_value(row.get("description")?)
                .map_err(|error| Failure::unavailable(format!("record_types: {error}")))?;
            Ok::<_, Failure>(RecordTable::new(&row.get::<String>("plugin")?, &description))
        };
        Ok(rows.iter().map(table).collect::<Result<_, _>>()?)
    }
}
