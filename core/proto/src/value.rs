//! The kinds of values a field can hold, their one JSON spelling, and how two of them compare.
//!
//! | kind | JSON | example |
//! |---|---|---|
//! | text, choice, reference | string | `"parcel"` |
//! | integer, fen | number without a fraction | `1250` (12.50 yuan) |
//! | bool | `true` / `false` | |
//! | day | `YYYY-MM-DD`, in the site's zone | `"2026-11-24"` |
//! | instant | RFC 3339, UTC, always three decimals | `"2026-11-24T01:30:00.000Z"` |
//!
//! Because days and instants have one spelling of fixed width, comparing their text compares the time.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FieldKind {
    /// Text of at most `max` characters; `long` asks for several lines on the page.
    Text {
        #[serde(default = "default_text_max")]
        max: u32,
        #[serde(default)]
        long: bool,
    },
    /// A whole number, of at most [`NUMBER_MAX`].
    Integer {
        #[serde(default)]
        min: Option<i64>,
        #[serde(default)]
        max: Option<i64>,
    },
    /// Money in fen, of at most [`NUMBER_MAX`].
    Fen,
    /// Yes or no.
    Bool,
    /// A calendar day in the site's zone.
    Day,
    /// An instant in UTC.
    Instant,
    /// One of a closed list, in kebab-case.
    Choice { values: Vec<String> },
    /// The id of a record of `type` (`letters.letter`); over the API it reads and takes that record's number.
    Reference {
        #[serde(rename = "type")]
        record_type: String,
    },
}

/// The longest text a field takes when its type does not say otherwise, in characters.
pub const TEXT_MAX: u32 = 200;

fn default_text_max() -> u32 {
    TEXT_MAX
}

/// Spells an instant the one way that records, filters and papers use: UTC with three decimals.
///
/// ```
/// let instant = "2026-11-24T09:30:00+08:00".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
/// assert_eq!(deskbell_proto::value::instant(instant), "2026-11-24T01:30:00.000Z");
/// ```
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The first day that a field can hold; before it a day has another width, and PostgreSQL knows no such day.
pub const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a day");

/// The last day that a field can hold.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day");

/// The largest number that a field can hold, and the smallest below zero: a trillion, so that a sum over millions of records
/// is still a number, and a browser reads each of them exactly.
pub const NUMBER_MAX: i64 = 1_000_000_000_000;

/// Why a value does not fit its field; `code` is a locale key, `args` fill its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub code: &'static str,
    pub args: Vec<(&'static str, String)>,
}

