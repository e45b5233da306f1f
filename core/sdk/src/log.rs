//! The plugin's log: a library has a `tracing` dispatcher and a panic hook of its own, and both send to the host.

use std::fmt::{Debug, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;

use deskbell_abi::HostCalls;
use deskbell_proto::call::LogLine;
use deskbell_proto::ops;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Sends events and panics of this library to the host, from now on.
///
/// A second call is of no effect but for the panic hook: the library's first host lives as long as the process.
pub(crate) fn forward_to(host: Arc<dyn HostCalls>) {
    let to_hook = host.clone();
    std::panic::set_hook(Box::new(move |panic| send(to_hook.as_ref(), &panic_line(panic))));
    drop(tracing::subscriber::set_global_default(Forward { host }));
}

fn send(host: &dyn HostCalls, line: &LogLine) {
    let body = serde_json::to_vec(line).unwrap_or_default();
    // A log that can't be told has nowhere else to go.
    drop(host.call(ops::LOG, &body));
}

fn panic_line(panic: &PanicHookInfo<'_>) -> LogLine {
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    LogLine { level: "error".to_owned(), target: "panic".to_owned(), message: format!("panicked at {place}: {message}") }
}

struct Forward {
    host: Arc<dyn HostCalls>,
}

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        let level = metadata.level().as_str().to_ascii_lowercase();
        send(self.host.as_ref(), &LogLine { level, target: metadata.target().to_owned(), message: text.message + &text.fields });
    }

    // Spans are the host's: it knows the command that a call belongs to.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// An event as one line: the message, then ` name=value` for each field.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("writing to a string does not fail");
    }
}
