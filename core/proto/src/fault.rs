//! What can go wrong in a plugin, as a code with arguments; the sentence for people comes from the locales.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Arguments of a locale sentence, in the spelling they print in.
pub type Args = BTreeMap<String, String>;

/// Why a call ended without an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// A desk rule says no.
    Refused(Refusal),
    /// The input is wrong, field by field.
    Invalid { errors: Vec<FieldFault> },
    /// No such record at this site.
    NotFound { what: String },
    /// The plugin's code panicked and the SDK caught it.
    Panicked { message: String },
    /// The plugin does not know this op, type, action, job or form.
    Unsupported { what: String },
    /// The host could not answer a read; the host knows why.
    Unavailable { message: String },
    /// Anything else, in English for the log.
    Failed { message: String },
}

/// A refusal by a rule: `L2` and the key of its sentence, `refused-proxy-needs-duty-manager`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    pub rule: String,
    pub key: String,
    pub args: Args,
}

/// What is wrong with one field; the key's sentence is looked up in the plugin's locale, then in the core's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldFault {
    pub field: String,
    pub key: String,
    pub args: Args,
}

impl std::fmt::Display for Fault {
    /// English for logs; people read the locale's sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Refused(refusal) => write!(f, "refused by rule {}: {}", refusal.rule, refusal.key),
            Fault::Invalid { errors } => {
                let fields: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.key)).collect();
                write!(f, "invalid input: {}", fields.join(", "))
            }
            Fault::NotFound { what } => write!(f, "no {what}"),
            Fault::Panicked { message } => write!(f, "the plugin panicked: {message}"),
            Fault::Unsupported { what } => write!(f, "the plugin has no {what}"),
            Fault::Unavailable { message } => write!(f, "the store could not answer: {message}"),
            Fault::Failed { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for Fault {}
