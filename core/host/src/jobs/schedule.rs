//! `schedules/<plugin>.toml`: which job runs when, at which sites, under which policies.
//!
//! Reading never stops at a fault: every problem has its file, line, reason and nearest right name, and every good entry is
//! in force. The store's file wins job by job; a job it does not name, or names with a fault, keeps its shipped schedule.
//! Not here: reading a cron line (`calendar`), what the policies mean (`planner`, the ledger).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::{Deref, Range};
use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use super::calendar::{Calendar, Hours};
use super::planner::{Misfire, OncePer, Rule};
use crate::config::parse_duration;
use crate::diagnostic::{Diagnostic, Source, nearest};

/// How long a run may take where its schedule says nothing.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// When one job runs at one site.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub plugin: String,
    /// `letters.hand-off-unclaimed`
    pub job: String,
    pub site: String,
    /// The line as it is written, `0 30 2 * * *` or `@opens-15m`.
    pub cron: String,
    pub rule: Rule,
    pub overlap: Overlap,
    pub timeout: Duration,
    pub attempts: u32,
    pub enabled: bool,
    pub origin: Origin,
}

/// What happens when a job is due while its run before is still going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// One waits; later ones coalesce into it.
    Queue,
    #[default]
    Skip,
    /// The run before is given up.
    Replace,
}

/// Whose schedule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Shipped,
    Store,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Shipped => "shipped",
            Origin::Store => "store",
        }
    }
}

/// All schedules in force, found by job and site.
#[derive(Debug, Default)]
pub struct Schedules {
    all: Vec<Schedule>,
    /// By job, by site: where in `all`.
    places: HashMap<String, HashMap<String, usize>>,
}

impl Schedules {
    pub fn new(all: Vec<Schedule>) -> Self {
        let mut places: HashMap<String, HashMap<String, usize>> = HashMap::new();
        for (index, schedule) in all.iter().enumerate() {
            places.entry(schedule.job.clone()).or_default().insert(schedule.site.clone(), index);
        }
        Schedules { all, places }
    }

    pub fn find(&self, job: &str, site: &str) -> Option<&Schedule> {
        self.position(job, site).map(|index| &self.all[index])
    }

    pub(super) fn position(&self, job: &str, site: &str) -> Option<usize> {
        self.places.get(job)?.get(site).copied()
    }
}

impl Deref for Schedules {
    type Target = [Schedule];

    fn deref(&self) -> &[Schedule] {
        &self.all
    }
}

/// A plugin's jobs and the files that schedule them.
#[derive(Debug, Clone)]
pub struct PluginJobs {
    pub plugin: String,
    /// Names without the plugin's id.
    pub jobs: Vec<String>,
    pub shipped: Option<Source>,
    pub store: Option<Source>,
}

/// A site's zone and hours.
#[derive(Debug, Clone)]
pub struct SiteClock {
    pub id: String,
    pub zone: Tz,
    pub hours: Hours,
}

/// The schedules in force, and what is wrong in their files.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    pub schedules: Vec<Schedule>,
    pub problems: Vec<Diagnostic>,
}

/// Reads the schedules of all plugins.
pub fn read(plugins: &[PluginJobs], sites: &[SiteClock]) -> Loaded {
    let mut loaded = Loaded::default();
    for plugin in plugins {
        read_plugin(plugin, sites, &mut loaded);
    }
    loaded
}

fn read_plugin(plugin: &PluginJobs, sites: &[SiteClock], loaded: &mut Loaded) {
    // A store's file that nobody has touched is the shipped one, whoever copied it.
    let text = |source: &Option<Source>| source.as_ref().map(|source| source.text.clone());
    let store = plugin.store.as_ref().filter(|_| text(&plugin.store) != text(&plugin.shipped));
    let mut of_store = File::default();
    if let Some(source) = store {
        of_store = File::read(source, plugin, Origin::Store, sites);
    }
    let mut shipped = File::default();
    if let Some(source) = &plugin.shipped {
        shipped = File::read(source, plugin, Origin::Shipped, sites);
    }
    let is_the_stores = |schedule: &Schedule| of_store.decided.contains(&schedule.job);
    loaded.schedules.extend(shipped.schedules.into_iter().filter(|schedule| !is_the_stores(schedule)));
    loaded.schedules.extend(of_store.schedules.into_iter().filter(|schedule| of_store.decided.contains(&schedule.job)));
    loaded.problems.extend(of_store.problems);
    loaded.problems.extend(shipped.problems);
}

