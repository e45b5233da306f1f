//! Which column is which field, and which value a cell stands for.
//!
//! A heading is a field's name or its label in either language; a choice likewise. Money is in fen under a field's name and
//! in yuan under its label, as people write it and registers print it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use deskbell_locale::Messages;
use deskbell_proto::FieldFault;
use deskbell_proto::description::FieldDescription;
use deskbell_proto::value::{FieldKind, instant};
use serde_json::Value;

use super::table::{Cell, Row, Table};
use crate::desk::BatchRow;
use crate::problem::Problem;

/// The columns that a type's files may have.
#[derive(Debug)]
pub(super) struct Columns {
    known: Vec<Column>,
    yes: Vec<String>,
    no: Vec<String>,
    zone: Tz,
}

#[derive(Debug, Clone)]
struct Column {
    field: FieldDescription,
    labels: Vec<String>,
    /// The labels of a choice, each with its value.
    choices: Vec<(String, String)>,
}

/// A column of one file.
#[derive(Debug, Clone)]
struct Found {
    column: Column,
    heading: String,
    in_yuan: bool,
}

impl Columns {
    /// The columns for what creating a record takes, in the words of each language.
    pub(super) fn new(type_name: &str, takes: &[FieldDescription], words: &[Messages], zone: Tz) -> Self {
        let none = BTreeMap::new();
        let say = |key: &str| words.iter().filter_map(|words| words.get(key, &none)).collect::<Vec<_>>();
        let column = |field: &FieldDescription| {
            let labels = say(&format!("{type_name}.{}", field.name));
            let choices = match &field.kind {
                FieldKind::Choice { values } => values
                    .iter()
                    .flat_map(|value| {
                        let labels = say(&format!("{type_name}-{}.{value}", field.name));
                        labels.into_iter().map(|label| (label, value.clone()))
                    })
                    .collect(),
                _ => Vec::new(),
            };
            let in_yuan = |words: &Messages| {
                let title = words.get(&format!("{type_name}.{}", field.name), &none)?;
                words.get("register-yuan", &BTreeMap::from([("title".to_owned(), title)]))
            };
            let of_registers = words.iter().filter(|_| field.kind == FieldKind::Fen).filter_map(in_yuan);
            Column { labels: labels.into_iter().chain(of_registers).collect(), choices, field: field.clone() }
        };
        let with = |word: &str, words: Vec<String>| std::iter::once(word.to_owned()).chain(words).collect();
        let (yes, no) = (with("true", say("paper-yes")), with("false", say("paper-no")));
        Columns { known: takes.iter().map(column).collect(), yes, no, zone }
    }

    /// The fields of each row, with what can't be read; a heading that holds no record is refused at once.
    pub(super) fn rows_of(&self, table: Table) -> Result<Vec<BatchRow>, Problem> {
        let found = self.found(&table.heading)?;
        let named = |found: &Found| (found.column.field.name.clone(), found.heading.clone());
        let columns = Arc::new(BTreeMap::from_iter(found.iter().flatten().map(named)));
        Ok(table.rows.into_iter().map(|row| self.row(&found, row, &columns)).collect())
    }

    fn found(&self, heading: &[String]) -> Result<Vec<Option<Found>>, Problem> {
        let mut faults = Vec::new();
        let mut found: Vec<Option<Found>> = Vec::new();
        let allowed = self.known.iter().map(|column| column.field.name.as_str()).collect::<Vec<_>>().join(", ");
        for text in heading {
            let column = self.find(text);
            let is_twice = column
                .as_ref()
                .is_some_and(|column| found.iter().flatten().any(|other| other.column.field.name == column.column.field.name));
            match &column {
                _ if is_twice => faults.push(fault(text, "given-twice", [])),
                // A column without a heading may be empty all the way down.
                None if !text.is_empty() => faults.push(fault(
                    text,
                    "import-unknown-column",
                    [("nearest", self.nearest(text)), ("allowed", allowed.clone())],
                )),
                _ => {}
            }
            found.push(column);
        }
        let has = |name: &str| found.iter().flatten().any(|found| found.column.field.name == name);
        let is_missing = |field: &&FieldDescription| field.required && field.default.is_none() && !has(&field.name);
        let missing = self.known.iter().map(|column| &column.field).filter(is_missing);
        faults.extend(missing.map(|field| fault(&field.name, "import-missing-column", [])));
        if faults.is_empty() { Ok(found) } else { Err(Problem::invalid(None, faults)) }
    }

