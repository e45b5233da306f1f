//! `deskbell.toml` as typed settings, one struct a concern, and everything that is wrong in it.
//!
//! Reading never stops at the first fault: [`Settings::read`] returns what is good together with all problems. An unknown
//! key leaves the rest in force; a value of the desk's own tables that cannot be read makes the settings unusable, because
//! a default in its place might be another database. Not here: what a setting does.

mod backup;
mod database;
mod deliveries;
mod logging;
mod permissions;
mod plugin_tables;
mod printers;
mod retention;
mod runner;
pub(crate) mod section;
mod server;
mod site;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;
use std::path::Path;

use deskbell_proto::description::FieldDescription;
use serde_json::{Value, json};
use toml::de::DeTable;

pub use backup::Backups;
pub use database::{Database, DatabaseUrl, with_database};
pub use deliveries::{Delivery, Route, Secret, Smtp, Webhook};
pub use logging::{Filter, Format, Logging};
pub use permissions::{Permissions, ROLES};
pub use plugin_tables::PluginSettings;
pub use printers::{Printer, PrinterAddress};
pub use retention::Retention;
pub use runner::{Isolation, Policy, Runners};
pub use section::Shown;
pub use server::{Server, WebAddress};
pub use site::{Language, Site, is_site_id};
pub use values::parse_duration;
pub(crate) use values::words;

use crate::diagnostic::{Diagnostic, Source};
use plugin_tables::PluginTables;
use section::{Findings, Section};

/// The settings of a desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// At least one; with `[site]` exactly one.
    pub sites: Vec<Site>,
    pub server: Server,
    pub database: Database,
    pub runners: Runners,
    pub permissions: Permissions,
    pub logging: Logging,
    pub retention: Retention,
    pub backups: Backups,
    pub printers: Vec<Printer>,
    pub deliveries: Vec<Delivery>,
    plugins: PluginTables,
    source: Source,
}

/// Settings as they were read.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub settings: Settings,
    pub problems: Vec<Diagnostic>,
    /// Whether a desk may start on them.
    pub is_usable: bool,
    /// Every key in force with its origin, plugins' own aside.
    pub shown: Vec<Shown>,
}

impl Settings {
    /// Reads the settings of a home.
    pub fn load(file: &Path) -> Loaded {
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let mut loaded = Settings::read(Source::new("deskbell.toml", text));
                loaded.problems.extend(open_secret(file, &loaded.settings.database.url));
                loaded
            }
            Err(error) => {
                let problem = Diagnostic::in_file("config.unreadable", file, format!("cannot read the settings: {error}"))
                    .with_help("make a home with `deskbell init DIR`, or name one with --home");
                let mut loaded = Settings::read(Source::new("deskbell.toml", ""));
                loaded.problems.push(problem);
                loaded.is_usable = false;
                loaded
            }
        }
    }

    /// Reads settings from their text.
    pub fn read(source: Source) -> Loaded {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let mut findings = Findings::default();
        let settings = read_root(root.get_ref(), &source, &mut findings);
        if !errors.is_empty() {
            // Whatever else seems wrong follows from the broken line.
            let syntax = |error: toml::de::Error| {
                let reason = format!("not TOML: {}", error.message());
                Diagnostic::at("config.syntax", &source, error.span().unwrap_or_default(), reason)
            };
            findings.problems = errors.into_iter().map(syntax).collect();
            findings.is_unusable = true;
        }
        findings.problems.sort_by_key(|problem| problem.place.as_ref().map_or((0, 0), |place| (place.line, place.column)));
        Loaded { settings, problems: findings.problems, is_usable: !findings.is_unusable, shown: findings.shown }
    }

    pub fn site(&self, id: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == id)
    }

    /// A plugin's settings at every site, typed by what the plugin describes.
    pub fn plugin(&self, plugin: &str, described: &[FieldDescription]) -> PluginSettings {
        let sites: Vec<&str> = self.sites.iter().map(|site| site.id.as_str()).collect();
        self.plugins.typed(plugin, described, &sites, &self.source)
    }

    /// What only shows once the plugins are known: tables and permissions of plugins that are not there.
    pub fn check_names(&self, installed: &[&str], declared_permissions: &[String]) -> Vec<Diagnostic> {
        let mut problems = self.plugins.check(&self.source, installed);
        problems.extend(self.permissions.check(&self.source, declared_permissions));
        problems
    }

    /// The JSON schema of `deskbell.toml`; `plugins` are the described settings of those installed.
    pub fn schema(plugins: &[(&str, &[FieldDescription])]) -> Value {
        let source = Source::new(
            "deskbell.toml",
            "[runner.plugins.any]\n[[sites]]\nid = \"any\"\n[[printers]]\nname = \"any\"\n[[deliveries]]\nname = \"any\"\n",
        );
        let (root, _) = DeTable::parse_recoverable(&source.text);
        let mut findings = Findings::default();
        read_root(root.get_ref(), &source, &mut findings);
        let table = |path: &str| match findings.schemas.get(path) {
            Some(keys) => object(keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())).collect()),
            None => object(serde_json::Map::new()),
        };
        let plugin_tables = object(plugins.iter().map(|(id, described)| ((*id).to_owned(), plugin_schema(described))).collect());
        let mut site = table("sites");
        site["properties"]["plugins"] = plugin_tables.clone();
        let mut runner = table("runner");
        runner["properties"]["plugins"] = json!({ "type": "object", "additionalProperties": table("runner.plugins.any") });
        let roles = json!({ "type": "array", "items": { "enum": ROLES } });
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "deskbell.toml",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "site": site,
                "sites": { "type": "array", "items": site },
                "printers": { "type": "array", "items": table("printers") },
                "deliveries": { "type": "array", "items": table("deliveries") },
                "server": table("server"),
                "database": table("database"),
                "runner": runner,
                "logging": table("logging"),
                "retention": table("retention"),
                "backup": table("backup"),
                "permissions": { "type": "object", "additionalProperties": roles },
                "plugins": plugin_tables,
            },
        })
    }
}