/// One file, read.
#[derive(Default)]
struct File {
    schedules: Vec<Schedule>,
    /// Jobs that the file names and whose entries are all good.
    decided: BTreeSet<String>,
    problems: Vec<Diagnostic>,
}

impl File {
    fn read(source: &Source, plugin: &PluginJobs, origin: Origin, sites: &[SiteClock]) -> File {
        let mut file = File::default();
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let reason = format!("not TOML: {}", error.message());
            file.problems.push(Diagnostic::at("schedule.syntax", source, error.span().unwrap_or_default(), reason));
        }
        if !errors.is_empty() {
            // Where the text is broken, what it says elsewhere can't be trusted either.
            return file;
        }
        let mut faulty = BTreeSet::new();
        for entry in entries(root.get_ref(), source, &mut file.problems) {
            let mut entry = Entry { source, plugin, table: entry.0, span: entry.1, asked: Vec::new(), problems: Vec::new() };
            let schedules = entry.read(origin, sites, &file.schedules);
            let is_faulty = entry.problems.iter().any(|problem| problem.severity == crate::diagnostic::Severity::Error);
            if let (true, Some(job)) = (is_faulty, entry.job_as_written()) {
                faulty.insert(job);
            }
            file.problems.append(&mut entry.problems);
            file.decided.extend(schedules.iter().map(|schedule| schedule.job.clone()));
            file.schedules.extend(schedules);
        }
        file.decided.retain(|job| !faulty.contains(job));
        file
    }
}

/// The `[[job]]` tables of a file.
fn entries<'a>(root: &'a DeTable<'a>, source: &Source, problems: &mut Vec<Diagnostic>) -> Vec<(&'a DeTable<'a>, Range<usize>)> {
    let mut found = Vec::new();
    for (key, value) in root {
        if key.get_ref() != "job" {
            let reason = format!("unknown key `{}` at the top of a schedule file", key.get_ref());
            problems.push(
                Diagnostic::at("schedule.unknown_key", source, key.span(), reason)
                    .with_allowed(key.get_ref(), ["job"])
                    .with_note("each job has its own table, [[job]]"),
            );
            continue;
        }
        let tables: Option<Vec<_>> = value
            .get_ref()
            .as_array()
            .and_then(|items| items.iter().map(|item| item.get_ref().as_table().map(|table| (table, item.span()))).collect());
        match tables {
            Some(tables) => found.extend(tables),
            None => problems.push(
                Diagnostic::at("schedule.invalid_value", source, key.span(), "`job` must be a list of tables")
                    .with_help("write [[job]] with two brackets"),
            ),
        }
    }
    found
}

/// One `[[job]]` while it is being read.
struct Entry<'a> {
    source: &'a Source,
    plugin: &'a PluginJobs,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    asked: Vec<&'static str>,
    problems: Vec<Diagnostic>,
}

