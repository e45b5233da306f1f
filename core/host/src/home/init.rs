//! Makes a home: settings, the shipped plugins, their forms and schedules, an empty data folder.

use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use super::{Home, HomeError, Shipped};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Source};
use crate::plugins::{Downgrade, Package, Record, install};

/// What a new home is to be; what is not said keeps its default.
#[derive(Debug, Clone, Default)]
pub struct NewHome {
    pub site: Option<String>,
    pub name: Option<String>,
    pub timezone: Option<String>,
    pub database: Option<String>,
}

/// Why no home was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("{} holds a desk already: its deskbell.toml was left as it is", root.display())]
    Exists { root: PathBuf },
    #[error("{} is in the way in {}; choose an empty folder", entry, root.display())]
    InTheWay { root: PathBuf, entry: &'static str },
    #[error("the settings would not hold: {}", .0.iter().map(Diagnostic::one_line).collect::<Vec<_>>().join("; "))]
    Settings(Vec<Diagnostic>),
    #[error("a shipped plugin cannot be installed: {}", .0.iter().map(Diagnostic::one_line).collect::<Vec<_>>().join("; "))]
    Plugin(Vec<Diagnostic>),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error("cannot make a home in {}: {source}", root.display())]
    Io { root: PathBuf, source: io::Error },
}

/// What a home consists of, in the order it is put in place: it counts as one only once its settings are there.
const PARTS: [&str; 5] = ["plugins", "templates", "schedules", "data", "deskbell.toml"];

/// Makes a home in a folder, which may exist but holds no desk.
///
/// Everything is made beside its place and then moved there, so that a failure leaves the folder as it was.
pub fn init(root: &Path, new: &NewHome, shipped: Option<&Shipped>) -> Result<Home, InitError> {
    let failed = |source: io::Error| InitError::Io { root: root.to_owned(), source };
    if root.join("deskbell.toml").exists() {
        return Err(InitError::Exists { root: root.to_owned() });
    }
    if let Some(entry) = PARTS.into_iter().find(|part| root.join(part).exists()) {
        return Err(InitError::InTheWay { root: root.to_owned(), entry });
    }
    let is_new = !root.exists();
    std::fs::create_dir_all(root).map_err(failed)?;
    let made = make_beside(root, new, shipped);
    if made.is_err() && is_new {
        let _ = std::fs::remove_dir(root);
    }
    made
}

fn make_beside(root: &Path, new: &NewHome, shipped: Option<&Shipped>) -> Result<Home, InitError> {
    let failed = |source: io::Error| InitError::Io { root: root.to_owned(), source };
    let staging = tempfile::Builder::new().prefix(".making-").tempdir_in(root).map_err(failed)?;
    let beside = Home::at(staging.path());
    beside.prepare_data()?;
    for folder in [beside.plugins(), beside.templates(), beside.schedules()] {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    write_settings(&beside, new)?;
    if let Some(shipped) = shipped {
        let mut record = Record::default();
        for id in shipped.plugin_ids() {
            let package = Package::shipped(shipped, &id).map_err(InitError::Plugin)?;
            install(&beside, &mut record, &package, Downgrade::Refuse).map_err(InitError::Plugin)?;
        }
    }
    let home = Home::at(std::path::absolute(root).map_err(failed)?);
    for part in PARTS {
        let place = if part == "data" { home.data().to_owned() } else { home.root().join(part) };
        move_to(&beside.root().join(part), &place).map_err(failed)?;
    }
    home.prepare_data()?;
    Ok(home)
}

/// Writes `deskbell.toml` with what was said, and the rest of the usual keys as comments to be found.
fn write_settings(home: &Home, new: &NewHome) -> Result<(), InitError> {
    let mut document: DocumentMut = TEMPLATE.parse().unwrap_or_default();
    let mut set = |table: &str, key: &str, given: &Option<String>| {
        if let Some(given) = given {
            document[table][key] = value(given);
        }
    };
    set("site", "id", &new.site);
    set("site", "name", &new.name);
    set("site", "timezone", &new.timezone);
    set("database", "url", &new.database);
    let text = document.to_string();
    let loaded = Settings::read(Source::new("deskbell.toml", text.as_str()));
    if !loaded.is_usable {
        return Err(InitError::Settings(loaded.problems));
    }
    let file = home.settings_file();
    let write = || {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        // Readable by its owner alone: the database's password may stand in it.
        let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| InitError::Io { root: home.root().to_owned(), source })
}

const TEMPLATE: &str = r#"# The settings of this desk. `deskbell config show` prints all of them, `deskbell config check` reads this file again.

[site]
id = "main"
name = "Deskbell"
timezone = "Asia/Shanghai"
languages = ["zh-CN", "en"]
opens = "10:00"
closes = "22:00"

[server]
listen = "127.0.0.1:8080"

[database]
url = "sqlite" # data/deskbell.db; or postgres://…
"#;

/// Moves a file or folder, to another disk as well.
pub(crate) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to),
        moved => moved,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return std::fs::copy(from, to).map(drop);
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_home_has_its_settings_and_nothing_beside_its_parts() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("desk");
        let new = NewHome { site: Some("north".into()), name: Some("万和购物广场".into()), ..NewHome::default() };
        let home = init(&root, &new, None).unwrap();
        assert_eq!(names(&root), ["data", "deskbell.toml", "plugins", "schedules", "templates"]);
        let loaded = Settings::load(&home.settings_file());
        assert!(loaded.is_usable && loaded.problems.is_empty(), "{:?}", loaded.problems);
        assert_eq!((loaded.settings.sites[0].id.as_str(), loaded.settings.sites[0].name.as_str()), ("north", "万和购物广场"));
    }

    #[test]
    fn a_desk_is_never_written_over() {
        let scratch = tempfile::tempdir().unwrap();
        std::fs::write(scratch.path().join("deskbell.toml"), "# mine\n").unwrap();
        let refused = init(scratch.path(), &NewHome::default(), None).unwrap_err();
        assert!(matches!(refused, InitError::Exists { .. }), "{refused}");
        assert_eq!(std::fs::read_to_string(scratch.path().join("deskbell.toml")).unwrap(), "# mine\n");
        std::fs::remove_file(scratch.path().join("deskbell.toml")).unwrap();
        std::fs::create_dir(scratch.path().join("data")).unwrap();
        assert!(matches!(init(scratch.path(), &NewHome::default(), None), Err(InitError::InTheWay { entry: "data", .. })));
    }

    #[test]
    fn a_failed_init_leaves_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let wrong = NewHome { timezone: Some("Asia/Shanhai".into()), ..NewHome::default() };
        let refused = init(&scratch.path().join("desk"), &wrong, None).unwrap_err();
        assert!(refused.to_string().contains("did you mean \"Asia/Shanghai\"?"), "{refused}");
        assert_eq!(names(scratch.path()), Vec::<String>::new());
    }
}
