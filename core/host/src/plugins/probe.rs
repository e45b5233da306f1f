//! Asks a library once what it is, in a child process, before it becomes a plugin of the desk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deskbell_proto::{PROTOCOL, PluginDescription, ops};

use super::child_runner::ChildRunner;
use super::described;
use super::runner::{Lane, NoReads, Request, Runner};
use crate::config::Policy;

/// How long a plugin may take to describe itself, on a machine that starts everything at once.
const DESCRIBE_MAX: Duration = Duration::from_secs(20);

/// What a plugin says about itself, with its JSON; or everything for which no desk can be made of it.
pub(super) async fn describe(id: &str, library: &Path, policy: &Policy) -> Result<(PluginDescription, Vec<u8>), Vec<String>> {
    let probe = ChildRunner::new(id, library.to_owned(), policy.clone());
    let request = Request { op: ops::DESCRIBE, json: b"{}".to_vec(), lane: Lane::People, deadline: DESCRIBE_MAX };
    let json = probe.call(request, Arc::new(NoReads)).await.map_err(|failure| vec![failure.to_string()])?;
    let unreadable = |error: serde_json::Error| vec![format!("its description is unreadable: {error}")];
    let description: PluginDescription = serde_json::from_slice(&json).map_err(unreadable)?;
    if description.protocol != PROTOCOL {
        return Err(vec![format!("it describes itself in protocol {}; this host speaks {PROTOCOL}", description.protocol)]);
    }
    let faults = described::faults(&description);
    if faults.is_empty() { Ok((description, json)) } else { Err(faults) }
}
