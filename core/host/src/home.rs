//! A desk's home: where its settings, plugins, forms, schedules and data lie, and where the shipped set is found.

use std::path::{Path, PathBuf};

/// The folder that holds a whole desk, and the one that holds its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
    data: PathBuf,
}

impl Home {
    /// A home whose data lies inside it.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let data = root.join("data");
        Home { root, data }
    }

    /// The home that a command works in: the one named, else the current folder if it has settings, else the machine's.
    pub fn find(named: Option<PathBuf>) -> Self {
        match named {
            Some(root) => Home::at(root),
            None if Path::new("deskbell.toml").is_file() => Home::at("."),
            None => Home { root: "/etc/deskbell".into(), data: "/var/lib/deskbell".into() },
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn settings_file(&self) -> PathBuf {
        self.root.join("deskbell.toml")
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

    pub fn socket(&self) -> PathBuf {
        self.data.join("desk.sock")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.data.join("desk.lock")
    }
}