    fn find(&self, heading: &str) -> Option<Found> {
        let is_named = |column: &&Column| column.field.name == heading;
        let is_labelled = |column: &&Column| column.labels.iter().any(|label| label.eq_ignore_ascii_case(heading));
        let by_name = self.known.iter().find(is_named);
        let column = by_name.or_else(|| self.known.iter().find(is_labelled))?.clone();
        Some(Found { in_yuan: by_name.is_none(), heading: heading.to_owned(), column })
    }

    fn nearest(&self, heading: &str) -> String {
        let names = self.known.iter().map(|column| column.field.name.as_str());
        let labels = self.known.iter().flat_map(|column| column.labels.iter().map(String::as_str));
        // Labels are often of three characters, one of which is wrong.
        let likeness = |name: &str| strsim::jaro_winkler(&heading.to_lowercase(), &name.to_lowercase());
        let likely = labels.chain(names).filter(|name| likeness(name) > 0.6);
        likely.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or("none").to_owned()
    }

    fn row(&self, found: &[Option<Found>], row: Row, columns: &Arc<BTreeMap<String, String>>) -> BatchRow {
        let mut read = BatchRow { row: row.number, columns: columns.clone(), ..BatchRow::default() };
        for (place, cell) in row.cells.into_iter().enumerate().filter(|(_, cell)| *cell != Cell::Empty) {
            match found.get(place).and_then(Option::as_ref) {
                Some(found) => match self.value(found, &cell) {
                    Ok(value) => drop(read.fields.insert(found.column.field.name.clone(), value)),
                    Err(key) => read.faults.push(fault(&found.column.field.name, key, [])),
                },
                None => read.faults.push(fault(&shown(&cell), "import-stray-cell", [])),
            }
        }
        read
    }

    /// What a cell stands for. What does not fit its kind is left for the desk to refuse like any other input.
    fn value(&self, found: &Found, cell: &Cell) -> Result<Value, &'static str> {
        let text = shown(cell);
        let value = match &found.column.field.kind {
            FieldKind::Fen if found.in_yuan => return fen_of_yuan(&text).map(Value::from).ok_or("not-an-amount"),
            FieldKind::Integer { .. } | FieldKind::Fen => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            FieldKind::Bool => {
                let is_one_of = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&text));
                match (is_one_of(&self.yes), is_one_of(&self.no)) {
                    (true, _) => true.into(),
                    (_, true) => false.into(),
                    _ => text.into(),
                }
            }
            FieldKind::Day => day(&text).map_or_else(|| text.clone().into(), |day| day.to_string().into()),
            FieldKind::Instant => self.instant(cell, &text).map_or_else(|| text.clone().into(), Value::from),
            FieldKind::Choice { .. } => {
                let labelled = found.column.choices.iter().find(|(label, _)| label.eq_ignore_ascii_case(&text));
                labelled.map_or_else(|| text.clone().into(), |(_, value)| value.as_str().into())
            }
            _ => text.into(),
        };
        Ok(value)
    }

    /// An instant as RFC 3339, or by the wall clock of the site.
    fn instant(&self, cell: &Cell, text: &str) -> Option<String> {
        let wall_clock = match cell {
            Cell::At(at) => Some(*at),
            _ => ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()),
        };
        Some(instant(self.zone.from_local_datetime(&wall_clock?).earliest()?.to_utc()))
    }
}

/// A cell as it is read: whole numbers without a fraction, a day without the midnight of it.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Bool(yes) => yes.to_string(),
        Cell::At(at) if at.time() == chrono::NaiveTime::MIN => at.date().to_string(),
        Cell::At(at) => at.to_string(),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"].iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

