//! Brings notices to people outside the desk, at least once each, and under the same id however often.
//!
//! Every step is noted before the next. What was being handed over when the desk ended goes out again: the id tells.

use chrono::TimeDelta;

use super::announcement::Announcement;
use super::{Deliveries, smtp, webhook};
use crate::clock::Clock;
use crate::config::Route;
use crate::desk::Sites;
use crate::i18n::I18n;
use crate::problem::{Problem, Sentence};
use crate::queue::{Carrier, pause_after};
use crate::store::{Message, MessageNote, MessageState, Store};

/// The longest pause of a queue that is held.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// News of yesterday is none: a message that could not be delivered for so long is given up, but never before some tries,
/// lest a desk that was off for a day gives up what it has not tried.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
const TRIES_AT_LEAST: i64 = 5;

/// Brings notices to mail servers and webhooks. Clones share the work.
#[derive(Debug, Clone)]
pub struct Courier {
    pub store: Store,
    pub deliveries: Deliveries,
    pub sites: Sites,
    pub i18n: I18n,
    pub clock: Clock,
}

/// Why a message did not get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The other side is away, or does not let the desk in: everything for it waits.
    Away(String),
    /// It does not want this message.
    Refused(String),
}

/// What a step came to.
enum Step {
    Sent,
    GivenUp(Sentence),
    Held(Sentence),
}

impl Carrier for Courier {
    const QUEUE: &'static str = "queue of messages";

    async fn waiting(&self) -> Result<Vec<String>, Problem> {
        self.store.waiting_deliveries().await
    }

    async fn work_through(&self, delivery: &str) -> Result<(), Problem> {
        while let Some(message) = self.store.first_message(delivery).await? {
            if message.next_at > self.clock.now() {
                return Ok(());
            }
            let step = self.step(&message).await?;
            let goes_on = !matches!(step, Step::Held(_));
            self.note(&message, step).await?;
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Courier {
    async fn step(&self, message: &Message) -> Result<Step, Problem> {
        let Some(delivery) = self.deliveries.get(&message.delivery) else {
            return Ok(self.held(message, sentence("message-delivery-gone", "")));
        };
        let said = Announcement::of(message, &delivery, &self.store, &self.sites, &self.i18n).await?;
        let Some(said) = said else { return Ok(Step::GivenUp(sentence("message-notice-gone", ""))) };
        self.store.note_handing_over(message.seq, self.clock.now()).await?;
        let sent = match &delivery.route {
            Route::Smtp(smtp) => smtp::send(smtp, &message.recipient, &said).await,
            Route::Webhook(webhook) => webhook::send(webhook, &said).await,
        };
        Ok(match sent {
            Ok(()) => Step::Sent,
            Err(Trouble::Refused(reason)) => Step::GivenUp(sentence("message-refused", &reason)),
            Err(Trouble::Away(reason)) => self.held(message, sentence("message-unreachable", &reason)),
        })
    }

    /// Held, or given up when it was held for too long.
    fn held(&self, message: &Message, reason: Sentence) -> Step {
        let is_old = self.clock.now() - message.created_at > PATIENCE;
        if is_old && message.attempts + 1 >= TRIES_AT_LEAST { Step::GivenUp(reason) } else { Step::Held(reason) }
    }

    async fn note(&self, message: &Message, step: Step) -> Result<(), Problem> {
        let now = self.clock.now();
        let (state, reason, attempts) = match step {
            Step::Sent => (MessageState::Sent, None, 0),
            Step::GivenUp(reason) => (MessageState::GivenUp, Some(reason), 0),
            Step::Held(reason) => (MessageState::Held, Some(reason), message.attempts + 1),
        };
        let (delivery, is_held) = (message.delivery.clone(), state == MessageState::Held);
        if state != message.state || reason != message.reason {
            tracing::info!(delivery, notice = %message.notice, "notice {} for {delivery}: {}", message.notice, state.as_str());
            metrics::counter!("deskbell_messages_total", "delivery" => delivery.clone(), "state" => state.as_str()).increment(1);
        }
        metrics::gauge!("deskbell_delivery_held", "delivery" => delivery).set(if is_held { 1.0 } else { 0.0 });
        let next_at = if is_held { now + pause_after(attempts, LONGEST_PAUSE) } else { now };
        self.store.note_message(message.seq, MessageNote { state, reason, attempts, next_at, is_done: !is_held }, now).await
    }
}

fn sentence(key: &str, detail: &str) -> Sentence {
    Sentence { plugin: None, key: key.to_owned(), args: [("detail".to_owned(), detail.to_owned())].into() }
}
