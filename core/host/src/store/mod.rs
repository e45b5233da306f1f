//! The records and everything beside them; all SQL of the host is in this folder.
//!
//! Reads go through SeaORM's pool ([`Store::view`]), writes through the one writer ([`Store::write`]), which commits many
//! waiting commands at once. Nothing here decides a desk rule or knows who may do what.

use std::sync::Arc;

use deskbell_proto::{Fields, Find, PluginDescription, Read, ReadAnswer};
use uuid::Uuid;

use crate::problem::Problem;

pub mod jobs;
mod tx;

pub use tx::{Row, Tx};

/// The desk's database: SQLite in the home, or PostgreSQL.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {}

impl Store {
    /// Opens (and where it is new, makes) the database, brings the core's tables up to date and starts the writer.
    ///
    /// `url` is `sqlite` (then `file` is used) or `postgres://…`.
    pub async fn open(url: &str, file: &std::path::Path) -> Result<Store, Problem> {
        let _ = (url, file);
        unimplemented!()
    }

    /// Makes or extends the tables of a plugin's types; additive only, in one transaction. Idempotent.
    pub async fn install_types(&self, plugin: &str, description: &PluginDescription) -> Result<(), Problem> {
        let _ = (plugin, description);
        unimplemented!()
    }

    /// Opens a consistent read view (one read transaction).
    pub async fn view(&self) -> Result<View, Problem> {
        unimplemented!()
    }

    /// Runs `work` in the writer, in a savepoint of its own, and returns after the commit is durable.
    ///
    /// `work` may run again after a failed commit or serialization failure, so it must have no other effect.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let _ = work;
        unimplemented!()
    }

    /// Runs `work` in the writer inside a savepoint that is always rolled back, and returns what it answered: a dry run.
    pub async fn rehearse<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let _ = work;
        unimplemented!()
    }
}

/// One consistent view of the records, at most 30 s long.
#[derive(Debug)]
pub struct View {}

impl View {
    /// Answers a plugin's read at one site; rows are flat API objects whose references are ids.
    pub async fn read(&self, site: &str, read: &Read) -> Result<ReadAnswer, Problem> {
        let _ = (site, read);
        unimplemented!()
    }

    /// One record by its number (or, for a type without numbers, its id).
    pub async fn by_number(&self, record_type: &str, site: &str, number: &str) -> Result<Option<Fields>, Problem> {
        let _ = (record_type, site, number);
        unimplemented!()
    }

    /// Records for a list: like a find, with search text and a keyset cursor. `sites` may be several.
    pub async fn list(
        &self,
        sites: &[String],
        find: &Find,
        search: Option<&str>,
        after: Option<&str>,
    ) -> Result<Vec<Fields>, Problem> {
        let _ = (sites, find, search, after);
        unimplemented!()
    }

    /// The numbers of records of a type by id, to show references.
    pub async fn numbers(&self, record_type: &str, ids: &[Uuid]) -> Result<std::collections::HashMap<Uuid, String>, Problem> {
        let _ = (record_type, ids);
        unimplemented!()
    }
}
