//! A write transaction as the rest of the host sees it: synchronous, on the writer's own thread.
//!
//! What can be done in it is said beside its subject: records, audit, sign-offs, papers, the outbox. SQL stays in this folder.

use std::collections::BTreeMap;

use sea_orm::sea_query::Value;
use sea_orm::{DbBackend, StatementBuilder};

use super::audit::Head;
use super::failure::Failure;
use super::insert::{self, Insert};
use super::records::Counter;
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
    /// The last number drawn of each counter, while the transaction lasts.
    pub drawn: BTreeMap<Counter, i64>,
    /// Something was put into the outbox in this transaction.
    pub outbox: bool,
    /// Rows that PostgreSQL has not been told of yet.
    pub later: Vec<(&'static Insert, Vec<Value>)>,
}

/// Rows that are told at once: PostgreSQL takes 65,535 values in one statement.
const LATER_AT_MOST: usize = 1_000;

impl<'a> Tx<'a> {
    pub(super) fn new(session: &'a mut dyn Session, types: &'a Types, host: &'a str, progress: &'a mut Progress) -> Self {
        Tx { session, types, host, progress }
    }

    /// Does a part of the work that may fail without the rest: what it did is rolled back then.
    ///
    /// On PostgreSQL this is also the only way to go on after a statement that failed.
    pub fn part<T, E: From<Problem>>(&mut self, part: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let problem = |failure: Failure| E::from(Problem::from(failure));
        self.begin_savepoint("SAVEPOINT part").map_err(problem)?;
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

    /// Inserts a row that is not asked about in its own transaction before [`Tx::tell_later`]. PostgreSQL is told of all such
    /// rows together, because each telling is a way there and back; one that it refuses is a failure of the commit.
    pub(super) fn insert_later(&mut self, into: &'static Insert, row: impl IntoIterator<Item = Value>) -> Result<(), Failure> {
        if self.session.backend() != DbBackend::Postgres {
            return self.insert(into, row);
        }
        self.progress.later.push((into, row.into_iter().collect()));
        if self.progress.later.len() < LATER_AT_MOST { Ok(()) } else { self.tell_later() }
    }

    /// Writes what is written once a transaction, at its end.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.keep_counters()?;
        self.keep_audit_head()?;
        self.tell_later()
    }

    /// Tells PostgreSQL of the rows that it has not been told of yet.
    pub(super) fn tell_later(&mut self) -> Result<(), Failure> {
        match insert::together(std::mem::take(&mut self.progress.later)) {
            Some(statement) => self.session.execute(statement).map(drop),
            None => Ok(()),
        }
    }

    /// Begins a savepoint, with nothing left to be told: what is remembered beside it stays small.
    pub(super) fn begin_savepoint(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.tell_later()?;
        self.session.batch(sql)
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
