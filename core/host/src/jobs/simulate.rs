//! Playing a span of time: dated commands and the jobs due between them, under a clock turned by hand.
//!
//! A simulation plays on a copy of the desk ([`copy_home`]), demo data on the desk itself. Neither uses the pulse or the
//! runtime's time, and nothing leaves: the outbox of what is played upon is not delivered. Not here: opening a desk (`app`),
//! what a script says (`script`), the API that its commands go through (the caller hands it in).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

use super::agenda::Agenda;
use super::script::{Kept, Line};
use super::{Jobs, Run, RunState};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::home::Home;
use crate::problem::{Code, Problem, Sentence};
use crate::store::Location;
use crate::store::jobs::{LedgerRun, MoveCursor};

/// What is played, and when.
#[derive(Debug, Clone)]
pub struct Play<'a> {
    pub site: &'a str,
    pub from: DateTime<Utc>,
    /// Included.
    pub until: DateTime<Utc>,
    /// In the order of their times.
    pub script: &'a [Line],
    /// Only this job runs; all where it is not named.
    pub job: Option<&'a str>,
    pub lang: &'a str,
}

/// A command on its way to the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub user: Option<String>,
    pub site: String,
    pub method: String,
    /// With its query, if any.
    pub path: String,
    pub body: Value,
}

/// What the API answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What happened, as it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Sent(Sent),
    Ran(Run),
}

/// A command of the script and its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    pub at: DateTime<Utc>,
    #[serde(rename = "as")]
    pub user: Option<String>,
    pub method: String,
    pub path: String,
    pub status: u16,
    /// Why it was refused, as the API said it.
    pub refused: Option<String>,
    /// Of the script, from 1.
    pub line: usize,
}

/// All that happened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub runs: Vec<Run>,
    pub commands: Vec<Sent>,
    pub months: Vec<Month>,
    /// Files written, where the papers were asked for.
    pub files: Vec<String>,
}

/// What one job did in one month of the site's time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `2026-12`
    pub month: String,
    pub job: String,
    pub runs: usize,
    pub failed: usize,
    pub papers: usize,
    pub effects: BTreeMap<String, i64>,
}

impl Jobs {
    /// Plays a script and the jobs due between its commands. `clock` must be the manual clock that this desk was opened with.
    ///
    /// All cursors are put at `from` and the ledger starts anew. A command that is refused is told and does not stop the play.
    pub async fn play(
        &self,
        clock: &Clock,
        play: &Play<'_>,
        mut send: impl AsyncFnMut(Request) -> Response,
        mut tell: impl FnMut(&Event),
    ) -> Result<Report, Problem> {
        play.job.map(|job| self.known_job(job)).transpose()?;
        self.parts.store.restart_ledger(play.from).await?;
        clock.set(play.from);
        let mut report = Report::default();
        let mut kept = Kept::new();
        let mut known = Known::default();
        let mut script = play.script.iter().skip_while(|line| line.at < play.from).peekable();
        loop {
            let next_command = script.peek().map(|line| line.at);
            let next_job = self.next_job(&mut known, play.job).await?;
            let Some(at) = next_command.into_iter().chain(next_job).min().filter(|at| *at <= play.until) else { break };
            clock.set(at.max(clock.now()));
            // What is due at the time of a command is due before it, as when a clerk comes to the counter in the morning.
            if next_job.is_some_and(|due| due <= at) {
                let due = known.agenda.due(clock.now());
                let (cursors, _) = self.parts.store.plan_jobs(due, clock.now(), MoveCursor::Always).await?;
                known.agenda.see(cursors);
                for run in self.run_due(play.job).await? {
                    known.may_wait |= run.state == RunState::Pending;
                    self.note(run, play.lang, &mut report, &mut tell);
                }
            }
            while let Some(line) = script.next_if(|line| line.at <= at) {
                let sent = send_line(line, play.site, &mut kept, &mut send).await;
                tell(&Event::Sent(sent.clone()));
                report.commands.push(sent);
                known.cursors_are_seen = false;
                known.may_wait = true;
            }
        }
        clock.set(play.until);
        self.plan(MoveCursor::Always).await?;
        report.months = self.months(play.site, &report.runs)?;
        Ok(report)
    }

    /// When the next job is due, or a run that failed is tried again.
    async fn next_job(&self, known: &mut Known, only: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
        let is_changed = known.agenda.follow(self.schedules.load_full());
        if is_changed || !known.cursors_are_seen {
            known.agenda.see(self.parts.store.job_cursors().await?);
            known.cursors_are_seen = true;
        }
        let handlers = self.handlers().only(only);
        let due = known.agenda.next_where(|schedule| handlers.has(schedule));
        let waiting = if known.may_wait { self.parts.store.next_claim(&handlers).await? } else { None };
        known.may_wait = waiting.is_some();
        Ok(due.into_iter().chain(waiting).min())
    }

    fn note(&self, run: LedgerRun, lang: &str, report: &mut Report, tell: &mut impl FnMut(&Event)) {
        let run = self.shown(run, lang);
        tell(&Event::Ran(run.clone()));
        report.runs.push(run);
    }

