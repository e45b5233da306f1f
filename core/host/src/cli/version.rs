//! `version`: what this is, for bug reports.

use clap::Args;
use serde_json::json;

use super::console::Console;
use super::failure::Failure;

/// Prints the version of the host and of the protocol it speaks with plugins.
#[derive(Debug, Args)]
pub(crate) struct Version {}

impl Version {
    pub(crate) fn run(self, console: &Console) -> Result<(), Failure> {
        let (version, protocol) = (env!("CARGO_PKG_VERSION"), deskbell_proto::PROTOCOL);
        if console.wants_json() {
            console.print_json(&json!({ "version": version, "protocol": protocol }));
        } else {
            console.print(format!("deskbell {version} (protocol {protocol})"));
        }
        Ok(())
    }
}
