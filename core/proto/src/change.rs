//! The change set, a list of [`Change`]: everything a handler wants done, as data, in the order it said so.
//!
//! The host applies all of it in one transaction or none of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::fault::{Args, Refusal};
use crate::filter::Find;
use crate::{Fields, call::RecordRef};

/// Counts of a run by name: `{"handed-off": 3}`; the names are kebab-case and have a sentence in the locale.
pub type Count = BTreeMap<String, i64>;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// A new record; its number is drawn when it is applied and stands in for [`pending_number`] wherever that occurs.
    Insert {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
        fields: Fields,
        /// The handler looked for such a record and found none: a unique key that is taken by now means look again.
        #[serde(default)]
        sought: bool,
    },
    /// New values of a record that the handler saw at `version`; a null clears a field.
    Update {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
        version: i64,
        set: Fields,
    },
    /// A counter moved by `delta`, never below `floor`; needs no version, so fifty clerks at once don't conflict.
    Adjust {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
        field: String,
        delta: i64,
        floor: Option<i64>,
        refusal: Refusal,
    },
    /// The personal fields of a record that the handler saw at `version`, and what the trail and its papers hold of them.
    Erase {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
        version: i64,
    },
    /// What the signatures of a record that the handler saw at `version` stood for has changed: they are void, and whoever
    /// looked at it before has to look again.
    VoidSignOffs {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
        version: i64,
    },
    /// A condition on other rows that must hold when the changes are applied, too: how many answer `find`.
    Require { find: Find, at_least: u64, at_most: Option<u64>, refusal: Refusal },
    /// Word to everybody in a role at the site.
    Notice {
        role: String,
        key: String,
        #[serde(default)]
        args: Args,
        #[serde(default)]
        record: Option<RecordRef>,
    },
    /// Something for the clerk to do.
    Task {
        key: String,
        #[serde(default)]
        args: Args,
        #[serde(default)]
        record: Option<RecordRef>,
        #[serde(default)]
        due_on: Option<NaiveDate>,
    },
    /// A print of a form with its data as it is now, frozen.
    Paper {
        form: String,
        #[serde(default)]
        record: Option<RecordRef>,
        #[serde(default)]
        period: Option<Period>,
        data: Value,
    },
    /// The command stands only if somebody in one of `roles` signs for it.
    SignOff {
        #[serde(rename = "box")]
        sign_box: String,
        roles: Vec<String>,
        record: Option<RecordRef>,
        refusal: Refusal,
    },
    /// A part of a job that may be dropped without the rest: what was done for one item of `cx.each`.
    Part { item: Uuid, changes: Vec<Change> },
}

/// A span of days, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What stands for the number of a record that a handler has just inserted, until apply draws it.
///
/// The id is random, so no text of a user can imitate it.
pub fn pending_number(id: Uuid) -> String {
    format!("\u{27e8}{id}\u{27e9}")
}
