//! Files of records that somebody brings along: a table of text or a workbook, taken in whole or not at all.
//!
//! `table` reads the file, `columns` makes fields of its cells. Not here: creating the records (`desk`), which goes the road
//! of every command.

mod columns;
mod table;

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::desk::{Batch, BatchReply, Desk, Sites};
use crate::i18n::I18n;
use crate::people::Subject;
use crate::plugins::Registry;
use crate::problem::Problem;
use columns::Columns;

/// The most rows of one file: so many are decided within seconds and written in one short transaction.
pub const ROWS_MAX: usize = 2_000;

/// What imports work with.
#[derive(Debug)]
pub struct Parts {
    pub desk: Desk,
    pub plugins: Arc<Registry>,
    pub sites: Sites,
    pub i18n: I18n,
}

/// The way in for files of records.
#[derive(Debug, Clone)]
pub struct Imports {
    parts: Arc<Parts>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    #[serde(flatten)]
    pub batch: BatchReply,
    /// The same as a sentence: "200 created, 3 unchanged".
    pub outcome: String,
}

impl Imports {
    pub fn new(parts: Parts) -> Self {
        Imports { parts: Arc::new(parts) }
    }

    /// Takes in a file for a type at a site; a dry run says what would become of it.
    pub async fn take_in(
        &self,
        subject: &Subject,
        site: &str,
        record_type: &str,
        file: Vec<u8>,
        dry: bool,
        lang: &str,
    ) -> Result<Imported, Problem> {
        let source = Sha256::digest(&file).into();
        let columns = self.columns(site, record_type)?;
        // A file from outside may be anything: reading it must not hold up the desk, nor end it.
        let reading = tokio::task::spawn_blocking(move || columns.rows_of(table::read(&file)?));
        let rows = reading.await.map_err(|_| unusable("import-unreadable", []))??;
        let (subject, site, record_type) = (subject.clone(), site.to_owned(), record_type.to_owned());
        let batch = self.parts.desk.create_all(Batch { site, subject, record_type, rows, source, dry }).await?;
        Ok(Imported { outcome: self.outcome(&batch, lang), batch })
    }

    fn columns(&self, site: &str, record_type: &str) -> Result<Columns, Problem> {
        let unknown = || Problem::not_found(format!("way to create a {record_type} from outside"));
        let (plugin, name) = record_type.split_once('.').ok_or_else(unknown)?;
        let running = self.parts.plugins.running(plugin)?;
        let described = running.description.types.iter().find(|described| described.name == name).ok_or_else(unknown)?;
        let takes = described.create.as_deref().ok_or_else(unknown)?;
        let words = deskbell_locale::LANGUAGES.map(|language| self.parts.i18n.messages(Some(plugin), language));
        Ok(Columns::new(name, takes, &words, self.parts.sites.get(site)?.zone))
    }

    fn outcome(&self, batch: &BatchReply, lang: &str) -> String {
        let key = match (batch.repeated, batch.dry_run) {
            (true, _) => "import-repeated",
            (false, true) => "import-previewed",
            (false, false) => "import-done",
        };
        let day = self.parts.sites.get(&batch.site).map(|site| site.day(batch.at).to_string()).unwrap_or_default();
        let args = [
            ("created", batch.created.to_string()),
            ("changed", batch.changed.to_string()),
            ("unchanged", batch.unchanged.to_string()),
            ("on", day),
            ("by", batch.by.clone()),
        ];
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.parts.i18n.messages(None, lang).get_or_key(key, &args)
    }
}

/// What is wrong with a file as a whole.
fn unusable<const N: usize>(key: &str, args: [(&'static str, String); N]) -> Problem {
    Problem::invalid_field("file", key, args)
}
