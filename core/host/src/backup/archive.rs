//! The file of a backup: a zip archive with a manifest that has every other entry's hash.
//!
//! An archive without its end is none, and any tool opens a whole one. Not here: what becomes of its content.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{BackupError, UNFINISHED};
use crate::home::Home;
use crate::problem::Problem;
use crate::store::{ChainState, Location};

/// The entry that holds the database, as a SQLite file.
pub(super) const DATABASE: &str = "data/deskbell.db";

const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// What of a home goes into a backup beside its database: logs, sockets, locks and other backups do not.
const OF_HOME: [&str; 4] = ["deskbell.toml", "plugins", "templates", "schedules"];
const OF_DATA: [&str; 3] = ["host-id", "papers", "plugins"];

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub made_at: DateTime<Utc>,
    /// Of Deskbell.
    pub version: String,
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    pub chains: Vec<ChainState>,
    /// Every file of the backup by its path in the home.
    pub files: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// Of a copy of a database, which is brought up to date where an older version wrote it; the files come as they are written.
    pub(super) async fn of(database: &Location, made_at: DateTime<Utc>) -> Result<Manifest, BackupError> {
        database.bring_up_to_date().await?;
        let reader = database.reader().await?;
        let (tables, chains) = (reader.count_rows().await, reader.walk_chains().await);
        reader.close().await?;
        Ok(Manifest {
            format: FORMAT,
            made_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tables: tables?,
            chains: chains?,
            files: BTreeMap::new(),
        })
    }

    /// Compares a database with what was backed up. One of an older version is brought up to date for it.
    pub(super) async fn check_database(&self, file: &Path, database: &Location) -> Result<(), BackupError> {
        let wrong = |why: &dyn ToString| BackupError::damaged(file, why.to_string());
        let difference = self.difference(database).await.map_err(|problem| wrong(&problem))?;
        difference.map_or(Ok(()), |why| Err(wrong(&why)))
    }

    async fn difference(&self, database: &Location) -> Result<Option<String>, Problem> {
        let reader = database.reader().await?;
        let (verdict, tables) = (reader.integrity().await, reader.count_rows().await);
        reader.close().await?;
        if let Some(verdict) = verdict? {
            return Ok(Some(format!("its database is damaged: {verdict}")));
        }
        if tables? != self.tables {
            return Ok(Some("its database has other rows than it had".to_owned()));
        }
        // The rows were counted as the older version kept them; how an entry's values are kept is this version's to know.
        database.bring_up_to_date().await?;
        let reader = database.reader().await?;
        let chains = reader.walk_chains().await;
        reader.close().await?;
        Ok((chains? != self.chains).then(|| "its audit chains are not those it had".to_owned()))
    }
}

/// Writes the archive beside its place; the caller gives it its name once it has been read back.
pub(super) fn write(home: &Home, database: &Path, manifest: &mut Manifest, place: &Path) -> Result<NamedTempFile, BackupError> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = BackupError::io;
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed(folder))?;
    let mut zip = ZipWriter::new(unfinished.as_file());
    let mut add = |name: String, path: &Path| {
        let entry = add_file(&mut zip, &name, path).map_err(failed(path))?;
        manifest.files.insert(name, entry);
        Ok::<_, BackupError>(())
    };
    add(DATABASE.to_owned(), database)?;
    for (root, names, prefix) in [(home.root(), OF_HOME.as_slice(), ""), (home.data(), OF_DATA.as_slice(), "data/")] {
        for name in names {
            for path in files_in(&root.join(name)).map_err(failed(&root.join(name)))? {
                let relative = path.strip_prefix(root).unwrap_or(&path).display();
                add(format!("{prefix}{relative}"), &path)?;
            }
        }
    }
    let finish = || {
        zip.start_file(MANIFEST, options(0, 0o600))?;
        zip.write_all(&serde_json::to_vec_pretty(manifest)?)?;
        zip.finish()?;
        unfinished.as_file().sync_all()
    };
    finish().map_err(failed(place))?;
    Ok(unfinished)
}

fn add_file(zip: &mut ZipWriter<&File>, name: &str, path: &Path) -> io::Result<Entry> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    zip.start_file(name, options(metadata.len(), metadata.permissions().mode() & 0o777))?;
    let mut hashed = Hashed { inner: file, hash: Sha256::new() };
    let bytes = io::copy(&mut hashed, zip)?;
    Ok(Entry { bytes, sha256: hex::encode(hashed.hash.finalize()) })
}

fn options(bytes: u64, mode: u32) -> SimpleFileOptions {
    // A little room, because a file may grow while it is read.
    SimpleFileOptions::default().unix_permissions(mode).large_file(bytes > u64::from(u32::MAX) / 2)
}

/// Every file in a folder, or the file itself; nothing where there is none.
fn files_in(path: &Path) -> io::Result<Vec<PathBuf>> {
    let kind = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if kind.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    entries.iter().map(|entry| files_in(entry)).collect::<io::Result<Vec<_>>>().map(|files| files.concat())
}

/// Reads and remembers the hash of what was read.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.hash.update(&into[..n]);
        Ok(n)
    }
}

