//! MiniJinja writes the Typst source of a form, and the values go beside it.
//!
//! The formatter pushes each printed value into a side table and writes `#d.at(N);`, where `d` is that table on Typst's side.
//! So the text of a user is never markup, whatever it holds. The semicolon ends the expression: without it a bracket behind
//! the placeholder would be read as a call. The `code` filter does the same for places where Typst expects code: `d.at(N)`.
//!
//! The language of the templates is a closed set: nothing of MiniJinja is there that is not named in [`environment`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use deskbell_proto::typeset::{Complaint, Form, Paper, SignOff};
use fast_qr::convert::{Builder, Shape as Modules, svg::SvgBuilder};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Object, Rest, Serde, Value};
use minijinja::{Environment, Error, ErrorKind, OutputSpan, OutputSpanKind, UndefinedBehavior};
use serde_json::Value as Json;

use crate::wording::{Length, Words, money};

/// Instructions that a form may take: a sheet of a thousand lines needs about a tenth.
const FUEL: u64 = 5_000_000;

/// A word of more characters than this may be broken anywhere; a record's number is shorter.
const LONGEST_UNBROKEN: usize = 16;

/// The source of a form with its values beside it.
pub(crate) struct Rendered {
    pub(crate) source: String,
    pub(crate) values: Vec<Json>,
    pub(crate) pieces: Vec<Piece>,
}

/// Where a stretch of the source comes from in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) output: Range<usize>,
    pub(crate) template: Range<usize>,
    /// It is a placeholder, not the template's own text.
    pub(crate) is_placeholder: bool,
}

impl Piece {
    /// Maps a span of the output to the template, when it starts in this piece.
    pub(crate) fn locate(pieces: &[Piece], span: &Range<usize>) -> Option<Range<usize>> {
        let piece = pieces.iter().rfind(|piece| piece.output.start <= span.start)?;
        if piece.is_placeholder || span.start >= piece.output.end {
            return Some(piece.template.clone());
        }
        let start = piece.template.start + (span.start - piece.output.start);
        let length = (span.end.min(piece.output.end) - span.start).max(1);
        Some(start..(start + length).min(piece.template.end))
    }
}

/// The delimiters and whitespace of a form: a tag alone on its line leaves no line behind.
pub(crate) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the default delimiters are valid")
}

/// Fills the template with data.
pub(crate) fn render(form: &Form, words: &Arc<Words>, paper: &Paper, data: &Json) -> Result<Rendered, Complaint> {
    let table = Arc::new(Mutex::new(Vec::new()));
    let environment = environment(form, words, paper, &table);
    let rendered = environment
        .template_from_named_str(&form.template.file, &form.template.text)
        .and_then(|template| template.render_with_spans(Value::from(Serde(data))));
    let (source, spans) = rendered.map_err(|error| complaint_of(form, &error))?;
    drop(environment);
    let values = std::mem::take(&mut *table.lock().expect("the formatter never panics"));
    Ok(Rendered { source, values, pieces: spans.iter().map(piece).collect() })
}

fn piece(span: &OutputSpan) -> Piece {
    Piece {
        output: span.output_range(),
        template: span.source_range(),
        is_placeholder: span.kind() == OutputSpanKind::Expression,
    }
}

fn complaint_of(form: &Form, error: &Error) -> Complaint {
    let span = error.range().or_else(|| error.line().map(|line| span_of_line(&form.template.text, line)));
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => "the form takes too many steps: is there a loop inside a loop?".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    Complaint { file: form.template.file.clone(), span, reason, help: None }
}

fn span_of_line(text: &str, line: usize) -> Range<usize> {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start..text[start..].find('\n').map_or(text.len(), |length| start + length)
}

/// The filters and functions of a form; `check` refuses every other name with the nearest of these.
pub(crate) const FILTERS: [&str; 8] = ["code", "day", "default", "instant", "join", "label", "length", "money"];
pub(crate) const FUNCTIONS: [&str; 5] = ["hand_box", "qr", "range", "sign_box", "t"];

