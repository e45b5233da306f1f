//! `[[deliveries]]`: who is told of notices outside the desk, by mail or by a chat service's webhook.

use std::fmt;

use axum::http::Uri;
use lettre::message::Mailbox;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::permissions::ROLES;
use super::section::{Section, Setting};
use super::site::Language;
use super::values::words;
use crate::diagnostic::{Diagnostic, nearest};

/// A way for notices out of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub name: String,
    pub route: Route,
    /// The roles whose notices go there; none named, all.
    pub roles: Vec<String>,
    /// The sites it is for; none named, all.
    pub sites: Vec<String>,
    /// The language of what it says; the site's own, unless it is set.
    pub language: Option<Language>,
}

/// Where a delivery goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Smtp(Smtp),
    Webhook(Webhook),
}

/// A mail server, and who gets the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    /// TLS from the first byte; otherwise it begins with STARTTLS where the server offers that.
    pub is_tls: bool,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    /// Sent only over TLS.
    pub login: Option<(String, Secret)>,
    /// What the server's own certificate is checked with, in DER.
    pub certificate: Option<Vec<u8>>,
}

/// An address that takes JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    /// What signs the body.
    pub secret: Option<Secret>,
    /// What the server's own certificate is checked with, in DER.
    pub certificate: Option<Vec<u8>>,
}

/// What nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Smtp,
    Webhook,
}

words!(Kind { "smtp" => Kind::Smtp, "webhook" => Kind::Webhook });

/// The keys of a delivery as they are written, before they are put together.
struct Written {
    url: Option<Uri>,
    from: Option<Mailbox>,
    to: Vec<Mailbox>,
    user: Option<String>,
    secret: Option<Secret>,
    certificate: Option<Vec<u8>>,
}

impl Delivery {
    /// Reads one delivery; none where it has no name, kind or address to speak of.
    pub(crate) fn read(section: &mut Section<'_>, known_sites: &[String]) -> Option<Delivery> {
        let name = section.get("name", "Names the delivery in `doctor` and in the log", String::new());
        let kind = section.get("kind", "What takes the notices: smtp or webhook", None::<Kind>);
        let url = section.get("url", "Where it is: smtp://, smtps://, http:// or https://", None::<Uri>);
        let from = section.get("from", "The sender of the mail", None::<Mailbox>);
        let to = section.get("to", "Who gets the mail; each a message of their own", Vec::<Mailbox>::new());
        let user = section.get("user", "The account at the mail server, if it wants one", None::<String>);
        let secret = section.get("secret_file", "A file with the account's password, or what signs a webhook", None::<String>);
        let certificate = section.get("certificate", "A DER file with the server's own certificate", None::<String>);
        let roles = section.get("roles", "The roles whose notices go there; all, if none is named", Vec::<String>::new());
        let sites = section.get("sites", "The sites it is for; all, if none is named", Vec::<String>::new());
        let language =
            section.get("language", "The language of what it says; the site's first, if none is named", None::<Language>);
        if name.is_empty() {
            return refuse(section, "kind", "a delivery needs a `name`".into());
        }
        check_names(section, &name, &roles, &sites, known_sites);
        let secret = secret.and_then(|file| read_secret(section, &file));
        let certificate = certificate.and_then(|file| read_file(section, "certificate", &file));
        let written = Written { url, from, to, user, secret, certificate };
        let route = match kind {
            Some(Kind::Smtp) => Route::Smtp(written.smtp(section, &name)?),
            Some(Kind::Webhook) => Route::Webhook(written.webhook(section, &name)?),
            // A wrong one has been told already.
            None if section.span_of("kind").is_some() => return None,
            None => return refuse(section, "name", format!("the delivery \"{name}\" needs a `kind`: smtp or webhook")),
        };
        Some(Delivery { name, route, roles, sites, language })
    }

    /// Says whether it takes a notice for a role at a site.
    pub fn takes(&self, role: &str, site: &str) -> bool {
        let has = |list: &[String], wanted: &str| list.is_empty() || list.iter().any(|own| own == wanted);
        has(&self.roles, role) && has(&self.sites, site)
    }

    /// Whom each message is for: every address of a mail, or nobody in particular.
    pub fn recipients(&self) -> Vec<String> {
        match &self.route {
            Route::Smtp(smtp) => smtp.to.iter().map(|mailbox| mailbox.email.to_string()).collect(),
            Route::Webhook(_) => vec![String::new()],
        }
    }
}

