//! `demo`: a throw-away desk with a month behind it, served.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Days, Utc};
use clap::Args;
use deskbell_proto::PluginDescription;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::client::{self, Client};
use super::console::Console;
use super::failure::Failure;
use super::play::send;
use super::{init, serve};
use crate::app::App;
use crate::clock::Clock;
use crate::diagnostic::Source;
use crate::home::{Home, NewHome};
use crate::jobs::script;
use crate::jobs::simulate::{self, Event, Play, Report};
use crate::plugins::Plugin;
use crate::web;

/// A month, the most that a demo script looks back.
const DAYS: u64 = 31;

/// The people of the demo: log-in, name, roles. Scripts act as these, and `{pin-hr}` in a script is the PIN of `hr`.
const PEOPLE: [(&str, &str, &[&str]); 11] = [
    ("clerk", "李娜", &["clerk"]),
    ("supervisor", "周敏", &["clerk", "supervisor"]),
    ("duty-manager", "王强", &["duty-manager"]),
    ("hr", "陈红", &["hr"]),
    ("security", "刘刚", &["security"]),
    ("loss-prevention", "赵军", &["loss-prevention"]),
    ("purchasing", "孙丽", &["purchasing"]),
    ("finance", "吴静", &["finance"]),
    ("receiving", "郑涛", &["receiving"]),
    ("planning", "何琳", &["planning"]),
    ("admin", "张伟", &["admin@*"]),
];

const WORDS: [&str; 32] = [
    "amber", "basket", "copper", "daisy", "ember", "falcon", "garden", "harbor", "island", "jasmine", "kettle", "lantern",
    "meadow", "nutmeg", "orchid", "pebble", "quartz", "river", "saffron", "thistle", "umbrella", "velvet", "willow", "yarrow",
    "anchor", "bamboo", "candle", "feather", "ginger", "ribbon", "summit", "teapot",
];

/// Makes a throw-away desk with a month of demo data, and serves it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keeps the home at the end.
    #[arg(long)]
    keep: bool,
}

/// What the demo put into a desk.
#[derive(Debug)]
pub(crate) struct Filled {
    people: Vec<Person>,
    report: Report,
    /// A job and a record type to try, of the first plugin that has them.
    job: Option<String>,
    record_type: Option<String>,
}

#[derive(Debug)]
struct Person {
    user: &'static str,
    name: &'static str,
    pass_phrase: String,
    pin: String,
    token: String,
}

impl Demo {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let mut folder = tempfile::Builder::new().prefix("deskbell-demo-").tempdir().context("making a folder for the demo")?;
        let root = folder.path().join("desk");
        console.say("making a desk with a month behind it …");
        let name = Some("万和购物广场".to_owned());
        let home = init::make(&root, &NewHome { name, ..NewHome::default() })?;
        let filled = fill(console, &home).await?;
        folder.disable_cleanup(self.keep);
        let announce = |address: SocketAddr| {
            console.print(format!(
                "Deskbell demo  http://{address}   ({})",
                if self.keep { "kept at the end" } else { "throw-away data; keep it with --keep" }
            ));
            console.print(filled.summary());
            console.print(filled.log_ins());
            console.print(filled.things_to_try(&home, address));
        };
        serve::serve(console, home.clone(), Some(self.listen), announce).await?;
        if self.keep {
            console.say(format!("kept: deskbell --home {} serve", root.display()));
        }
        Ok(())
    }
}

/// Plays the plugins' demo scripts and the jobs between their commands into a new desk, as if the month had passed.
pub(crate) async fn fill(console: &Console, home: &Home) -> Result<Filled, Failure> {
    let (settings, _lock) = client::take_over(home, "demo")?;
    let Some(site) = settings.sites.first() else { return Err(Failure::Usage("the desk has no site".to_owned())) };
    let now = Clock::system().now();
    let from = now - Days::new(DAYS);
    let clock = Clock::manual(from);
    let app = Arc::new(App::open_at(home.clone(), clock.clone()).await?);
    let desk = Client::of_app(app.clone(), console);
    let filled = async {
        let people = add_people(&desk).await?;
        let script = scripts(&app, site.timezone, now)?;
        let play = Play { site: &site.id, from, until: now, script: &script, job: None, lang: console.lang() };
        let router = web::local_router(app.clone());
        let with_pins = async |mut command: crate::jobs::simulate::Request| {
            command.body = pins_filled_in(command.body, &people);
            send(&router, command).await
        };
        let tell = |event: &Event| match event {
            Event::Sent(sent) if sent.refused.is_some() => {
                console.say(format!("demo line {}: {}", sent.line, sent.refused.as_deref().unwrap_or_default()));
            }
            _ => {}
        };
        let report = app.jobs.play(&clock, &play, with_pins, tell).await?;
        let of_plugins = |names: fn(&PluginDescription) -> Option<&str>| {
            let first = |plugin: &Arc<Plugin>| Some(format!("{}.{}", plugin.manifest.id, names(&plugin.description)?));
            app.plugins.all().iter().find_map(first)
        };
        let job = of_plugins(|description| Some(description.jobs.last()?.name.as_str()));
        let record_type = of_plugins(|description| Some(description.types.first()?.name.as_str()));
        Ok(Filled { people, report, job, record_type })
    };
    let filled = filled.await;
    desk.close().await;
    simulate::settle(home, now).await?;
    filled
}

