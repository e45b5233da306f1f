//! TestDesk: a whole desk in memory with the clock in hand, to test a plugin's rules in a millisecond each.
//!
//! It takes the road of the real desk — permissions, input checks, the handler, sign-offs, apply, re-runs — over a store in
//! memory, and refuses whatever the real one would refuse: [`conformance`] holds the two together. What it does not do:
//! set paper, keep an audit chain, speak HTTP, read schedules.
//!
//! ```no_run
//! # fn plugin() -> deskbell_sdk::Plugin { unreachable!() }
//! use deskbell_testkit::{TestDesk, json};
//!
//! let mut desk = TestDesk::new(plugin()); // in a plugin's tests: crate::plugin()
//! desk.on("2026-11-01");
//! let letter = desk.create("letter", json!({"addressee": "李雷", "kind": "letter", "destination": "other"})).number();
//! desk.on("2026-11-05");
//! desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).done();
//! desk.act("letter", &letter, "collect", json!({"collected_by": "李雷"})).refused_by("L2");
//! ```

pub mod conformance;
mod desk;
mod reply;
mod script;
mod sentences;
mod store;

pub use desk::TestDesk;
pub use reply::{Problem, Reply};
pub use serde_json::{Value, json};
pub use store::{HistoryEntry, MadePaper, Message};