/// `12.5`, `1,200.00` or `¥12` in fen; never by way of a fraction.
fn fen_of_yuan(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(['¥', '￥']).replace(',', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (yuan, fen) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if yuan.is_empty() || fen.len() > 2 || !is_digits(yuan) || !is_digits(fen) {
        return None;
    }
    let amount = yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(format!("{fen:0<2}").parse::<i64>().ok()?)?;
    Some(sign * amount)
}

fn fault<const N: usize>(field: &str, key: &str, args: [(&str, String); N]) -> FieldFault {
    let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    FieldFault { field: field.to_owned(), key: key.to_owned(), args }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns() -> Columns {
        let choice = FieldKind::Choice { values: vec!["letter".into(), "printed-matter".into()] };
        let takes = [
            FieldDescription { required: true, ..FieldDescription::new("addressee", FieldKind::Text { max: 20, long: false }) },
            FieldDescription::new("kind", choice),
            FieldDescription::new("received_on", FieldKind::Day),
            FieldDescription::new("called_at", FieldKind::Instant),
            FieldDescription::new("urgent", FieldKind::Bool),
            FieldDescription::new("postage_fen", FieldKind::Fen),
        ];
        let of = |language: &str, core: &str, own: &str| {
            Messages::new(language).layer("core", core).unwrap().layer("own", own).unwrap()
        };
        let words = [
            of(
                "zh-CN",
                "paper-yes = 是\npaper-no = 否\nregister-yuan = { $title }（元）",
                "letter =\n    .addressee = 收件人\n    .kind = 种类\n    .postage_fen = 邮资\nletter-kind =\n    .printed-matter = 印刷品",
            ),
            of(
                "en",
                "paper-yes = yes\npaper-no = no\nregister-yuan = { $title } (yuan)",
                "letter =\n    .addressee = Addressee\nletter-kind =\n    .printed-matter = Printed matter",
            ),
        ];
        Columns::new("letter", &takes, &words, Tz::Asia__Shanghai)
    }

    fn rows(heading: &[&str], cells: &[Cell]) -> Result<Vec<BatchRow>, Vec<String>> {
        let heading = heading.iter().map(|text| (*text).to_owned()).collect();
        let table = Table { heading, rows: vec![Row { number: 2, cells: cells.to_vec() }] };
        columns().rows_of(table).map_err(|problem| {
            problem
                .errors
                .iter()
                .map(|error| format!("{} {} {}", error.field, error.key, error.args.get("nearest").map_or("", |n| n)))
                .collect()
        })
    }

    fn check(heading: &str, cell: Cell, expected: Value) {
        let read = rows(&["addressee", heading], &[Cell::Text("张三".into()), cell.clone()]).unwrap().remove(0);
        let value = read.fields.values().find(|value| **value != json!("张三")).cloned();
        let value = value.unwrap_or_else(|| read.faults.first().map_or(Value::Null, |fault| json!([fault.key])));
        assert_eq!(value, expected, "{heading} {cell:?}");
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn a_cell_stands_for_what_people_mean_by_it() {
        check("kind", text("printed-matter"), json!("printed-matter"));
        check("种类", text("印刷品"), json!("printed-matter"));
        check("种类", text("printed MATTER"), json!("printed-matter"));
        check("种类", text("包裹"), json!("包裹"));
        check("received_on", text("2026/1/5"), json!("2026-01-05"));
        check("received_on", text("2026年11月24日"), json!("2026-11-24"));
        check("received_on", Cell::At(day("2026-11-24").unwrap().into()), json!("2026-11-24"));
        check("received_on", text("soon"), json!("soon"));
        check("called_at", text("2026-11-24 09:30"), json!("2026-11-24T01:30:00.000Z"));
        check("called_at", text("2026-11-24T09:30:00+08:00"), json!("2026-11-24T09:30:00+08:00"));
        check("urgent", text("是"), json!(true));
        check("urgent", text("No"), json!(false));
        check("urgent", text("maybe"), json!("maybe"));
    }

    #[test]
    fn money_is_in_fen_by_the_fields_name_and_in_yuan_by_its_label() {
        check("postage_fen", text("1250"), json!(1250));
        check("postage_fen", text("12.50"), json!("12.50"));
        check("邮资", text("12.5"), json!(1250));
        check("邮资（元）", Cell::Number(1200.07), json!(120_007));
        check("邮资", text("¥1,200"), json!(120_000));
        check("邮资", text("12.505"), json!(["not-an-amount"]));
        check("邮资", text("99999999999999999999"), json!(["not-an-amount"]));
    }

    #[test]
    fn a_heading_is_refused_with_everything_that_is_wrong_in_it() {
        let refused = |heading: &[&str]| rows(heading, &[]).unwrap_err();
        assert_eq!(refused(&["收信人", "kind"]), ["收信人 import-unknown-column 收件人", "addressee import-missing-column "]);
        assert_eq!(
            refused(&["adressee", "收件人", "Addressee"]),
            ["adressee import-unknown-column addressee", "Addressee given-twice "]
        );
    }

    #[test]
    fn a_cell_under_no_heading_is_not_lost_silently() {
        let read = rows(&["addressee"], &[text("张三"), text("急件")]).unwrap().remove(0);
        assert_eq!((read.faults[0].field.as_str(), read.faults[0].key.as_str()), ("急件", "import-stray-cell"));
    }
}
