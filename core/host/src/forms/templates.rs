//! Where a form's template comes from: the store's, where somebody has edited it, else the one its package ships.
//!
//! A file in the home whose hash equals one that the package shipped counts as untouched and follows upgrades; any other is an
//! override and wins. The layout that all forms share is in the binary, and a store may override it the same way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deskbell_proto::typeset::Source;
use sha2::{Digest, Sha256};

use crate::home::Home;
use crate::plugins::{Plugin, Record};
use crate::problem::Problem;

/// The shared layout, as shipped.
const LAYOUT: [(&str, &str); 3] = [
    ("base.typ", include_str!("../../../../templates/layout/base.typ")),
    ("labels.typ", include_str!("../../../../templates/layout/labels.typ")),
    ("register.typ", include_str!("../../../../templates/layout/register.typ")),
];

/// The templates in force, and those behind them.
#[derive(Debug)]
pub(crate) struct Templates<'a> {
    home: &'a Home,
}

/// A form's template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) shipped: Source,
    /// The store's own, when it differs from everything that was ever shipped.
    pub(crate) store: Option<Source>,
    /// The shipped one has changed since the store's copy was made.
    pub(crate) has_newer_shipped: bool,
}

/// The shared files by name.
pub(crate) type Layout = BTreeMap<String, Source>;

impl<'a> Templates<'a> {
    pub(crate) fn of(home: &'a Home) -> Self {
        Templates { home }
    }

    /// The template of a plugin's form.
    pub(crate) fn find(&self, plugin: &Plugin, form: &str) -> Result<Template, Problem> {
        let id = &plugin.manifest.id;
        let shipped_file = plugin.templates().join(format!("{form}.typ"));
        let shipped = self.read(&shipped_file).ok_or_else(|| {
            let shown = self.home.show(&shipped_file);
            Problem::not_found(format!("template {form:?} for plugin {id:?}: expected {shown}"))
        })?;
        let file = self.file(id, form);
        let record = Record::load(self.home).unwrap_or_default();
        let known = record.plugins.get(id).and_then(|installed| installed.shipped.get(&self.home.show(&file)));
        let known: &[String] = known.map_or(&[], Vec::as_slice);
        let store = self.read(&file).filter(|store| is_override(&store.text, &shipped.text, known));
        Ok(Template { has_newer_shipped: store.is_some() && known.len() > 1, shipped, store })
    }

    /// Where the store's template of a form lies, or would lie.
    pub(crate) fn file(&self, plugin: &str, form: &str) -> PathBuf {
        self.home.templates().join(plugin).join(format!("{form}.typ"))
    }

    /// The shared layout with the store's overrides.
    pub(crate) fn layout(&self) -> Layout {
        let mut layout = shipped_layout();
        let folder = self.home.templates().join("layout");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.extension().is_some_and(|extension| extension == "typ")
                && let Some(source) = self.read(&path)
            {
                layout.insert(name, source);
            }
        }
        layout
    }

    fn read(&self, file: &Path) -> Option<Source> {
        Some(Source { file: self.home.show(file), text: std::fs::read_to_string(file).ok()? })
    }
}

/// A file that was shipped once, in this version or another, is nobody's edit.
fn is_override(store: &str, shipped: &str, ever_shipped: &[String]) -> bool {
    store != shipped && !ever_shipped.contains(&sha256(store))
}

/// The shared layout as it was shipped.
pub(crate) fn shipped_layout() -> Layout {
    let source = |(name, text): (&str, &str)| {
        let source = Source { file: format!("templates/layout/{name}"), text: text.to_owned() };
        (name.to_owned(), source)
    };
    LAYOUT.into_iter().map(source).collect()
}

pub(crate) fn sha256(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_ever_shipped_follows_upgrades_and_an_edited_one_wins() {
        let ever_shipped = [sha256("first"), sha256("second")];
        assert!(!is_override("second", "second", &ever_shipped));
        assert!(!is_override("first", "second", &ever_shipped));
        assert!(is_override("edited", "second", &ever_shipped));
        assert!(!is_override("second", "second", &[]));
    }

    #[test]
    fn a_stores_layout_lies_over_the_shipped_one() {
        let scratch = tempfile::tempdir().unwrap();
        let home = Home::at(scratch.path());
        let templates = Templates::of(&home);
        assert_eq!(templates.layout(), shipped_layout());
        std::fs::create_dir_all(home.templates().join("layout")).unwrap();
        std::fs::write(home.templates().join("layout/base.typ"), "// ours").unwrap();
        assert_eq!(templates.layout()["base.typ"].text, "// ours");
        assert_eq!(templates.layout()["register.typ"], shipped_layout()["register.typ"]);
    }
}
