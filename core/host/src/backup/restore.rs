//! The way back: a backup is read whole, put together beside the desk, and only then takes its place.
//!
//! What was there stays in `data/before-restore-…`. The settings go first and come last, so that a home which a kill caught
//! in between counts as none until `restore` has run again.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::archive::{Archive, DATABASE, Manifest};
use super::{BackupError, on_a_thread};
use crate::config::{self, Settings};
use crate::diagnostic::Source;
use crate::home::{Home, move_to};
use crate::problem::{Code, Problem, Sentence};
use crate::store::Location;

/// What lies in the data folder and is not the desk's data.
const NOT_DATA: [&str; 4] = ["backups", "desk.lock", "desk.sock", "logs"];

const SET_ASIDE: &str = "before-restore-";
const UNFINISHED: &str = ".restoring-";

/// A desk that was restored.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Where what was there before lies now, if there was something.
    pub kept: Option<PathBuf>,
    pub location: Location,
}

/// Restores a backup into a home, whose lock the caller holds; `database` is another address than the backup's settings have.
pub async fn restore(home: &Home, file: &Path, database: Option<&str>, now: DateTime<Utc>) -> Result<Restored, BackupError> {
    let failed = BackupError::io;
    remove_unfinished(home.data()).map_err(failed(home.data()))?;
    let staging = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(home.data()).map_err(failed(home.data()))?;
    let (from, beside) = (file.to_owned(), staging.path().to_owned());
    let manifest = on_a_thread(move || {
        let mut archive = Archive::open(&from)?;
        archive.extract_all(&beside)?;
        Ok(archive.manifest)
    })
    .await?;
    let staged = staging.path().join(DATABASE);
    manifest.check_database(file, &Location::Sqlite(staged.clone())).await?;
    let reason = |key: &str| Sentence { key: key.to_owned(), ..Sentence::default() };
    let (print, message) = (reason("print-before-restore"), reason("message-before-restore"));
    Location::Sqlite(staged.clone()).give_up_queues(&print, &message, now).await?;

    let url = settle_database(&staging.path().join("deskbell.toml"), database)?;
    let location = Location::parse(&url, &home.database_file())?;
    let mark = now.format("%Y%m%dT%H%M%SZ").to_string();
    if location.is_shared() {
        let is_own = Settings::load(&home.settings_file()).settings.database.url.expose() == url;
        fill(&location, &staged, is_own.then_some(mark.as_str())).await?;
    }
    let kept = home.data().join(format!("{SET_ASIDE}{mark}"));
    let (of_thread, to) = (home.clone(), kept.clone());
    let kept = on_a_thread(move || {
        let is_kept = set_aside(&of_thread, &to).map_err(failed(&to))?;
        put_in_place(staging.path(), &of_thread).map_err(failed(of_thread.root()))?;
        Ok(is_kept.then_some(to))
    })
    .await?;
    Ok(Restored { manifest, kept, location })
}

/// The database that the restored desk will use; another one is written into its settings.
fn settle_database(settings: &Path, database: Option<&str>) -> Result<String, BackupError> {
    let mut text = std::fs::read_to_string(settings).map_err(BackupError::io(settings))?;
    if let Some(url) = database {
        text = config::with_database(&text, url);
        std::fs::write(settings, &text).map_err(BackupError::io(settings))?;
    }
    let loaded = Settings::read(Source::new("deskbell.toml", text));
    if !loaded.is_usable {
        let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        return Err(Problem::new(Code::ConfigInvalid, problems.join("\n")).into());
    }
    Ok(loaded.settings.database.url.expose().to_owned())
}

/// Fills a PostgreSQL database. The tables of this very desk are set aside in a schema of their own; any other database must
/// be empty.
async fn fill(location: &Location, staged: &Path, own_mark: Option<&str>) -> Result<(), BackupError> {
    let connections = location.others_at_work().await?;
    if connections > 0 {
        return Err(BackupError::OthersAtWork { connections });
    }
    if let Some(mark) = own_mark {
        location.set_aside(&format!("before_restore_{}", mark.to_lowercase())).await?;
    }
    Location::Sqlite(staged.to_owned()).copy_to(location).await?;
    std::fs::remove_file(staged).map_err(BackupError::io(staged))
}

/// Moves what there is of a desk into a folder, the settings first; says whether there was something.
fn set_aside(home: &Home, to: &Path) -> io::Result<bool> {
    let parts = ["deskbell.toml", "plugins", "templates", "schedules"];
    let mut moves: Vec<(PathBuf, PathBuf)> = parts.iter().map(|part| (home.root().join(part), to.join(part))).collect();
    for entry in std::fs::read_dir(home.data())? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if !NOT_DATA.contains(&&*text) && !text.starts_with(SET_ASIDE) && !text.starts_with(UNFINISHED) {
            moves.push((home.data().join(&name), to.join("data").join(&name)));
        }
    }
    // An empty folder goes by itself; what a new home has is no more than that.
    moves.retain(|(from, _)| from.exists() && std::fs::remove_dir(from).is_err());
    if moves.is_empty() {
        return Ok(false);
    }
    std::fs::create_dir_all(to.join("data"))?;
    moves.iter().try_for_each(|(from, to)| move_to(from, to))?;
    Ok(true)
}

/// Removes what a kill left of a restore.
fn remove_unfinished(data: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(data)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Moves what was put together into its place, the settings last.
fn put_in_place(staging: &Path, home: &Home) -> io::Result<()> {
    let data = staging.join("data");
    for entry in std::fs::read_dir(&data)? {
        let name = entry?.file_name();
        move_to(&data.join(&name), &home.data().join(&name))?;
    }
    for part in ["plugins", "templates", "schedules", "deskbell.toml"] {
        if staging.join(part).exists() {
            move_to(&staging.join(part), &home.root().join(part))?;
        }
    }
    for folder in [home.data(), home.root()] {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
