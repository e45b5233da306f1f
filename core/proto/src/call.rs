//! A call of a handler and its answer; the reads it may make meanwhile.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::change::{Change, Count, Period};
use crate::{Fault, Fields, Find};

/// What the host asks a plugin to do: one handler, with everything it may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub handler: Handler,
    pub context: Context,
}

/// Which function of the plugin, and what it is given. Records come as the flat objects of the API, `id` included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "handler", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Handler {
    /// Create a record of `type`; `fields` fit the type's `create` description, defaults filled in.
    Create {
        #[serde(rename = "type")]
        record_type: String,
        fields: Fields,
    },
    /// Change editable fields of a record (`PATCH`); `set` holds only what is to change.
    Change {
        #[serde(rename = "type")]
        record_type: String,
        record: Fields,
        set: Fields,
    },
    /// A verb on a record.
    Action {
        #[serde(rename = "type")]
        record_type: String,
        record: Fields,
        action: String,
        args: Fields,
    },
    /// A verb on the plugin.
    PluginAction { action: String, args: Fields },
    /// A job's sweep. `excluded` names items whose part could not be applied: `cx.each` leaves them out.
    Job {
        job: String,
        scheduled_for: DateTime<Utc>,
        #[serde(default)]
        excluded: Vec<Uuid>,
    },
    /// A box of a record has just been signed: what follows from it.
    SignedOff {
        #[serde(rename = "type")]
        record_type: String,
        record: Fields,
        #[serde(rename = "box")]
        sign_box: String,
    },
    /// The data of a form for one record or for a span of days; reads only.
    Paper {
        form: String,
        #[serde(default)]
        record: Option<Fields>,
        #[serde(default)]
        period: Option<Period>,
    },
    /// The question that tells what of `type` is due on a day; reads nothing.
    Due {
        #[serde(rename = "type")]
        record_type: String,
        due: String,
        on: NaiveDate,
    },
}

/// The circumstances of a call; the same through every re-run of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Context {
    pub site: SiteInfo,
    pub actor: Actor,
    /// When the host accepted the command.
    pub now: DateTime<Utc>,
    /// The business day: the site's date of `now`, or of a job's `scheduled_for`.
    pub today: NaiveDate,
    /// The plugin's settings at this site, defaults filled in.
    #[serde(default)]
    pub settings: Fields,
    /// Random bits from the host, from which the SDK makes the ids of new records.
    #[serde(default)]
    pub entropy: u64,
}

/// The store a call is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteInfo {
    pub id: String,
    pub name: String,
    /// IANA name, `Asia/Shanghai`.
    pub timezone: String,
}

/// Who acts: a user, `cli:<os user>`, or `job:<plugin>.<job>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub user: String,
    /// The name that papers and lists show.
    pub name: String,
    /// Roles held at the site.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// What a handler answers: changes to apply, and what the caller is told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub changes: Vec<Change>,
    /// The record that the handler returned, for create, change and actions.
    pub record: Option<RecordRef>,
    /// A paper's data, a [`DueQuestion`], or what a plugin action returns.
    pub value: Value,
    /// What a job did.
    pub outcome: Option<Outcome>,
    /// Items of `cx.each` whose part refused or failed in the handler.
    pub dropped: Vec<Dropped>,
}

/// Names a record inside an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRef {
    /// The full type, `letters.letter`.
    #[serde(rename = "type")]
    pub record_type: String,
    pub id: Uuid,
}

/// What a job did: a locale key and counts, never a sentence. Key `nothing-due` is the core's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    pub key: String,
    pub counts: Count,
}

/// An item of a job that was left out, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    pub item: Uuid,
    pub fault: Fault,
}

/// What of a type is due on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueQuestion {
    #[serde(flatten)]
    pub find: Find,
    /// How the day since when a record is due follows from it; without, it is due as things stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DueSince>,
}

/// A record is due from so many days after (negative: before) the day in one of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueSince {
    pub field: String,
    pub days: i64,
}

impl DueSince {
    /// The first day on which a record is due; none when its field is empty.
    pub fn of(&self, record: &Fields) -> Option<NaiveDate> {
        let day: NaiveDate = record.get(&self.field)?.as_str()?.parse().ok()?;
        day.checked_add_signed(TimeDelta::try_days(self.days)?)
    }
}

/// A read by a handler. The host binds it to the call's site and to one consistent view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Read {
    Get {
        #[serde(rename = "type")]
        record_type: String,
        id: Uuid,
    },
    Find(Find),
    Count(Find),
}

/// What a read found; `rows` for get and find, `count` for count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadAnswer {
    pub rows: Vec<Fields>,
    pub count: u64,
}

/// One line for the host's log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    pub target: String,
    pub message: String,
}
