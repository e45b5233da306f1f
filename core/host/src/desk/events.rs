//! What happens at the desk, told to whoever watches: pages, the bell, the print queue's screen.
//!
//! Events are news, not truth: a page that missed some reads the records again.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use super::Desk;
use crate::people::{Permission, Subject};

/// How far a slow reader may fall behind before it misses news.
const BACKLOG: usize = 256;

/// Something that happened: `record.created`, `record.changed`, `run.finished`, `notice`, `task`, `problem`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub kind: String,
    pub site: String,
    /// `{type, number}`, `{job, run}` and the like.
    pub data: serde_json::Value,
}

/// The desk's one channel of news.
#[derive(Debug, Clone)]
pub struct Events {
    sender: broadcast::Sender<Event>,
}

impl Events {
    /// Tells everybody who listens now.
    pub fn tell(&self, event: Event) {
        // Nobody listening is no failure.
        let _ = self.sender.send(event);
    }
}

impl Default for Events {
    fn default() -> Self {
        Events { sender: broadcast::channel(BACKLOG).0 }
    }
}

impl Desk {
    /// What happens at a site from now on; a subject hears of records that it may read.
    pub fn events(&self, subject: &Subject, site: &str) -> BoxStream<'static, Event> {
        let (policy, subject, site) = (self.parts.policy.clone(), subject.clone(), site.to_owned());
        let news = BroadcastStream::new(self.parts.events.sender.subscribe());
        news.filter_map(move |event| {
            let heard = event.ok().filter(|event| event.site == site && may_hear(&policy, &subject, event));
            std::future::ready(heard)
        })
        .boxed()
    }
}

fn may_hear(policy: &crate::people::Policy, subject: &Subject, event: &Event) -> bool {
    let record_type = event.data.get("type").and_then(|value| value.as_str());
    match record_type.and_then(|name| name.split_once('.')) {
        Some((plugin, name)) => policy.authorize(subject, &event.site, &Permission::new(plugin, name, "read")).is_ok(),
        None => true,
    }
}