    fn months(&self, site: &str, runs: &[Run]) -> Result<Vec<Month>, Problem> {
        let site = self.parts.sites.get(site)?;
        let mut months: BTreeMap<(String, String), Month> = BTreeMap::new();
        for run in runs {
            let month = site.day(run.scheduled_for).format("%Y-%m").to_string();
            let sum = months.entry((month.clone(), run.job.clone())).or_insert_with(|| Month {
                month,
                job: run.job.clone(),
                ..Month::default()
            });
            sum.runs += 1;
            sum.failed += usize::from(run.state == RunState::Failed);
            sum.papers += run.papers.len();
            for (name, count) in &run.effects {
                *sum.effects.entry(name.clone()).or_default() += count;
            }
        }
        Ok(months.into_values().collect())
    }
}

/// What a play knows of the ledger, so that it need not ask again at each of thousands of times.
#[derive(Debug, Default)]
struct Known {
    agenda: Agenda,
    /// Not so at first, and when a command may have paused a job or let it go on.
    cursors_are_seen: bool,
    /// A run that failed may wait to be tried again.
    may_wait: bool,
}

async fn send_line(line: &Line, site: &str, kept: &mut Kept, send: &mut impl AsyncFnMut(Request) -> Response) -> Sent {
    let mut sent = Sent {
        at: line.at,
        user: line.user.clone(),
        method: line.method.clone(),
        path: line.path.clone(),
        status: 422,
        refused: None,
        line: line.line,
    };
    let (path, body) = match line.filled(kept) {
        Ok(filled) => filled,
        Err(name) => {
            sent.refused = Some(format!("no earlier line kept {name}"));
            return sent;
        }
    };
    sent.path.clone_from(&path);
    let request = Request { user: line.user.clone(), site: site.to_owned(), method: line.method.clone(), path, body };
    let response = send(request).await;
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    sent.status = response.status;
    if response.status >= 400 {
        sent.refused = text("detail").or_else(|| text("title")).or_else(|| text("code"));
    } else if let (Some(name), Some(number)) = (&line.keep, text("number").or_else(|| first_number(&answer))) {
        kept.insert((line.script.clone(), name.clone()), number);
    }
    sent
}

/// The number of the first record of a list, so that a script can go on with what a job made.
fn first_number(answer: &Value) -> Option<String> {
    answer["items"][0]["number"].as_str().map(str::to_owned)
}

/// Writes the PDFs of a report's papers into a folder, fetched through the API: `2026-12-09-handoff-sheet.pdf`.
pub async fn write_papers(
    report: &mut Report,
    folder: &Path,
    site: &str,
    zone: Tz,
    mut send: impl AsyncFnMut(Request) -> Response,
) -> Result<(), Problem> {
    let zone_day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let unwritable = |error: std::io::Error| Problem::new(Code::StorageUnavailable, format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    for run in &report.runs {
        for paper in &run.papers {
            let request = Request {
                user: None,
                site: site.to_owned(),
                method: "GET".to_owned(),
                path: paper.href.clone(),
                body: Value::Null,
            };
            let response = send(request).await;
            if response.status >= 400 {
                let answer = String::from_utf8_lossy(&response.body).into_owned();
                return Err(Problem::internal(format!("paper {} can't be fetched: {answer}", paper.id)));
            }
            let form = paper.form.split('.').next_back().unwrap_or("paper");
            let day = zone_day(run.scheduled_for);
            let file = free_name(folder, &format!("{day}-{form}"));
            std::fs::write(folder.join(&file), &response.body).map_err(unwritable)?;
            report.files.push(file);
        }
    }
    Ok(())
}

fn free_name(folder: &Path, stem: &str) -> String {
    let names = std::iter::once(format!("{stem}.pdf")).chain((2..).map(|n| format!("{stem}-{n}.pdf")));
    names.into_iter().find(|name| !folder.join(name).exists()).unwrap_or_else(|| format!("{stem}.pdf"))
}

impl fmt::Display for Report {
    /// The summary by month; the runs themselves are told as they happen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for month in &self.months {
            let effects: Vec<String> = month.effects.iter().map(|(name, count)| format!("{name} {count}")).collect();
            let failed = if month.failed == 0 { String::new() } else { format!(", {} failed", month.failed) };
            writeln!(
                f,
                "{}  {}  {} runs{failed}, {} papers  {}",
                month.month,
                month.job,
                month.runs,
                month.papers,
                effects.join(", ")
            )?;
        }
        Ok(())
    }
}

/// A desk's home made again: the same settings, plugins, forms and schedules, and a copy of its records.
///
/// Open it with a clock of its own; in a temporary folder it is gone when it is dropped.
#[derive(Debug)]
pub struct HomeCopy {
    pub home: Home,
    _folder: Option<TempDir>,
}