/// A backup that is being read.
pub(super) struct Archive {
    file: PathBuf,
    zip: ZipArchive<File>,
    pub(super) manifest: Manifest,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Archive, BackupError> {
        let file = File::open(path).map_err(BackupError::io(path))?;
        let wrong = |why: &dyn ToString| BackupError::damaged(path, why.to_string());
        let mut zip = ZipArchive::new(file).map_err(|error| wrong(&error))?;
        let manifest = zip.by_name(MANIFEST).map_err(|_| wrong(&"it has no manifest"))?;
        let manifest: Manifest = serde_json::from_reader(manifest).map_err(|error| wrong(&error))?;
        if manifest.format != FORMAT {
            return Err(wrong(&format!("its format is {}, this Deskbell reads {FORMAT}", manifest.format)));
        }
        let archive = Archive { file: path.to_owned(), zip, manifest };
        archive.must_be_as_listed()?;
        Ok(archive)
    }

    /// Entries that the manifest does not have, or the other way round, and names that lead out of the home.
    fn must_be_as_listed(&self) -> Result<(), BackupError> {
        let wrong = |why: String| Err(BackupError::damaged(&self.file, why));
        for name in self.zip.file_names() {
            let name = name.map_err(|error| BackupError::damaged(&self.file, error))?;
            if name != MANIFEST && !self.manifest.files.contains_key(&*name) {
                return wrong(format!("it holds {name}, which its manifest does not list"));
            }
        }
        for name in self.manifest.files.keys() {
            let is_inside = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if !is_inside || self.zip.index_for_name(name).is_none() {
                return wrong(format!("{name} is missing"));
            }
        }
        if self.manifest.files.contains_key(DATABASE) { Ok(()) } else { wrong("it has no database".to_owned()) }
    }

    /// Reads every file and compares its hash.
    pub(super) fn check_files(&mut self) -> Result<(), BackupError> {
        let names: Vec<String> = self.manifest.files.keys().cloned().collect();
        names.iter().try_for_each(|name| self.copy(name, &mut io::sink()).map(drop))
    }

    /// Writes one file to a path, with the mode it had.
    pub(super) fn extract(&mut self, name: &str, to: &Path) -> Result<(), BackupError> {
        let failed = BackupError::io;
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(to).map_err(failed(to))?;
        let mode = self.copy(name, &mut file)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode)).map_err(failed(to))?;
        file.sync_all().map_err(failed(to))
    }

    /// Writes every file below a folder.
    pub(super) fn extract_all(&mut self, folder: &Path) -> Result<(), BackupError> {
        let names: Vec<String> = self.manifest.files.keys().cloned().collect();
        names.iter().try_for_each(|name| self.extract(name, &folder.join(name)))
    }

    /// Returns the file's mode, once its content was what it should be.
    fn copy(&mut self, name: &str, to: &mut impl Write) -> Result<u32, BackupError> {
        let wrong = |why: &dyn ToString| BackupError::damaged(&self.file, format!("{name}: {}", why.to_string()));
        let listed = &self.manifest.files[name];
        let entry = self.zip.by_name(name).map_err(|error| wrong(&error))?;
        let mode = entry.unix_mode().unwrap_or(0o600) & 0o777;
        let mut hashed = Hashed { inner: entry, hash: Sha256::new() };
        io::copy(&mut hashed, to).map_err(|error| wrong(&error))?;
        if hex::encode(hashed.hash.finalize()) != listed.sha256 {
            return Err(wrong(&"it is not what was backed up"));
        }
        Ok(mode)
    }
}

#[cfg(test)]
mod tests {
    use deskbell_proto::description::{FieldDescription, TypeDescription};
    use deskbell_proto::value::FieldKind;
    use deskbell_proto::{Fields, PluginDescription};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::store::{About, AuditEntry, Stamp, Store, Tx};

    /// Version 4 of the schema kept personal values otherwise; these have been erased.
    const REWIND: &str = "DROP TABLE audit_values; \
        CREATE TABLE audit_values (digest text, salt text, value text, record_type text, record_id uuid_text, field text); \
        DELETE FROM seaql_migrations WHERE version = 'm0005_values_by_entry'";

    #[tokio::test]
    async fn a_database_of_an_older_desk_is_compared_and_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deskbell.db");
        let location = Location::Sqlite(file.clone());
        let store = Store::open("sqlite", &file).await.unwrap();
        let addressee = FieldDescription::new("addressee", FieldKind::Text { max: 200, long: false });
        let letter = TypeDescription {
            name: "letter".to_owned(),
            fields: vec![FieldDescription { personal: true, ..addressee }],
            ..TypeDescription::default()
        };
        let description = PluginDescription { types: vec![letter], ..PluginDescription::default() };
        store.install_types("letters", &description).await.unwrap();
        let at = DateTime::UNIX_EPOCH;
        let receive = move |tx: &mut Tx<'_>| {
            let given = Fields::from_iter([("addressee".to_owned(), json!("张三"))]);
            let stamp = Stamp { site: "main", by: "lin", at };
            let new = tx.insert_record("letters.letter", Uuid::now_v7(), None, &given, stamp)?;
            let about = About::Record { record_type: "letters.letter", old: None, new: &new };
            let entry = AuditEntry { at, actor: "lin", origin: "cli", site: "main", command: "create", rule: None, about };
            tx.append_audit(&entry)
        };
        store.write(receive).await.unwrap();
        store.close().await;
        let mut manifest = Manifest::of(&location, at).await.unwrap();
        rusqlite::Connection::open(&file).unwrap().execute_batch(REWIND).unwrap();
        assert!(location.must_be_up_to_date().await.is_err());

        let other_rows = manifest.check_database(&file, &location).await.unwrap_err();
        assert!(other_rows.to_string().contains("other rows"), "{other_rows}");
        manifest.tables.insert("audit_values".to_owned(), 0);
        manifest.check_database(&file, &location).await.unwrap();
        location.must_be_up_to_date().await.unwrap();
    }
}
