//! `simulate`: a span of days on a copy of the desk, with every run, its effects and its papers.

use std::path::PathBuf;

use anyhow::Context;
use axum::Router;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::console::Console;
use super::failure::Failure;
use super::job::print_run;
use super::play::send;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::diagnostic::Source;
use crate::jobs::simulate::{self, Event, Play, Report};
use crate::jobs::{RunState, script};
use crate::problem::{Code, Problem};
use crate::web;

/// Plays a span of days on a copy of the desk; nothing leaves it but the papers, to --out.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The first day.
    #[arg(long, value_name = "DAY")]
    from: NaiveDate,
    /// The last day.
    #[arg(long, value_name = "DAY")]
    to: NaiveDate,
    /// Only this job runs.
    #[arg(long)]
    job: Option<String>,
    /// Commands to play into it: JSON lines of at, as, method, path, body.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Where the papers go.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keeps the desk as it was played: a home in a new folder, from which another simulation can go on.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Simulate {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        if self.to < self.from {
            return Err(Failure::Usage("--to lies before --from".to_owned()));
        }
        let home = console.home();
        let loaded = Settings::load(&home.settings_file());
        if !loaded.is_usable {
            return Err(Failure::Invalid(loaded.problems));
        }
        let site = site(console, &loaded.settings)?;
        let script = self.script(site.timezone)?;
        let copy = simulate::copy_home(&home, loaded.settings.database.url.expose(), self.keep.as_deref()).await?;
        let from = start_of(self.from, site.timezone);
        let clock = Clock::manual(from);
        let app = std::sync::Arc::new(App::open_copy(copy.home.clone(), clock.clone()).await?);
        let router = web::local_router(app.clone());
        let play = Play {
            site: &site.id,
            from,
            until: start_of(self.to + Days::new(1), site.timezone) - TimeDelta::milliseconds(1),
            script: &script,
            job: self.job.as_deref(),
            lang: console.lang(),
        };
        let done = self.play(console, &app, &clock, &play, &router).await;
        app.stop().await;
        simulate::settle(&copy.home, clock.now()).await?;
        report(console, &done?)
    }

    async fn play(
        &self,
        console: &Console,
        app: &App,
        clock: &Clock,
        play: &Play<'_>,
        router: &Router,
    ) -> Result<Report, Problem> {
        let tell = |event: &Event| {
            if !console.wants_json() {
                tell(console, event);
            }
        };
        let mut report = app.jobs.play(clock, play, async |command| send(router, command).await, tell).await?;
        if let Some(folder) = &self.out {
            let zone = app.sites.get(play.site)?.zone;
            simulate::write_papers(&mut report, folder, play.site, zone, async |command| send(router, command).await).await?;
        }
        Ok(report)
    }

    fn script(&self, zone: Tz) -> Result<Vec<script::Line>, Failure> {
        let Some(file) = &self.script else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let source = Source::new(file.display().to_string(), text);
        script::read(&source, zone, Clock::system().today(zone)).map_err(Failure::Invalid)
    }
}

/// The one site that is played: a simulation turns one clock.
fn site<'a>(console: &Console, settings: &'a Settings) -> Result<&'a config::Site, Failure> {
    match (console.site(), settings.sites.as_slice()) {
        (Some(id), _) => settings.site(id).ok_or_else(|| Problem::not_found(format!("site {id}")).into()),
        (None, [only]) => Ok(only),
        (None, _) => Err(Problem::new(Code::SiteRequired, "say --site").into()),
    }
}

/// The first instant of a day. Where a change of the clocks skips midnight, the day begins when it is over.
fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = zone.from_local_datetime(&midnight).earliest();
    local.map_or_else(|| (midnight + TimeDelta::hours(1)).and_utc(), |local| local.to_utc())
}

fn tell(console: &Console, event: &Event) {
    match event {
        Event::Ran(run) => print_run(console, &json!(run)),
        Event::Sent(sent) => {
            let user = sent.user.as_deref().unwrap_or("cli");
            let refused = sent.refused.as_ref().map(|why| format!("  refused: {why}")).unwrap_or_default();
            console.print(format!("{}  {user}  {} {}  {}{refused}", sent.at, sent.method, sent.path, sent.status));
        }
    }
}

fn report(console: &Console, report: &Report) -> Result<(), Failure> {
    if console.wants_json() {
        console.print_json(&json!(report));
    } else {
        console.print(format!("\n{report}"));
        report.files.iter().for_each(|file| console.print(file));
    }
    let n_refused = report.commands.iter().filter(|sent| sent.refused.is_some()).count();
    let n_failed = report.runs.iter().filter(|run| run.state == RunState::Failed).count();
    match n_refused + n_failed {
        0 => Ok(()),
        _ => Err(Failure::Partly(format!("{n_refused} commands were refused, {n_failed} runs failed"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_sites_midnight() {
        let day = "2026-12-01".parse().unwrap();
        assert_eq!(start_of(day, Tz::Asia__Shanghai).to_rfc3339(), "2026-11-30T16:00:00+00:00");
    }
}
