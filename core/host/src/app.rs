//! The only place that wires things together: settings → store → plugins → desk → jobs, forms, web.

use crate::clock::Clock;
use crate::desk::{Desk, Sites};
use crate::diagnostic::Diagnostic;
use crate::forms::Forms;
use crate::home::Home;
use crate::i18n::I18n;
use crate::jobs::Jobs;
use crate::people::{People, Policy};
use crate::plugins::Registry;
use crate::problem::Problem;
use crate::store::Store;

/// A desk that is open: everything the web and the CLI talk to.
#[derive(Debug, Clone)]
pub struct App {
    pub home: Home,
    pub clock: Clock,
    pub store: Store,
    pub plugins: std::sync::Arc<Registry>,
    pub desk: Desk,
    pub jobs: Jobs,
    pub forms: Forms,
    pub people: People,
    pub policy: Policy,
    pub sites: Sites,
    pub i18n: I18n,
}

impl App {
    /// Opens the desk of a home: settings, store, plugins, forms. Jobs do not start; the caller holds the home's lock.
    pub async fn open(home: Home) -> Result<App, Problem> {
        let _ = home;
        unimplemented!()
    }

    /// The same by another clock: a simulation's, a demo's.
    pub async fn open_at(home: Home, clock: Clock) -> Result<App, Problem> {
        let _ = (home, clock);
        unimplemented!()
    }

    /// Starts what only a serving desk does: the jobs' pulse, the outbox, the watch on the store's files.
    pub async fn start(&self) -> Result<(), Problem> {
        unimplemented!()
    }

    /// Reads settings and schedules as they lie in the home now, with the loader's own code, and says what is wrong in them;
    /// puts nothing in force.
    pub async fn check(&self) -> Vec<Diagnostic> {
        unimplemented!()
    }

    /// Puts in force what changed in the home or among the plugins: sites, settings, tables, words, grants, schedules, forms.
    pub async fn reload(&self) -> Result<Vec<Diagnostic>, Problem> {
        unimplemented!()
    }

    /// Ends it in good order: leases released, children gone, the last commit durable.
    pub async fn stop(&self) {
        unimplemented!()
    }
}
