//! The records and everything beside them; all SQL of the host is in this folder.
//!
//! Reads go through a pool of readers ([`Store::view`]), writes through the one writer ([`Store::write`]), which commits many
//! waiting commands at once. Nothing here decides a desk rule or knows who may do what.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use deskbell_proto::PluginDescription;
use tokio::sync::watch;
use uuid::Uuid;

use crate::problem::Problem;

mod answers;
mod audit;
mod bell;
mod connection;
mod copy;
mod failure;
mod filter;
mod insert;
pub mod jobs;
mod messages;
mod migrations;
mod papers;
pub mod people;
mod printing;
mod prune;
mod reader;
mod records;
mod row;
mod session;
mod sign_offs;
mod snapshot;
mod tables;
mod tx;
mod types;
mod verify;
mod view;
mod writer;

#[cfg(test)]
mod tests;

pub use answers::{ANYBODY, KeptAnswer};
pub use audit::{About, AuditEntry, AuditFind, AuditRow, ChainState};
pub use bell::{NewNotice, NewTask, Outgoing, Task};
pub use connection::Location;
pub use copy::Copied;
pub use messages::{GivenUp, Message, MessageNote, MessageState, NewMessage, Notice};
pub use migrations::Step;
pub use papers::{NewPaper, PaperRow, SetPaper, subject_of};
pub use printing::{PrintJob, PrintNote, PrintState};
pub use reader::Reader;
pub use records::{Changed, Refused, Stamp};
pub use sign_offs::{NewSignOff, SignOff};
pub use tx::Tx;
pub use verify::{Check, Fault};
pub use view::{Listing, View};

use failure::Failure;
use snapshot::Readers;
use types::Types;
use writer::Writer;

/// Connections for reading. A call of a plugin holds one while it runs, so there are more than run at once.
const READERS: u32 = 16;

/// Whether what was committed outlives a power cut. PostgreSQL keeps its own promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Kept,
    /// For a copy that a simulation plays on.
    Forgone,
}

/// The desk's database: SQLite in the home, or PostgreSQL.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    host: String,
    types: Arc<Types>,
    location: Location,
    readers: Readers,
    writer: Writer,
}

impl Store {
    /// Opens (and where it is new, makes) the database, brings the core's tables up to date and starts the writer.
    ///
    /// `url` is `sqlite` (then `file` is used) or `postgres://…`. This host's name in the audit trail is kept beside `file`.
    pub async fn open(url: &str, file: &Path) -> Result<Store, Problem> {
        Store::open_with(url, file, READERS, Durability::Kept).await
    }

    /// Opens the database with at most so many connections for reading.
    pub async fn open_with(url: &str, file: &Path, readers: u32, durability: Durability) -> Result<Store, Problem> {
        let location = Location::parse(url, file)?;
        let host = host_id(file)?;
        let prepared = location.clone();
        let prepared = tokio::task::spawn_blocking(move || prepared.prepare()).await;
        prepared.map_err(|_| Problem::internal("preparing the database panicked"))??;
        let schema = location.connect_schema().await?;
        let migrated = migrations::run(&schema).await;
        schema.close().await.map_err(Failure::from)?;
        migrated?;
        let types = Arc::new(Types::default());
        let writer = Writer::start(location.clone(), host.clone(), Arc::clone(&types), durability).await?;
        let readers = Readers::connect(&location, readers).await?;
        Ok(Store { inner: Arc::new(Inner { host, types, location, readers, writer }) })
    }

    /// The steps of the core's schema, and which of them a database has taken; changes nothing.
    pub async fn schema_steps(url: &str, file: &Path) -> Result<Vec<Step>, Problem> {
        let location = Location::parse(url, file)?;
        if matches!(location, Location::Sqlite(_)) && !file.exists() {
            return Ok(migrations::steps(None).await?);
        }
        let connection = location.connect_readers(1).await?;
        let steps = migrations::steps(Some(&connection)).await;
        connection.close().await.map_err(Failure::from)?;
        Ok(steps?)
    }

    /// Makes or extends the tables of a plugin's types; additive only, in one transaction. Idempotent.
    pub async fn install_types(&self, plugin: &str, description: &PluginDescription) -> Result<(), Problem> {
        let (plugin, description) = (plugin.to_owned(), description.clone());
        let tables = self.write(move |tx| tables::install(tx, &plugin, &description)).await?;
        self.inner.types.put(tables);
        Ok(())
    }

    /// Opens a consistent read view (one read transaction).
    pub async fn view(&self) -> Result<View, Problem> {
        Ok(View::open(&self.inner.readers, Arc::clone(&self.inner.types)).await?)
    }

    /// Opens a view of the whole that lasts as long as its reader needs.
    pub(super) async fn reader(&self) -> Result<Reader, Problem> {
        self.inner.location.reader().await
    }

    /// Runs `work` in the writer, which keeps all of it or nothing, and returns after the commit is durable.
    ///
    /// `work` may run again (another's in the same commit failed, or the commit itself), so it must have no other effect.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        self.inner.writer.run(true, work).await
    }

    /// Runs `work` in the writer, rolls it back, and returns what it answered: a dry run.
    pub async fn rehearse<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        self.inner.writer.run(false, work).await
    }

    /// Changes its number after every commit that put something into the outbox.
    pub fn outbox_grew(&self) -> watch::Receiver<u64> {
        self.inner.writer.outbox()
    }

    /// Other hosts may work on the same database.
    pub fn is_shared(&self) -> bool {
        self.inner.location.is_shared()
    }

    /// This host's name in the audit trail and in the leases of jobs.
    pub fn host(&self) -> &str {
        &self.inner.host
    }

    /// Finishes the writes that wait, takes no more, and closes the database.
    pub async fn close(&self) {
        self.inner.writer.stop().await;
        self.inner.readers.close().await;
    }
}

/// Reads this host's id, or makes one at the first start. It stays with the data, so a moved desk goes on with its chain.
fn host_id(database: &Path) -> Result<String, Problem> {
    let file = database.with_file_name("host-id");
    let unusable = |error: std::io::Error| Failure::unavailable(format!("{}: {error}", file.display()));
    match std::fs::read_to_string(&file) {
        Ok(id) if id.trim().parse::<Uuid>().is_ok() => Ok(id.trim().to_owned()),
        Ok(_) => Err(Problem::internal(format!("{} does not hold this host's id", file.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let id = Uuid::new_v4().to_string();
            // Renamed when it is whole: a kill in between must not leave half an id.
            let unfinished = file.with_extension("new");
            let written = std::fs::File::create(&unfinished).and_then(|mut new| {
                new.write_all(id.as_bytes())?;
                new.sync_all()
            });
            written.and_then(|()| std::fs::rename(&unfinished, &file)).map_err(unusable)?;
            Ok(id)
        }
        Err(error) => Err(unusable(error).into()),
    }
}
