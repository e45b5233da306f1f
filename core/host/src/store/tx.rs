//! A write transaction as the rest of the host sees it: synchronous, on the writer's own thread.
//!
//! What can be done in it is said beside its subject: records, audit, sign-offs, papers, the outbox. SQL stays in this folder.

use sea_orm::sea_query::Value;
use sea_orm::{DbBackend, StatementBuilder};

use super::audit::Head;
use super::failure::Failure;
use super::insert::Insert;
use super::row::Row;
use super::session::Session;
use super::types::Types;
use crate::problem::Problem;

/// The writer's transaction while one piece of work runs in it.
#[derive(Debug)]
pub struct Tx<'a> {
    session: &'a mut dyn Session,
    pub(super) types: &'a Types,
    pub(super) host: &'a str,
    pub(super) progress: &'a mut Progress,
}

/// What the writer remembers between statements; it goes back with a savepoint that is rolled back.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The end of this host's audit chain, once it has been read.
    pub head: Option<Head>,
    /// The chain has grown in this transaction.
    pub grown: bool,
    /// Something was put into the outbox in this transaction.
    pub outbox: bool,
}

impl<'a> Tx<'a> {
    pub(super) fn new(session: &'a mut dyn Session, types: &'a Types, host: &'a str, progress: &'a mut Progress) -> Self {
        Tx { session, types, host, progress }
    }

    /// Does a part of the work that may fail without the rest: what it did is rolled back then.
    ///
    /// On PostgreSQL this is also the only way to go on after a statement that failed.
    pub fn part<T, E: From<Problem>>(&mut self, part: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let problem = |failure: Failure| E::from(Problem::from(failure));
        self.session.batch("SAVEPOINT part").map_err(problem)?;
        let before = self.progress.clone();
        let result = part(&mut Tx::new(&mut *self.session, self.types, self.host, &mut *self.progress));
        if result.is_err() {
            *self.progress = before;
            self.session.batch("ROLLBACK TO SAVEPOINT part").map_err(problem)?;
        }
        self.session.batch("RELEASE SAVEPOINT part").map_err(problem)?;
        result
    }

    pub(super) fn rows(&mut self, statement: &impl StatementBuilder) -> Result<Vec<Row>, Failure> {
        let statement = statement.build(&self.session.backend());
        self.session.rows(statement)
    }

    /// Returns the first row of an answer.
    pub(super) fn row(&mut self, statement: &impl StatementBuilder) -> Result<Option<Row>, Failure> {
        Ok(self.rows(statement)?.into_iter().next())
    }

    /// Inserts a row; the values come in the order of the insert's columns.
    pub(super) fn insert(&mut self, into: &Insert, row: impl IntoIterator<Item = Value>) -> Result<(), Failure> {
        self.session.execute(into.row(self.session.backend(), row)).map(drop)
    }

    /// Inserts several rows. PostgreSQL is told all at once, because each telling is a way there and back; SQLite is quicker
    /// with a statement that it knows.
    pub(super) fn insert_all<R>(&mut self, into: &Insert, rows: impl IntoIterator<Item = R>) -> Result<(), Failure>
    where
        R: IntoIterator<Item = Value>,
    {
        let mut rows = rows.into_iter().peekable();
        match self.session.backend() {
            DbBackend::Postgres if rows.peek().is_some() => self.session.execute(into.rows(DbBackend::Postgres, rows)).map(drop),
            _ => rows.try_for_each(|row| self.insert(into, row)),
        }
    }

    /// Returns how many rows a statement changed.
    pub(super) fn execute(&mut self, statement: &impl StatementBuilder) -> Result<u64, Failure> {
        let statement = statement.build(&self.session.backend());
        self.session.execute(statement)
    }

    pub(super) fn session(&mut self) -> &mut dyn Session {
        &mut *self.session
    }
}
