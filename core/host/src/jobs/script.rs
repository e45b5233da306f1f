//! A script: dated commands of the API, one JSON object a line, for a simulation or for demo data.
//!
//! ```json
//! {"at": "-29d 09:12", "as": "amy", "method": "POST", "path": "/api/v1/records/letters.letter", "body": {"addressee": "张三"}, "keep": "first"}
//! {"at": "-27d 11:00", "as": "amy", "method": "POST", "path": "/api/v1/records/letters.letter/{first}/actions/collect", "body": {"collected_by": "张三"}}
//! ```
//!
//! `at` is RFC 3339, the site's local time `2026-12-05 11:00`, or local time some days from today, `-29d 09:12`. `keep` names
//! the number of the record that the command made (of a list, the first one's), and `{name}` stands for it in later paths and bodies; `{-29d}` stands for
//! that day. Empty lines and lines that start with `#` say nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Source};

/// One command of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub at: DateTime<Utc>,
    /// The user who does it.
    pub user: Option<String>,
    pub method: String,
    pub path: String,
    pub body: Value,
    /// The name under which later lines know the number of the record.
    pub keep: Option<String>,
    /// The script it stands in: each knows what its own lines have kept.
    pub script: Arc<str>,
    /// From 1.
    pub line: usize,
}

/// The numbers that lines have kept, by script and name.
pub(super) type Kept = BTreeMap<(Arc<str>, String), String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    at: String,
    #[serde(rename = "as")]
    user: Option<String>,
    #[serde(default = "post")]
    method: String,
    path: String,
    #[serde(default)]
    body: Value,
    keep: Option<String>,
}

fn post() -> String {
    "POST".to_owned()
}

/// Reads a script in the order of its times; `today` is what `-29d` counts from.
pub fn read(source: &Source, zone: Tz, today: NaiveDate) -> Result<Vec<Line>, Vec<Diagnostic>> {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for (index, text) in source.text.lines().enumerate() {
        if text.trim().is_empty() || text.trim_start().starts_with('#') {
            continue;
        }
        match read_line(text, zone, today) {
            Ok(line) => lines.push(Line { script: source.name.clone(), line: index + 1, ..line }),
            Err(reason) => problems.push(Diagnostic::on_line("script.invalid_line", source, index + 1, reason)),
        }
    }
    lines.sort_by_key(|line| line.at);
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
}

fn read_line(text: &str, zone: Tz, today: NaiveDate) -> Result<Line, String> {
    let written: Written = serde_json::from_str(text).map_err(|error| format!("not a command of the API: {error}"))?;
    let at = read_time(&written.at, zone, today)
        .ok_or_else(|| format!("`at` must be like 2026-12-05 11:00, -29d 09:12 or RFC 3339, got {}", written.at))?;
    let method = written.method.to_uppercase();
    if !matches!(method.as_str(), "GET" | "POST" | "PATCH") {
        return Err(format!("`method` must be GET, POST or PATCH, got {}", written.method));
    }
    if !written.path.starts_with('/') {
        return Err(format!("`path` must start with /api/v1/, got {}", written.path));
    }
    let path = with_days(&written.path, today);
    let body = each_text(written.body, &|text| with_days(text, today));
    Ok(Line { at, user: written.user, method, path, body, keep: written.keep, script: Arc::default(), line: 0 })
}

fn read_time(text: &str, zone: Tz, today: NaiveDate) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let (day, time) = text.split_once([' ', 'T'])?;
    let day = day_from(day, today).or_else(|| day.parse().ok())?;
    let time = NaiveTime::parse_from_str(time, "%H:%M").or_else(|_| NaiveTime::parse_from_str(time, "%H:%M:%S")).ok()?;
    zone.from_local_datetime(&NaiveDateTime::new(day, time)).earliest().map(|at| at.to_utc())
}

/// `-29d`, `0d` and `+3d` count from today.
fn day_from(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let days: i64 = text.strip_suffix('d')?.parse().ok()?;
    let span = Days::new(days.unsigned_abs());
    if days < 0 { today.checked_sub_days(span) } else { today.checked_add_days(span) }
}

