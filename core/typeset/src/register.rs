//! Registers: thousands of rows, page by page, with carried sums and page x of y, in flat memory.
//!
//! Typst's memory grows with the document, and the number of pages would be known only at its end. So rows are measured
//! before Typst sees them ([`measure`]): which row stands on which page, what is carried over and how many pages there are is
//! plain arithmetic. A few pages at a time are then set as a document of their own and joined.

mod measure;

use std::collections::BTreeMap;

use deskbell_proto::typeset::{Column, Complaint, Output, Paper, Register, Source, Wording};
use deskbell_proto::value::FieldKind;
use serde_json::{Value, json};
use typst::text::FontWeight;

use self::measure::{Line, Page};
use crate::form::{compile, head, print_words};
use crate::join::Joined;
use crate::wording::{Length, Words, money};
use crate::world::Sheet;
use crate::{File, Typesetter, complaint, pages};

/// Pages set at a time: as many as keep a worker small.
const PAGES_AT_A_TIME: usize = 8;

/// All that Typst is told; the layout does the rest.
const MAIN: &str = "#import \"/layout/register.typ\": pages\n#pages";

impl Typesetter {
    /// Sets the register of a type.
    pub fn register(
        &self,
        register: &Register,
        wording: &Wording,
        layout: &BTreeMap<String, Source>,
        paper: &Paper,
        output: Output,
    ) -> Result<File, Vec<Complaint>> {
        let words = Words::new(wording, &paper.timezone).map_err(|complaint| vec![complaint])?;
        let rows = register.rows.iter().enumerate().map(|(at, row)| spell(&words, &register.columns, at, row)).collect();
        let measured = measure::measure(&self.rulers(), headings(&words, &register.columns), rows, &Carried { words: &words });
        let set = Setting { typesetter: self, register, words: &words, layout, paper, measured: &measured };
        set.write(output).map_err(|reason| vec![complaint(&format!("register {}", register.title), reason)])
    }

    fn rulers(&self) -> measure::Rulers {
        measure::Rulers::new(self.fonts.ruler(FontWeight::REGULAR), self.fonts.ruler(FontWeight::BOLD))
    }
}

/// One register on its way to the page.
struct Setting<'a> {
    typesetter: &'a Typesetter,
    register: &'a Register,
    words: &'a Words,
    layout: &'a BTreeMap<String, Source>,
    paper: &'a Paper,
    measured: &'a measure::Measured,
}

impl Setting<'_> {
    fn write(&self, output: Output) -> Result<File, String> {
        let n_pages = self.measured.pages.len();
        match output {
            Output::Pdf { tagged } => {
                let mut joined = Joined::new();
                let warnings = self.each_chunk(|document, _| joined.add(pages::pdf(document, tagged)?))?;
                Ok(File { bytes: joined.finish(&self.register.title), pages: n_pages, warnings })
            }
            Output::Text => {
                let mut texts = Vec::new();
                let warnings = self.each_chunk(|document, first| {
                    texts.push(pages::text(document, first));
                    Ok(())
                })?;
                Ok(File { bytes: texts.join("\n").into_bytes(), pages: n_pages, warnings })
            }
            Output::Png { page } | Output::Svg { page } => {
                let wanted = page.checked_sub(1).and_then(|at| Some((at, self.measured.pages.get(at)?)));
                let (at, wanted) = wanted.ok_or_else(|| format!("there is no page {page} of {n_pages}"))?;
                let document = self.document(at, std::slice::from_ref(wanted))?;
                let output = if let Output::Png { .. } = output { Output::Png { page: 1 } } else { Output::Svg { page: 1 } };
                let warnings = pages::missing_characters(&document, self.words);
                Ok(File { bytes: pages::write(&document, output)?, pages: n_pages, warnings })
            }
            _ => Err("this worker is older than the host that asks it".to_owned()),
        }
    }

    /// Sets the pages a few at a time, and forgets each document before the next; `take` gets it with its first page's number.
    fn each_chunk(
        &self,
        mut take: impl FnMut(&typst_layout::PagedDocument, usize) -> Result<(), String>,
    ) -> Result<Vec<String>, String> {
        let mut warnings = Vec::new();
        for (nth, chunk) in self.measured.pages.chunks(PAGES_AT_A_TIME).enumerate() {
            let first = nth * PAGES_AT_A_TIME;
            let document = self.document(first, chunk)?;
            warnings.extend(pages::missing_characters(&document, self.words));
            take(&document, first + 1)?;
            drop(document);
            typst::comemo::evict(0);
        }
        Ok(warnings)
    }

    fn document(&self, first: usize, chunk: &[Page]) -> Result<typst_layout::PagedDocument, String> {
        let measured = self.measured;
        let n_pages = measured.pages.len();
        let pages: Vec<Value> = chunk
            .iter()
            .enumerate()
            .map(|(at, page)| {
                let number = (first + at + 1).to_string();
                let foot = self.words.core("paper-page", [("page", number), ("pages", n_pages.to_string())]);
                json!({"foot": foot, "lines": page.lines(measured)})
            })
            .collect();
        let count = self.words.core("register-count", [("count", self.register.rows.len().to_string())]);
        let data = json!({
            "values": [],
            "paper": head(&self.register.title, self.words, self.paper),
            "words": print_words(self.words),
            "register": {
                "geometry": measured.geometry,
                "columns": measured.columns,
                "heading": measured.heading,
                "pages": pages,
                "count": count,
                "is_empty": self.register.rows.is_empty(),
            },
        });
        let sheet = Sheet::new(self.typesetter, MAIN.to_owned(), self.layout, &data);
        compile(&sheet).map_err(|diagnostics| {
            diagnostics.iter().map(|diagnostic| diagnostic.message.to_string()).collect::<Vec<_>>().join("; ")
        })
    }
}