fn environment<'a>(form: &Form, words: &Arc<Words>, paper: &Paper, table: &Arc<Mutex<Vec<Json>>>) -> Environment<'a> {
    let mut environment = Environment::empty();
    environment.set_syntax(syntax());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // A debug error prints the variables it met, which are personal data.
    environment.set_debug(false);
    add_filters(&mut environment, words);
    add_functions(&mut environment, form, words, paper);
    let table = Arc::clone(table);
    environment.set_formatter(move |output, _, value| {
        let mut table = table.lock().expect("the formatter never panics");
        let mut push = |value: Json| {
            table.push(value);
            table.len() - 1
        };
        if value.is_undefined() || value.is_none() {
            return Ok(());
        }
        let written = if let Some(Code(value)) = value.downcast_object_ref() {
            write!(output, "d.at({})", push(value.clone()))
        } else if let Some(Qr { svg, mm }) = value.downcast_object_ref() {
            write!(output, "#qr-code(d.at({}), {mm}mm);", push(svg.clone().into()))
        } else {
            write!(output, "#d.at({});", push(printable(value)?.into()))
        };
        written.map_err(|_| Error::new(ErrorKind::WriteFailure, "the source could not be written"))
    });
    environment
}

/// What a placeholder prints: text and whole numbers; everything else needs a filter that says how.
fn printable(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(breakable(text));
    }
    if value.as_i64().is_some() {
        return Ok(value.to_string());
    }
    Err(Error::new(ErrorKind::InvalidOperation, format!("a {} can't be printed as it is", value.kind())))
}

/// Puts invisible places to break into long words, such as codes: they would run off their column.
fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_ascii_graphic()) {
        let is_long = word.chars().count() > LONGEST_UNBROKEN;
        for (at, c) in word.chars().enumerate() {
            if is_long && at > 0 && at.is_multiple_of(4) {
                broken.push('\u{200b}');
            }
            broken.push(c);
        }
    }
    broken
}

/// A value for a place where Typst expects code.
#[derive(Debug)]
struct Code(Json);

impl Object for Code {}

/// A QR code, `mm` wide.
#[derive(Debug)]
struct Qr {
    svg: String,
    mm: u32,
}

impl Object for Qr {}

fn code(value: &Value) -> Result<Value, Error> {
    let value = match value.as_str() {
        Some(text) => breakable(text).into(),
        None => serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?,
    };
    Ok(Value::from_object(Code(value)))
}

fn add_filters(environment: &mut Environment<'_>, words: &Arc<Words>) {
    environment.add_filter("code", |value: &Value| if value.is_undefined() { Err(undefined()) } else { code(value) });
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("join", minijinja::filters::join);
    environment.add_test("none", minijinja::tests::is_none);
    environment
        .add_filter("money", |value: &Value| spell(value, "an amount in fen", |value| Some(money(value.as_i64()?.into()))));
    let day_words = Arc::clone(words);
    environment.add_filter("day", move |value: &Value, length: Option<&str>| {
        let length = length_of(length.unwrap_or("long"))?;
        spell(value, "a day", |value| day_words.day(value.as_str()?, length))
    });
    let instant_words = Arc::clone(words);
    environment.add_filter("instant", move |value: &Value, length: Option<&str>| {
        let length = length_of(length.unwrap_or("short"))?;
        spell(value, "an instant", |value| instant_words.instant(value.as_str()?, length))
    });
    let label_words = Arc::clone(words);
    environment.add_filter("label", move |value: &Value, key: &str| {
        spell(value, &format!("a choice with a label in {key}"), |value| {
            label_words.get(&format!("{key}.{}", value.as_str()?), &BTreeMap::new())
        })
    });
}

fn undefined() -> Error {
    Error::from(ErrorKind::UndefinedError)
}

/// Nothing stays nothing; a value that does not fit is an error that does not repeat it, since it may be personal.
fn spell(value: &Value, expected: &str, how: impl Fn(&Value) -> Option<String>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(undefined());
    }
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let spelled = how(value).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("this is not {expected}")))?;
    Ok(Value::from(spelled))
}

