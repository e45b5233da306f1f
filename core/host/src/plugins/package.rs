//! A plugin's package before it is installed: which files belong to it, where they lie now, and what they hash to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::preflight::sha256;
use crate::diagnostic::{Diagnostic, Source};
use crate::home::Shipped;

/// The files of a package by their path inside it.
#[derive(Debug)]
pub struct Package {
    pub manifest: Manifest,
    pub origin: Origin,
    files: BTreeMap<String, Vec<u8>>,
}

/// Where a package comes from, which decides whether it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It came with the host.
    Shipped,
    /// Somebody named its folder.
    Folder,
}

/// The largest file of a package, and the most files.
const FILE_MAX: u64 = 256 * 1024 * 1024;
const FILES_MAX: usize = 2_000;

impl Package {
    /// Reads the package in a folder: `plugin.toml`, the library, `locales/`, `templates/`, `schedules/`.
    ///
    /// Where there is a `SHA256SUMS`, it must name every file and fit it.
    pub fn from_folder(folder: &Path) -> Result<Package, Vec<Diagnostic>> {
        let mut reader = Reader::default();
        reader.take_folder(folder, "", &|path| belongs(path));
        let package = reader.into_package(folder, Origin::Folder)?;
        package.check_sums(folder)?;
        Ok(package)
    }

    /// Puts the package of a shipped plugin together.
    pub fn shipped(shipped: &Shipped, id: &str) -> Result<Package, Vec<Diagnostic>> {
        let mut reader = Reader::default();
        let library = super::library_name(id);
        let is_prose = |path: &str| path != library && belongs(path);
        reader.take_folder(&shipped.plugin(id), "", &is_prose);
        reader.take(&shipped.library(id), &library);
        if shipped.templates().join(id).is_dir() {
            reader.take_folder(&shipped.templates().join(id), "templates/", &|_| true);
        }
        if shipped.schedule(id).is_file() {
            reader.take(&shipped.schedule(id), &format!("schedules/{id}.toml"));
        }
        reader.into_package(&shipped.plugin(id), Origin::Shipped)
    }

