//! What the CLI needs beyond the public API, over the desk's socket or in its own process; never over TCP.
//!
//! Whoever gets here owns the desk's files. With `--as USER` the user's own rights hold all the same.

pub(crate) mod audit;
pub(crate) mod desk;
pub(crate) mod forms;
pub(crate) mod jobs;
pub(crate) mod people;
pub(crate) mod plugins;
pub(crate) mod records;
