//! Forms and registers on paper: templates, papers as rows with frozen data, exports. Typst itself runs in a worker process.
//!
//! Not here: the data of a form (its plugin's paper function), how Typst sets it (`deskbell-typeset`).

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use crate::people::Subject;
use crate::problem::Problem;

/// The desk's forms, papers and registers.
#[derive(Debug, Clone)]
pub struct Forms {}

/// What to print from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// One record, by number.
    Record(String),
    Period {
        from: NaiveDate,
        to: NaiveDate,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFormat {
    Pdf,
    Png,
    Svg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterFormat {
    Pdf,
    Xlsx,
    Csv,
}

/// A finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    pub name: String,
    /// Characters that no font has, and other things a reader should know.
    pub warnings: Vec<String>,
}

/// One print of a form.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paper {
    pub id: Uuid,
    pub form: String,
    pub title: String,
    pub site: String,
    pub lang: String,
    /// 1 for the original, n for the n-th copy.
    pub copy: i64,
    pub made_at: chrono::DateTime<chrono::Utc>,
    pub made_by: String,
    pub href: String,
    pub warnings: Vec<String>,
}

/// A form, as `form list` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FormInfo {
    pub form: String,
    pub title: String,
    /// `shipped`, `store`, `store (broken, the shipped form is used)`.
    pub origin: String,
    pub problem: Option<String>,
}

impl Forms {
    pub fn new(home: crate::home::Home, store: crate::store::Store, plugins: std::sync::Arc<crate::plugins::Registry>, desk: crate::desk::Desk, i18n: crate::i18n::I18n) -> Self {
        let _ = (home, store, plugins, desk, i18n);
        Forms {}
    }
    pub async fn list(&self, subject: &Subject, lang: &str) -> Result<Vec<FormInfo>, Problem> {
        let _ = (subject, lang);
        unimplemented!()
    }

    /// Renders every form (or one) with sample data through the real road; the problems found.
    pub async fn check(&self, form: Option<&str>) -> Result<Vec<Problem>, Problem> {
        let _ = form;
        unimplemented!()
    }

    /// Shows a form as it would print; counts nothing. `page` is for PNG and SVG, from 1.
    pub async fn show(
        &self,
        subject: &Subject,
        site: &str,
        form: &str,
        of: Of,
        lang: &str,
        format: PageFormat,
        page: usize,
    ) -> Result<File, Problem> {
        let _ = (subject, site, form, of, lang, format, page);
        unimplemented!()
    }

    /// Shows a form with its sample data.
    pub async fn sample(&self, form: &str, lang: &str, format: PageFormat, page: usize) -> Result<File, Problem> {
        let _ = (form, lang, format, page);
        unimplemented!()
    }

    /// Makes copy 1, or copy n of what was printed before.
    pub async fn print(&self, subject: &Subject, site: &str, form: &str, of: Of, lang: &str) -> Result<Paper, Problem> {
        let _ = (subject, site, form, of, lang);
        unimplemented!()
    }

    /// A paper and its PDF; the same bytes whenever it is asked for.
    pub async fn paper(&self, subject: &Subject, id: Uuid) -> Result<(Paper, File), Problem> {
        let _ = (subject, id);
        unimplemented!()
    }

    /// The register of a type for a period.
    pub async fn register(
        &self,
        subject: &Subject,
        site: &str,
        record_type: &str,
        from: NaiveDate,
        to: NaiveDate,
        format: RegisterFormat,
        lang: &str,
    ) -> Result<File, Problem> {
        let _ = (subject, site, record_type, from, to, format, lang);
        unimplemented!()
    }

    /// The difference between the store's form and the shipped one.
    pub async fn diff(&self, form: &str) -> Result<String, Problem> {
        let _ = form;
        unimplemented!()
    }

    /// Puts the shipped form back.
    pub async fn reset(&self, form: &str) -> Result<(), Problem> {
        let _ = form;
        unimplemented!()
    }
}
