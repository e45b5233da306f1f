//! What is checked of a library before any of its code can run.
//!
//! Opening a library runs its constructors, and a truncated one ends the whole process with SIGBUS. So the file is read
//! once; those very bytes are hashed, checked and kept under `data/plugins/<sha256>.so`, which is what is opened.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectKind, ObjectSection, ObjectSegment};
use sha2::{Digest, Sha256};

use super::manifest::Manifest;
use crate::diagnostic::{Diagnostic, Source};

/// The section in which the SDK embeds `plugin.toml`.
const MANIFEST_SECTION: &str = ".deskbell.manifest";

/// A library that may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passed {
    /// Its own copy, under a path that no other library has ever had.
    pub(super) library: PathBuf,
    pub(super) sha256: String,
}

/// Checks a library's bytes against its package, and keeps them in `cache`.
///
/// `shown` is how people know the file; `recorded` is the hash that the install record has of it.
pub(super) fn pass(
    bytes: &[u8],
    shown: &str,
    recorded: Option<&str>,
    manifest: &Manifest,
    cache: &Path,
) -> Result<Passed, Box<Diagnostic>> {
    let sha256 = sha256(bytes);
    if let Some(recorded) = recorded.filter(|recorded| *recorded != sha256) {
        let reason = format!("{shown} was changed after it was installed: {} instead of {}", short(&sha256), short(recorded));
        return Err(refuse("plugin.tampered", shown, reason, "install the plugin again from a source you trust"));
    }
    let built_from = embedded_manifest(bytes, shown)?;
    if built_from != *manifest {
        let reason = format!("{shown} was built from another plugin.toml: {}", first_difference(&built_from, manifest));
        return Err(refuse("plugin.manifest", shown, reason, "build the library again"));
    }
    let library = keep(bytes, &sha256, cache).map_err(|error| {
        let reason = format!("cannot keep a copy of {shown} in {}: {error}", cache.display());
        refuse("plugin.storage", shown, reason, "make room, or see to the folder's permissions")
    })?;
    Ok(Passed { library, sha256 })
}

/// The SHA-256 of some bytes, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Reads the manifest out of a library that is a whole ELF file for this machine.
fn embedded_manifest(bytes: &[u8], shown: &str) -> Result<Manifest, Box<Diagnostic>> {
    let broken = |reason: String| refuse("plugin.library", shown, reason, "copy or build the library again");
    let elf: ElfFile64<'_, Endianness> =
        ElfFile64::parse(bytes).map_err(|error| broken(format!("{shown} is not a whole 64-bit ELF library: {error}")))?;
    if elf.kind() != ObjectKind::Dynamic || elf.architecture() != this_machine() {
        let reason = format!("{shown} is no library for this machine: {:?} for {:?}", elf.kind(), elf.architecture());
        return Err(broken(reason));
    }
    let is_inside = |(start, size): (u64, u64)| start.checked_add(size).is_some_and(|end| end <= bytes.len() as u64);
    let sections_inside = elf.sections().filter_map(|section| section.file_range()).all(is_inside);
    let segments_inside = elf.segments().map(|segment| segment.file_range()).all(is_inside);
    if !sections_inside || !segments_inside {
        return Err(broken(format!("{shown} is cut off: it names parts beyond its end at {} bytes", bytes.len())));
    }
    let section = elf.section_by_name(MANIFEST_SECTION).and_then(|section| section.data().ok());
    let Some(text) = section.and_then(|data| std::str::from_utf8(data).ok()) else {
        return Err(broken(format!("{shown} is no Deskbell plugin: it has no section {MANIFEST_SECTION}")));
    };
    let source = Source::new(shown, text.trim_end_matches('\0'));
    let first = |problems: Vec<Diagnostic>| problems.into_iter().next();
    let unreadable = || Diagnostic::in_file("plugin.manifest", shown, "its manifest cannot be read");
    Manifest::read(&source).map_err(|problems| Box::new(first(problems).unwrap_or_else(unreadable)))
}

fn this_machine() -> object::Architecture {
    if cfg!(target_arch = "aarch64") { object::Architecture::Aarch64 } else { object::Architecture::X86_64 }
}

fn first_difference(built_from: &Manifest, beside: &Manifest) -> String {
    let differ = |what: &str, built: &str, now: &str| format!("its {what} is {built:?}, the package's {now:?}");
    match (built_from, beside) {
        (built, now) if built.id != now.id => differ("id", &built.id, &now.id),
        (built, now) if built.version != now.version => differ("version", &built.version, &now.version),
        (built, now) if built.permissions != now.permissions => "its permissions differ from the package's".into(),
        (built, now) if built.uses != now.uses => "its [uses] differs from the package's".into(),
        _ => "its name differs from the package's".into(),
    }
}

/// Writes the bytes under their own hash, whole or not at all.
fn keep(bytes: &[u8], sha256: &str, cache: &Path) -> io::Result<PathBuf> {
    let path = cache.join(format!("{sha256}.so"));
    if std::fs::read(&path).is_ok_and(|kept| kept == bytes) {
        return Ok(path);
    }
    std::fs::create_dir_all(cache)?;
    // A new file under the old name: a library that is open must never be written over.
    let temporary = cache.join(format!(".{sha256}.{}", std::process::id()));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, &path)?;
    File::open(cache)?.sync_all()?;
    Ok(path)
}

fn refuse(code: &str, shown: &str, reason: String, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::in_file(code, shown, reason).with_help(help))
}

/// As much of a hash as people compare.
pub(crate) fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}