    /// Puts the package of a plugin's crate together, with the library that was built of it.
    ///
    /// Forms and schedule lie in the crate's folder, or in the `templates/` and `schedules/` of the workspace around it.
    pub fn of_crate(folder: &Path, library: &Path) -> Result<Package, Vec<Diagnostic>> {
        let mut reader = Reader::default();
        reader.take_folder(folder, "", &|path| belongs(path) && !path.ends_with(".so"));
        let id = library_id(library);
        if let Some(workspace) = folder.parent().and_then(Path::parent) {
            let (templates, schedule) = (workspace.join("templates").join(&id), workspace.join(format!("schedules/{id}.toml")));
            if !folder.join("templates").is_dir() && templates.is_dir() {
                reader.take_folder(&templates, "templates/", &|_| true);
            }
            if !folder.join("schedules").is_dir() && schedule.is_file() {
                reader.take(&schedule, &format!("schedules/{id}.toml"));
            }
        }
        if let Some(name) = library.file_name() {
            reader.take(library, &name.to_string_lossy());
        }
        reader.into_package(folder, Origin::Folder)
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    pub fn library(&self) -> &[u8] {
        self.files.get(&self.manifest.library_name()).map_or(&[], Vec::as_slice)
    }

    /// The hash of the whole package: of its list of hashes, as `sha256sum` prints it.
    pub fn hash(&self) -> String {
        let sums: String = self.files().map(|(path, bytes)| format!("{}  {path}\n", sha256(bytes))).collect();
        sha256(sums.as_bytes())
    }

    fn check_sums(&self, folder: &Path) -> Result<(), Vec<Diagnostic>> {
        let file = folder.join("SHA256SUMS");
        let Ok(text) = std::fs::read_to_string(&file) else { return Ok(()) };
        let source = Source::new(file.display().to_string(), text);
        let listed: BTreeMap<&str, &str> =
            source.text.lines().filter_map(|line| line.split_once("  ")).map(|(sum, path)| (path, sum)).collect();
        let wrong = self.files().filter(|(path, bytes)| listed.get(path) != Some(&sha256(bytes).as_str()));
        let mut problems: Vec<Diagnostic> = wrong
            .map(|(path, _)| {
                let reason = match listed.contains_key(path) {
                    true => format!("{path} is not the file that SHA256SUMS lists"),
                    false => format!("{path} is not listed in SHA256SUMS"),
                };
                Diagnostic::in_file("plugin.tampered", folder.join(path), reason)
            })
            .collect();
        let missing = listed.keys().filter(|path| !self.files.contains_key(**path));
        problems
            .extend(missing.map(|path| Diagnostic::in_file("plugin.tampered", folder.join(path), format!("{path} is missing"))));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// The plugin of a library: `petty-cash` of `libpetty_cash.so`.
fn library_id(library: &Path) -> String {
    let stem = library.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix("lib").unwrap_or(&stem).replace('_', "-")
}

/// Whether a path inside a package's folder is part of the package; sources beside it are not.
fn belongs(path: &str) -> bool {
    let (top, is_nested) = path.split_once('/').map_or((path, false), |(top, _)| (top, true));
    match (top, is_nested) {
        ("locales" | "templates" | "schedules", true) => true,
        (_, true) => false,
        ("plugin.toml" | "demo.jsonl", false) => true,
        (file, false) => {
            let is_library = file.starts_with("lib") && file.ends_with(".so");
            is_library || file.starts_with("README") || file.starts_with("LICENSE")
        }
    }
}

/// Gathers files, and what is wrong with them.
#[derive(Default)]
struct Reader {
    files: BTreeMap<String, Vec<u8>>,
    problems: Vec<Diagnostic>,
}

impl Reader {
    /// Takes what `is_wanted` of a folder and the folders below it, under `prefix`.
    fn take_folder(&mut self, folder: &Path, prefix: &str, is_wanted: &dyn Fn(&str) -> bool) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(folder, format!("cannot read the folder: {error}")),
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let holds_wanted =
                is_folder && (!prefix.is_empty() || ["locales", "templates", "schedules"].contains(&name.as_str()));
            if holds_wanted {
                self.take_folder(&entry.path(), &format!("{path}/"), is_wanted);
            } else if !is_folder && !name.starts_with('.') && is_wanted(&path) {
                self.take(&entry.path(), &path);
            }
        }
    }

    fn take(&mut self, file: &Path, path: &str) {
        match std::fs::symlink_metadata(file) {
            Ok(data) if !data.is_file() => self.refuse(file, "a package holds plain files only: no links, no devices".into()),
            Ok(data) if data.len() > FILE_MAX => self.refuse(file, format!("larger than {} MB", FILE_MAX / 1024 / 1024)),
            Ok(_) if self.files.len() >= FILES_MAX => self.refuse(file, format!("a package has at most {FILES_MAX} files")),
            Ok(_) => match std::fs::read(file) {
                Ok(bytes) => drop(self.files.insert(path.to_owned(), bytes)),
                Err(error) => self.refuse(file, format!("cannot read it: {error}")),
            },
            Err(error) => self.refuse(file, format!("cannot read it: {error}")),
        }
    }

    fn refuse(&mut self, file: &Path, reason: String) {
        self.problems.push(Diagnostic::in_file("plugin.package", file, reason));
    }

    fn into_package(mut self, folder: &Path, origin: Origin) -> Result<Package, Vec<Diagnostic>> {
        let shown: PathBuf = folder.join("plugin.toml");
        let Some(text) = self.files.get("plugin.toml") else {
            self.refuse(&shown, "no package here: there is no plugin.toml".into());
            return Err(self.problems);
        };
        let source = Source::new(shown.display().to_string(), String::from_utf8_lossy(text).into_owned());
        let manifest = match Manifest::read(&source) {
            Ok(manifest) => manifest,
            Err(problems) => {
                self.problems.extend(problems);
                return Err(self.problems);
            }
        };
        if !self.files.contains_key(&manifest.library_name()) {
            self.refuse(&folder.join(manifest.library_name()), format!("the library of {} is not in its package", manifest.id));
        }
        if self.problems.is_empty() { Ok(Package { manifest, origin, files: self.files }) } else { Err(self.problems) }
    }
}
