//! Plugins: packages on disk, trust, preflight, the runner that calls them, and quarantine.
//!
//! From a package to an answer: [`Package`] reads the files, `install` puts them into the home and remembers their hashes,
//! `preflight` checks a library before any of its code can run, [`Registry`] opens what passed, and a [`Runner`] calls it:
//! in a child process ([`child`] is its inside) unless the settings say otherwise.
//! Not here: what a plugin's answer means (`desk`), its tables (`store`), its forms and schedules (`forms`, `jobs`).

mod build;
pub mod child;
mod child_runner;
mod described;
mod frames;
mod in_process;
mod inspect;
mod install;
mod manifest;
mod package;
mod plugin;
mod preflight;
mod probe;
mod registry;
mod runner;

pub use build::{BuildFailure, build, is_crate};
pub use child_runner::ChildRunner;
pub use in_process::InProcessRunner;
pub use inspect::{Inspected, inspect};
pub use install::{Downgrade, Installed, Previous, Record, install};
pub(crate) use manifest::library_name;
pub use manifest::{Manifest, Use};
pub use package::{Origin, Package};
pub use plugin::Plugin;
pub use registry::{Registry, State, Status};
pub use runner::{ANSWER_MAX, CallFailure, Lane, NoReads, Reads, Request, Runner};
