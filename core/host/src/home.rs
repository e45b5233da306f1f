//! A desk's home: where its settings, plugins, forms, schedules and data lie, and where the shipped set is found.

mod init;
mod lock;
mod shipped;

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub(crate) use init::move_to;
pub use init::{InitError, NewHome, init};
pub use lock::{DeskLock, LockError};
pub use shipped::{Shipped, binary, program};

/// The folder that holds a whole desk, and the one that holds its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
    data: PathBuf,
}

/// Where a desk lives that nobody has named a home for.
const SYSTEM_ROOT: &str = "/etc/deskbell";
const SYSTEM_DATA: &str = "/var/lib/deskbell";

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error(
        "{} lies on a network file system ({kind}), where a database loses its locks; keep the data on a disk of this machine", data.display()
    )]
    OnTheNetwork { data: PathBuf, kind: &'static str },
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Home {
    /// A home whose data lies inside it; the system's own keeps it where data of services lies.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let data = if root == Path::new(SYSTEM_ROOT) { SYSTEM_DATA.into() } else { root.join("data") };
        Home { root, data }
    }

    /// The home that a command works in: the one named (`--home`, `DESKBELL_HOME`), else the current folder if it has
    /// settings, else the machine's. Whether there is a desk in it shows when its settings are read.
    pub fn find(named: Option<PathBuf>) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        Home::choose(named, &here)
    }

    fn choose(named: Option<PathBuf>, here: &Path) -> Self {
        match named {
            Some(root) => Home::at(here.join(root)),
            None if here.join("deskbell.toml").is_file() => Home::at(here),
            None => Home::at(SYSTEM_ROOT),
        }
    }

    /// Makes the data folder where it is missing, closes it to everybody else, and refuses a network file system.
    pub fn prepare_data(&self) -> Result<(), HomeError> {
        let failed = |source| HomeError::Io { path: self.data.clone(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.data).map_err(failed)?;
        std::fs::set_permissions(&self.data, PermissionsExt::from_mode(0o700)).map_err(failed)?;
        for folder in [self.plugin_cache(), self.paper_files()] {
            std::fs::create_dir_all(&folder).map_err(|source| HomeError::Io { path: folder, source })?;
        }
        match network_kind(&self.data).map_err(failed)? {
            Some(kind) => Err(HomeError::OnTheNetwork { data: self.data.clone(), kind }),
            None => Ok(()),
        }
    }

    /// The path as people know it: relative to the home where it lies inside.
    pub fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn settings_file(&self) -> PathBuf {
        self.root.join("deskbell.toml")
    }

    /// Writes the settings anew, whole or not at all, for their owner's eyes alone.
    pub fn write_settings(&self, text: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.root)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.settings_file())?;
        Ok(())
    }

    pub fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    pub fn templates(&self) -> PathBuf {
        self.root.join("templates")
    }

    pub fn schedules(&self) -> PathBuf {
        self.root.join("schedules")
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn database_file(&self) -> PathBuf {
        self.data.join("deskbell.db")
    }

    pub fn plugin_cache(&self) -> PathBuf {
        self.data.join("plugins")
    }

    pub fn paper_files(&self) -> PathBuf {
        self.data.join("papers")
    }

    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    pub fn log_files(&self) -> PathBuf {
        self.data.join("logs")
    }

    pub fn socket(&self) -> PathBuf {
        self.data.join("desk.sock")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.data.join("desk.lock")
    }
}

/// The name of the network file system that a folder lies on, if it does.
fn network_kind(folder: &Path) -> io::Result<Option<&'static str>> {
    const KINDS: [(u64, &str); 7] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB2"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
        (0x7461_636f, "OCFS2"),
    ];
    let kind = rustix::fs::statfs(folder)?.f_type as u64;
    Ok(KINDS.iter().find(|(known, _)| *known == kind & 0xffff_ffff).map(|(_, name)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_home_wins_then_the_current_folder_then_the_machines() {
        let here = tempfile::tempdir().unwrap();
        let choose = |named: Option<&str>| Home::choose(named.map(PathBuf::from), here.path());
        assert_eq!(choose(None).root(), Path::new(SYSTEM_ROOT));
        std::fs::write(here.path().join("deskbell.toml"), "").unwrap();
        assert_eq!(choose(None).root(), here.path());
        assert_eq!(choose(Some("desk")).root(), here.path().join("desk"));
        assert_eq!(choose(Some("/srv/desk")).root(), Path::new("/srv/desk"));
    }

    #[test]
    fn data_is_closed_to_everybody_else() {
        let scratch = tempfile::tempdir().unwrap();
        let home = Home::at(scratch.path().join("desk"));
        home.prepare_data().unwrap();
        let mode = std::fs::metadata(home.data()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(Home::at(SYSTEM_ROOT).data(), Path::new(SYSTEM_DATA));
    }
}
