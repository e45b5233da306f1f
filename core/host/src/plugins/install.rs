//! Puts packages into a home, and remembers in `data/plugins/installed.json` what it put there.
//!
//! The record has the hash of every file, so that a changed one is noticed before it is used, and the hashes of every form
//! and schedule that a package ever shipped, so that those the store has not touched follow upgrades and the others stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::parse_version;
use super::package::{Origin, Package};
use super::preflight::{Passed, pass, sha256, short};
use crate::diagnostic::Diagnostic;
use crate::home::Home;

/// What is installed in a home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub plugins: BTreeMap<String, Installed>,
    /// Hashes of packages that `plugin trust` has named.
    pub trusted: BTreeSet<String>,
}

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    pub version: String,
    pub origin: Origin,
    pub is_enabled: bool,
    /// The hash of the whole package.
    pub package: String,
    /// The hash of every file in `plugins/<id>/`.
    pub files: BTreeMap<String, String>,
    /// Every hash that a form or schedule was ever shipped with, the newest last, by its path in the home.
    #[serde(default)]
    pub shipped: BTreeMap<String, Vec<String>>,
    /// The package that this one replaced and `rollback` brings back.
    #[serde(default)]
    pub previous: Option<Previous>,
}

/// A package that was in use before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    pub version: String,
    pub origin: Origin,
    pub package: String,
}

/// Whether an older version may replace a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    Refuse,
    Allow,
}

impl Record {
    pub fn load(home: &Home) -> Result<Record, Box<Diagnostic>> {
        let path = Record::path(home);
        match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| {
                let reason = format!("the record of installed plugins cannot be read: {error}");
                Box::new(Diagnostic::in_file("plugin.record", home.show(&path), reason).with_help("restore it from a backup"))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
            Err(error) => Err(Box::new(Diagnostic::in_file("plugin.record", home.show(&path), error.to_string()))),
        }
    }

    pub fn save(&self, home: &Home) -> io::Result<()> {
        write_whole(&Record::path(home), &serde_json::to_vec_pretty(self)?)
    }

    fn path(home: &Home) -> PathBuf {
        home.plugin_cache().join("installed.json")
    }

    fn trusts(&self, package: &Package) -> bool {
        let hash = package.hash();
        let known = self.plugins.get(&package.manifest.id);
        let was_in_use = known.is_some_and(|known| {
            known.package == hash || known.previous.as_ref().is_some_and(|previous| previous.package == hash)
        });
        package.origin == Origin::Shipped || self.trusted.contains(&hash) || was_in_use
    }
}

impl Installed {
    fn as_previous(&self) -> Previous {
        Previous { version: self.version.clone(), origin: self.origin, package: self.package.clone() }
    }
}

/// Decides whether a package may be installed: somebody vouches for it, it is not older than what is in use, and its library
/// is whole and its own. None of its code has run by then.
pub(super) fn admit(home: &Home, record: &Record, package: &Package, downgrade: Downgrade) -> Result<Passed, Vec<Diagnostic>> {
    let id = package.manifest.id.as_str();
    let shown = home.show(&home.plugins().join(id));
    let refuse = |code: &str, reason: String, help: String| vec![Diagnostic::in_file(code, &shown, reason).with_help(help)];

    if !record.trusts(package) {
        let hash = package.hash();
        let reason = format!("{id} {} did not come with the host and nobody has vouched for it", package.manifest.version);
        return Err(refuse(
            "plugin.untrusted",
            reason,
            format!("if you trust it: deskbell plugin trust {hash}, then install it again"),
        ));
    }
    let known = record.plugins.get(id);
    let is_older = known.is_some_and(|known| parse_version(&package.manifest.version) < parse_version(&known.version));
    if let (Some(known), true, Downgrade::Refuse) = (known, is_older, downgrade) {
        let reason = format!("{id} {} is older than the installed {}", package.manifest.version, known.version);
        return Err(refuse("plugin.older", reason, format!("`deskbell plugin rollback {id}` brings the previous version back")));
    }
    let library = format!("{shown}/{}", package.manifest.library_name());
    pass(package.library(), &library, None, &package.manifest, &home.plugin_cache()).map_err(|problem| vec![*problem])
}

/// Installs a package, or upgrades to it, and returns what the reader should know; on errors nothing has changed.
pub fn install(
    home: &Home,
    record: &mut Record,
    package: &Package,
    downgrade: Downgrade,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    admit(home, record, package, downgrade)?;
    let id = package.manifest.id.as_str();
    let known = record.plugins.get(id);
    let unwritable = |error: io::Error| {
        let shown = home.show(&home.plugins().join(id));
        let problem = Diagnostic::in_file("plugin.storage", shown, format!("cannot install {id}: {error}"));
        vec![problem.with_help("make room, or see to the folder's permissions")]
    };
    let is_another = known.is_none_or(|known| known.package != package.hash());
    put_in_place(home, package, is_another).map_err(unwritable)?;
    let mut installed = Installed {
        version: package.manifest.version.clone(),
        origin: package.origin,
        is_enabled: known.is_none_or(|known| known.is_enabled),
        package: package.hash(),
        files: package.files().map(|(path, bytes)| (path.to_owned(), sha256(bytes))).collect(),
        shipped: known.map(|known| known.shipped.clone()).unwrap_or_default(),
        previous: known.and_then(|known| if is_another { Some(known.as_previous()) } else { known.previous.clone() }),
    };
    let notes = hand_to_the_store(home, package, &mut installed.shipped).map_err(unwritable)?;
    record.plugins.insert(id.to_owned(), installed);
    record.save(home).map_err(unwritable)?;
    Ok(notes)
}

