//! What a database says went wrong, sorted into the few kinds that the desk tells apart.
//!
//! The driver's own text goes to the log with [`Problem::detail`]; people read the locale's sentence for the code.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

use crate::problem::{Code, Problem};

/// A statement that failed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub kind: Kind,
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A unique key is taken. `key` is the database's name of it: an index on PostgreSQL, `table.column, …` on SQLite.
    Unique { key: String },
    /// The disk is full; nothing was written.
    Full,
    /// The database is out of reach, read-only, damaged or too slow.
    Unavailable,
    /// Another transaction came in between; the same work may succeed when it is done again.
    Repeat,
    /// A statement or value of ours that the database does not take.
    Defect,
}

impl Failure {
    pub(super) fn new(kind: Kind, detail: impl ToString) -> Self {
        Failure { kind, detail: detail.to_string() }
    }

    pub(super) fn defect(detail: impl ToString) -> Self {
        Failure::new(Kind::Defect, detail)
    }

    pub(super) fn unavailable(detail: impl ToString) -> Self {
        Failure::new(Kind::Unavailable, detail)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (code, retry_after) = match failure.kind {
            Kind::Unique { .. } => (Code::Conflict, None),
            Kind::Full => (Code::StorageFull, Some(5)),
            Kind::Unavailable | Kind::Repeat => (Code::StorageUnavailable, Some(2)),
            Kind::Defect => (Code::Internal, None),
        };
        let mut problem = Problem::new(code, failure.detail);
        // The driver's text is for the log alone.
        problem.sentence.args.clear();
        problem.retry_after = retry_after;
        problem
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;

        let detail = format!("SQLite: {error}");
        let rusqlite::Error::SqliteFailure(code, message) = error else {
            return Failure::defect(detail);
        };
        let kind = match code.code {
            ErrorCode::ConstraintViolation => sqlite_constraint(code.extended_code, message.as_deref().unwrap_or_default()),
            ErrorCode::DiskFull => Kind::Full,
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted => Kind::Unavailable,
            _ => Kind::Defect,
        };
        Failure::new(kind, detail)
    }
}

fn sqlite_constraint(extended_code: i32, message: &str) -> Kind {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

    match extended_code {
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
            Kind::Unique { key: message.trim_start_matches("UNIQUE constraint failed: ").to_owned() }
        }
        _ => Kind::Defect,
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        let kind = match &error {
            DbErr::ConnectionAcquire(_) => Kind::Unavailable,
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => kind_of_sqlx(inner),
            DbErr::Conn(_) => Kind::Unavailable,
            _ => Kind::Defect,
        };
        Failure::new(kind, error)
    }
}

/// Says whether a connection was lost on which something was asked; not that there was none to be had.
pub(super) fn lost_connection(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => matches!(**inner, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)),
        _ => false,
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::new(kind_of_sqlx(&error), error)
    }
}

fn kind_of_sqlx(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Database(refused) => {
            let code = refused.code().unwrap_or_default().into_owned();
            match code.parse::<i32>() {
                // SQLSTATE has five characters; a SQLite code is a number below 10000.
                Ok(sqlite) if code.len() < 5 => kind_of_sqlite_code(sqlite, refused.message()),
                _ => kind_of_sqlstate(&code, refused.constraint().unwrap_or_default()),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Kind::Unavailable,
        _ => Kind::Defect,
    }
}

fn kind_of_sqlite_code(extended: i32, message: &str) -> Kind {
    use rusqlite::ffi;

    match extended & 0xff {
        ffi::SQLITE_CONSTRAINT => sqlite_constraint(extended, message),
        ffi::SQLITE_FULL => Kind::Full,
        ffi::SQLITE_IOERR
        | ffi::SQLITE_CANTOPEN
        | ffi::SQLITE_READONLY
        | ffi::SQLITE_BUSY
        | ffi::SQLITE_LOCKED
        | ffi::SQLITE_CORRUPT
        | ffi::SQLITE_NOTADB
        | ffi::SQLITE_NOMEM
        | ffi::SQLITE_INTERRUPT => Kind::Unavailable,
        _ => Kind::Defect,
    }
}

fn kind_of_sqlstate(code: &str, constraint: &str) -> Kind {
    match code {
        "23505" => Kind::Unique { key: constraint.to_owned() },
        "53100" => Kind::Full,
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Kind::Repeat,
        // lock_not_available, query_canceled (a timeout), read_only_sql_transaction, idle_in_transaction_session_timeout
        "55P03" | "57014" | "25006" | "25P03" => Kind::Unavailable,
        // credentials, no such database, connection, resources, operator intervention (shutdown, crash), system error
        _ if ["28", "3D", "08", "53", "57", "58", "XX"].iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Defect,
    }
}
