//! Asking a plugin: the circumstances of a call, the reads it may make, and what a failure means to the caller.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use deskbell_proto::{Actor, Answer, Call, Context, Fault, Handler, Read, ReadAnswer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::sites::Site;
use crate::plugins::{CallFailure, Plugin, Reads};
use crate::problem::{Code, Problem};
use crate::store::View;

/// What stays the same through every re-run of a command.
#[derive(Debug, Clone)]
pub(crate) struct Circumstances {
    pub site: Arc<Site>,
    pub actor: Actor,
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    pub entropy: u64,
    pub deadline: Duration,
}

/// Runs one handler of a plugin against a view; afterwards the view is given up.
pub(crate) async fn ask(plugin: &Plugin, handler: Handler, view: View, circumstances: &Circumstances) -> Result<Answer, Problem> {
    let site = &circumstances.site;
    let call = Call {
        handler,
        context: Context {
            site: site.info.clone(),
            actor: circumstances.actor.clone(),
            now: circumstances.now,
            today: circumstances.today,
            settings: site.settings(&plugin.manifest.id),
            entropy: circumstances.entropy,
        },
    };
    let reads = Arc::new(ViewReads {
        view,
        site: site.info.id.clone(),
        own_types: format!("{}.", plugin.manifest.id),
        trouble: Mutex::new(None),
    });
    let answer = plugin.run(&call, reads.clone(), circumstances.deadline).await;
    answer.map_err(|failure| {
        let trouble = reads.trouble.lock().take();
        trouble.unwrap_or_else(|| problem_of(&plugin.manifest.id, failure))
    })
}

/// A call's reads, bound to its site, to its plugin's own types and to one view.
struct ViewReads {
    view: View,
    site: String,
    /// `letters.`
    own_types: String,
    /// The store's own problem, kept because the plugin only sees that something was unavailable.
    trouble: Mutex<Option<Problem>>,
}

impl Reads for ViewReads {
    fn read(&self, read: Read) -> BoxFuture<'_, Result<ReadAnswer, Fault>> {
        async move {
            let record_type = match &read {
                Read::Get { record_type, .. } => record_type,
                Read::Find(find) | Read::Count(find) => &find.record_type,
                _ => return Err(Fault::Unsupported { what: "such a read".to_owned() }),
            };
            if !record_type.starts_with(&self.own_types) {
                return Err(Fault::Unsupported { what: format!("access to {record_type}: a plugin reads its own types") });
            }
            self.view.read(&self.site, &read).await.map_err(|problem| {
                let fault = Fault::Unavailable { message: problem.detail.clone() };
                *self.trouble.lock() = Some(problem);
                fault
            })
        }
        .boxed()
    }
}

/// What a failed call means to whoever asked.
fn problem_of(plugin: &str, failure: CallFailure) -> Problem {
    let detail = format!("{plugin}: {failure}");
    match failure {
        CallFailure::Fault(Fault::Refused(refusal)) => Problem::refused(plugin, refusal),
        CallFailure::Fault(Fault::Invalid { errors }) => Problem::invalid(Some(plugin), errors),
        CallFailure::Fault(Fault::NotFound { what }) => Problem::not_found(what),
        CallFailure::Fault(Fault::Unavailable { .. }) => Problem::new(Code::StorageUnavailable, detail).with_retry_after(1),
        CallFailure::Fault(_) => Problem::new(Code::PluginPanicked, detail),
        CallFailure::Crashed { .. } | CallFailure::Unusable { .. } | CallFailure::Garbled { .. } => {
            Problem::new(Code::PluginCrashed, detail)
        }
        CallFailure::TimedOut { .. } => Problem::new(Code::PluginTimeout, detail),
        CallFailure::Quarantined { .. } => Problem::new(Code::PluginQuarantined, detail),
        CallFailure::Busy { .. } => Problem::new(Code::Overloaded, detail).with_retry_after(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_proto::Refusal;

    #[test]
    fn every_failure_has_the_contracts_code() {
        let check = |failure: CallFailure, code: Code| assert_eq!(problem_of("letters", failure).code, code);
        check(Fault::Refused(Refusal::default()).into(), Code::RuleRefused);
        check(Fault::Invalid { errors: Vec::new() }.into(), Code::ValidationFailed);
        check(Fault::Panicked { message: "x".into() }.into(), Code::PluginPanicked);
        check(CallFailure::Crashed { how: "signal 11".into() }, Code::PluginCrashed);
        check(CallFailure::Garbled { why: "not JSON".into() }, Code::PluginCrashed);
        check(CallFailure::TimedOut { deadline: Duration::from_secs(5) }, Code::PluginTimeout);
        check(CallFailure::Quarantined { why: "x".into() }, Code::PluginQuarantined);
    }
}
