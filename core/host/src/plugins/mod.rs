//! Plugins: packages on disk, trust, preflight, the runner that calls them, and quarantine.
//!
//! Not here: what a plugin's answer means (`desk`), its tables (`store`), its forms and schedules (`forms`, `jobs`).

mod runner;

pub use runner::{CallFailure, Reads, Runner};

use std::sync::Arc;
use std::time::Duration;

use deskbell_proto::{Answer, Call, PluginDescription};
use serde::Serialize;

use crate::problem::Problem;

/// What `plugin.toml` says: the truth for id, version, name, protocol, permissions and uses.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub id: String,
    pub version: String,
    /// By language tag.
    pub name: std::collections::BTreeMap<String, String>,
    pub protocol: u32,
    /// `letter:collect` → the roles that a new desk grants it to.
    pub permissions: std::collections::BTreeMap<String, Vec<String>>,
}

/// A plugin that answers.
#[derive(Debug)]
pub struct Plugin {
    pub manifest: Manifest,
    pub description: PluginDescription,
}

impl Plugin {
    /// How long the settings let a call of it take.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(5)
    }

    /// Runs one handler; reads go to `reads`.
    pub async fn run(&self, call: &Call, reads: Arc<dyn Reads>, deadline: Duration) -> Result<Answer, CallFailure> {
        let _ = (call, reads, deadline);
        unimplemented!()
    }
}

/// Where a plugin stands, as `plugin list` and the API show it.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub id: String,
    pub version: String,
    pub name: String,
    pub state: State,
    /// Why it was refused, disabled or quarantined, and what to do, in one sentence.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Running,
    Disabled,
    Refused,
    Quarantined,
}

/// All plugins of the desk.
#[derive(Debug)]
pub struct Registry {}

impl Registry {
    /// The plugin, if it is running; a quarantined or unknown one is a problem.
    pub fn running(&self, id: &str) -> Result<Arc<Plugin>, Problem> {
        let _ = id;
        unimplemented!()
    }

    /// The plugin whatever its state, for its description.
    pub fn get(&self, id: &str) -> Option<Arc<Plugin>> {
        let _ = id;
        unimplemented!()
    }

    pub fn all(&self) -> Vec<Arc<Plugin>> {
        unimplemented!()
    }

    pub fn statuses(&self, language: &str) -> Vec<Status> {
        let _ = language;
        unimplemented!()
    }
}
