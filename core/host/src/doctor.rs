//! Is the desk in order? Each check says how it stands, why, and what to do.
//!
//! Not here: mending anything. A cure is a sentence that names a command.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::backup;
use crate::diagnostic::{Diagnostic, Severity};
use crate::home::Shipped;
use crate::plugins::State;
use crate::problem::{Problem, Sentence};

/// Less free space than this is worth a word, and than a tenth of it an alarm.
const FREE_BYTES: u64 = 1_000_000_000;

/// What was given up is told for so long.
const GIVEN_UP_DAYS: i64 = 7;

/// The first day on which this desk could have run: an earlier clock is wrong.
const BUILT_AFTER: &str = "2026-01-01T00:00:00Z";

/// A backup that is made every night is never older, even where one night's run began late.
const STALE_HOURS: i64 = 30;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub check: String,
    pub state: Health,
    pub cause: Option<String>,
    pub cure: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    Ok,
    Warning,
    Error,
}

/// Looks at everything that a desk needs.
pub async fn examine(app: &App, lang: &str) -> Vec<Check> {
    let mut checks = vec![Check::of_diagnostics("settings and schedules", &app.check().await), database(app).await];
    checks.extend(plugins(app, lang));
    checks.extend(printers(app, lang).await);
    checks.extend(deliveries(app, lang).await);
    checks.extend([templates(app).await, typesetting(), disk(app), clock(app), backup(app)]);
    checks
}

impl Check {
    fn ok(check: impl Into<String>) -> Self {
        Check { check: check.into(), state: Health::Ok, cause: None, cure: None }
    }

    fn found(check: impl Into<String>, state: Health, cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Check { check: check.into(), state, cause: Some(cause.into()), cure: Some(cure.into()) }
    }

    /// The worst of what was found, and how much there is of it.
    fn of_diagnostics(check: &str, found: &[Diagnostic]) -> Self {
        let Some(worst) = found.iter().max_by_key(|diagnostic| diagnostic.severity) else { return Check::ok(check) };
        let more = if found.len() > 1 { format!(" (and {} more)", found.len() - 1) } else { String::new() };
        let state = if worst.severity == Severity::Error { Health::Error } else { Health::Warning };
        Check::found(check, state, format!("{}{more}", worst.one_line()), "see `deskbell config check`")
    }
}

async fn database(app: &App) -> Check {
    match app.store.view().await {
        Ok(_) => Check::ok("database"),
        Err(problem) => Check::found(
            "database",
            Health::Error,
            problem.to_string(),
            "see [database] in deskbell.toml, then `deskbell db status`",
        ),
    }
}

fn plugins(app: &App, lang: &str) -> Vec<Check> {
    let of_one = |status: crate::plugins::Status| {
        let name = format!("plugin {}", status.id);
        let cause = status.reason.unwrap_or_default();
        match status.state {
            State::Running => Check::ok(name),
            State::Disabled => {
                Check::found(name, Health::Warning, "it is disabled", format!("deskbell plugin enable {}", status.id))
            }
            State::Quarantined => {
                Check::found(name, Health::Error, cause, format!("see the log, then deskbell plugin enable {}", status.id))
            }
            State::Refused => Check::found(name, Health::Error, cause, format!("deskbell plugin info {}", status.id)),
        }
    };
    app.plugins.statuses(lang).into_iter().map(of_one).collect()
}

/// A printer whose queue is held, and why; what only waits its turn is in order.
async fn printers(app: &App, lang: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    let waiting = app.store.waiting_printers().await.unwrap_or_default();
    let names = app.printers.all().iter().map(|printer| printer.name.clone()).chain(waiting).collect::<BTreeSet<_>>();
    for printer in names {
        let name = format!("printer {printer}");
        checks.push(match app.store.first_print_job(&printer).await {
            Ok(Some(job)) if job.attempts > 0 => {
                let cause = job.reason.map(|reason| app.i18n.sentence(&reason, lang)).unwrap_or_default();
                Check::found(name, Health::Warning, cause, "see to the printer; its papers go on by themselves")
            }
            Ok(_) => Check::ok(name),
            Err(problem) => Check::found(name, Health::Error, problem.to_string(), "see `deskbell db status`"),
        });
    }
    checks
}

/// A delivery whose queue is held, or that has given messages up lately, and why.
async fn deliveries(app: &App, lang: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    let waiting = app.store.waiting_deliveries().await.unwrap_or_default();
    let names = app.deliveries.all().iter().map(|delivery| delivery.name.clone()).chain(waiting).collect::<BTreeSet<_>>();
    for delivery in names {
        let check = check_delivery(app, &delivery, lang).await;
        let name = format!("delivery {delivery}");
        checks.push(
            check.unwrap_or_else(|problem| Check::found(name, Health::Error, problem.to_string(), "see `deskbell db status`")),
        );
    }
    checks
}