impl Entry<'_> {
    /// The schedules that the entry makes, one a site; none when a fault leaves open what it means.
    fn read(&mut self, origin: Origin, sites: &[SiteClock], others: &[Schedule]) -> Vec<Schedule> {
        let job = self.job();
        let cron = self.required("cron", text);
        let zone = self.get("timezone", zone);
        let sites = self.sites(sites);
        let misfire = self.get("misfire", word::<Misfire>).unwrap_or_default();
        let max_catchup = self.get("max_catchup", count).unwrap_or(12);
        let overlap = self.get("overlap", word::<Overlap>).unwrap_or_default();
        let once_per = self.get("once_per", word::<OncePer>);
        let timeout = self.get("timeout", duration).unwrap_or(TIMEOUT);
        let attempts = self.get("attempts", attempts).unwrap_or(3);
        let enabled = self.get("enabled", yes_or_no).unwrap_or(true);
        self.refuse_unknown_keys();

        let Some(cron) = cron else { return Vec::new() };
        let mut schedules: Vec<Schedule> = Vec::new();
        let mut calendars: HashMap<(Tz, Hours), Calendar> = HashMap::new();
        let of_the_job = others.iter().filter(|other| job.as_ref() == Some(&other.job));
        let mut taken: HashSet<&str> = of_the_job.map(|other| other.site.as_str()).collect();
        for site in sites {
            let clock = (zone.unwrap_or(site.zone), site.hours);
            let calendar = match calendars.get(&clock) {
                Some(calendar) => calendar.clone(),
                None => match Calendar::parse(&cron, clock.0, clock.1) {
                    Ok(calendar) => calendars.entry(clock).or_insert(calendar).clone(),
                    Err(error) => {
                        self.problem("schedule.cron", "cron", error.to_string());
                        return Vec::new();
                    }
                },
            };
            let Some(job) = &job else { return Vec::new() };
            if !taken.insert(&site.id) {
                self.problem("schedule.twice", "job", format!("`{job}` has a schedule at site \"{}\" already", site.id));
                continue;
            }
            schedules.push(Schedule {
                plugin: self.plugin.plugin.clone(),
                job: job.clone(),
                site: site.id.clone(),
                cron: cron.clone(),
                rule: Rule { calendar, misfire, max_catchup: max_catchup as usize, once_per },
                overlap,
                timeout,
                attempts,
                enabled,
                origin,
            });
        }
        schedules
    }

    /// The full name of the job the entry is for, if the plugin has it.
    fn job(&mut self) -> Option<String> {
        let name = self.required("job", text)?;
        if self.plugin.jobs.contains(&name) {
            return Some(format!("{}.{name}", self.plugin.plugin));
        }
        let span = self.value("job").map_or(self.span.clone(), |(_, span)| span);
        let reason = format!("plugin \"{}\" has no job \"{name}\"", self.plugin.plugin);
        let jobs = self.plugin.jobs.iter().map(String::as_str);
        self.problems.push(Diagnostic::at("schedule.unknown_job", self.source, span, reason).with_allowed(&name, jobs));
        None
    }

    fn job_as_written(&self) -> Option<String> {
        let (value, _) = self.value("job")?;
        Some(format!("{}.{}", self.plugin.plugin, value.as_str()?))
    }

    /// The sites named, or all; an unknown one is a problem and leaves the others.
    fn sites<'s>(&mut self, all: &'s [SiteClock]) -> Vec<&'s SiteClock> {
        let Some(named) = self.get("sites", texts) else { return all.iter().collect() };
        let span = self.value("sites").map_or(self.span.clone(), |(_, span)| span);
        let mut found = Vec::new();
        for name in named {
            match all.iter().find(|site| site.id == name) {
                Some(site) => found.push(site),
                None => self.problems.push(
                    Diagnostic::at("schedule.unknown_site", self.source, span.clone(), format!("there is no site \"{name}\""))
                        .with_allowed(&name, all.iter().map(|site| site.id.as_str())),
                ),
            }
        }
        found
    }

    fn required<T>(&mut self, key: &'static str, read: impl FnOnce(&DeValue<'_>) -> Result<T, String>) -> Option<T> {
        if self.value(key).is_none() {
            self.asked.push(key);
            let reason = format!("a [[job]] needs `{key}`");
            self.problems.push(Diagnostic::at("schedule.missing_key", self.source, self.span.clone(), reason));
            return None;
        }
        self.get(key, read)
    }

    fn get<T>(&mut self, key: &'static str, read: impl FnOnce(&DeValue<'_>) -> Result<T, String>) -> Option<T> {
        self.asked.push(key);
        let (value, _) = self.value(key)?;
        match read(value) {
            Ok(value) => Some(value),
            Err(wanted) => {
                self.problem("schedule.invalid_value", key, format!("`{key}` must be {wanted}"));
                None
            }
        }
    }

    fn value(&self, key: &str) -> Option<(&DeValue<'_>, Range<usize>)> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.get_ref(), value.span()))
    }

    fn problem(&mut self, code: &str, key: &str, reason: String) {
        let span = self.value(key).map_or(self.span.clone(), |(_, span)| span);
        self.problems.push(Diagnostic::at(code, self.source, span, reason));
    }

    /// An unknown key is worth a word, but what stands beside it is clear and holds.
    fn refuse_unknown_keys(&mut self) {
        for (name, _) in self.table {
            let written = name.get_ref().as_ref();
            if !self.asked.contains(&written) {
                let reason = format!("unknown key `{written}` in [[job]]");
                let problem = Diagnostic::at("schedule.unknown_key", self.source, name.span(), reason);
                self.problems.push(problem.with_allowed(written, self.asked.iter().copied()));
            }
        }
    }
}

