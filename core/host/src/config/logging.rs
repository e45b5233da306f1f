//! `[logging]`: the diary of the desk.

use serde_json::{Value, json};
use toml::de::DeValue;

use super::section::{Section, Setting};
use super::values::words;

/// What is logged, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    pub filter: Filter,
    pub format: Format,
    /// Also into `data/logs`, a file a day.
    pub files: bool,
    /// Files older than this are removed.
    pub keep_days: u32,
}

/// Which lines: a level, or levels by module as `tracing` reads them: `info,deskbell::plugins=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How lines look on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Pretty,
    /// For collectors, an object a line.
    Json,
}

words!(Format { "pretty" => Format::Pretty, "json" => Format::Json });

impl Default for Logging {
    fn default() -> Self {
        Logging { filter: Filter("info".into()), format: Format::Pretty, files: true, keep_days: 30 }
    }
}

impl Logging {
    pub(crate) fn read(section: &mut Section<'_>) -> Logging {
        let default = Logging::default();
        Logging {
            filter: section.get("filter", "Which lines: error, warn, info, debug or trace, also by module", default.filter),
            format: section.get("format", "How lines look on the terminal", default.format),
            files: section.get("files", "Also into data/logs, a file a day", default.files),
            keep_days: section.get("keep_days", "Days that log files are kept", default.keep_days),
        }
    }
}

impl Setting for Filter {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["info", "info,deskbell::plugins=debug"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = String::read(value)?;
        let is_level = |word: &str| word.parse::<tracing::level_filters::LevelFilter>().is_ok();
        let is_directive = |part: &str| part.rsplit_once('=').map_or_else(|| is_level(part), |(_, level)| is_level(level));
        let holds = text.split(',').all(|part| is_directive(part.trim()));
        if holds { Ok(Filter(text)) } else { Err("error, warn, info, debug or trace, or levels by module".into()) }
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }
}
