//! Opening the database: SQLite in the desk's folder, or PostgreSQL by its address, with the settings that the promises rest on.
//!
//! SQLite has one connection that writes and some that only read, through rusqlite: with sqlx every statement is a hop to
//! another thread. Both link the same bundled library.

use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use super::failure::Failure;
use crate::problem::{Code, Problem};

/// 3.7.0 to 3.51.2 can lose commits in WAL mode with two connections or more.
const OLDEST_SOUND_SQLITE: i32 = 3_051_003;

/// Says in the file's header whose it is: `DESK` in ASCII.
const APPLICATION_ID: i32 = 0x4445_534b;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long somebody waits for a connection before the desk says that it is busy.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the records lie.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

impl fmt::Debug for Location {
    /// Without the password that an address may hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Sqlite(file) => write!(f, "{}", file.display()),
            Location::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

impl Location {
    /// `url` is `sqlite`, which means `file`, or `postgres://…`.
    pub fn parse(url: &str, file: &Path) -> Result<Location, Problem> {
        match url {
            "sqlite" => Ok(Location::Sqlite(file.to_owned())),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Location::Postgres(url.to_owned())),
            _ => Err(Problem::new(
                Code::ConfigInvalid,
                "the database's address must be \"sqlite\" or begin with postgres://".to_owned(),
            )),
        }
    }

    /// Other hosts may work on it, each with files of its own.
    pub fn is_shared(&self) -> bool {
        matches!(self, Location::Postgres(_))
    }

    /// Makes a new database or checks an old one, before anything is written to it.
    pub(super) fn prepare(&self) -> Result<(), Problem> {
        match self {
            Location::Sqlite(file) => prepare_sqlite(file),
            Location::Postgres(_) => Ok(()),
        }
    }

    /// Connects for reading, with at most so many connections.
    pub(super) async fn connect_readers(&self, connections: u32) -> Result<DatabaseConnection, Failure> {
        match self {
            Location::Sqlite(file) => connect_sqlite(file, connections, true).await,
            Location::Postgres(url) => connect_postgres(url, connections, true).await,
        }
    }

    /// Connects once for changing the schema.
    pub(super) async fn connect_schema(&self) -> Result<DatabaseConnection, Failure> {
        match self {
            Location::Sqlite(file) => connect_sqlite(file, 1, false).await,
            Location::Postgres(url) => connect_postgres(url, 1, false).await,
        }
    }
}

/// Opens a connection that may write to SQLite: the writer's, and the one that copies its log.
pub(super) fn open_sqlite_writer(file: &Path) -> Result<rusqlite::Connection, Failure> {
    Ok(open_writer(file)?)
}

fn open_writer(file: &Path) -> Result<rusqlite::Connection, rusqlite::Error> {
    let connection = rusqlite::Connection::open(file)?;
    // The timeout first: switching to WAL may already meet a lock.
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    keep_plans(&connection)?;
    connection.pragma_update(None, "synchronous", if cfg!(defect = "synchronous-normal") { "NORMAL" } else { "FULL" })?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

/// Opens a connection that reads beside it.
pub(super) fn open_sqlite_reader(file: &Path) -> Result<rusqlite::Connection, Failure> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    keep_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Otherwise a statement is prepared anew whenever other values are bound to it, in case they want another plan.
fn keep_plans(connection: &rusqlite::Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn prepare_sqlite(file: &Path) -> Result<(), Problem> {
    if rusqlite::version_number() < OLDEST_SOUND_SQLITE {
        return Err(Problem::internal(format!(
            "SQLite {} can lose commits, 3.51.3 is the oldest sound one",
            rusqlite::version()
        )));
    }
    let name = file.display();
    // Made by hand first: SQLite itself would let others read it. Its -wal and -shm follow the mode of the file.
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)
        .map_err(|error| Failure::unavailable(format!("cannot open the database {name}: {error}")))?;
    let damaged = |why: &dyn fmt::Display| {
        Failure::unavailable(format!("the database {name} is damaged ({why}); put back a backup with `deskbell restore FILE`"))
    };
    match check_sqlite(file) {
        Ok(Verdict::Sound) => Ok(()),
        Ok(Verdict::Damaged(why)) => Err(damaged(&why).into()),
        Ok(Verdict::Foreign) => Err(Problem::new(Code::ConfigInvalid, format!("{name} is the database of another program"))),
        Err(rusqlite::Error::SqliteFailure(code, why))
            if matches!(code.code, rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) =>
        {
            Err(damaged(&why.unwrap_or_else(|| code.to_string())).into())
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// What a look at a database's file told.
enum Verdict {
    Sound,
    Damaged(String),
    Foreign,
}

fn check_sqlite(file: &Path) -> Result<Verdict, rusqlite::Error> {
    let connection = open_writer(file)?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (pragma("application_id")?, pragma("schema_version")?) {
        (APPLICATION_ID, _) => {}
        (0, 0) => connection.pragma_update(None, "application_id", APPLICATION_ID)?,
        _ => return Ok(Verdict::Foreign),
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(if verdict == "ok" { Verdict::Sound } else { Verdict::Damaged(verdict) })
}

async fn connect_sqlite(file: &Path, connections: u32, read_only: bool) -> Result<DatabaseConnection, Failure> {
    let mut options = ConnectOptions::new("sqlite:");
    let file = file.to_owned();
    let query_only = if read_only { "ON" } else { "OFF" };
    options
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&file)
                .create_if_missing(false)
                .busy_timeout(BUSY_TIMEOUT)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .pragma("secure_delete", "ON")
                .pragma("trusted_schema", "OFF")
                .pragma("query_only", query_only)
                .statement_cache_capacity(256)
        });
    Ok(Database::connect(options).await?)
}

async fn connect_postgres(url: &str, connections: u32, read_only: bool) -> Result<DatabaseConnection, Failure> {
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        // Whoever begins a transaction notices by that whether the connection lives.
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |options| with_promises(options, read_only));
    let connection = Database::connect(options).await?;
    let encoding = connection.query_one_raw(sea_orm::Statement::from_string(
        sea_orm::DbBackend::Postgres,
        "SELECT current_setting('server_encoding') AS encoding",
    ));
    let encoding: Option<String> = match encoding.await? {
        Some(row) => row.try_get("", "encoding")?,
        None => None,
    };
    match encoding.as_deref() {
        Some("UTF8") => Ok(connection),
        _ => Err(Failure::unavailable("the PostgreSQL database must be made with ENCODING 'UTF8'")),
    }
}

/// Opens the one connection that writes to PostgreSQL, in a database that was looked at before.
pub(super) async fn connect_postgres_writer(url: &str) -> Result<PgConnection, Failure> {
    let options = with_promises(PgConnectOptions::from_str(url)?, false).disable_statement_logging();
    match tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect()).await {
        Ok(connection) => Ok(connection?),
        Err(_) => Err(Failure::unavailable("PostgreSQL did not take the connection in time")),
    }
}

fn with_promises(options: PgConnectOptions, read_only: bool) -> PgConnectOptions {
    // Said once for all transactions of a connection: said at each begin, it costs two round trips.
    let (isolation, is_read_only) = if read_only { ("repeatable read", "on") } else { ("read committed", "off") };
    options.application_name("deskbell").statement_cache_capacity(256).options([
        ("statement_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "2s"),
        ("synchronous_commit", "on"),
        ("default_transaction_isolation", isolation),
        ("default_transaction_read_only", is_read_only),
        ("client_min_messages", "warning"),
    ])
}
