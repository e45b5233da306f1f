//! `[server]`: where the web and the API are served.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::section::{Section, Setting};
use crate::diagnostic::Diagnostic;

/// The web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub listen: SocketAddr,
    /// The address that people type, where it differs from `listen`.
    pub url: Option<WebAddress>,
    /// Something in front of the desk speaks TLS with the browsers.
    pub behind_tls: bool,
    pub request_timeout: Duration,
    /// Requests at work at once; as many again may wait.
    pub at_once: u32,
}

/// An `http` or `https` address without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Server {
    fn default() -> Self {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            behind_tls: false,
            request_timeout: Duration::from_secs(30),
            at_once: 256,
        }
    }
}

impl Server {
    pub(crate) fn read(section: &mut Section<'_>) -> Server {
        let default = Server::default();
        let server = Server {
            listen: section.get("listen", "The address and port to listen on; port 0 takes a free one", default.listen),
            url: section.get("url", "The address that people type, where it differs from `listen`", default.url),
            behind_tls: section.get("behind_tls", "A proxy in front of the desk speaks TLS", default.behind_tls),
            request_timeout: section.get("request_timeout", "The longest that a request may take", default.request_timeout),
            at_once: section.get("at_once", "Requests at work at once; as many again may wait", default.at_once),
        };
        if let (Some(span), true) = (section.span_of("listen"), server.is_open_without_tls()) {
            let reason = format!("passwords and PINs reach {} unencrypted", server.listen);
            let warning = Diagnostic::at("config.plain_http", section.source(), span, reason)
                .with_help("put a proxy that speaks TLS in front, and say `behind_tls = true`");
            section.problem(warning.as_warning());
        }
        server
    }

    fn is_open_without_tls(&self) -> bool {
        !self.listen.ip().is_loopback() && !self.behind_tls
    }
}

impl Setting for WebAddress {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "examples": ["https://desk.example"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = String::read(value)?;
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).map(|rest| rest.trim_end_matches('/'));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['/', ' ', '?', '#', '@']) => {
                Ok(WebAddress(text.trim_end_matches('/').to_owned()))
            }
            _ => Err("a web address without a path like \"https://desk.example\"".into()),
        }
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }
}
