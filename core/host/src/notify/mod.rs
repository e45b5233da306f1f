//! Tells onwards what the desk wrote into its outbox, after the commit and at least once.
//!
//! It tells the pages that watch (the bell, the print queue), and puts what people outside are to know into the couriers' queues.
//! Not here: what is worth telling (`desk::apply` writes it, in the command's own transaction), news of records and tasks,
//! which a page can read again (`desk::events`).

mod announcement;
mod courier;
mod deliveries;
mod smtp;
mod webhook;

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::desk::{Event, Events};
use crate::problem::Problem;
use crate::store::{Outgoing, Store};

pub use courier::Courier;
pub use deliveries::Deliveries;

/// How much is told at once.
const BATCH: u64 = 100;

/// Asking costs something and marking what was told a commit: what is written within this time is told together.
const GATHERING: Duration = Duration::from_millis(100);

/// How long to wait after the store could not be asked.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// Empties the outbox until it is cancelled.
#[derive(Debug, Clone)]
pub struct Teller {
    store: Store,
    events: Events,
    deliveries: Deliveries,
    clock: Clock,
}

impl Teller {
    pub fn new(store: Store, events: Events, deliveries: Deliveries, clock: Clock) -> Self {
        Teller { store, events, deliveries, clock }
    }

    /// Tells what is there and whatever comes, in the order it was written.
    pub async fn run(self, end: CancellationToken) {
        let mut grew = self.store.outbox_grew();
        loop {
            let told = self.tell_all().await;
            if let Err(problem) = &told {
                tracing::warn!("the outbox could not be emptied: {problem}");
            }
            let next = async {
                match told {
                    Ok(()) => gathered(&mut grew).await,
                    Err(_) => {
                        tokio::time::sleep(AFTER_TROUBLE).await;
                        true
                    }
                }
            };
            tokio::select! {
                () = end.cancelled() => return,
                more = next => if !more { return },
            }
        }
    }

    async fn tell_all(&self) -> Result<(), Problem> {
        loop {
            let outgoing = self.store.outgoing(self.clock.now(), BATCH).await?;
            if outgoing.is_empty() {
                return Ok(());
            }
            let seqs = outgoing.iter().map(|item| item.seq).collect();
            let messages = outgoing.iter().flat_map(|item| self.deliveries.messages(item)).collect();
            outgoing.into_iter().for_each(|item| self.events.tell(event(item)));
            self.store.told(seqs, messages, self.clock.now()).await?;
        }
    }
}

/// Waits until the outbox has grown, not oftener than it pays; false when the store is gone.
pub(crate) async fn gathered(grew: &mut watch::Receiver<u64>) -> bool {
    tokio::time::sleep(GATHERING).await;
    grew.changed().await.is_ok()
}

fn event(item: Outgoing) -> Event {
    Event { kind: item.kind, site: item.site.unwrap_or_default(), data: json!(item.body) }
}