fn read_root<'a>(root: &'a DeTable<'a>, source: &'a Source, findings: &'a mut Findings) -> Settings {
    let mut section = Section::new("", Some(root), source, findings);
    let mut plugins = PluginTables::default();
    let sites = read_sites(&mut section, &mut plugins);
    let server = section.within("server", Server::read);
    let database = section.within("database", Database::read);
    let runners = section.within("runner", Runners::read);
    let logging = section.within("logging", Logging::read);
    let retention = section.within("retention", Retention::read);
    let backups = section.within("backup", Backups::read);
    let printers = read_printers(&mut section, &sites);
    let deliveries = read_deliveries(&mut section, &sites);
    let permissions = Permissions::read(&mut section);
    plugins.read_for_all(&mut section);
    section.finish();
    Settings {
        sites,
        server,
        database,
        runners,
        permissions,
        logging,
        retention,
        backups,
        printers,
        deliveries,
        plugins,
        source: source.clone(),
    }
}

fn read_sites(section: &mut Section<'_>, plugins: &mut PluginTables) -> Vec<Site> {
    let one_at = section.span_of("site");
    let Some(tables) = section.tables("sites") else {
        let site = section.within("site", |section| {
            let site = Site::read(section);
            plugins.read_for_site(&site.id, section, "site.plugins");
            site
        });
        return vec![site];
    };
    if let Some(span) = one_at {
        section.refuse(span, "a desk has either one [site] or many [[sites]], not both".into());
    }
    // The key is known all the same, so that it is not called unknown on top.
    section.entries("site");
    let mut sites: Vec<Site> = Vec::new();
    for table in tables {
        let site = section.read_table("sites", Some(table), |section| {
            let site = Site::read(section);
            if sites.iter().any(|other| other.id == site.id) {
                let span = section.span_of("id").unwrap_or_default();
                section.refuse(span, format!("two sites have the id \"{}\"", site.id));
            }
            plugins.read_for_site(&site.id, section, &format!("sites.{}.plugins", site.id));
            site
        });
        sites.push(site);
    }
    let mut seen = BTreeSet::new();
    sites.retain(|site| seen.insert(site.id.clone()));
    if sites.is_empty() { vec![Site::default()] } else { sites }
}

fn read_printers(section: &mut Section<'_>, sites: &[Site]) -> Vec<Printer> {
    let known_sites: Vec<String> = sites.iter().map(|site| site.id.clone()).collect();
    let mut printers: Vec<Printer> = Vec::new();
    for table in section.tables("printers").unwrap_or_default() {
        let printer = section.read_table("printers", Some(table), |section| {
            let printer = Printer::read(section, &known_sites)?;
            if printers.iter().any(|other| other.name == printer.name) {
                let span = section.span_of("name").unwrap_or_default();
                section.refuse(span, format!("two printers have the name \"{}\"", printer.name));
                return None;
            }
            Some(printer)
        });
        printers.extend(printer);
    }
    printers
}

fn read_deliveries(section: &mut Section<'_>, sites: &[Site]) -> Vec<Delivery> {
    let known_sites: Vec<String> = sites.iter().map(|site| site.id.clone()).collect();
    let mut deliveries: Vec<Delivery> = Vec::new();
    for table in section.tables("deliveries").unwrap_or_default() {
        let delivery = section.read_table("deliveries", Some(table), |section| {
            let delivery = Delivery::read(section, &known_sites)?;
            if deliveries.iter().any(|other| other.name == delivery.name) {
                let span = section.span_of("name").unwrap_or_default();
                section.refuse(span, format!("two deliveries have the name \"{}\"", delivery.name));
                return None;
            }
            Some(delivery)
        });
        deliveries.extend(delivery);
    }
    deliveries
}

fn object(properties: serde_json::Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn plugin_schema(described: &[FieldDescription]) -> Value {
    use deskbell_proto::value::FieldKind;
    let property = |field: &FieldDescription| {
        let mut schema = match &field.kind {
            FieldKind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            FieldKind::Fen => json!({ "type": "integer" }),
            FieldKind::Bool => json!({ "type": "boolean" }),
            FieldKind::Choice { values } => json!({ "enum": values }),
            _ => json!({ "type": "string" }),
        };
        if let Some(keys) = schema.as_object_mut() {
            keys.retain(|_, value| !value.is_null());
        }
        schema["description"] = field.doc.as_str().into();
        schema["default"] = field.default.clone().unwrap_or(Value::Null);
        (field.name.clone(), schema)
    };
    object(described.iter().map(property).collect())
}

/// A password that everybody on the machine can read.
fn open_secret(file: &Path, url: &DatabaseUrl) -> Option<Diagnostic> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    let is_open = url.has_password() && mode & 0o044 != 0;
    is_open.then(|| {
        Diagnostic::in_file("config.open_secret", file, "everybody on this machine can read the database's password")
            .with_help(format!("chmod 600 {}", file.display()))
            .as_warning()
    })
}
