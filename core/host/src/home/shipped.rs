//! The shipped set: plugins, templates, schedules and fonts that come with the host.

use std::path::{Path, PathBuf};

/// Where the parts of the shipped set lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    plugins: PathBuf,
    /// In a checkout the libraries are where cargo has built them; else each lies in its plugin's folder.
    libraries: Option<PathBuf>,
    templates: PathBuf,
    schedules: PathBuf,
    fonts: PathBuf,
}

impl Shipped {
    /// Finds the shipped set: `DESKBELL_SHIPPED`, else beside the installed binary, else in the checkout it was built from.
    pub fn find() -> Option<Shipped> {
        let named = std::env::var_os("DESKBELL_SHIPPED").map(PathBuf::from);
        Shipped::choose(named, &binary_on_disk(), Path::new(env!("DESKBELL_WORKSPACE")))
    }

    fn choose(named: Option<PathBuf>, binary: &Path, workspace: &Path) -> Option<Shipped> {
        if let Some(folder) = named {
            return Some(Shipped::in_folder(&folder));
        }
        let folder = binary.parent()?;
        let installed = folder.parent().map(|prefix| prefix.join("lib/deskbell")).filter(|set| set.join("plugins").is_dir());
        if let Some(set) = installed {
            return Some(Shipped::in_folder(&set));
        }
        workspace.join("plugins").is_dir().then(|| Shipped {
            libraries: Some(folder.to_owned()),
            fonts: workspace.join("node_modules"),
            ..Shipped::in_folder(workspace)
        })
    }

    /// The set as `xtask dist` lays it out: `{plugins,templates,schedules,fonts}`.
    pub fn in_folder(folder: &Path) -> Shipped {
        Shipped {
            plugins: folder.join("plugins"),
            libraries: None,
            templates: folder.join("templates"),
            schedules: folder.join("schedules"),
            fonts: folder.join("fonts"),
        }
    }

    /// The plugins that have a manifest and a library, in the order of their ids.
    pub fn plugin_ids(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.plugins).into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut ids: Vec<String> = ids.filter(|id| self.manifest(id).is_file() && self.library(id).is_file()).collect();
        ids.sort();
        ids
    }

    pub fn manifest(&self, id: &str) -> PathBuf {
        self.plugin(id).join("plugin.toml")
    }

    pub fn plugin(&self, id: &str) -> PathBuf {
        self.plugins.join(id)
    }

    pub fn library(&self, id: &str) -> PathBuf {
        self.libraries.clone().unwrap_or_else(|| self.plugin(id)).join(crate::plugins::library_name(id))
    }

    /// `templates/`, with a folder a plugin, and `layout` and `web` for all of them.
    pub fn templates(&self) -> &Path {
        &self.templates
    }

    pub fn schedule(&self, id: &str) -> PathBuf {
        self.schedules.join(format!("{id}.toml"))
    }

    pub fn fonts(&self) -> &Path {
        &self.fonts
    }
}

/// The `deskbell` binary to start children from: this process's own file, even after an upgrade has replaced it on disk; in
/// a test's process the one of the same target folder. `DESKBELL_EXECUTABLE` names another.
pub fn binary() -> PathBuf {
    let on_disk = binary_on_disk();
    let is_own = std::env::current_exe().is_ok_and(|own| own == on_disk) && std::env::var_os("DESKBELL_EXECUTABLE").is_none();
    if is_own { "/proc/self/exe".into() } else { on_disk }
}

/// A program that comes with `deskbell` and lies beside it.
pub fn program(name: &str) -> PathBuf {
    binary_on_disk().with_file_name(name)
}

/// Where that binary lies, or lay before it was replaced.
fn binary_on_disk() -> PathBuf {
    if let Some(named) = std::env::var_os("DESKBELL_EXECUTABLE") {
        return named.into();
    }
    let own = std::env::current_exe().unwrap_or_default();
    // Cargo runs tests from `target/debug/deps`, one folder below the binary.
    let is_test = own.parent().is_some_and(|folder| folder.ends_with("deps") || folder.ends_with("examples"));
    match own.parent().and_then(Path::parent) {
        Some(target) if is_test => target.join("deskbell"),
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_set_wins_then_the_installed_one_then_the_checkout() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |path: &str| scratch.path().join(path);
        let file = |path: &str| {
            std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            std::fs::write(at(path), "").unwrap();
        };
        assert_eq!(Shipped::choose(None, &at("usr/bin/deskbell"), &at("checkout")), None);

        file("checkout/plugins/petty-cash/plugin.toml");
        let checkout = Shipped::choose(None, &at("usr/bin/deskbell"), &at("checkout")).unwrap();
        assert_eq!(checkout.plugin_ids(), Vec::<String>::new(), "its library is not built");
        file("usr/bin/libpetty_cash.so");
        assert_eq!(checkout.plugin_ids(), ["petty-cash"]);
        assert_eq!(checkout.fonts(), at("checkout/node_modules"));

        file("usr/lib/deskbell/plugins/letters/plugin.toml");
        file("usr/lib/deskbell/plugins/letters/libletters.so");
        let installed = Shipped::choose(None, &at("usr/bin/deskbell"), &at("checkout")).unwrap();
        assert_eq!(installed.plugin_ids(), ["letters"]);
        assert_eq!(installed.fonts(), at("usr/lib/deskbell/fonts"));

        let named = Shipped::choose(Some(at("elsewhere")), &at("usr/bin/deskbell"), &at("checkout")).unwrap();
        assert_eq!(named.templates(), at("elsewhere/templates"));
    }
}