fn length_of(name: &str) -> Result<Length, Error> {
    match name {
        "short" => Ok(Length::Short),
        "long" => Ok(Length::Long),
        "weekday" => Ok(Length::Weekday),
        "month" => Ok(Length::Month),
        _ => {
            let spellings = "\"short\", \"long\", \"weekday\" or \"month\"";
            Err(Error::new(ErrorKind::InvalidOperation, format!("a day is {spellings}, not {name:?}")))
        }
    }
}

fn add_functions(environment: &mut Environment<'_>, form: &Form, words: &Arc<Words>, paper: &Paper) {
    environment.add_function("range", minijinja::functions::range);
    let texts = Texts { form: format!("form-{}", form.name), words: Arc::clone(words) };
    let sentences = texts.clone();
    environment.add_function("t", move |key: &str, args: Kwargs| {
        let mut values = BTreeMap::new();
        for name in args.args().map(str::to_owned).collect::<Vec<_>>() {
            values.insert(name.clone(), printable(&args.get::<Value>(&name)?)?);
        }
        sentences.get(key, &values)
    });
    let (boxes, sign_offs) = (texts.clone(), paper.sign_offs.clone());
    environment.add_function("sign_box", move |name: &str| {
        let label = boxes.get(&format!("box-{name}"), &BTreeMap::new())?;
        // A sheet that grew after it was signed is signed again: the newest signature stands for what is on it now.
        let signed = sign_offs.iter().rfind(|sign_off| sign_off.sign_box == name);
        code(&Value::from(Serde(boxes.sign_box(&label, signed))))
    });
    environment.add_function("hand_box", move |key: &str| {
        let label = texts.get(key, &BTreeMap::new())?;
        code(&Value::from(Serde(texts.sign_box(&label, None))))
    });
    environment.add_function("qr", |text: &str, mm: Option<u32>, rest: Rest<Value>| {
        if !rest.0.is_empty() {
            return Err(Error::from(ErrorKind::TooManyArguments));
        }
        Ok(Value::from_object(Qr { svg: qr_code(text)?, mm: mm.unwrap_or(18) }))
    });
}

fn qr_code(text: &str) -> Result<String, Error> {
    let code = fast_qr::QRBuilder::new(text)
        .build()
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("no QR code holds this: {error}")))?;
    Ok(SvgBuilder::default().shape(Modules::Square).margin(0).to_str(&code))
}

/// The texts of one form: the attributes of its message first, then whole keys.
#[derive(Clone)]
struct Texts {
    form: String,
    words: Arc<Words>,
}

impl Texts {
    fn get(&self, key: &str, args: &BTreeMap<String, String>) -> Result<String, Error> {
        let own = format!("{}.{key}", self.form);
        if let Some(text) = self.words.get(&own, args).or_else(|| self.words.get(key, args)) {
            return Ok(text);
        }
        let keys = self.words.keys();
        let own_keys = keys.iter().filter_map(|key| key.strip_prefix(&self.form)?.strip_prefix('.'));
        let nearest = crate::check::nearest(key, own_keys).or_else(|| crate::check::nearest(key, keys.iter().copied()));
        let help = nearest.map_or(String::new(), |nearest| format!("; did you mean \"{nearest}\"?"));
        Err(Error::new(ErrorKind::InvalidOperation, format!("the locale has no text {own}, nor {key}{help}")))
    }

    /// What the layout's `signatures` takes.
    fn sign_box(&self, label: &str, signed: Option<&SignOff>) -> Json {
        let signed = signed.map(|signed| {
            let at = self.words.instant(&signed.at, Length::Short).unwrap_or_else(|| signed.at.clone());
            let role = self.words.core(&format!("role-{}", signed.role), []);
            serde_json::json!({"name": signed.name, "role": role, "at": at})
        });
        serde_json::json!({"label": label, "signed": signed})
    }
}
