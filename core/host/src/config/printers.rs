//! `[[printers]]`: where papers are printed.

use axum::http::Uri;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::deliveries::read_file;
use super::section::{Section, Setting};

/// A printer of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    pub name: String,
    pub address: PrinterAddress,
    /// The sites it is for; none named, all.
    pub sites: Vec<String>,
    /// The forms that go to it unless another printer is named.
    pub forms: Vec<String>,
    /// The paper to ask for, as IPP spells it: `iso_a5_148x210mm`.
    pub media: Option<String>,
    /// What an `ipps` printer's own certificate is checked with, in DER.
    pub certificate: Option<Vec<u8>>,
}

/// How a printer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterAddress {
    /// `ipp` or `ipps`.
    Ipp(Uri),
    /// Host and port that take raw bytes.
    Socket(String),
}

impl Printer {
    pub fn serves(&self, site: &str) -> bool {
        self.sites.is_empty() || self.sites.iter().any(|own| own == site)
    }

    /// Reads one printer; none where it has no name or address to speak of.
    pub(crate) fn read(section: &mut Section<'_>, known_sites: &[String]) -> Option<Printer> {
        let name = section.get("name", "What people call the printer", String::new());
        let address = section.get("url", "Where it is: ipp://, ipps:// or socket://host:9100", None::<PrinterAddress>);
        let sites = section.get("sites", "The sites it is for; all, if none is named", Vec::<String>::new());
        let forms = section.get("for", "The forms that go to it unless another is named", Vec::<String>::new());
        let media = section.get("media", "The paper to ask for, as IPP spells it: iso_a5_148x210mm", None::<String>);
        let certificate = section.get("certificate", "A DER file with the certificate of an ipps printer", None::<String>);
        if name.is_empty() {
            let span = section.span_of("url").unwrap_or_default();
            section.refuse(span, "a printer needs a `name`".into());
            return None;
        }
        if let Some(stranger) = sites.iter().find(|site| !known_sites.contains(site)) {
            let span = section.span_of("sites").unwrap_or_default();
            section.refuse(span, format!("the printer \"{name}\" is for the site \"{stranger}\", which there is not"));
        }
        let certificate = certificate.and_then(|file| read_file(section, "certificate", &file));
        let Some(address) = address else {
            // A wrong one has been told already.
            if section.span_of("url").is_none() {
                let span = section.span_of("name").unwrap_or_default();
                section.refuse(span, format!("the printer \"{name}\" needs a `url`"));
            }
            return None;
        };
        Some(Printer { name, address, sites, forms, media, certificate })
    }
}

impl Setting for PrinterAddress {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "examples": ["ipp://192.168.1.20/ipp/print", "socket://192.168.1.21:9100"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "an address like \"ipp://192.168.1.20/ipp/print\" or \"socket://192.168.1.21:9100\"".to_owned();
        let uri: Uri = value.as_str().unwrap_or_default().parse().map_err(|_| wanted())?;
        match (uri.scheme_str(), uri.host(), uri.port_u16()) {
            (Some("ipp" | "ipps"), Some(host), _) if !host.is_empty() => Ok(PrinterAddress::Ipp(uri)),
            (Some("socket"), Some(host), port) if !host.is_empty() => {
                Ok(PrinterAddress::Socket(format!("{host}:{}", port.unwrap_or(9100))))
            }
            _ => Err(wanted()),
        }
    }

    fn show(&self) -> Value {
        match self {
            PrinterAddress::Ipp(uri) => uri.to_string().into(),
            PrinterAddress::Socket(address) => format!("socket://{address}").into(),
        }
    }
}
