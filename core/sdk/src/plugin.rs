//! A plugin as the host calls it: one description, and one handler a call.

use std::cell::RefCell;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};

use deskbell_proto::{Answer, Call, Fault, Fields, Handler, Period, PluginDescription};
use serde_json::Value;

use crate::cx::Core;
use crate::error::Error;
use crate::pending::{Pending, Reads};
use crate::record::Record;
use crate::register::{Handlers, Register};
use crate::settings::PluginSettings;

/// A plugin, ready to run in this process: what [`export_plugin!`](crate::export_plugin) hands to the host, and tests to
/// TestDesk.
pub struct Plugin {
    id: String,
    manifest: &'static str,
    description: PluginDescription,
    handlers: Handlers,
}

impl Plugin {
    /// Makes the plugin of a `plugin.toml` by its register function.
    ///
    /// # Panics
    /// When the manifest has no id, or the register function is wrong: a sentence for the author.
    pub fn new<S: PluginSettings>(manifest: &'static str, register: impl FnOnce(&mut Register<S>)) -> Self {
        let id = id_of(manifest).expect("plugin.toml begins with a line like: id = \"letters\"");
        let mut contents = Register::of_plugin(&id);
        register(&mut contents);
        let (description, handlers) = contents.finished();
        Plugin { id, manifest, description, handlers }
    }

    /// `letters`
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text of plugin.toml.
    pub fn manifest(&self) -> &'static str {
        self.manifest
    }

    /// Everything the plugin can do.
    pub fn description(&self) -> &PluginDescription {
        &self.description
    }

    /// Runs one handler.
    ///
    /// # Errors
    /// What the handler answered instead; a panic in it is [`Fault::Panicked`].
    pub fn run(&self, call: &Call, reads: &dyn Reads) -> Result<Answer, Fault> {
        caught(|| self.answer(call, reads)).unwrap_or_else(|message| Err(Fault::Panicked { message }))
    }

    fn answer(&self, call: &Call, reads: &dyn Reads) -> Result<Answer, Fault> {
        let excluded = match &call.handler {
            Handler::Job { excluded, .. } => excluded.as_slice(),
            _ => &[],
        };
        let core = Core {
            plugin: self,
            context: &call.context,
            reads,
            excluded,
            pending: RefCell::new(Pending::default()),
            n_ids: RefCell::new(0),
        };
        let mut answer = self.handle(&core, &call.handler)?;
        (answer.changes, answer.dropped) = core.pending.into_inner().into_changes();
        Ok(answer)
    }

    fn handle(&self, core: &Core<'_>, handler: &Handler) -> Result<Answer, Fault> {
        let of_record = |record| Answer { record: Some(record), ..Answer::default() };
        let of_value = |value| Answer { value, ..Answer::default() };
        let handlers = &self.handlers;
        match handler {
            Handler::Create { record_type, fields } => {
                let create =
                    handlers.creates.get(self.own(record_type)).ok_or_else(|| unsupported("way to create", record_type))?;
                Ok(of_record(create(core, fields)?))
            }
            Handler::Change { record_type, record, set } => {
                let change = handlers.changes.get(self.own(record_type)).ok_or_else(|| unsupported("type", record_type))?;
                Ok(of_record(change(core, record, set)?))
            }
            Handler::Action { record_type, record, action, args } => {
                let key = (self.own(record_type).to_owned(), action.clone());
                let run = handlers.actions.get(&key).ok_or_else(|| unsupported("action", action))?;
                Ok(of_record(run(core, record, args)?))
            }
            Handler::PluginAction { action, args } => {
                let run = handlers.plugin_actions.get(self.own(action)).ok_or_else(|| unsupported("action", action))?;
                Ok(of_value(run(core, args)?))
            }
            Handler::Job { job, .. } => {
                let run = handlers.jobs.get(self.own(job)).ok_or_else(|| unsupported("job", job))?;
                Ok(Answer { outcome: Some(run(core)?.0), ..Answer::default() })
            }
            Handler::SignedOff { record_type, record, sign_box } => {
                let key = (self.own(record_type).to_owned(), sign_box.clone());
                let then = handlers.sign_offs.get(&key).ok_or_else(|| unsupported("box", sign_box))?;
                Ok(of_record(then(core, record)?))
            }
            Handler::Paper { form, record, period } => Ok(of_value(self.paper_data(core, form, record.as_ref(), *period)?)),
            Handler::Due { record_type, due, on } => {
                let key = (self.own(record_type).to_owned(), due.clone());
                let question = handlers.dues.get(&key).ok_or_else(|| unsupported("due question", due))?;
                Ok(of_value(question(core, *on)?))
            }
            other => Err(unsupported("handler", &format!("{other:?}"))),
        }
    }

    pub(crate) fn paper_data(
        &self,
        core: &Core<'_>,
        form: &str,
        record: Option<&Fields>,
        period: Option<Period>,
    ) -> Result<Value, Error> {
        let paper = self.handlers.forms.get(self.own(form)).ok_or_else(|| unsupported("form", form))?;
        paper(core, record, period)
    }

    /// Says whether records of a type have numbers.
    pub(crate) fn numbers<R: Record>(&self) -> bool {
        self.description.types.iter().any(|described| described.name == R::TYPE_NAME && described.number.is_some())
    }

    /// A name without the plugin's id: both `letters.letter` and `letter` are understood.
    fn own<'n>(&self, name: &'n str) -> &'n str {
        name.strip_prefix(self.id.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
    }
}

fn unsupported(what: &str, name: &str) -> Fault {
    Fault::Unsupported { what: format!("{what} {name}") }
}

/// Runs a piece of the plugin, a panic in it being the error.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        // A payload's own drop may panic, too; that second payload is leaked rather than dropped.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        text.unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

/// The first `id = "…"` of a manifest, before any table.
fn id_of(manifest: &str) -> Option<String> {
    let top = manifest.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let value = top.filter_map(|line| line.strip_prefix("id")?.trim_start().strip_prefix('=')).next()?;
    let id = value.trim().strip_prefix('"')?.split('"').next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

impl Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({})", self.id)
    }
}