impl Written {
    fn smtp(self, section: &mut Section<'_>, name: &str) -> Option<Smtp> {
        let (Some(url), true) = (self.url, self.from.is_some() && !self.to.is_empty()) else {
            return missing(section, &["url", "from", "to"], format!("the delivery \"{name}\" needs `url`, `from` and `to`"));
        };
        let (is_tls, port) = match url.scheme_str() {
            Some("smtp") => (false, 25),
            Some("smtps") => (true, 465),
            _ => return refuse(section, "url", "`deliveries.url` must be smtp://host or smtps://host for mail".into()),
        };
        let login = match (self.user, self.secret) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user, password)),
            _ => {
                return missing(
                    section,
                    &["user", "secret_file"],
                    format!("\"{name}\" needs both `user` and `secret_file`, or neither"),
                );
            }
        };
        let (host, port) = (url.host().unwrap_or_default().to_owned(), url.port_u16().unwrap_or(port));
        Some(Smtp { host, port, is_tls, from: self.from?, to: self.to, login, certificate: self.certificate })
    }

    fn webhook(self, section: &mut Section<'_>, name: &str) -> Option<Webhook> {
        if let Some(key) = ["from", "to", "user"].into_iter().find(|key| section.span_of(key).is_some()) {
            return refuse(section, key, format!("`{key}` is for mail; the delivery \"{name}\" is a webhook"));
        }
        let Some(url) = self.url else {
            return missing(section, &["url"], format!("the delivery \"{name}\" needs a `url`"));
        };
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return refuse(section, "url", "`deliveries.url` must be http:// or https:// for a webhook".into());
        }
        Some(Webhook { url: url.to_string(), secret: self.secret, certificate: self.certificate })
    }
}

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn refuse<T>(section: &mut Section<'_>, key: &str, reason: String) -> Option<T> {
    let span = section.span_of(key).unwrap_or_default();
    section.refuse(span, reason);
    None
}

/// Refuses at the delivery's name, unless one of the keys is there and was told to be wrong.
fn missing<T>(section: &mut Section<'_>, keys: &[&str], reason: String) -> Option<T> {
    let is_told = keys.iter().all(|key| section.span_of(key).is_some());
    if is_told { None } else { refuse(section, "name", reason) }
}

fn check_names(section: &mut Section<'_>, name: &str, roles: &[String], sites: &[String], known_sites: &[String]) {
    if let Some(site) = sites.iter().find(|site| !known_sites.contains(site)) {
        let _ = refuse::<()>(section, "sites", format!("the delivery \"{name}\" is for the site \"{site}\", which there is not"));
    }
    if let Some(role) = roles.iter().find(|role| !ROLES.contains(&role.as_str())) {
        let help = nearest(role, ROLES).map(|role| format!("; did you mean `{role}`?")).unwrap_or_default();
        let _ = refuse::<()>(section, "roles", format!("there is no role `{role}`{help}"));
    }
}

fn read_secret(section: &mut Section<'_>, file: &str) -> Option<Secret> {
    use std::os::unix::fs::PermissionsExt;
    let text = String::from_utf8(read_file(section, "secret_file", file)?).unwrap_or_default();
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return refuse(section, "secret_file", format!("{file} holds no text"));
    }
    if std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0) {
        let span = section.span_of("secret_file").unwrap_or_default();
        let problem =
            Diagnostic::at("config.open_secret", section.source(), span, format!("everybody on this machine can read {file}"));
        section.problem(problem.with_help(format!("chmod 600 {file}")).as_warning());
    }
    Some(Secret(secret.to_owned()))
}

/// Reads a file that a key names.
pub(super) fn read_file(section: &mut Section<'_>, key: &str, file: &str) -> Option<Vec<u8>> {
    match std::fs::read(file) {
        Ok(bytes) => Some(bytes),
        Err(error) => refuse(section, key, format!("{file} cannot be read: {error}")),
    }
}

impl Setting for Mailbox {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["Service desk <desk@mall.example>"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "a mail address like \"desk@mall.example\" or \"Service desk <desk@mall.example>\"".to_owned();
        value.as_str().unwrap_or_default().parse().map_err(|_| wanted())
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Setting for Uri {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "examples": ["smtp://mail.mall.example", "https://chat.mall.example/hook"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "an address like \"smtp://mail.mall.example\" or \"https://chat.mall.example/hook\"".to_owned();
        let uri: Uri = value.as_str().unwrap_or_default().parse().map_err(|_| wanted())?;
        if uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty()) { Ok(uri) } else { Err(wanted()) }
    }

    // A chat service's address is its key.
    fn show(&self) -> Value {
        format!("{}://{}/***", self.scheme_str().unwrap_or_default(), self.host().unwrap_or_default()).into()
    }
}
