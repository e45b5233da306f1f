//! From a plugin's crate to its package: cargo builds the library, the rest is gathered around it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;

use super::install::write_whole;
use super::manifest::library_name;
use super::package::Package;
use crate::diagnostic::Diagnostic;

/// Why a crate was not made into a package.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    #[error("there is no crate in {}: a native plugin's folder has a Cargo.toml", .0.display())]
    NoCrate(PathBuf),
    #[error("cargo was not found on the PATH: install the Rust toolchain, then build again")]
    NoCargo,
    #[error("cargo could not build {} ({how}); what it said stands above", .folder.display())]
    Cargo { folder: PathBuf, how: String },
    #[error("{} builds no plugin library: its Cargo.toml needs `[lib] crate-type = [\"cdylib\"]`", .0.display())]
    NoLibrary(PathBuf),
    #[error("cannot write the package: {0}")]
    Io(#[from] io::Error),
    #[error("{} faults in the package", .0.len())]
    Package(Vec<Diagnostic>),
}

/// Whether a folder holds a crate rather than a package.
pub fn is_crate(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

/// Builds the crate in a folder and lays its package out under cargo's target folder; returns where, and the package.
///
/// What cargo and the compiler say goes to stderr as it comes.
pub fn build(folder: &Path) -> Result<(PathBuf, Package), BuildFailure> {
    let folder = folder.canonicalize()?;
    if !is_crate(&folder) {
        return Err(BuildFailure::NoCrate(folder));
    }
    let library = cargo_build(&folder)?;
    let package = Package::of_crate(&folder, &library).map_err(BuildFailure::Package)?;
    // `target/release/libletters.so` belongs to `target/plugins/letters/`.
    let target = library.parent().and_then(Path::parent).unwrap_or(&folder);
    let place = target.join("plugins").join(&package.manifest.id);
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    for (path, bytes) in package.files() {
        write_whole(&place.join(path), bytes)?;
    }
    Ok((place, package))
}

fn cargo_build(folder: &Path) -> Result<PathBuf, BuildFailure> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--lib", "--message-format=json-render-diagnostics"]).current_dir(folder);
    let built = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).output();
    let built = built.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BuildFailure::NoCargo,
        _ => BuildFailure::Io(error),
    })?;
    if !built.status.success() {
        return Err(BuildFailure::Cargo { folder: folder.to_owned(), how: built.status.to_string() });
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let library = artifacts.filter_map(|message| library_of(&message, folder)).next_back();
    library.ok_or_else(|| BuildFailure::NoLibrary(folder.to_owned()))
}

/// The shared library in one of cargo's messages, if it was built of the crate in this folder.
fn library_of(message: &Value, folder: &Path) -> Option<PathBuf> {
    let is_own = message["reason"] == "compiler-artifact"
        && message["manifest_path"].as_str().map(Path::new) == Some(&folder.join("Cargo.toml"));
    let files = message["filenames"].as_array().filter(|_| is_own)?;
    files.iter().filter_map(Value::as_str).map(PathBuf::from).find(|file| file.extension().is_some_and(|kind| kind == "so"))
}

/// The library that was last built of a crate, in the target folder that cargo uses for it.
pub(super) fn built_library(folder: &Path, id: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let targets = named.into_iter().chain(folder.ancestors().map(|folder| folder.join("target")));
    let built = targets.flat_map(|target| ["release", "debug"].map(|profile| target.join(profile).join(library_name(id))));
    let age = |library: &PathBuf| library.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    built.filter(|library| library.is_file()).max_by_key(age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_library_is_found_among_what_cargo_says() {
        let message = |manifest: &str, file: &str| json!({"reason": "compiler-artifact", "manifest_path": manifest, "filenames": ["/t/release/libx.rlib", file]});
        let of = |message: Value| library_of(&message, Path::new("/crate"));
        assert_eq!(of(message("/crate/Cargo.toml", "/t/release/libx.so")), Some("/t/release/libx.so".into()));
        assert_eq!(of(message("/other/Cargo.toml", "/t/release/libx.so")), None);
        assert_eq!(of(message("/crate/Cargo.toml", "/t/release/libx.d")), None);
        assert_eq!(of(json!({"reason": "build-finished", "success": true})), None);
    }
}