impl Misfit {
    fn new(code: &'static str) -> Self {
        Misfit { code, args: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

impl FieldKind {
    /// Returns the value in its one spelling, or why it does not fit. `null` is not a value: the caller decides on it.
    ///
    /// Text is taken as it comes but for control characters, which are refused (line breaks are kept in long text).
    pub fn canonical(&self, value: &Value) -> Result<Value, Misfit> {
        match self {
            FieldKind::Text { max, long } => canonical_text(value, *max, *long),
            FieldKind::Reference { .. } => canonical_text(value, TEXT_MAX, false),
            FieldKind::Integer { min, max } => canonical_number(value, min.unwrap_or(-NUMBER_MAX), max.unwrap_or(NUMBER_MAX)),
            FieldKind::Fen => canonical_number(value, -NUMBER_MAX, NUMBER_MAX),
            FieldKind::Bool => match value {
                Value::Bool(_) => Ok(value.clone()),
                _ => Err(Misfit::new("not-a-bool")),
            },
            FieldKind::Day => {
                let text = value.as_str().ok_or(Misfit::new("not-a-day"))?;
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Misfit::new("not-a-day"))?;
                if !(FIRST_DAY..=LAST_DAY).contains(&day) {
                    return Err(Misfit::new("not-a-day"));
                }
                Ok(day.to_string().into())
            }
            FieldKind::Instant => {
                let text = value.as_str().ok_or(Misfit::new("not-an-instant"))?;
                let at = DateTime::parse_from_rfc3339(text).map_err(|_| Misfit::new("not-an-instant"))?.to_utc();
                if !(FIRST_DAY..=LAST_DAY).contains(&at.date_naive()) {
                    return Err(Misfit::new("not-an-instant"));
                }
                Ok(instant(at).into())
            }
            FieldKind::Choice { values } => match value.as_str() {
                Some(text) if values.iter().any(|allowed| allowed == text) => Ok(text.into()),
                _ => Err(Misfit::new("not-a-choice").with("allowed", values.join(", "))),
            },
        }
    }
}

fn canonical_number(value: &Value, min: i64, max: i64) -> Result<Value, Misfit> {
    match value.as_i64() {
        Some(number) if number < min => Err(Misfit::new("number-too-small").with("min", min)),
        Some(number) if number > max => Err(Misfit::new("number-too-large").with("max", max)),
        Some(number) => Ok(number.into()),
        None => Err(Misfit::new("not-a-number")),
    }
}

fn canonical_text(value: &Value, max: u32, long: bool) -> Result<Value, Misfit> {
    let text = value.as_str().ok_or(Misfit::new("not-a-text"))?;
    if text.chars().count() > max as usize {
        return Err(Misfit::new("text-too-long").with("max", max));
    }
    let is_refused = |c: char| c.is_control() && !(long && matches!(c, '\n' | '\t'));
    if text.chars().any(is_refused) {
        return Err(Misfit::new("text-has-control-characters"));
    }
    Ok(text.into())
}

/// Orders two values of one field the way the store's SQL does: null first, then numbers, bools and bytes of text.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.as_i64().cmp(&b.as_i64()),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        // Values of one field have one kind; anything else is a fault upstream and must only be stable here.
        _ => a.to_string().cmp(&b.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: FieldKind, value: Value, expected: Result<Value, &str>) {
        assert_eq!(kind.canonical(&value).map_err(|misfit| misfit.code), expected, "{kind:?} {value}");
    }

    #[test]
    fn every_kind_takes_its_own_values_and_names_what_is_wrong_with_others() {
        let text = FieldKind::Text { max: 3, long: false };
        check(text.clone(), json!("张三丰"), Ok(json!("张三丰")));
        check(text.clone(), json!("张三丰子"), Err("text-too-long"));
        check(text.clone(), json!("a\u{0}"), Err("text-has-control-characters"));
        check(text, json!(7), Err("not-a-text"));
        let count = FieldKind::Integer { min: Some(0), max: Some(9) };
        check(count.clone(), json!(9), Ok(json!(9)));
        check(count.clone(), json!(-1), Err("number-too-small"));
        check(count.clone(), json!(10), Err("number-too-large"));
        check(count, json!(1.5), Err("not-a-number"));
        for kind in [FieldKind::Integer { min: None, max: None }, FieldKind::Fen] {
            check(kind.clone(), json!(NUMBER_MAX), Ok(json!(NUMBER_MAX)));
            check(kind.clone(), json!(NUMBER_MAX + 1), Err("number-too-large"));
            check(kind.clone(), json!(-NUMBER_MAX - 1), Err("number-too-small"));
            check(kind, json!(u64::MAX), Err("not-a-number"));
        }
        check(FieldKind::Day, json!("2026-02-29"), Err("not-a-day"));
        check(FieldKind::Day, json!("2028-02-29"), Ok(json!("2028-02-29")));
        check(FieldKind::Day, json!("9999-12-31"), Ok(json!("9999-12-31")));
        check(FieldKind::Day, json!("+10000-01-01"), Err("not-a-day"));
        check(FieldKind::Day, json!("-0001-01-01"), Err("not-a-day"));
        check(FieldKind::Instant, json!("2026-11-24T09:30:00+08:00"), Ok(json!("2026-11-24T01:30:00.000Z")));
        check(FieldKind::Instant, json!("9999-12-31T23:59:59-01:00"), Err("not-an-instant"));
        let kind = FieldKind::Choice { values: vec!["letter".into(), "parcel".into()] };
        check(kind.clone(), json!("parcel"), Ok(json!("parcel")));
        check(kind, json!("Parcel"), Err("not-a-choice"));
    }
}
