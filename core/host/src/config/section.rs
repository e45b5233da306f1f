//! Reads one table of `deskbell.toml` key by key, and remembers everything that it was asked for.
//!
//! A concern asks for each of its keys once, with its documentation and its default. From that alone follow the typed
//! value, the list of allowed names, `config show --origin` and the JSON schema, so none of them can go stale.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Source};

/// A value that a setting can have.
pub(crate) trait Setting: Sized {
    /// The JSON schema of its TOML spelling.
    fn schema() -> Value;
    /// Returns the value, or what it must be: "a time of day like \"21:30\"".
    fn read(value: &DeValue<'_>) -> Result<Self, String>;
    /// The value as `config show` prints it; secrets masked.
    fn show(&self) -> Value;
}

/// One key of the settings as it is in force.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Shown {
    /// `server.listen`
    pub key: String,
    pub value: Value,
    /// `default`, or where it is set: `deskbell.toml:9`.
    pub origin: String,
    pub doc: String,
}

/// What reading found out, beside the settings themselves.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) shown: Vec<Shown>,
    /// The schema of every table read, by its path (`""`, `server`, `sites`).
    pub(crate) schemas: BTreeMap<String, BTreeMap<&'static str, Value>>,
    /// A value could not be read, and its default may not be what the store means.
    pub(crate) is_unusable: bool,
}

/// One table while it is being read.
pub(crate) struct Section<'a> {
    path: String,
    table: Option<&'a DeTable<'a>>,
    source: &'a Source,
    findings: &'a mut Findings,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(crate) fn new(
        path: impl Into<String>,
        table: Option<&'a DeTable<'a>>,
        source: &'a Source,
        findings: &'a mut Findings,
    ) -> Self {
        Section { path: path.into(), table, source, findings, asked: Vec::new() }
    }

    /// Reads a key, or takes its default.
    pub(crate) fn get<T: Setting>(&mut self, key: &'static str, doc: &'static str, default: T) -> T {
        self.asked.push(key);
        let mut schema = T::schema();
        schema["description"] = doc.into();
        schema["default"] = default.show();
        self.findings.schemas.entry(self.path.clone()).or_default().insert(key, schema);

        let (value, origin) = match self.find(key) {
            None => (default, "default".to_owned()),
            Some((value, span)) => match T::read(value) {
                Ok(value) => (value, format!("{}:{}", self.source.name, self.source.place(span).line)),
                Err(wanted) => {
                    self.refuse(span, format!("`{}` must be {wanted}", self.full(key)));
                    (default, "default".to_owned())
                }
            },
        };
        self.findings.shown.push(Shown { key: self.full(key), value: value.show(), origin, doc: doc.to_owned() });
        value
    }

    /// Reads a table inside this one; a table that is not there is read as an empty one.
    pub(crate) fn within<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        self.asked.push(key);
        let table = self.find(key).and_then(|(value, span)| match value.as_table() {
            Some(table) => Some(table),
            None => {
                self.refuse(span, format!("`{}` must be a table, [{}]", self.full(key), self.full(key)));
                None
            }
        });
        let mut section = Section::new(self.full(key), table, self.source, self.findings);
        let read = read(&mut section);
        section.finish();
        read
    }

    /// The entries of a table whose names the store chooses, in the order of their names.
    pub(crate) fn entries(&mut self, key: &'static str) -> Vec<(String, Range<usize>, &'a DeValue<'a>, Range<usize>)> {
        self.asked.push(key);
        let Some((value, span)) = self.find(key) else { return Vec::new() };
        let Some(table) = value.as_table() else {
            self.refuse(span, format!("`{}` must be a table, [{}]", self.full(key), self.full(key)));
            return Vec::new();
        };
        table.iter().map(|(name, value)| (name.get_ref().to_string(), name.span(), value.get_ref(), value.span())).collect()
    }

    /// The tables of an array of tables, `[[sites]]`, if there is one.
    pub(crate) fn tables(&mut self, key: &'static str) -> Option<Vec<&'a DeTable<'a>>> {
        self.asked.push(key);
        let (value, span) = self.find(key)?;
        let tables: Option<Vec<_>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.get_ref().as_table()).collect());
        if tables.is_none() {
            self.refuse(span, format!("`{key}` must be a list of tables, [[{key}]]"));
        }
        tables
    }

    /// Reads another table of the same file with a concern's own function.
    pub(crate) fn read_table<T>(
        &mut self,
        path: impl Into<String>,
        table: Option<&'a DeTable<'a>>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut section = Section::new(path, table, self.source, self.findings);
        let read = read(&mut section);
        section.finish();
        read
    }

    /// Where a key of this table stands, for a problem that shows only later.
    pub(crate) fn span_of(&self, key: &str) -> Option<Range<usize>> {
        self.find(key).map(|(_, span)| span)
    }

    /// Notes a value that cannot be used.
    pub(crate) fn refuse(&mut self, span: Range<usize>, reason: String) {
        self.problem(Diagnostic::at("config.invalid_value", self.source, span, reason));
        self.findings.is_unusable = true;
    }

    pub(crate) fn problem(&mut self, problem: Diagnostic) {
        self.findings.problems.push(problem);
    }

    pub(crate) fn source(&self) -> &'a Source {
        self.source
    }

    /// Notes the keys that nobody asked for.
    pub(crate) fn finish(self) {
        let Some(table) = self.table else { return };
        for (name, _) in table {
            let written = name.get_ref().as_ref();
            if self.asked.contains(&written) {
                continue;
            }
            let place = if self.path.is_empty() { "at the top".to_owned() } else { format!("in [{}]", self.path) };
            let problem =
                Diagnostic::at("config.unknown_key", self.source, name.span(), format!("unknown key `{written}` {place}"))
                    .with_allowed(written, self.asked.iter().copied());
            self.findings.problems.push(problem);
        }
    }

    fn find(&self, key: &str) -> Option<(&'a DeValue<'a>, Range<usize>)> {
        let table = self.table?;
        let (_, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.get_ref(), value.span()))
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl Setting for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "text in quotation marks".into())
    }

    fn show(&self) -> Value {
        self.as_str().into()
    }
}

impl Setting for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "true or false".into())
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

impl Setting for u32 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1 })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let number = value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        number.filter(|number| *number > 0).ok_or_else(|| "a whole number, at least 1".into())
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

impl<T: Setting> Setting for Option<T> {
    fn schema() -> Value {
        T::schema()
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        T::read(value).map(Some)
    }

    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, Setting::show)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let items = value.as_array().ok_or_else(|| "a list in brackets".to_owned())?;
        let each = |wanted: String| format!("a list, each of it {wanted}");
        items.iter().map(|item| T::read(item.get_ref()).map_err(each)).collect()
    }

    fn show(&self) -> Value {
        self.iter().map(Setting::show).collect()
    }
}
