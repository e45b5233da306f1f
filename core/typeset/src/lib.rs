//! From a template and its data to pages: MiniJinja writes Typst, Typst sets it, and PDF, PNG or SVG comes out.
//!
//! What a user typed never enters the markup: the template's placeholders become lookups in a side table (`template`), so
//! there is nothing to escape and nothing to forget. Typst is given the template, the shared layout, that table and the fonts;
//! it has no file, network, package or clock (`world`). Templates are read before they are trusted (`check`).
//!
//! Not here: where templates lie and whose data they are given (the host's `forms`), what a day looks like in a column of
//! Excel (its exports).

mod check;
mod fonts;
mod form;
mod join;
mod pages;
mod register;
mod sample;
mod template;
mod wording;
mod worker;
mod world;

pub use fonts::{FontError, Fonts};
pub use sample::{Sample, sample};
pub use worker::serve;

use deskbell_proto::typeset::{Answer, Complaint, Request};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};

/// Sets forms and registers; one a process, since the fonts are large.
#[derive(Debug)]
pub struct Typesetter {
    fonts: Fonts,
    library: LazyHash<Library>,
}

/// What was asked for, finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    pub pages: usize,
    /// What a reader of the paper should know, in its language.
    pub warnings: Vec<String>,
}

impl Typesetter {
    pub fn new(fonts: Fonts) -> Self {
        Typesetter { fonts, library: LazyHash::new(Library::default()) }
    }

    /// Answers a request; the file, if there is one, comes beside the answer.
    pub fn answer(&self, request: &Request) -> (Answer, Option<Vec<u8>>) {
        let set = match request {
            Request::Check { form } => return (Answer::Checked { complaints: self.check(form) }, None),
            Request::Form { form, sheets, output } => self.form(form, sheets, *output),
            Request::Register { register, wording, layout, paper, output } => {
                self.register(register, wording, layout, paper, *output)
            }
            _ => Err(vec![complaint("deskbell-typeset", "this worker is older than the host that asks it")]),
        };
        // Typst keeps what it computed for the next edit of the same document; here the next one is another.
        typst::comemo::evict(0);
        match set {
            Ok(file) => {
                (Answer::Set { pages: file.pages, warnings: file.warnings, memory: worker::memory_in_use() }, Some(file.bytes))
            }
            Err(complaints) => (Answer::Refused { complaints }, None),
        }
    }
}

/// Something wrong that has no place in a template.
fn complaint(file: &str, reason: impl Into<String>) -> Complaint {
    Complaint { file: file.to_owned(), span: None, reason: reason.into(), help: None }
}