fn text(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| "text in quotation marks".to_owned())
}

fn texts(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let wrong = || "a list of texts in brackets".to_owned();
    value.as_array().ok_or_else(wrong)?.iter().map(|item| text(item.get_ref()).map_err(|_| wrong())).collect()
}

fn yes_or_no(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "true or false".to_owned())
}

fn count(value: &DeValue<'_>) -> Result<u32, String> {
    let number = value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
    number.ok_or_else(|| "a whole number, 0 or more".to_owned())
}

fn attempts(value: &DeValue<'_>) -> Result<u32, String> {
    count(value).ok().filter(|count| (1..=100).contains(count)).ok_or_else(|| "a whole number from 1 to 100".to_owned())
}

fn duration(value: &DeValue<'_>) -> Result<Duration, String> {
    parse_duration(value.as_str().unwrap_or_default())
}

fn zone(value: &DeValue<'_>) -> Result<Tz, String> {
    let name = text(value)?;
    name.parse().map_err(|_| match nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(zone) => format!("a time zone of the IANA list; did you mean \"{zone}\"?"),
        None => "a time zone of the IANA list like \"Asia/Shanghai\"".to_owned(),
    })
}

/// Reads one of an enum's words; serde knows them, and names them when another is written.
fn word<T: for<'de> Deserialize<'de>>(value: &DeValue<'_>) -> Result<T, String> {
    let written = text(value)?;
    let deserializer = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(&written);
    T::deserialize(deserializer).map_err(|error| {
        let message = error.to_string();
        let words: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        match nearest(&written, words.iter().copied()) {
            Some(nearest) => format!("one of {}; did you mean \"{nearest}\"?", words.join(", ")),
            None => format!("one of {}", words.join(", ")),
        }
    })
}

/// Files in a home's schedules that no installed plugin answers to: nothing in them runs.
pub fn stray_files(folder: &Path, installed: &[String]) -> Vec<Diagnostic> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let is_stray = |stem: &&str| installed.iter().all(|plugin| plugin != *stem);
    let strays = names.iter().filter_map(|name| name.strip_suffix(".toml")).filter(is_stray);
    let problem = |stem: &str| {
        let reason = format!("no plugin \"{stem}\" is installed, so nothing in this file runs");
        let problem = Diagnostic::in_file("schedule.unknown_plugin", format!("schedules/{stem}.toml"), reason).as_warning();
        problem.with_allowed(stem, installed.iter().map(String::as_str))
    };
    strays.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::calendar::tests::hours;

    const SHIPPED: &str = r#"
[[job]]
job = "morning-notice"
cron = "0 0 9 * * *"

