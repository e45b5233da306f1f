//! A whole desk in one file: its database, papers, settings, forms, schedules and plugins.
//!
//! A backup holds the database as a SQLite file whatever the desk runs on, so it restores to either. It counts only once it
//! has been read back whole; until then it has another name. Not here: the way back (`restore`), the file's format
//! (`archive`), moving a desk to another database (`store::Copied`).

mod archive;
mod restore;

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::Mutex;

pub use archive::{Entry, Manifest};
pub use restore::{Restored, restore};

use crate::home::Home;
use crate::problem::{Code, Problem};
use crate::store::Location;
use archive::Archive;

/// What an unfinished backup lies in.
const UNFINISHED: &str = ".making-";

/// The name of a backup that nobody named, by the instant at which it was begun.
const NAME: &str = "deskbell-%Y%m%dT%H%M%SZ.zip";

/// Why there is no backup, or no way back from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is no whole backup: {why}", file.display())]
    Damaged { file: PathBuf, why: String },
    #[error("{} is there already", file.display())]
    Exists { file: PathBuf },
    #[error("other hosts work on the database ({connections} connections): stop them first")]
    OthersAtWork { connections: i64 },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl BackupError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
        let path = path.to_owned();
        move |source| BackupError::Io { path, source }
    }

    fn damaged(file: &Path, why: impl ToString) -> BackupError {
        BackupError::Damaged { file: file.to_owned(), why: why.to_string() }
    }
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Problem(problem) => problem,
            BackupError::Exists { .. } => Problem::new(Code::Conflict, error.to_string()),
            BackupError::OthersAtWork { .. } => Problem::new(Code::Overloaded, error.to_string()),
            BackupError::Io { ref source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Problem::new(Code::StorageFull, error.to_string())
            }
            BackupError::Damaged { .. } | BackupError::Io { .. } => Problem::new(Code::StorageUnavailable, error.to_string()),
        }
    }
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub file: PathBuf,
    pub bytes: u64,
    pub made_at: DateTime<Utc>,
    pub n_rows: u64,
    pub n_files: u64,
}

/// Makes the backups of one desk, one at a time. The caller holds the home's lock.
#[derive(Debug, Clone)]
pub struct Backups {
    home: Home,
    location: Location,
    keep: usize,
    one_at_a_time: Arc<Mutex<()>>,
}

impl Backups {
    pub fn new(home: Home, location: Location, keep: usize) -> Self {
        Backups { home, location, keep, one_at_a_time: Arc::default() }
    }

    /// Makes a backup while the desk goes on working; without a name it lies in `data/backups`, where only the newest stay.
    pub async fn make(&self, file: Option<&Path>, now: DateTime<Utc>) -> Result<Made, BackupError> {
        let _alone = self.one_at_a_time.lock().await;
        let folder = self.home.backups();
        prepare_folder(&folder).map_err(BackupError::io(&folder))?;
        let target = file.map_or_else(|| folder.join(now.format(NAME).to_string()), Path::to_owned);
        if target.exists() {
            return Err(BackupError::Exists { file: target });
        }
        let staging = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&folder).map_err(BackupError::io(&folder))?;
        let database = staging.path().join("deskbell.db");
        self.location.snapshot(&database).await?;
        let mut manifest = Manifest::of(&Location::Sqlite(database.clone()), now).await?;
        let (home, place) = (self.home.clone(), target.clone());
        let written = move || archive::write(&home, &database, &mut manifest, &place).map(|unfinished| (manifest, unfinished));
        let (manifest, unfinished) = on_a_thread(written).await?;
        check(unfinished.path(), staging).await?;
        let bytes = unfinished.as_file().metadata().map_err(BackupError::io(&target))?.len();
        unfinished.persist_noclobber(&target).map_err(|error| BackupError::io(&target)(error.error))?;
        sync_folder_of(&target)?;
        if file.is_none() {
            remove_old(&folder, self.keep);
        }
        let (n_rows, n_files) = (manifest.tables.values().sum(), manifest.files.len() as u64);
        Ok(Made { file: target, bytes, made_at: now, n_rows, n_files })
    }
}

/// The newest backup in a home's own folder, and when it was begun.
pub fn newest(home: &Home) -> Option<(PathBuf, DateTime<Utc>)> {
    own_backups(&home.backups()).pop()
}

/// Reads a backup back: every file's hash, the database with its rows and chains.
async fn check(file: &Path, scratch: TempDir) -> Result<(), BackupError> {
    let (file, of_thread) = (file.to_owned(), file.to_owned());
    let place = scratch.path().join("read-back.db");
    let extracted = place.clone();
    let manifest = on_a_thread(move || {
        let mut archive = Archive::open(&of_thread)?;
        archive.check_files()?;
        archive.extract(archive::DATABASE, &extracted)?;
        Ok(archive.manifest)
    })
    .await?;
    manifest.check_database(&file, &Location::Sqlite(place)).await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal("the work on a backup panicked"))?
}

/// Makes the folder of backups, and removes what a kill left there: whoever holds the home's lock is the only one.
fn prepare_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for entry in std::fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
        }
    }
    Ok(())
}

/// A rename is durable once its folder is.
fn sync_folder_of(file: &Path) -> Result<(), BackupError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::io(folder))
}

/// Backups that bear a name of ours, the oldest first.
fn own_backups(folder: &Path) -> Vec<(PathBuf, DateTime<Utc>)> {
    let named = |entry: std::fs::DirEntry| {
        let begun = chrono::NaiveDateTime::parse_from_str(&entry.file_name().to_string_lossy(), NAME).ok()?;
        Some((entry.path(), begun.and_utc()))
    };
    let mut backups: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(named).collect();
    backups.sort_by_key(|(_, begun)| *begun);
    backups
}

fn remove_old(folder: &Path, keep: usize) {
    let backups = own_backups(folder);
    for (file, _) in &backups[..backups.len().saturating_sub(keep)] {
        if let Err(error) = std::fs::remove_file(file) {
            tracing::warn!("the old backup {} cannot be removed: {error}", file.display());
        }
    }
}
