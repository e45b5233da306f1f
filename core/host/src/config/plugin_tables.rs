//! `[plugins.<id>]` and, for one store, `[sites.plugins.<id>]`: settings that a plugin describes and the host only checks.

use std::collections::BTreeMap;
use std::ops::Range;

use deskbell_proto::Fields;
use deskbell_proto::description::FieldDescription;
use deskbell_proto::value::Misfit;
use serde_json::Value;
use toml::de::DeValue;

use super::section::{Section, Shown};
use crate::diagnostic::{Diagnostic, Source};

/// The tables of the plugins as they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PluginTables {
    /// By plugin.
    for_all: BTreeMap<String, Table>,
    /// By site, then by plugin.
    for_site: BTreeMap<String, BTreeMap<String, Table>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Table {
    /// `plugins.letters`, as it is named in messages.
    path: String,
    name_at: Range<usize>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    name_at: Range<usize>,
    value: Value,
    value_at: Range<usize>,
}

/// A plugin's settings at every site, defaults filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PluginSettings {
    pub by_site: BTreeMap<String, Fields>,
    /// What was wrong; the default is in force there.
    pub problems: Vec<Diagnostic>,
    pub shown: Vec<Shown>,
}

impl PluginTables {
    pub(super) fn read_for_all(&mut self, section: &mut Section<'_>) {
        self.for_all = read_tables(section, "plugins");
    }

    pub(super) fn read_for_site(&mut self, site: &str, section: &mut Section<'_>, path: &str) {
        self.for_site.insert(site.to_owned(), read_tables(section, path));
    }

    /// Types a plugin's tables by what the plugin says it takes.
    pub(super) fn typed(&self, plugin: &str, described: &[FieldDescription], sites: &[&str], source: &Source) -> PluginSettings {
        let mut settings = PluginSettings::default();
        let mut common = defaults(described);
        settings.shown = described.iter().map(|field| shown_default(plugin, field)).collect();
        if let Some(table) = self.for_all.get(plugin) {
            table.overlay(described, &mut common, source, &mut settings);
        }
        for site in sites {
            let mut fields = common.clone();
            if let Some(table) = self.for_site.get(*site).and_then(|tables| tables.get(plugin)) {
                table.overlay(described, &mut fields, source, &mut settings);
            }
            settings.by_site.insert((*site).to_owned(), fields);
        }
        settings
    }

    /// Tables of plugins that are not installed.
    pub(super) fn check(&self, source: &Source, installed: &[&str]) -> Vec<Diagnostic> {
        let all = self.for_all.iter().chain(self.for_site.values().flatten());
        let unknown = all.filter(|(plugin, _)| !installed.contains(&plugin.as_str()));
        let problem = |(plugin, table): (&String, &Table)| {
            let reason = format!("[{}] sets a plugin that is not installed", table.path);
            Diagnostic::at("config.unknown_plugin", source, table.name_at.clone(), reason)
                .with_allowed(plugin, installed.iter().copied())
        };
        unknown.map(problem).collect()
    }
}

impl Table {
    /// Puts what the table sets over `fields`; what does not fit is noted and leaves them as they were.
    fn overlay(&self, described: &[FieldDescription], fields: &mut Fields, source: &Source, settings: &mut PluginSettings) {
        for entry in &self.entries {
            let written = entry.name.as_str();
            let Some(field) = described.iter().find(|field| field.name == written) else {
                let reason = format!("unknown key `{written}` in [{}]", self.path);
                let problem = Diagnostic::at("config.unknown_key", source, entry.name_at.clone(), reason)
                    .with_allowed(written, described.iter().map(|field| field.name.as_str()));
                settings.problems.push(problem);
                continue;
            };
            match field.kind.canonical(&entry.value) {
                Ok(value) => {
                    let origin = format!("{}:{}", source.name, source.place(entry.value_at.clone()).line);
                    let key = format!("{}.{written}", self.path);
                    settings.shown.retain(|shown| shown.key != key);
                    settings.shown.push(Shown { key, value: value.clone(), origin, doc: field.doc.clone() });
                    fields.insert(field.name.clone(), value);
                }
                Err(misfit) => {
                    let reason = format!("`{}.{written}` {}", self.path, explain(&misfit));
                    let kept = fields.get(written).unwrap_or(&Value::Null);
                    let problem = Diagnostic::at("config.invalid_value", source, entry.value_at.clone(), reason)
                        .with_note(format!("meanwhile {kept} is in force"));
                    settings.problems.push(problem);
                }
            }
        }
    }
}

fn read_tables(section: &mut Section<'_>, path: &str) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    for (plugin, name_at, value, span) in section.entries("plugins") {
        let path = format!("{path}.{plugin}");
        match value.as_table() {
            Some(table) => {
                let entries = table.iter().map(|(name, value)| Entry {
                    name: name.get_ref().to_string(),
                    name_at: name.span(),
                    value: as_json(value.get_ref()),
                    value_at: value.span(),
                });
                tables.insert(plugin, Table { path, name_at, entries: entries.collect() });
            }
            None => section.refuse(span, format!("`{path}` must be a table, [{path}]")),
        }
    }
    tables
}

fn defaults(described: &[FieldDescription]) -> Fields {
    let value = |field: &FieldDescription| (field.name.clone(), field.default.clone().unwrap_or(Value::Null));
    described.iter().map(value).collect()
}

fn shown_default(plugin: &str, field: &FieldDescription) -> Shown {
    let value = field.default.clone().unwrap_or(Value::Null);
    Shown { key: format!("plugins.{plugin}.{}", field.name), value, origin: "default".into(), doc: field.doc.clone() }
}

/// The value as the protocol spells it; what JSON lacks becomes text, which then does not fit.
fn as_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(yes) => (*yes).into(),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => number.into(),
            Err(_) => number.as_str().into(),
        },
        DeValue::Float(number) => number.as_str().into(),
        DeValue::Datetime(at) => at.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| as_json(item.get_ref())).collect(),
        DeValue::Table(_) => Value::Object(Fields::new()),
    }
}

/// What a value must be, in English for store IT.
fn explain(misfit: &Misfit) -> String {
    let arg = |name: &str| misfit.args.iter().find(|(arg, _)| *arg == name).map_or("", |(_, value)| value);
    match misfit.code {
        "number-too-small" => format!("must be at least {}", arg("min")),
        "number-too-large" => format!("must be at most {}", arg("max")),
        "not-a-number" => "must be a whole number".into(),
        "not-a-bool" => "must be true or false".into(),
        "not-a-text" => "must be text in quotation marks".into(),
        "not-a-day" => "must be a day like 2026-11-24".into(),
        "not-an-instant" => "must be an instant like 2026-11-24T09:30:00+08:00".into(),
        "not-a-choice" => format!("must be one of {}", arg("allowed")),
        "text-too-long" => format!("must have at most {} characters", arg("max")),
        code => format!("does not fit: {code}"),
    }
}
