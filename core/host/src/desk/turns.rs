//! Turns: commands that lost a race run again one after the other, so that each of fifty at once gets through.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// A turn for each plugin at each site. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    turns: Arc<Mutex<BySiteAndPlugin>>,
}

type BySiteAndPlugin = HashMap<(String, String), Arc<Turn<()>>>;

impl Turns {
    /// Waits until nobody else of this plugin and site runs again; the turn is over when the guard is dropped.
    pub(crate) async fn wait(&self, site: &str, plugin: &str) -> OwnedMutexGuard<()> {
        let key = (site.to_owned(), plugin.to_owned());
        let turn = self.turns.lock().entry(key).or_default().clone();
        turn.lock_owned().await
    }
}