async fn check_delivery(app: &App, delivery: &str, lang: &str) -> Result<Check, Problem> {
    let name = format!("delivery {delivery}");
    let why = |reason: Option<Sentence>| reason.map(|reason| app.i18n.sentence(&reason, lang)).unwrap_or_default();
    if let Some(message) = app.store.first_message(delivery).await?
        && message.attempts > 0
    {
        let cure = "see to the mail server or the address; what waits goes out by itself";
        return Ok(Check::found(name, Health::Warning, why(message.reason), cure));
    }
    let since = app.clock.now() - TimeDelta::days(GIVEN_UP_DAYS);
    Ok(match app.store.given_up(delivery, since).await? {
        None => Check::ok(name),
        Some(given_up) => {
            let cause = format!("{} given up in {GIVEN_UP_DAYS} days: {}", given_up.n_messages, why(given_up.reason));
            Check::found(name, Health::Warning, cause, "see to its addresses in [[deliveries]]; the notices stand at the bell")
        }
    })
}

async fn templates(app: &App) -> Check {
    match app.forms.check(None).await {
        Ok(problems) => match problems.first() {
            None => Check::ok("templates"),
            Some(first) => Check::found("templates", Health::Error, first.to_string(), "see `deskbell form check`"),
        },
        Err(problem) => Check::found("templates", Health::Error, problem.to_string(), "see `deskbell form check`"),
    }
}

/// Papers need the fonts and the worker that sets them.
fn typesetting() -> Check {
    let fonts = Shipped::find().map(|shipped| shipped.fonts().to_owned());
    match fonts {
        Some(folder) if folder.is_dir() => Check::ok("fonts"),
        Some(folder) => {
            Check::found("fonts", Health::Error, format!("no fonts in {}", folder.display()), "in a checkout: cargo xtask setup")
        }
        None => Check::found("fonts", Health::Error, "the shipped set is not found", "name it with DESKBELL_SHIPPED"),
    }
}

fn disk(app: &App) -> Check {
    let found = rustix::fs::statvfs(app.home.data()).map(|disk| disk.f_bavail * disk.f_frsize);
    let cure = "make room: remove old files, or move the home to a larger disk";
    match found {
        Ok(free) if free >= FREE_BYTES => Check::ok("disk"),
        Ok(free) => {
            let state = if free < FREE_BYTES / 10 { Health::Error } else { Health::Warning };
            Check::found("disk", state, format!("{} MB are free in {}", free / 1_000_000, app.home.data().display()), cure)
        }
        Err(error) => Check::found("disk", Health::Error, format!("cannot look at {}: {error}", app.home.data().display()), cure),
    }
}

fn clock(app: &App) -> Check {
    let now = app.clock.now();
    let is_possible = BUILT_AFTER.parse::<chrono::DateTime<chrono::Utc>>().is_ok_and(|earliest| now >= earliest);
    if is_possible {
        Check::ok("clock")
    } else {
        Check::found("clock", Health::Error, format!("it shows {now}"), "set it, and keep it with NTP")
    }
}

/// A backup is no older than a day and a night.
fn backup(app: &App) -> Check {
    let cure = "make one now: deskbell backup; then one every night, by cron or a systemd timer";
    match backup::newest(&app.home) {
        None => Check::found("backup", Health::Warning, "there is none", cure),
        Some((file, begun)) => {
            let hours = (app.clock.now() - begun).num_hours();
            let cause = format!("the newest is {hours} hours old: {}", app.home.show(&file));
            if hours <= STALE_HOURS { Check::ok("backup") } else { Check::found("backup", Health::Warning, cause, cure) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_faults_decides_how_a_check_stands() {
        let warning = Diagnostic::in_file("a", "deskbell.toml", "odd").as_warning();
        let error = Diagnostic::in_file("b", "schedules/letters.toml", "wrong");
        let check = Check::of_diagnostics("settings", &[warning.clone(), error]);
        assert_eq!(check.state, Health::Error);
        assert_eq!(check.cause.as_deref(), Some("schedules/letters.toml: wrong (and 1 more)"));
        assert_eq!(Check::of_diagnostics("settings", &[warning]).state, Health::Warning);
        assert_eq!(Check::of_diagnostics("settings", &[]).state, Health::Ok);
    }
}