/// The texts of the rows that carry sums.
struct Carried<'a> {
    words: &'a Words,
}

impl measure::Sums for Carried<'_> {
    fn label(&self, kind: measure::SumLine) -> String {
        let key = match kind {
            measure::SumLine::BroughtForward => "register-brought-forward",
            measure::SumLine::CarriedForward => "register-carried-forward",
            measure::SumLine::Total => "register-total",
        };
        self.words.core(key, [])
    }
}

/// The columns as they are measured; the first counts the rows.
fn headings(words: &Words, columns: &[Column]) -> Vec<measure::Heading> {
    let row_numbers = measure::Heading {
        title: words.core("register-row", []),
        align: measure::Align::Center,
        wraps: false,
        is_signed: false,
        sum: None,
    };
    std::iter::once(row_numbers).chain(columns.iter().map(heading)).collect()
}

fn heading(column: &Column) -> measure::Heading {
    let (align, wraps) = match column.kind {
        Some(FieldKind::Integer { .. } | FieldKind::Fen) => (measure::Align::Right, false),
        Some(FieldKind::Day | FieldKind::Instant | FieldKind::Bool) => (measure::Align::Center, false),
        Some(FieldKind::Choice { .. } | FieldKind::Reference { .. }) => (measure::Align::Left, false),
        _ => (measure::Align::Left, true),
    };
    let sum = match column.kind {
        _ if !column.sum => None,
        Some(FieldKind::Fen) => Some(measure::Unit::Fen),
        Some(FieldKind::Integer { .. }) => Some(measure::Unit::Count),
        _ => None,
    };
    measure::Heading { title: column.title.clone(), align, wraps, is_signed: column.kind.is_none(), sum }
}

/// Spells a row's values.
fn spell(words: &Words, columns: &[Column], at: usize, row: &[Value]) -> Line {
    let mut cells = vec![(at + 1).to_string()];
    let mut amounts = vec![0];
    for (nth, column) in columns.iter().enumerate() {
        let value = row.get(nth).unwrap_or(&Value::Null);
        cells.push(spell_value(words, column, value));
        amounts.push(value.as_i64().unwrap_or_default());
    }
    Line { cells, amounts }
}

fn spell_value(words: &Words, column: &Column, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let spelled = match &column.kind {
        _ if value.is_null() => return String::new(),
        Some(FieldKind::Fen) => value.as_i64().map(|fen| money(fen.into())),
        Some(FieldKind::Integer { .. }) => value.as_i64().map(|number| number.to_string()),
        Some(FieldKind::Bool) => value.as_bool().map(|yes| words.core(if yes { "paper-yes" } else { "paper-no" }, [])),
        Some(FieldKind::Day) => words.day(text, Length::Short),
        Some(FieldKind::Instant) => words.instant(text, Length::Short),
        _ => column.labels.get(text).cloned(),
    };
    spelled.unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Spells a sum in its unit.
pub(crate) fn spell_sum(unit: measure::Unit, amount: i128) -> String {
    match unit {
        measure::Unit::Fen => money(amount),
        measure::Unit::Count => amount.to_string(),
    }
}