/// Reads the package that was in use before the present one, and that a rollback brings back.
pub(super) fn previous(home: &Home, record: &Record, id: &str) -> Result<Package, Vec<Diagnostic>> {
    let folder = previous_folder(home, id);
    let refuse = |reason: String| vec![Diagnostic::in_file("plugin.rollback", home.show(&folder), reason)];
    let Some(previous) = record.plugins.get(id).and_then(|installed| installed.previous.clone()) else {
        return Err(refuse(format!("there is no earlier version of {id} to go back to")));
    };
    let mut package = Package::from_folder(&folder)?;
    if package.hash() != previous.package {
        return Err(refuse(format!(
            "the kept {id} {} was changed: {} instead of {}",
            previous.version,
            short(&package.hash()),
            short(&previous.package)
        )));
    }
    package.origin = previous.origin;
    Ok(package)
}

/// Removes a package; its records, forms and schedule stay.
pub(super) fn remove(home: &Home, record: &mut Record, id: &str) -> io::Result<bool> {
    if record.plugins.remove(id).is_none() {
        return Ok(false);
    }
    record.save(home)?;
    for folder in [home.plugins().join(id), previous_folder(home, id)] {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(true)
}

/// The files of an installed package that are not as they were put there; one that was looked at already is left out.
pub(super) fn changed_files(home: &Home, id: &str, installed: &Installed, looked_at: &str) -> Vec<Diagnostic> {
    let folder = home.plugins().join(id);
    let check = |(path, recorded): (&String, &String)| {
        let file = folder.join(path);
        let reason = match std::fs::read(&file) {
            Ok(bytes) if sha256(&bytes) == *recorded => return None,
            Ok(_) => format!("{path} of {id} was changed after it was installed"),
            Err(error) => format!("{path} of {id} cannot be read: {error}"),
        };
        let help = "install the plugin again; a store's own forms and schedules belong in templates/ and schedules/";
        Some(Diagnostic::in_file("plugin.tampered", home.show(&file), reason).with_help(help))
    };
    installed.files.iter().filter(|(path, _)| *path != looked_at).filter_map(check).collect()
}

/// Writes the package beside its place and then takes the place in one step; another one in it is kept for a rollback.
fn put_in_place(home: &Home, package: &Package, is_another: bool) -> io::Result<()> {
    let id = package.manifest.id.as_str();
    let place = home.plugins().join(id);
    let staging = home.plugins().join(format!(".staging-{id}"));
    let _ = std::fs::remove_dir_all(&staging);
    for (path, bytes) in package.files() {
        write_whole(&staging.join(path), bytes)?;
    }
    if place.is_dir() && !is_another {
        std::fs::remove_dir_all(&place)?;
    } else if place.is_dir() {
        let previous = previous_folder(home, id);
        // A rollback reads from there; what it read is in memory by now.
        let _ = std::fs::remove_dir_all(&previous);
        std::fs::create_dir_all(previous.parent().unwrap_or(&previous))?;
        std::fs::rename(&place, &previous)?;
    }
    std::fs::rename(&staging, &place)?;
    File::open(home.plugins())?.sync_all()
}

fn previous_folder(home: &Home, id: &str) -> PathBuf {
    home.plugins().join(".previous").join(id)
}

/// Copies a package's forms and schedule to where the store edits them; those it has edited stay, with a word about it.
fn hand_to_the_store(home: &Home, package: &Package, shipped: &mut BTreeMap<String, Vec<String>>) -> io::Result<Vec<Diagnostic>> {
    let id = package.manifest.id.as_str();
    let mut notes = Vec::new();
    for (path, bytes) in package.files() {
        let Some(path) = path_in_the_store(id, path) else { continue };
        let file = home.root().join(&path);
        let now = sha256(bytes);
        let before = shipped.entry(path.clone()).or_default();
        let stores = std::fs::read(&file).ok().map(|bytes| sha256(&bytes));
        let is_untouched = stores.as_ref().is_none_or(|stores| before.contains(stores) || *stores == now);
        if is_untouched {
            if stores.as_ref() != Some(&now) {
                write_whole(&file, bytes)?;
            }
        } else if before.last() != Some(&now) {
            let reason = format!("the store's own {path} stays in force, and {id} {} ships a new one", package.manifest.version);
            let help = format!("compare them: the new one is plugins/{id}/{}", path_in_the_package(id, &path));
            notes.push(Diagnostic::in_file("plugin.edited_file", &path, reason).with_help(help).as_warning());
        }
        before.retain(|hash| *hash != now);
        before.push(now);
    }
    Ok(notes)
}

/// `templates/handoff-sheet.typ` of letters is `templates/letters/handoff-sheet.typ` in the home.
fn path_in_the_store(id: &str, path: &str) -> Option<String> {
    match path.split_once('/') {
        Some(("templates", form)) => Some(format!("templates/{id}/{form}")),
        Some(("schedules", file)) if file == format!("{id}.toml") => Some(path.to_owned()),
        _ => None,
    }
}

fn path_in_the_package(id: &str, path: &str) -> String {
    path.replacen(&format!("templates/{id}/"), "templates/", 1)
}

/// Writes a file that is there whole or not at all, with the folders above it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    rustix::fs::fchmod(file.as_file(), rustix::fs::Mode::from_raw_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}
