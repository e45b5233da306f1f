//! The only place that wires things together: settings → store → plugins → desk → jobs, forms, web.

use crate::clock::Clock;
use crate::desk::Desk;
use crate::forms::Forms;
use crate::home::Home;
use crate::jobs::Jobs;
use crate::plugins::Registry;
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
}
