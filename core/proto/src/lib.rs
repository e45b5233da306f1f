//! What crosses the boundary between host and plugin, as JSON.
//!
//! The host asks with an op and a JSON body, the plugin answers with JSON; reads go the other way over the same pair of
//! calls. A field may be added here when it has a default, so that a new host runs old plugins and an old host new ones.
//! Nothing here knows a database, a clock, a runtime or a page.

pub mod call;
pub mod change;
pub mod description;
pub mod fault;
pub mod filter;
pub mod ledger;
pub mod typeset;
pub mod value;

pub use call::{
    Actor, Answer, Call, Context, Dropped, DueQuestion, DueSince, Handler, Outcome, Read, ReadAnswer, RecordRef, SiteInfo,
};
pub use change::{Change, Count, Period};
pub use description::PluginDescription;
pub use fault::{Fault, FieldFault, Refusal};
pub use filter::{Condition, Filter, Find, Operator, Sort};

/// The version of this protocol. A plugin built for another one is refused before its library is opened.
pub const PROTOCOL: u32 = 1;

/// A record, the arguments of an action or the data of a paper: one flat JSON object.
pub type Fields = serde_json::Map<String, serde_json::Value>;

/// The names of the ops of the boundary: what `call(op, json)` may be asked.
pub mod ops {
    /// Host to plugin: `{}` is answered with a [`PluginDescription`](crate::PluginDescription).
    pub const DESCRIBE: &str = "describe";
    /// Host to plugin: a [`Call`](crate::Call) is answered with an [`Answer`](crate::Answer) or a [`Fault`](crate::Fault).
    pub const RUN: &str = "run";
    /// Plugin to host, only while a call runs: a [`Read`](crate::Read) is answered with a [`ReadAnswer`](crate::ReadAnswer).
    pub const READ: &str = "read";
    /// Plugin to host, at any time: one line for the host's log ([`LogLine`](crate::call::LogLine)), answered with `null`.
    pub const LOG: &str = "log";
}
