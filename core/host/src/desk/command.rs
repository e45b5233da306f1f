//! A command, and what it is answered with.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use deskbell_proto::{Fields, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::people::Subject;

/// Something somebody wants done at a site.
#[derive(Debug, Clone)]
pub struct Command {
    pub site: String,
    pub subject: Subject,
    pub verb: Verb,
    /// Sign-offs that came along; their PINs go no further than the check.
    pub sign_offs: Vec<GivenSignOff>,
    /// The version the client says it saw (`If-Match`).
    pub if_match: Option<i64>,
    pub idempotency: Option<Idempotency>,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Verb {
    Create {
        record_type: String,
        fields: Fields,
    },
    Change {
        record_type: String,
        number: String,
        set: Fields,
    },
    Act {
        record_type: String,
        number: String,
        action: String,
        args: Fields,
    },
    /// `plugin.action`
    ActOnPlugin {
        plugin: String,
        action: String,
        args: Fields,
    },
    /// Sign a box of a record; the one sign-off given names the box.
    Sign {
        record_type: String,
        number: String,
    },
    Job(JobRun),
}

/// A run of a job, under the lease that allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    pub plugin: String,
    pub job: String,
    pub run: Uuid,
    /// Apply fails when the ledger's row has another token by then.
    pub lease_token: i64,
    pub scheduled_for: DateTime<Utc>,
    /// The business day, when it is not the site's date of `scheduled_for`.
    pub as_of: Option<NaiveDate>,
    /// Applied and rolled back.
    pub dry: bool,
    /// The request for a run by hand, which is answered with the run.
    pub asked: Option<Asked>,
    /// How long the handler may take: the schedule's `timeout`, the deadline of the plugin's call.
    pub timeout: Duration,
}

/// Who asked for a run by hand, under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub by: String,
    pub once: Idempotency,
}

/// A sign-off as it came: who signs which box, with their PIN or password.
#[derive(Clone, Deserialize)]
pub struct GivenSignOff {
    #[serde(rename = "box")]
    pub sign_box: String,
    pub user: String,
    pub pin: String,
}

impl std::fmt::Debug for GivenSignOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GivenSignOff({} by {})", self.sign_box, self.user)
    }
}

/// An `Idempotency-Key` with what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// `POST /api/v1/records/letters.letter`
    pub route: String,
    /// SHA-256 of the canonical body without PINs.
    pub body: [u8; 32],
}

/// The answer to a command, kept with its idempotency key and given again for the same key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The record as it stands after the command, in the API's shape.
    pub record: Option<Fields>,
    /// What an action on a plugin returned.
    pub value: Value,
    /// A record was created (201).
    pub created: bool,
    /// What a job did.
    pub outcome: Option<Outcome>,
    /// The number of items a job left out.
    pub dropped: usize,
    /// Papers made: `{id, form, title, href}`.
    pub papers: Vec<PaperRef>,
}

/// A paper as runs and replies name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperRef {
    pub id: Uuid,
    pub form: String,
    pub title: String,
    pub href: String,
}
