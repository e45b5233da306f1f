//! Printers: which there are, and the queue that brings papers to them after the commit.
//!
//! A print job is written beside its paper and kept until its end is known. What can be known differs: an IPP printer tells
//! when a job is done, a raw socket only takes the bytes. Not here: the page (`forms`), the queue's SQL (`store`).

mod ipp;
mod spooler;

use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Printer;
use crate::diagnostic::nearest;
use crate::i18n::I18n;
use crate::problem::Problem;
use crate::store::{PrintJob, PrintState};

pub use spooler::Spooler;

/// The printers of the desk. Clones are the same printers.
#[derive(Debug, Clone, Default)]
pub struct Printers {
    all: Arc<ArcSwap<Vec<Printer>>>,
}

/// How a paper's print stands, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    pub printer: String,
    pub state: PrintState,
    /// Why it waits or will not be printed, in the reader's language.
    pub reason: Option<String>,
    pub at: DateTime<Utc>,
}

impl Printers {
    pub fn set(&self, printers: Vec<Printer>) {
        self.all.store(Arc::new(printers));
    }

    pub fn all(&self) -> Arc<Vec<Printer>> {
        self.all.load_full()
    }

    fn get(&self, name: &str) -> Option<Printer> {
        self.all.load().iter().find(|printer| printer.name == name).cloned()
    }

    /// The printer asked for, or the one that a form usually goes to at a site, if any.
    pub fn choose(&self, asked: Option<&str>, form: &str, site: &str) -> Result<Option<String>, Problem> {
        let all = self.all.load();
        let here = || all.iter().filter(|printer| printer.serves(site));
        let Some(asked) = asked else {
            return Ok(here().find(|printer| printer.forms.iter().any(|known| known == form)).map(|found| found.name.clone()));
        };
        if here().any(|printer| printer.name == asked) {
            return Ok(Some(asked.to_owned()));
        }
        let nearest = nearest(asked, here().map(|printer| printer.name.as_str())).unwrap_or("none").to_owned();
        Err(Problem::invalid_field("printer", "unknown-printer", [("nearest", nearest)]))
    }
}

impl Printed {
    pub(crate) fn of(job: PrintJob, i18n: &I18n, lang: &str) -> Self {
        let reason = job.reason.map(|reason| i18n.sentence(&reason, lang));
        Printed { printer: job.printer, state: job.state, reason, at: job.changed_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::diagnostic::Source;

    #[test]
    fn a_printer_is_chosen_by_name_or_by_the_form_that_usually_goes_to_it() {
        let text = "[[sites]]\nid = \"north\"\n[[sites]]\nid = \"south\"\n\
                    [[printers]]\nname = \"counter\"\nurl = \"ipp://127.0.0.1:631/ipp/print\"\nfor = [\"letters.handoff-sheet\"]\n\
                    sites = [\"north\"]\n[[printers]]\nname = \"labels\"\nurl = \"socket://127.0.0.1:9100\"\n";
        let loaded = Settings::read(Source::new("deskbell.toml", text));
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let printers = Printers::default();
        printers.set(loaded.settings.printers);
        let choose = |asked: Option<&str>, form: &str, site: &str| {
            let chosen = printers.choose(asked, form, site).map_err(|problem| problem.errors[0].args["nearest"].clone());
            chosen.map(Option::unwrap_or_default)
        };
        assert_eq!(choose(Some("labels"), "letters.handoff-sheet", "north"), Ok("labels".into()));
        assert_eq!(choose(None, "letters.handoff-sheet", "north"), Ok("counter".into()));
        assert_eq!(choose(None, "letters.handoff-sheet", "south"), Ok(String::new()));
        assert_eq!(choose(Some("conter"), "x.y", "north"), Err("counter".into()));
        assert_eq!(choose(Some("counter"), "x.y", "south"), Err("none".into()));
    }
}
