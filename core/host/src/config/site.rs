//! `[site]` for one store, `[[sites]]` for many.

use chrono::NaiveTime;
use chrono_tz::Tz;
use deskbell_proto::SiteInfo;

use super::section::{Section, Setting};
use super::values::words;

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub id: String,
    pub name: String,
    pub timezone: Tz,
    /// The languages of its papers and pages; the first is the one where nobody chose.
    pub languages: Vec<Language>,
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

/// A language that the desk speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

words!(Language { "zh-CN" => Language::Chinese, "en" => Language::English });

impl Language {
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }
}

impl Default for Site {
    fn default() -> Self {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        Site {
            id: "main".into(),
            name: "Deskbell".into(),
            timezone: Tz::Asia__Shanghai,
            languages: vec![Language::Chinese, Language::English],
            opens: time(10),
            closes: time(22),
        }
    }
}

impl Site {
    pub(crate) fn read(section: &mut Section<'_>) -> Site {
        let default = Site::default();
        let mut site = Site {
            id: section.get("id", "Names the store in addresses and on the command line", default.id.clone()),
            name: section.get("name", "The store's name, as papers print it", default.name),
            timezone: section.get("timezone", "Days and schedules are of this zone", default.timezone),
            languages: section.get("languages", "Languages of pages and papers, the usual one first", default.languages.clone()),
            opens: section.get("opens", "When the store opens; schedules may say @opens", default.opens),
            closes: section.get("closes", "When the store closes; schedules may say @closes", default.closes),
        };
        if !is_site_id(&site.id) {
            let span = section.span_of("id").unwrap_or_default();
            section.refuse(span, "a site's `id` must be lower-case letters, digits and hyphens like \"north-gate\"".into());
            site.id = default.id;
        }
        if site.languages.is_empty() {
            let span = section.span_of("languages").unwrap_or_default();
            section.refuse(span, "`languages` must name at least one language".into());
            site.languages = default.languages;
        }
        if let (Some(span), true) = (section.span_of("closes"), site.closes == site.opens) {
            section.refuse(span, format!("`closes` must differ from `opens`, {}", site.opens.show()));
        }
        site
    }

    /// What plugins are told about the store.
    pub fn info(&self) -> SiteInfo {
        SiteInfo { id: self.id.clone(), name: self.name.clone(), timezone: self.timezone.name().to_owned() }
    }

    /// The tag of the language where nobody chose one.
    pub fn language(&self) -> &'static str {
        self.languages.first().map_or("zh-CN", |language| language.tag())
    }
}

/// Says whether a text can be a site's id: `main`, `north-gate`.
pub fn is_site_id(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= 40 && text.chars().all(is_plain) && !text.starts_with('-') && !text.ends_with('-')
}