[[job]]
job = "hand-off-unclaimed"
cron = "0 30 2 * * *"
once_per = "local-day"
"#;

    fn read_store(text: &str) -> Loaded {
        let site = |id: &str, zone: Tz| SiteClock { id: id.into(), zone, hours: hours() };
        let letters = PluginJobs {
            plugin: "letters".into(),
            jobs: vec!["morning-notice".into(), "hand-off-unclaimed".into()],
            shipped: Some(Source::new("plugins/letters/schedules/letters.toml", SHIPPED)),
            store: Some(Source::new("schedules/letters.toml", text)),
        };
        read(&[letters], &[site("main", Tz::Asia__Shanghai), site("north", Tz::Asia__Urumqi)])
    }

    /// What is in force, a line each: `letters.morning-notice main 0 0 9 * * * shipped`.
    fn in_force(loaded: &Loaded) -> Vec<String> {
        let line =
            |schedule: &Schedule| format!("{} {} {} {}", schedule.job, schedule.site, schedule.cron, schedule.origin.as_str());
        let mut lines: Vec<String> = loaded.schedules.iter().map(line).collect();
        lines.sort();
        lines
    }

    /// A store's file with one fault: what is said about it, and that both shipped jobs stay in force at both sites.
    fn check_fault(text: &str, expected: &str) {
        let loaded = read_store(text);
        let lines: Vec<String> = loaded.problems.iter().map(Diagnostic::one_line).collect();
        assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:#?} should have {expected}");
        assert_eq!(loaded.schedules.len(), 4, "{:?}", in_force(&loaded));
    }

    #[test]
    fn a_job_that_the_store_does_not_name_keeps_its_shipped_schedule() {
        let loaded =
            read_store("[[job]]\njob = \"morning-notice\"\ncron = \"@opens-15m\"\nsites = [\"north\"]\noverlap = \"queue\"\n");
        assert_eq!(loaded.problems, []);
        assert_eq!(
            in_force(&loaded),
            [
                "letters.hand-off-unclaimed main 0 30 2 * * * shipped",
                "letters.hand-off-unclaimed north 0 30 2 * * * shipped",
                "letters.morning-notice north @opens-15m store",
            ]
        );
        let notice = loaded.schedules.iter().find(|schedule| schedule.cron == "@opens-15m").unwrap();
        assert_eq!((notice.overlap, notice.attempts, notice.timeout), (Overlap::Queue, 3, Duration::from_secs(600)));
        assert_eq!(notice.rule.calendar.zone(), Tz::Asia__Urumqi);
    }

    #[test]
    fn each_site_has_a_line_by_its_own_zone_and_hours() {
        let early = hours();
        let late = Hours { opens: early.opens + chrono::TimeDelta::hours(1), ..early };
        let site = |id: &str, zone: Tz, hours: Hours| SiteClock { id: id.into(), zone, hours };
        let sites = [
            site("main", Tz::Asia__Shanghai, early),
            site("mall", Tz::Asia__Shanghai, late),
            site("north", Tz::Asia__Urumqi, early),
            site("twin", Tz::Asia__Shanghai, early),
        ];
        let letters = PluginJobs {
            plugin: "letters".into(),
            jobs: vec!["morning-notice".into()],
            shipped: Some(Source::new("letters.toml", "[[job]]\njob = \"morning-notice\"\ncron = \"@opens-15m\"\n")),
            store: None,
        };
        let loaded = read(&[letters], &sites);
        let first = |schedule: &Schedule| schedule.rule.calendar.next_after(chrono::DateTime::UNIX_EPOCH).unwrap();
        let at: Vec<_> = loaded.schedules.iter().map(first).collect();
        assert_eq!(loaded.problems, []);
        // Urumqi's clocks are two hours behind.
        assert_eq!([at[1] - at[0], at[2] - at[0], at[3] - at[0]], [1, 2, 0].map(chrono::TimeDelta::hours));
    }

    #[test]
    fn an_untouched_copy_is_the_shipped_schedule() {
        assert!(read_store(SHIPPED).schedules.iter().all(|schedule| schedule.origin == Origin::Shipped));
    }

    #[test]
    fn every_fault_is_named_with_its_line_and_the_nearest_right_name() {
        let job = "[[job]]\njob = \"morning-notice\"\n";
        check_fault(
            "[[job]]\njob = \"mornin-notice\"\ncron = \"@opens\"\n",
            "schedules/letters.toml:2:7: plugin \"letters\" has no job \"mornin-notice\"; did you mean `morning-notice`?",
        );
        check_fault(&format!("{job}cron = \"0 61 2 * * *\"\n"), ":3:8: minute must be 0–59, got 61");
        check_fault(&format!("{job}cron = \"0 0 0 30 2 *\"\n"), ":3:8: `0 0 0 30 2 *` never comes");
        check_fault(&format!("{job}cron = \"@opens\"\ntimezone = \"Asia/Shangai\"\n"), ":4:12: `timezone` must be a time zone");
        check_fault(
            &format!("{job}cron = \"@opens\"\nsites = [\"man\"]\n"),
            ":4:9: there is no site \"man\"; did you mean `main`?",
        );
        check_fault(&format!("{job}cron = \"@opens\"\nmisfire = \"once-last\"\n"), "did you mean \"once-latest\"?");
        check_fault(&format!("{job}cron = \"@opens\"\ntimeout = \"soon\"\n"), ":4:11: `timeout` must be a span of time");
        check_fault(&format!("{job}cron = \"@opens\"\nattempts = 0\n"), ":4:12: `attempts` must be a whole number from 1 to 100");
        check_fault(
            &format!("{job}cron = \"@opens\"\ntime_out = \"5m\"\n"),
            "unknown key `time_out` in [[job]]; did you mean `timeout`?",
        );
        check_fault(job, ":1:1: a [[job]] needs `cron`");
        check_fault("[[jobs]]\njob = \"morning-notice\"\n", ":1:3: unknown key `jobs`");
        check_fault("[job]\njob = \"morning-notice\"\n", "write [[job]] with two brackets");
        check_fault("[[job]\n", "not TOML");
    }

    #[test]
    fn all_faults_of_an_entry_are_told_at_once() {
        let loaded = read_store("[[job]]\njob = \"mornin-notice\"\ncron = \"0 61 2 * * *\"\nattempts = 0\n");
        let codes: Vec<&str> = loaded.problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, ["schedule.unknown_job", "schedule.invalid_value", "schedule.cron"]);
    }

    #[test]
    fn a_job_scheduled_twice_at_a_site_is_refused() {
        let one = "[[job]]\njob = \"morning-notice\"\ncron = \"@opens\"\nsites = [\"main\"]\n";
        check_fault(&format!("{one}{one}"), "has a schedule at site \"main\" already");
        check_fault(&one.replace("[\"main\"]", "[\"main\", \"main\"]"), "has a schedule at site \"main\" already");
        let other_site = one.replace("main", "north").replace("@opens", "@closes");
        assert_eq!(read_store(&format!("{one}{other_site}")).problems, []);
    }

    #[test]
    fn a_file_for_no_plugin_is_told_with_the_nearest_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["letters.toml", "leters.toml", "README"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let problems = stray_files(folder.path(), &["letters".to_owned()]);
        assert_eq!(problems.len(), 1);
        let expected =
            "schedules/leters.toml: no plugin \"leters\" is installed, so nothing in this file runs; did you mean `letters`?";
        assert_eq!(problems[0].one_line(), expected);
    }

    #[test]
    fn a_fault_in_one_job_leaves_the_other_as_the_store_wrote_it() {
        let loaded = read_store(
            "[[job]]\njob = \"morning-notice\"\ncron = \"oops\"\n[[job]]\njob = \"hand-off-unclaimed\"\ncron = \"0 0 3 * * *\"\n",
        );
        assert_eq!(loaded.problems.len(), 1);
        assert_eq!(
            in_force(&loaded),
            [
                "letters.hand-off-unclaimed main 0 0 3 * * * store",
                "letters.hand-off-unclaimed north 0 0 3 * * * store",
                "letters.morning-notice main 0 0 9 * * * shipped",
                "letters.morning-notice north 0 0 9 * * * shipped",
            ]
        );
    }
}
