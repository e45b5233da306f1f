//! What the host asks of the typesetting worker, and what it answers: one frame a question, one frame an answer.
//!
//! A frame is a length (`u32`, little-endian) and as many bytes of JSON. A finished file follows its [`Answer::Set`] as a
//! second frame of raw bytes. The worker keeps nothing between two questions but its fonts.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::Period;
use crate::description::Shape;
use crate::value::FieldKind;

/// No frame is longer: more than that is a runaway and ends the conversation.
pub const FRAME_MAX: u32 = 256 * 1024 * 1024;

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Request {
    /// Is the template sound? It is read, then set with every kind of sample data.
    Check { form: Form },
    /// Sets a form, once or for several records: each counts its own pages, and a PDF holds them all.
    Form { form: Form, sheets: Vec<Sheet>, output: Output },
    /// Sets the register of a type.
    Register { register: Register, wording: Wording, layout: BTreeMap<String, Source>, paper: Paper, output: Output },
}

/// A form's template with what it may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// `handoff-sheet`; its texts are the attributes of `form-handoff-sheet` in the wording.
    pub name: String,
    pub template: Source,
    /// The shared files, `base.typ` → source; a template imports them as `/layout/base.typ`.
    pub layout: BTreeMap<String, Source>,
    /// The data a template may name.
    pub shape: Shape,
    pub wording: Wording,
}

/// A text with the name that people know it by, `templates/letters/handoff-sheet.typ`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub file: String,
    pub text: String,
}

/// The sentences of one language, from the lowest layer (the core's) to the highest (the store's).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    pub language: String,
    pub layers: Vec<Source>,
}

/// One filling of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub data: Data,
    pub paper: Paper,
}

/// What a form is filled with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Data {
    /// What the plugin's paper function answered.
    Given(Value),
    /// Plausible values made from the form's shape.
    Sample,
}

/// The circumstances of a print: what is on the paper beside the form's own data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paper {
    /// The mall's name, in the page's head.
    pub site: String,
    /// IANA name; instants print in it.
    pub timezone: String,
    /// The record's number, where the paper has one record.
    pub number: Option<String>,
    pub period: Option<Period>,
    /// From 2 on the paper carries the mark of the n-th copy; 0 is a sample and says so.
    pub copy: i64,
    /// When and by whom it was printed, for the foot; an instant as records spell it.
    pub made_at: Option<String>,
    pub made_by: Option<String>,
    pub sign_offs: Vec<SignOff>,
}

/// A signature that has been given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignOff {
    #[serde(rename = "box")]
    pub sign_box: String,
    pub role: String,
    pub name: String,
    /// An instant as records spell it.
    pub at: String,
}

/// The kind of file wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Output {
    /// `tagged` adds the structure that screen readers use, and ten times the size.
    Pdf {
        #[serde(default)]
        tagged: bool,
    },
    /// One page, from 1.
    Png {
        page: usize,
    },
    Svg {
        page: usize,
    },
    /// The text of the pages, line by line as it stands on them: for terminals and golden pages.
    Text,
}

/// A register: its columns and rows, still as values; the worker spells them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Register {
    pub title: String,
    pub columns: Vec<Column>,
    /// A value a column that has one, in the order of `columns`; those to sign in have none and come last.
    pub rows: Vec<Vec<Value>>,
}

/// One column of a register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub title: String,
    /// `None`: an empty column to sign in by hand.
    pub kind: Option<FieldKind>,
    /// The labels of a choice or state, by value.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Summed at the foot of each page.
    #[serde(default)]
    pub sum: bool,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// The file follows as the next frame.
    Set {
        pages: usize,
        /// Things a reader of the paper should know, in the wording's language: characters that no font has.
        warnings: Vec<String>,
        /// Bytes of memory the worker holds now; the host ends a worker that has grown.
        memory: u64,
    },
    /// The template is sound, when the list is empty.
    Checked { complaints: Vec<Complaint> },
    /// Nothing was set.
    Refused { complaints: Vec<Complaint> },
}

/// What is wrong with a template or with what it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The name of the source it is about.
    pub file: String,
    /// Bytes in that source.
    pub span: Option<Range<usize>>,
    /// One sentence, in English: the thing and what is wrong with it.
    pub reason: String,
    /// The way out, or the nearest right name.
    #[serde(default)]
    pub help: Option<String>,
}
