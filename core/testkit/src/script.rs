//! Playing a plugin's `demo.jsonl`, so that a test notices when a rule and the demo part.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde_json::Value;

use crate::desk::TestDesk;
use crate::reply::Reply;

/// One command of a script, as `core/host/src/jobs/script.rs` explains it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: String,
    #[serde(rename = "as")]
    user: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Value,
    keep: Option<String>,
}

impl TestDesk {
    /// Plays a script of the API, the jobs between its commands, as if it were today. `jobs` says at which time of day each
    /// runs: `("02:30", "hand-off-unclaimed")`. The accounts that it names must exist, their PINs as the script spells them.
    ///
    /// # Panics
    /// At the first command that is not done.
    #[track_caller]
    pub fn play(&mut self, script: &str, jobs: &[(&str, &str)]) {
        let today = self.today();
        let lines = script.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let line = |text: &str| serde_json::from_str::<Line>(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut events: Vec<(String, Option<Line>, &str)> =
            lines.map(line).map(|line| (when(&line.at, today), Some(line.with_days(today)), "")).collect();
        let first = events.iter().map(|(at, ..)| at[..10].to_owned()).min().unwrap_or_default();
        for day in first.parse::<NaiveDate>().into_iter().flat_map(|first| first.iter_days().take_while(|day| *day <= today)) {
            events.extend(jobs.iter().map(|(time, job)| (format!("{day} {time}"), None, *job)));
        }
        events.sort_by(|a, b| a.0.cmp(&b.0));
        let mut kept = BTreeMap::new();
        for (at, line, job) in events {
            self.at(&at);
            match line {
                Some(line) => self.play_line(&line, &mut kept),
                None => drop(self.run_job(job).outcome()),
            }
        }
    }

    #[track_caller]
    fn play_line(&mut self, line: &Line, kept: &mut BTreeMap<String, String>) {
        let path = filled(&line.path, kept);
        let body = each_text(&line.body, &|text| filled(text, kept));
        self.act_as(&line.user);
        let path = path.strip_prefix("/api/v1/").unwrap_or_else(|| panic!("no path of the API: {path}"));
        let number = match (line.method.as_str(), path.split_once('?')) {
            ("GET", Some((path, question))) => self.first_number(path.trim_start_matches("records/"), question),
            ("POST", None) => {
                let reply = self.post(path, body);
                let done = match &reply.result {
                    Ok(_) => reply.done(),
                    Err(problem) => panic!("{line:?}: {problem:#?}"),
                };
                done["number"].as_str().unwrap_or_default().to_owned()
            }
            _ => panic!("a demo script does not need {} {path}", line.method),
        };
        if let Some(name) = &line.keep {
            kept.insert(name.clone(), number);
        }
    }

    fn post(&mut self, path: &str, mut body: Value) -> Reply {
        let given = body.as_object_mut().and_then(|body| body.remove("sign_offs")).unwrap_or_default();
        for sign_off in given.as_array().into_iter().flatten() {
            let text = |name: &str| sign_off[name].as_str().unwrap_or_default();
            self.signed_by(text("box"), text("user"), text("pin"));
        }
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["records", record_type] => self.create(record_type, body),
            ["records", record_type, number, "actions", action] => self.act(record_type, number, action, body),
            ["records", record_type, number, "sign-offs", sign_box] => {
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                self.sign(record_type, number, sign_box, &text("user"), &text("pin"))
            }
            ["jobs", job, "runs"] => self.run_job(job.split_once('.').map_or(*job, |(_, name)| name)),
            ["actions", action] => self.act_on_plugin(action.split_once('.').map_or(*action, |(_, name)| name), body),
            _ => panic!("no command of the API: {path}"),
        }
    }

    /// The number of the first record whose field has a value: `state=open`.
    #[track_caller]
    fn first_number(&self, record_type: &str, question: &str) -> String {
        let (field, value) = question.split_once('=').unwrap_or_else(|| panic!("no question: {question}"));
        let found = self.list(record_type).into_iter().find(|record| record[field] == value);
        let found = found.unwrap_or_else(|| panic!("there is no {record_type} with {question}"));
        found["number"].as_str().unwrap_or_default().to_owned()
    }
}

impl Line {
    /// The line with days in place of `{-29d}`.
    fn with_days(self, today: NaiveDate) -> Line {
        let day = |text: &str| {
            let Some((before, (name, after))) =
                text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
            else {
                return text.to_owned();
            };
            day_from(name, today).map_or_else(|| text.to_owned(), |day| format!("{before}{day}{after}"))
        };
        Line { path: day(&self.path), body: each_text(&self.body, &day), ..self }
    }
}

/// `-29d 09:12` → `2026-11-01 09:12`
fn when(at: &str, today: NaiveDate) -> String {
    let day_and_time = at.split_once(' ').and_then(|(day, time)| Some((day_from(day, today)?, time)));
    let (day, time) = day_and_time.unwrap_or_else(|| panic!("`at` must be like -29d 09:12, got {at}"));
    format!("{day} {time}")
}

/// `-29d`, `0d`, `+3d`
fn day_from(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let days: i64 = text.strip_suffix('d')?.parse().ok()?;
    let span = Days::new(days.unsigned_abs());
    if days < 0 { today.checked_sub_days(span) } else { today.checked_add_days(span) }
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, number)| text.replace(&format!("{{{name}}}"), number))
}

fn each_text(value: &Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::Array(items) => items.iter().map(|item| each_text(item, change)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), each_text(value, change))).collect())
        }
        plain => plain.clone(),
    }
}