/// Copies a desk for a simulation, into a folder that is to be kept or a temporary one; the copy is on SQLite, whatever the
/// desk's own database.
pub async fn copy_home(home: &Home, url: &str, kept: Option<&Path>) -> Result<HomeCopy, Problem> {
    let failed = |error: std::io::Error| Problem::new(Code::StorageUnavailable, format!("cannot copy the desk: {error}"));
    let temporary = match kept {
        Some(folder) => {
            std::fs::create_dir(folder).map_err(|error| {
                Problem::new(Code::Conflict, format!("the played desk can't be kept in {}: {error}", folder.display()))
            })?;
            None
        }
        None => Some(tempfile::Builder::new().prefix("deskbell-simulation-").tempdir().map_err(failed)?),
    };
    let folder = temporary.as_ref().map(TempDir::path).or(kept).unwrap_or(Path::new("."));
    let copy = Home::at(folder);
    for entry in std::fs::read_dir(home.root()).map_err(failed)?.flatten() {
        let is_own = entry.path() == home.data() || entry.file_name() == "data" || entry.path() == home.settings_file();
        if !is_own {
            std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name())).map_err(failed)?;
        }
    }
    let settings = std::fs::read_to_string(home.settings_file()).map_err(failed)?;
    std::fs::write(copy.settings_file(), config::with_database(&settings, "sqlite")).map_err(failed)?;
    std::fs::create_dir(copy.data()).map_err(failed)?;
    if home.plugin_cache().exists() {
        std::os::unix::fs::symlink(home.plugin_cache(), copy.plugin_cache()).map_err(failed)?;
    }
    Location::parse(url, &home.database_file())?.snapshot(&copy.database_file()).await?;
    Ok(HomeCopy { home: copy, _folder: temporary })
}

/// What a played desk would have told or printed stays with it, also when it is kept and serves one day.
pub async fn settle(home: &Home, at: DateTime<Utc>) -> Result<(), Problem> {
    let reason = Sentence { key: "only-played".to_owned(), ..Sentence::default() };
    let url = Settings::load(&home.settings_file()).settings.database.url;
    Location::parse(url.expose(), &home.database_file())?.give_up_queues(&reason, &reason, at).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{self, Store};

    fn line(path: &str, keep: Option<&str>) -> Line {
        Line {
            at: "2026-11-24T01:00:00Z".parse().unwrap(),
            user: Some("amy".into()),
            method: "POST".into(),
            path: path.into(),
            body: json!({"addressee": "张三"}),
            keep: keep.map(str::to_owned),
            script: "play.jsonl".into(),
            line: 1,
        }
    }

    #[tokio::test]
    async fn what_a_command_made_is_known_to_later_ones_and_a_refusal_is_told() {
        let mut kept = Kept::new();
        let mut paths = Vec::new();
        let mut send = async |request: Request| {
            paths.push(request.path.clone());
            let (status, answer) = match request.path.ends_with("collect") {
                true => (409, json!({"code": "rule_refused", "detail": "not your letter"})),
                false => (201, json!({"number": "L-20261124-001"})),
            };
            Response { status, body: answer.to_string().into_bytes() }
        };
        let made = send_line(&line("/l", Some("first")), "main", &mut kept, &mut send).await;
        let refused = send_line(&line("/l/{first}/collect", None), "main", &mut kept, &mut send).await;
        let unknown = send_line(&line("/l/{second}/collect", None), "main", &mut kept, &mut send).await;
        assert_eq!((made.status, made.refused), (201, None));
        assert_eq!((refused.status, refused.refused.as_deref()), (409, Some("not your letter")));
        assert_eq!(unknown.refused.as_deref(), Some("no earlier line kept {second}"));
        assert_eq!(paths, ["/l", "/l/L-20261124-001/collect"]);
    }

    #[tokio::test]
    async fn a_copy_has_the_records_and_files_of_its_home_and_leaves_them_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        std::fs::create_dir_all(home.schedules()).unwrap();
        std::fs::write(home.settings_file(), "[site]\n").unwrap();
        std::fs::create_dir_all(home.data()).unwrap();
        let store = Store::open("sqlite", &home.database_file()).await.unwrap();
        store.begin_manual_run("letters.x", "main", "a", "amy", "2026-11-24T01:00:00Z".parse().unwrap()).await.unwrap();
        let copy = copy_home(&home, "sqlite", None).await.unwrap();
        let copied = Store::open("sqlite", &copy.home.database_file()).await.unwrap();
        let all = store::jobs::RunQuery { limit: 10, ..Default::default() };
        assert_eq!(copied.job_runs(&all).await.unwrap().len(), 1);
        copied.restart_ledger("2026-11-01T00:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(store.job_runs(&all).await.unwrap().len(), 1);
        assert!(copy.home.settings_file().exists() && copy.home.schedules().exists());
        let problem = copy_home(&home, "postgres://desk@localhost/desk", None).await.unwrap_err();
        assert_eq!(problem.code, Code::StorageUnavailable);
    }

    #[test]
    fn papers_of_one_day_have_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(free_name(folder.path(), "2026-12-09-handoff-sheet"), "2026-12-09-handoff-sheet.pdf");
        std::fs::write(folder.path().join("2026-12-09-handoff-sheet.pdf"), "").unwrap();
        assert_eq!(free_name(folder.path(), "2026-12-09-handoff-sheet"), "2026-12-09-handoff-sheet-2.pdf");
    }
}
