//! The command pipeline: authorise → run the handler → apply its changes → audit → tell.
//!
//! Everything that changes anything — a click, a call, a CLI line, a job — is a [`Command`] and takes this one road.
//! Not here: SQL (`store`), how a plugin is called (`plugins`), when a job runs (`jobs`).

mod apply;
mod batch;
mod changes;
mod command;
mod due;
mod events;
mod form_data;
mod handler;
mod input;
mod pipeline;
mod records;
mod replays;
mod shape;
mod sites;
mod trail;
mod turns;

pub use batch::{Batch, BatchItem, BatchReply, BatchRow, ItemOutcome};
pub use command::{Asked, Command, GivenSignOff, Idempotency, JobRun, PaperRef, Reply, Verb};
pub use due::DueDays;
pub use events::{Event, Events};
pub use form_data::FormData;
pub use sites::{Site, Sites};

use std::ops::Deref;
use std::sync::Arc;

use deskbell_proto::Fields;
use deskbell_proto::description::TypeDescription;
use serde::Serialize;

use crate::clock::Clock;
use crate::i18n::I18n;
use crate::people::{People, Policy};
use crate::plugins::{Plugin, Registry};
use crate::problem::Problem;
use crate::store::Store;
pub(crate) use replays::{Begun, Replays, keep_answer};
pub(crate) use shape::shown;
use turns::Turns;

/// What a desk is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    pub store: Store,
    pub plugins: Arc<Registry>,
    pub people: People,
    pub policy: Policy,
    pub sites: Sites,
    pub i18n: I18n,
    pub clock: Clock,
    pub events: Events,
}

/// The desk: what may be asked of it. Clones are the same desk.
#[derive(Debug, Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    replays: Replays,
    turns: Turns,
}

impl Desk {
    pub fn new(parts: Parts) -> Self {
        Desk { parts: Arc::new(parts), replays: Replays::default(), turns: Turns::default() }
    }

    /// What has been asked under a key and is still being answered, commands and everything else alike.
    pub(crate) fn replays(&self) -> &Replays {
        &self.replays
    }

    /// The type of a full name, whether or not its plugin is running.
    fn described(&self, record_type: &str) -> Result<Described, Problem> {
        let unknown = || Problem::not_found(format!("record type {record_type}"));
        let (plugin, name) = record_type.split_once('.').ok_or_else(unknown)?;
        let plugin = self.parts.plugins.get(plugin).ok_or_else(unknown)?;
        let place = plugin.description.types.iter().position(|described| described.name == name).ok_or_else(unknown)?;
        Ok(Described { plugin, place })
    }
}

/// A record type as its plugin describes it.
#[derive(Debug, Clone)]
struct Described {
    plugin: Arc<Plugin>,
    /// Its place among the plugin's types.
    place: usize,
}

impl Deref for Described {
    type Target = TypeDescription;

    fn deref(&self) -> &TypeDescription {
        &self.plugin.description.types[self.place]
    }
}

/// What is asked of the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub site: Option<String>,
    pub user: Option<String>,
    /// `letters.letter`
    pub record_type: Option<String>,
    pub number: Option<String>,
    pub from: Option<chrono::NaiveDate>,
    pub to: Option<chrono::NaiveDate>,
    pub limit: u64,
    pub cursor: Option<String>,
}

/// One page of the audit trail.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditPage {
    pub items: Vec<serde_json::Value>,
    pub next_cursor: Option<String>,
}

/// One host's audit chain after a walk over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    pub host: String,
    pub entries: u64,
    /// The hash of the last entry, hex.
    pub head: String,
    /// The first sequence that does not fit, and why.
    pub broken_at: Option<i64>,
    pub reason: Option<String>,
}

/// What a list is asked for. Filter values are still text or JSON as they came; the desk makes them canonical.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub record_type: String,
    /// One site, or `None` for all that exist.
    pub site: Option<String>,
    /// `(field, operator, value)`: `("received_on", "gte", "2026-11-01")`; operators `eq ne lt lte gt gte in null`.
    pub filters: Vec<(String, String, String)>,
    pub search: Option<String>,
    /// `-received_on`
    pub sort: Option<String>,
    pub limit: Option<u64>,
    pub cursor: Option<String>,
    /// Reference fields whose record is put in place of its number.
    pub expand: Vec<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    pub items: Vec<Fields>,
    pub next_cursor: Option<String>,
}