/// Puts days in place of `{-29d}`.
fn with_days(text: &str, today: NaiveDate) -> String {
    replace(text, |name| day_from(name, today).map(|day| day.to_string()))
}

impl Line {
    /// The command with what earlier lines kept put in place of `{name}`; the first name that nobody kept is the error.
    pub(super) fn filled(&self, kept: &Kept) -> Result<(String, Value), String> {
        let known = |name: &str| kept.get(&(self.script.clone(), name.to_owned())).cloned();
        let path = replace(&self.path, known);
        if let Some(start) = path.find('{') {
            let name = path[start..].split_inclusive('}').next().unwrap_or_default().to_owned();
            return Err(name);
        }
        Ok((path, each_text(self.body.clone(), &|text| replace(text, known))))
    }
}

/// Replaces each `{name}` that `value` knows.
fn replace(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 1..start + length];
        replaced.push_str(&rest[..start]);
        replaced.push_str(&value(name).unwrap_or_else(|| format!("{{{name}}}")));
        rest = &rest[start + length + 1..];
    }
    replaced + rest
}

fn each_text(value: Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => items.into_iter().map(|item| each_text(item, change)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, each_text(value, change))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-24".parse().unwrap()
    }

    fn read_text(text: &str) -> Result<Vec<Line>, Vec<Diagnostic>> {
        read(&Source::new("demo.jsonl", text), Tz::Asia__Shanghai, today())
    }

    #[test]
    fn times_are_absolute_local_or_days_from_today() {
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|at| at.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(read_time(text, Tz::Asia__Shanghai, today()), expected, "{text}");
        };
        check("2026-12-05T11:00:00+08:00", Some("2026-12-05T03:00:00Z"));
        check("2026-12-05 11:00", Some("2026-12-05T03:00:00Z"));
        check("-29d 09:12", Some("2026-10-26T01:12:00Z"));
        check("0d 09:12:30", Some("2026-11-24T01:12:30Z"));
        check("yesterday 09:12", None);
        check("-29d", None);
    }

    #[test]
    fn commands_come_in_the_order_of_their_times_whatever_the_files() {
        let lines = read_text(
            "# the month\n{\"at\": \"-1d 09:00\", \"path\": \"/b\"}\n\n{\"at\": \"-2d 09:00\", \"path\": \"/a\", \"method\": \"get\"}\n",
        )
        .unwrap();
        let summary: Vec<_> = lines.iter().map(|line| (line.path.as_str(), line.method.as_str(), line.line)).collect();
        assert_eq!(summary, [("/a", "GET", 4), ("/b", "POST", 2)]);
    }

    #[test]
    fn what_was_kept_and_days_are_filled_in() {
        let lines =
            read_text("{\"at\": \"0d 09:00\", \"path\": \"/l/{first}/collect\", \"body\": {\"on\": [\"{-1d}\", \"{first}\"]}}")
                .unwrap();
        let kept = Kept::from([((lines[0].script.clone(), "first".to_owned()), "L-20261124-001".to_owned())]);
        let (path, body) = lines[0].filled(&kept).unwrap();
        assert_eq!(path, "/l/L-20261124-001/collect");
        assert_eq!(body, serde_json::json!({"on": ["2026-11-23", "L-20261124-001"]}));
        assert_eq!(lines[0].filled(&BTreeMap::new()), Err("{first}".to_owned()));
    }

    #[test]
    fn every_wrong_line_is_named() {
        let problems =
            read_text("{\"at\": \"soon\", \"path\": \"/a\"}\n{\"at\": \"0d 09:00\", \"pth\": \"/a\"}\nhello\n").unwrap_err();
        let lines: Vec<String> = problems.iter().map(Diagnostic::one_line).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("demo.jsonl:1:1: `at` must be like"), "{lines:?}");
        assert!(lines[1].contains("unknown field `pth`"), "{lines:?}");
    }
}
