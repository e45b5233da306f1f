//! All plugins of a desk, and where each stands. Installing, enabling and going back happen while the desk runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deskbell_proto::PluginDescription;
use futures_util::stream::{self, StreamExt};
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::child_runner::ChildRunner;
use super::in_process::InProcessRunner;
use super::install::{self, Downgrade, Installed, Record};
use super::manifest::Manifest;
use super::package::Package;
use super::plugin::Plugin;
use super::preflight::{self, Passed};
use super::probe;
use super::runner::Runner;
use crate::config::{Isolation, Policy, Runners};
use crate::diagnostic::{Diagnostic, Source};
use crate::home::{Home, Shipped};
use crate::problem::{Code, Problem};

/// Packages that are looked at together: more would only weigh more.
const AT_ONCE: usize = 2;

/// All plugins of the desk.
#[derive(Debug)]
pub struct Registry {
    home: Home,
    runners: Runners,
    record: Mutex<Record>,
    entries: RwLock<BTreeMap<String, Entry>>,
    /// One package is changed at a time.
    changing: tokio::sync::Mutex<()>,
}

/// A plugin that lies in the home, usable or not.
#[derive(Debug, Clone)]
struct Entry {
    manifest: Option<Manifest>,
    standing: Standing,
}

#[derive(Debug, Clone)]
enum Standing {
    /// It runs, or is quarantined; the plugin itself knows which.
    InUse(Arc<Plugin>),
    /// Somebody has switched it off; its records can still be read.
    Disabled(Arc<Plugin>),
    Refused(Vec<Diagnostic>),
}

/// Where a plugin stands, as `plugin list` and the API show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub id: String,
    pub version: String,
    pub name: String,
    pub state: State,
    /// Why it was refused, disabled or quarantined, and what to do, in one sentence.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Running,
    Disabled,
    Refused,
    Quarantined,
}

impl Registry {
    /// Opens every plugin of a home; one that cannot be used is refused and the others go on.
    pub async fn open(home: &Home, runners: &Runners) -> Registry {
        let (record, unreadable) = match Record::load(home) {
            Ok(record) => (record, None),
            Err(problem) => (Record::default(), Some(*problem)),
        };
        let registry = Registry {
            home: home.clone(),
            runners: runners.clone(),
            record: Mutex::new(record),
            entries: RwLock::default(),
            changing: tokio::sync::Mutex::new(()),
        };
        let load = async |id: String| {
            let entry = match &unreadable {
                Some(problem) => Entry { manifest: None, standing: Standing::Refused(vec![problem.clone()]) },
                None => registry.load(&id).await,
            };
            (id, entry)
        };
        // Each is some megabytes to read and to hash.
        let entries: Vec<(String, Entry)> = stream::iter(registry.ids_in_home()).map(load).buffered(AT_ONCE).collect().await;
        registry.entries.write().extend(entries);
        registry
    }

    /// The plugin, if it is running; a quarantined or unknown one is a problem.
    pub fn running(&self, id: &str) -> Result<Arc<Plugin>, Problem> {
        let entries = self.entries.read();
        let entry = entries.get(id).ok_or_else(|| Problem::not_found(format!("plugin {id}")))?;
        match &entry.standing {
            Standing::InUse(plugin) => match plugin.quarantine() {
                None => Ok(plugin.clone()),
                Some(why) => Err(Problem::new(Code::PluginQuarantined, quarantined(id, &why))),
            },
            Standing::Disabled(_) => Err(Problem::new(Code::PluginQuarantined, disabled(id))),
            Standing::Refused(problems) => Err(Problem::new(Code::PluginRefused, refused(id, problems))),
        }
    }

    /// The plugin whatever its state, for its description; a refused one has none.
    pub fn get(&self, id: &str) -> Option<Arc<Plugin>> {
        self.entries.read().get(id).and_then(Entry::plugin)
    }

