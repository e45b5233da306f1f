//! `[database]`: where the records are kept.

use std::fmt;

use serde_json::{Value, json};
use toml::de::DeValue;
use toml_edit::DocumentMut;

use super::section::{Section, Setting};

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    pub url: DatabaseUrl,
    /// Connections for reads, beside the one writer.
    pub connections: u32,
}

/// `sqlite` for `data/deskbell.db`, or `postgres://…`. Its `Debug` and `config show` hide the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL with its password, for the store alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_sqlite(&self) -> bool {
        self.0 == "sqlite"
    }

    pub(crate) fn has_password(&self) -> bool {
        self.masked() != self.0
    }

    /// The URL for people: `postgres://desk:***@host/db`.
    pub fn masked(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return self.0.clone() };
        let Some((user, host)) = rest.rsplit_once('@') else { return self.0.clone() };
        match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:***@{host}"),
            None => self.0.clone(),
        }
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let after_scheme = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        match (text, after_scheme) {
            ("sqlite", _) => Ok(DatabaseUrl(text.to_owned())),
            (_, Some(rest)) if !rest.is_empty() => Ok(DatabaseUrl(text.to_owned())),
            _ => Err("\"sqlite\" or an address like \"postgres://user:password@host/database\"".into()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Default for Database {
    fn default() -> Self {
        Database { url: DatabaseUrl("sqlite".into()), connections: 16 }
    }
}

impl Database {
    pub(crate) fn read(section: &mut Section<'_>) -> Database {
        let default = Database::default();
        Database {
            url: section.get("url", "\"sqlite\" for data/deskbell.db, or postgres://…", default.url),
            connections: section.get("connections", "Connections for reads, beside the one writer", default.connections),
        }
    }
}

/// The text of `deskbell.toml` with another database in it, and everything else as it stands.
pub fn with_database(settings: &str, url: &str) -> String {
    let Ok(mut document) = settings.parse::<DocumentMut>() else { return settings.to_owned() };
    if document.get("database").and_then(|table| table.get("url")).and_then(|set| set.as_str()) != Some(url) {
        document["database"]["url"] = toml_edit::value(url);
    }
    document.to_string()
}

impl Setting for DatabaseUrl {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["sqlite", "postgres://desk@localhost/desk"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_str().unwrap_or_default().parse()
    }

    fn show(&self) -> Value {
        self.masked().into()
    }
}
