//! Brings notices to people outside the desk, at least once each, and under the same id however often.
//!
//! Every step is noted before the next. What was being handed over when the desk ended goes out again: the id tells.

use chrono::{DateTime, TimeDelta, Utc};

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

/// Where several hosts share a database, one has a message to itself for so long: longer than any attempt takes.
const LEASE: TimeDelta = TimeDelta::seconds(60);

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
    /// Another host is at it.
    NotMine,
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
            let goes_on = matches!(step, Step::Sent | Step::GivenUp(_));
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
            return Ok(held(message, sentence("message-delivery-gone", ""), self.clock.now()));
        };
        let said = Announcement::of(message, &delivery, &self.store, &self.sites, &self.i18n).await?;
        let Some(said) = said else { return Ok(Step::GivenUp(sentence("message-notice-gone", ""))) };
        let now = self.clock.now();
        let until = if self.store.is_shared() { now + LEASE } else { now };
        if !self.store.claim_message(message.seq, now, until).await? {
            return Ok(Step::NotMine);
        }
        let sent = match &delivery.route {
            Route::Smtp(smtp) => smtp::send(smtp, &message.recipient, &said).await,
            Route::Webhook(webhook) => webhook::send(webhook, &said).await,
        };
        Ok(match sent {
            Ok(()) => Step::Sent,
            Err(Trouble::Refused(reason)) => Step::GivenUp(sentence("message-refused", &reason)),
            Err(Trouble::Away(reason)) => held(message, sentence("message-unreachable", &reason), self.clock.now()),
        })
    }

    async fn note(&self, message: &Message, step: Step) -> Result<(), Problem> {
        let now = self.clock.now();
        let (state, reason, attempts) = match step {
            Step::NotMine => return Ok(()),
            Step::Sent => (MessageState::Sent, None, 0),
            Step::GivenUp(reason) => (MessageState::GivenUp, Some(reason), 0),
            Step::Held(reason) => (MessageState::Held, Some(reason), message.attempts + 1),
        };
        let (delivery, is_held) = (message.delivery.clone(), state == MessageState::Held);
        let is_news = state != message.state || reason != message.reason;
        let next_at = if is_held { now + pause_after(attempts, LONGEST_PAUSE) } else { now };
        let note = MessageNote { state, reason, attempts, next_at, is_done: !is_held };
        self.store.note_message(message.seq, note, now).await?;
        if is_news {
            tracing::info!(delivery, notice = %message.notice, "notice {} for {delivery}: {}", message.notice, state.as_str());
            metrics::counter!("deskbell_messages_total", "delivery" => delivery.clone(), "state" => state.as_str()).increment(1);
        }
        metrics::gauge!("deskbell_delivery_held", "delivery" => delivery).set(if is_held { 1.0 } else { 0.0 });
        Ok(())
    }
}

/// Held, or given up when it was held for too long.
fn held(message: &Message, reason: Sentence, now: DateTime<Utc>) -> Step {
    let is_old = now - message.created_at > PATIENCE;
    if is_old && message.attempts + 1 >= TRIES_AT_LEAST { Step::GivenUp(reason) } else { Step::Held(reason) }
}

fn sentence(key: &str, detail: &str) -> Sentence {
    Sentence { plugin: None, key: key.to_owned(), args: [("detail".to_owned(), detail.to_owned())].into() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_message_is_given_up_after_a_day_of_trying_and_not_before() {
        let created_at: DateTime<Utc> = "2026-11-24T01:00:00Z".parse().unwrap();
        let check = |hours: i64, attempts: i64, is_given_up: bool| {
            let (delivery, recipient) = ("mail".to_owned(), String::new());
            let (state, next_at) = (MessageState::Held, created_at);
            let message =
                Message { seq: 1, notice: Uuid::nil(), delivery, recipient, state, reason: None, attempts, next_at, created_at };
            let step = held(&message, sentence("message-unreachable", ""), created_at + TimeDelta::minutes(hours * 60 + 1));
            assert_eq!(matches!(step, Step::GivenUp(_)), is_given_up, "{hours} h, {attempts} tries");
        };
        check(23, 100, false);
        check(24, 100, true);
        // The desk itself was off for a week: what it did not tell then, it tries first.
        check(168, 0, false);
        check(168, 3, false);
        check(168, 4, true);
    }
}