    /// Every plugin that has a description, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Plugin>> {
        self.entries.read().values().filter_map(Entry::plugin).collect()
    }

    pub fn statuses(&self, language: &str) -> Vec<Status> {
        self.entries.read().iter().map(|(id, entry)| entry.status(id, language)).collect()
    }

    /// What is wrong with the packages that were refused.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let entries = self.entries.read();
        let refused = entries.values().filter_map(|entry| match &entry.standing {
            Standing::Refused(problems) => Some(problems.clone()),
            _ => None,
        });
        refused.flatten().collect()
    }

    /// Puts a plugin into use again: one that was disabled, quarantined, or refused for a reason that is gone.
    pub async fn enable(&self, id: &str) -> Result<Status, Problem> {
        let _changing = self.changing.lock().await;
        self.set_enabled(id, true)?;
        match self.get(id).filter(|plugin| plugin.quarantine().is_some()) {
            Some(plugin) => plugin.forgive(),
            None => self.reload(id).await,
        }
        self.status(id)
    }

    /// Takes a plugin out of use; calls that run are answered.
    pub async fn disable(&self, id: &str) -> Result<Status, Problem> {
        let _changing = self.changing.lock().await;
        self.set_enabled(id, false)?;
        self.reload(id).await;
        self.status(id)
    }

    /// Installs a package from its folder, or the shipped plugin of that id, and puts it into use.
    ///
    /// The notes say what the reader should know: forms of the store that stay in force, above all.
    pub async fn install(&self, what: &Path, shipped: Option<&Shipped>) -> Result<(Status, Vec<Diagnostic>), Problem> {
        let is_shipped = |id: &&str| shipped.is_some_and(|shipped| shipped.manifest(id).is_file());
        let package = match (what.to_str().filter(|_| !what.is_dir()).filter(is_shipped), shipped) {
            (Some(id), Some(shipped)) => Package::shipped(shipped, id),
            _ => Package::from_folder(what),
        };
        let package = package.map_err(|problems| not_installed(&problems))?;
        let notes = self.put_in_place(&package, Downgrade::Refuse).await?;
        Ok((self.status(&package.manifest.id)?, notes))
    }

    /// Brings back the version that was in use before.
    pub async fn rollback(&self, id: &str) -> Result<(Status, Vec<Diagnostic>), Problem> {
        let package = install::previous(&self.home, &self.record.lock(), id).map_err(|problems| not_installed(&problems))?;
        let notes = self.put_in_place(&package, Downgrade::Allow).await?;
        Ok((self.status(id)?, notes))
    }

    /// Removes a plugin's package; its records, forms and schedule stay.
    pub async fn remove(&self, id: &str) -> Result<(), Problem> {
        let _changing = self.changing.lock().await;
        let removed = install::remove(&self.home, &mut self.record.lock(), id).map_err(Problem::internal)?;
        let was_there = self.entries.write().remove(id).is_some();
        if removed || was_there { Ok(()) } else { Err(Problem::not_found(format!("plugin {id}"))) }
    }

    /// Vouches for the package of a hash, which may then be installed.
    pub async fn trust(&self, hash: &str) -> Result<(), Problem> {
        let is_hash = hash.len() == 64 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if !is_hash {
            return Err(Problem::invalid_field("hash", "not-a-hash", []));
        }
        let _changing = self.changing.lock().await;
        let mut record = self.record.lock();
        record.trusted.insert(hash.to_owned());
        record.save(&self.home).map_err(Problem::internal)
    }

    /// Upgrades the plugins that came with the host to those that come with it now.
    pub async fn follow_shipped(&self, shipped: &Shipped) -> Vec<Diagnostic> {
        let mut notes = Vec::new();
        let look = |id: String| {
            let shipped = shipped.clone();
            spawn_blocking(move || Package::shipped(&shipped, &id).ok().map(|package| (id, package.hash(), package)))
        };
        let mut found = stream::iter(shipped.plugin_ids()).map(look).buffered(AT_ONCE);
        while let Some(found) = found.next().await {
            let Ok(Some((id, hash, package))) = found else { continue };
            let is_outdated = self
                .record
                .lock()
                .plugins
                .get(&id)
                .is_some_and(|installed| installed.origin == super::package::Origin::Shipped && installed.package != hash);
            if is_outdated {
                match self.put_in_place(&package, Downgrade::Allow).await {
                    Ok(more) => notes.extend(more),
                    Err(problem) => tracing::error!(plugin = id, "{id} keeps its older version: {problem}"),
                }
            }
        }
        notes
    }

    /// Lets a package describe itself in a child process, then gives it its place; one that cannot be used changes nothing.
    async fn put_in_place(&self, package: &Package, downgrade: Downgrade) -> Result<Vec<Diagnostic>, Problem> {
        let _changing = self.changing.lock().await;
        let refused = |problems: Vec<Diagnostic>| not_installed(&problems);
        let passed = install::admit(&self.home, &self.record.lock(), package, downgrade).map_err(refused)?;
        self.describe(&package.manifest, &passed).await.map_err(|problem| {
            let _ = std::fs::remove_file(&passed.library);
            refused(vec![*problem])
        })?;
        let notes = install::install(&self.home, &mut self.record.lock(), package, downgrade).map_err(refused)?;
        self.reload(&package.manifest.id).await;
        Ok(notes)
    }

    fn set_enabled(&self, id: &str, is_enabled: bool) -> Result<(), Problem> {
        let mut record = self.record.lock();
        let installed = record.plugins.get_mut(id).ok_or_else(|| Problem::not_found(format!("plugin {id}")))?;
        installed.is_enabled = is_enabled;
        record.save(&self.home).map_err(Problem::internal)
    }

    fn status(&self, id: &str) -> Result<Status, Problem> {
        let entries = self.entries.read();
        let entry = entries.get(id).ok_or_else(|| Problem::not_found(format!("plugin {id}")))?;
        Ok(entry.status(id, "en"))
    }

    async fn reload(&self, id: &str) {
        let entry = self.load(id).await;
        self.entries.write().insert(id.to_owned(), entry);
    }

    fn ids_in_home(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.home.plugins()).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
        let in_folder = folders.filter(|name| !name.starts_with('.'));
        let recorded: Vec<String> = self.record.lock().plugins.keys().cloned().collect();
        let mut ids: Vec<String> = in_folder.chain(recorded).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Checks and opens one plugin.
    async fn load(&self, id: &str) -> Entry {
        let mut entry = Entry { manifest: None, standing: Standing::Refused(Vec::new()) };
        let installed = self.record.lock().plugins.get(id).cloned();
        entry.standing = match self.open_plugin(id, installed.as_ref(), &mut entry.manifest).await {
            Ok(plugin) if installed.is_some_and(|installed| installed.is_enabled) => {
                if let Some(why) = plugin.quarantine() {
                    tracing::error!(plugin = id, "{}", quarantined(id, &why));
                }
                Standing::InUse(Arc::new(plugin))
            }
            Ok(plugin) => Standing::Disabled(Arc::new(plugin)),
            Err(problems) => {
                for problem in &problems {
                    tracing::error!(plugin = id, "{id} is refused: {}", problem.one_line());
                }
                Standing::Refused(problems)
            }
        };
        entry
    }

    async fn open_plugin(
        &self,
        id: &str,
        installed: Option<&Installed>,
        manifest_found: &mut Option<Manifest>,
    ) -> Result<Plugin, Vec<Diagnostic>> {
        let folder = self.home.plugins().join(id);
        let shown = self.home.show(&folder);
        let refuse = |code: &str, reason: String, help: &str| vec![Diagnostic::in_file(code, &shown, reason).with_help(help)];

        let manifest_file = folder.join("plugin.toml");
        let text = std::fs::read_to_string(&manifest_file).map_err(|error| {
            refuse("plugin.package", format!("plugin.toml of {id} cannot be read: {error}"), "install it again")
        })?;
        let manifest = Manifest::read(&Source::new(self.home.show(&manifest_file), text))?;
        *manifest_found = Some(manifest.clone());
        let Some(installed) = installed else {
            let reason = format!("{id} was put there by hand and is in no record");
            return Err(refuse("plugin.untrusted", reason, "move the folder elsewhere and install it from there"));
        };
        if manifest.id != id {
            return Err(refuse("plugin.manifest", format!("its plugin.toml says it is {:?}", manifest.id), "install it again"));
        }

        let (home, checked, record) = (self.home.clone(), manifest.clone(), installed.clone());
        let passed = spawn_blocking(move || pass_files(&home, &checked, &record)).await;
        let passed = passed.map_err(|_| refuse("plugin.package", format!("checking {id} panicked"), "install it again"))??;
        let description = self.describe(&manifest, &passed).await.map_err(|problem| vec![*problem])?;
        let policy = self.runners.of(id);
        let runner = self.runner(id, &passed, policy).map_err(|error| {
            refuse("plugin.storage", format!("cannot run {id}: {error}"), "see to the permissions of the data folder")
        })?;
        Ok(Plugin::new(manifest, description, folder, policy.deadline, runner))
    }

    fn runner(&self, id: &str, passed: &Passed, policy: &Policy) -> std::io::Result<Box<dyn Runner>> {
        Ok(match policy.isolation {
            Isolation::Process => Box::new(ChildRunner::new(id, passed.library.clone(), policy.clone())),
            Isolation::InProcess => {
                let strikes = self.home.plugin_cache().join(format!("{id}.strikes"));
                Box::new(InProcessRunner::new(id, passed.library.clone(), &strikes)?)
            }
        })
    }

    /// What the plugin says about itself, asked once per library in a child process, whatever its isolation.
    async fn describe(&self, manifest: &Manifest, passed: &Passed) -> Result<PluginDescription, Box<Diagnostic>> {
        let id = manifest.id.as_str();
        let kept = self.home.plugin_cache().join(format!("{}.json", passed.sha256));
        if let Some(description) = std::fs::read(&kept).ok().and_then(|json| serde_json::from_slice(&json).ok()) {
            return Ok(description);
        }
        let described = probe::describe(id, &passed.library, self.runners.of(id)).await;
        let (description, json) = described.map_err(|faults| {
            let reason = format!("{id} {} cannot be used: {}", manifest.version, faults.join("; "));
            let problem = Diagnostic::in_file("plugin.description", self.home.show(&self.home.plugins().join(id)), reason);
            Box::new(problem.with_help("ask its author for a repaired build"))
        })?;
        // Without the copy, the next start asks again.
        if let Err(error) = install::write_whole(&kept, &json) {
            tracing::warn!("cannot keep the description of {id}: {error}");
        }
        Ok(description)
    }
}