async fn add_people(desk: &Client) -> Result<Vec<Person>, Failure> {
    let mut people = Vec::new();
    for (user, name, roles) in PEOPLE {
        let (pass_phrase, pin) = (pass_phrase(), pin());
        desk.post("/internal/users", json!({ "user": user, "name": name, "password": pass_phrase, "roles": roles })).await?;
        desk.post(&client::path("/internal/users", &[user, "pin"]), json!({ "secret": pin })).await?;
        let token = desk.post("/internal/tokens", json!({ "user": user, "note": "demo" })).await?;
        let token = token["token"].as_str().unwrap_or_default().to_owned();
        people.push(Person { user, name, pass_phrase, pin, token });
    }
    Ok(people)
}

/// Every plugin's script, in the order of their times.
fn scripts(app: &App, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<script::Line>, Failure> {
    let today = now.with_timezone(&zone).date_naive();
    let mut lines = Vec::new();
    for plugin in app.plugins.all() {
        let file = plugin.demo();
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let source = Source::new(app.home.show(&file), text);
        lines.extend(script::read(&source, zone, today).map_err(Failure::Invalid)?);
    }
    lines.retain(|line| line.at <= now);
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

/// A script can't know the PINs of a demo; it says whose it means.
fn pins_filled_in(body: Value, people: &[Person]) -> Value {
    match body {
        Value::String(text) => {
            let user = text.strip_prefix("{pin-").and_then(|rest| rest.strip_suffix('}'));
            let pin = user.and_then(|user| people.iter().find(|person| person.user == user)).map(|person| person.pin.clone());
            pin.unwrap_or(text).into()
        }
        Value::Array(items) => items.into_iter().map(|item| pins_filled_in(item, people)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, pins_filled_in(value, people))).collect(),
        other => other,
    }
}

fn pass_phrase() -> String {
    let mut random = rand::rng();
    let words: Vec<&str> = (0..4).filter_map(|_| WORDS.choose(&mut random).copied()).collect();
    format!("{}-{}", words.join("-"), random.random_range(10..100))
}

fn pin() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000))
}

impl Filled {
    fn summary(&self) -> String {
        let n_commands = self.report.commands.iter().filter(|sent| sent.refused.is_none()).count();
        format!("  {n_commands} commands played · {} job runs", self.report.runs.len())
    }

    pub(crate) fn log_ins(&self) -> String {
        let heading = ["", "log-in", "name", "pass-phrase", "PIN", "token"].map(str::to_owned).to_vec();
        let row = |person: &Person| {
            let Person { user, name, pass_phrase, pin, token } = person;
            ["", user, name, pass_phrase, pin, token].map(str::to_owned).to_vec()
        };
        super::table::lines(std::iter::once(heading).chain(self.people.iter().map(row)).collect())
    }

    fn things_to_try(&self, home: &Home, address: SocketAddr) -> String {
        let deskbell = std::env::args().next().unwrap_or_else(|| "deskbell".to_owned());
        let deskbell = format!("    {deskbell} --home {}", home.root().display());
        let mut lines = vec!["  Try".to_owned(), format!("{deskbell} due")];
        lines.extend(self.job.iter().map(|job| format!("{deskbell} job run {job} --dry-run")));
        if let (Some(record_type), Some(person)) = (&self.record_type, self.people.first()) {
            let url = format!("http://{address}/api/v1/records/{record_type}?limit=3");
            lines.push(format!("    curl -H 'Authorization: Bearer {}' '{url}'", person.token));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scripts_signature_gets_the_signers_pin() {
        let person = |user: &'static str, pin: &str| Person {
            user,
            name: "",
            pass_phrase: String::new(),
            pin: pin.to_owned(),
            token: String::new(),
        };
        let people = [person("hr", "271828")];
        let body = json!({ "user": "hr", "pin": "{pin-hr}", "note": "{pin-nobody}" });
        assert_eq!(pins_filled_in(body, &people), json!({ "user": "hr", "pin": "271828", "note": "{pin-nobody}" }));
    }

    #[test]
    fn generated_secrets_are_long_enough_for_the_desk() {
        assert!(pass_phrase().len() >= 12);
        assert_eq!(pin().len(), 6);
    }
}