impl Entry {
    fn plugin(&self) -> Option<Arc<Plugin>> {
        match &self.standing {
            Standing::InUse(plugin) | Standing::Disabled(plugin) => Some(plugin.clone()),
            Standing::Refused(_) => None,
        }
    }

    fn status(&self, id: &str, language: &str) -> Status {
        let (state, reason) = match &self.standing {
            Standing::InUse(plugin) => match plugin.quarantine() {
                None => (State::Running, None),
                Some(why) => (State::Quarantined, Some(quarantined(id, &why))),
            },
            Standing::Disabled(_) => (State::Disabled, Some(disabled(id))),
            Standing::Refused(problems) => (State::Refused, Some(refused(id, problems))),
        };
        let manifest = self.manifest.as_ref();
        Status {
            id: id.to_owned(),
            version: manifest.map_or(String::new(), |manifest| manifest.version.clone()),
            name: manifest.map_or(id, |manifest| manifest.name_in(language)).to_owned(),
            state,
            reason,
        }
    }
}

/// Checks an installed plugin's files. The bytes of the library that are hashed here are the bytes that are opened.
fn pass_files(home: &Home, manifest: &Manifest, installed: &Installed) -> Result<Passed, Vec<Diagnostic>> {
    let id = manifest.id.as_str();
    let folder = home.plugins().join(id);
    let library = folder.join(manifest.library_name());
    let bytes = std::fs::read(&library).map_err(|error| {
        let reason = format!("the library of {id} cannot be read: {error}");
        vec![Diagnostic::in_file("plugin.package", home.show(&folder), reason).with_help("install it again")]
    })?;
    let recorded = installed.files.get(&manifest.library_name()).map(String::as_str);
    let passed = preflight::pass(&bytes, &home.show(&library), recorded, manifest, &home.plugin_cache());
    let passed = passed.map_err(|problem| vec![*problem])?;
    let changed = install::changed_files(home, id, installed, &manifest.library_name());
    if changed.is_empty() { Ok(passed) } else { Err(changed) }
}

fn quarantined(id: &str, why: &str) -> String {
    format!("{id} is quarantined, {why}; after a repair: deskbell plugin enable {id}")
}

fn disabled(id: &str) -> String {
    format!("{id} is switched off; to use it again: deskbell plugin enable {id}")
}

fn refused(id: &str, problems: &[Diagnostic]) -> String {
    problems.first().map_or_else(|| format!("{id} is refused"), Diagnostic::one_line)
}

fn not_installed(problems: &[Diagnostic]) -> Problem {
    let lines: Vec<String> = problems.iter().map(Diagnostic::one_line).collect();
    Problem::new(Code::PluginRefused, lines.join("\n"))
}
