//! Everything that is wrong with a package, found by the loader's own checks before it is installed anywhere.
//!
//! Library, manifest, description and words are looked at here; templates and schedule by those who know them (`app`).

use std::collections::BTreeMap;
use std::path::Path;

use deskbell_locale::{LANGUAGES, Messages};
use deskbell_proto::PluginDescription;

use super::build::{built_library, is_crate};
use super::manifest::Manifest;
use super::package::Package;
use super::{preflight, probe};
use crate::config::Policy;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::i18n::I18n;

/// What was found out about a package.
#[derive(Debug)]
pub struct Inspected {
    pub package: Package,
    /// None where the library could not even be asked.
    pub description: Option<PluginDescription>,
    pub problems: Vec<Diagnostic>,
}

/// Inspects the package in a folder, or that of a crate whose library is built; nothing is installed.
pub async fn inspect(folder: &Path) -> Result<Inspected, Vec<Diagnostic>> {
    let package = read(folder)?;
    let mut problems = Vec::new();
    let description = match probed(&package).await {
        Ok(description) => Some(description),
        Err(found) => {
            problems.extend(found);
            None
        }
    };
    if let Some(description) = &description {
        problems.extend(check_permissions(&package.manifest, description));
    }
    problems.extend(check_words(&package, description.as_ref()));
    Ok(Inspected { package, description, problems })
}

fn read(folder: &Path) -> Result<Package, Vec<Diagnostic>> {
    if !is_crate(folder) {
        return Package::from_folder(folder);
    }
    let file = folder.join("plugin.toml");
    let unreadable =
        |error: std::io::Error| vec![Diagnostic::in_file("plugin.package", &file, format!("cannot read it: {error}"))];
    let text = std::fs::read_to_string(&file).map_err(unreadable)?;
    let manifest = Manifest::read(&Source::new(file.display().to_string(), text))?;
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let Some(library) = built_library(&absolute, &manifest.id) else {
        let reason = format!("the library of {} is not built", manifest.id);
        let help = format!("deskbell plugin build {}", folder.display());
        return Err(vec![Diagnostic::in_file("plugin.package", folder.join(manifest.library_name()), reason).with_help(help)]);
    };
    Package::of_crate(&absolute, &library)
}

/// The library's preflight and its own description, in a cache that is gone afterwards.
async fn probed(package: &Package) -> Result<PluginDescription, Vec<Diagnostic>> {
    let library = package.manifest.library_name();
    let cache = tempfile::tempdir().map_err(|error| vec![Diagnostic::in_file("plugin.storage", &library, error.to_string())])?;
    let passed = preflight::pass(package.library(), &library, None, &package.manifest, cache.path());
    let passed = passed.map_err(|problem| vec![*problem])?;
    let described = probe::describe(&package.manifest.id, &passed.library, &Policy::default()).await;
    let refused =
        |faults: Vec<String>| faults.into_iter().map(|fault| Diagnostic::in_file("plugin.description", &library, fault));
    described.map(|(description, _)| description).map_err(|faults| refused(faults).collect())
}

/// Permissions that nothing asks for: a mistyped name grants nobody anything.
fn check_permissions(manifest: &Manifest, description: &PluginDescription) -> Vec<Diagnostic> {
    let known = askable(description);
    // Boxes that an action asks for are known to the action alone.
    let is_signature = |name: &str| {
        let (of, action) = name.split_once(':').unwrap_or_default();
        action.starts_with("sign-") && description.types.iter().any(|described| described.name == of)
    };
    let unknown = manifest.permissions.keys().filter(|name| !known.contains(name) && !is_signature(name));
    let problem = |name: &String| {
        let reason = format!("the permission \"{name}\" is asked for by nothing that the plugin does");
        let problem = Diagnostic::in_file("plugin.manifest", "plugin.toml", reason);
        match nearest(name, known.iter().map(String::as_str)) {
            Some(nearest) => problem.with_help(format!("did you mean \"{nearest}\"?")),
            None => problem,
        }
    };
    unknown.map(problem).collect()
}

/// Every permission that the desk asks for about what a plugin describes.
fn askable(description: &PluginDescription) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for described in &description.types {
        let name = &described.name;
        known.extend(["read", "create", "change", "void", "register"].map(|action| format!("{name}:{action}")));
        known.extend(described.actions.iter().map(|action| format!("{name}:{}", action.name)));
    }
    known.extend(description.jobs.iter().map(|job| format!("job:{}", job.name)));
    known.extend(description.forms.iter().map(|form| format!("form:{}", form.name)));
    known.extend(description.actions.iter().map(|action| format!("plugin:{}", action.name)));
    known
}

/// Locales that can't be read, and what one of them lacks.
fn check_words(package: &Package, description: Option<&PluginDescription>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut own: BTreeMap<&str, Messages> = BTreeMap::new();
    for language in LANGUAGES {
        let file = format!("locales/{language}.ftl");
        let text = package.files().find(|(path, _)| *path == file).map(|(_, bytes)| String::from_utf8_lossy(bytes));
        match Messages::new(language).layer(&file, text.as_deref().unwrap_or_default()) {
            Ok(messages) => drop(own.insert(language, messages)),
            Err(wrong) => {
                problems.push(Diagnostic::in_file("locale.syntax", wrong.file, format!("line {}: {}", wrong.line, wrong.reason)));
            }
        }
    }
    let described = description.map(PluginDescription::sentence_keys).unwrap_or_default();
    let said: Vec<String> = own.values().flat_map(Messages::keys).map(str::to_owned).collect();
    let core = I18n::new();
    for (language, messages) in &own {
        let (keys, core) = (messages.keys(), core.messages(None, language));
        let lacks = |key: &&String| !keys.contains(key.as_str()) && !core.keys().contains(key.as_str());
        let mut lacking: Vec<&str> = described.iter().chain(&said).filter(lacks).map(String::as_str).collect();
        lacking.sort_unstable();
        lacking.dedup();
        let reason = |key: &str| format!("there is no sentence for `{key}`");
        problems.extend(
            lacking.into_iter().map(|key| Diagnostic::in_file("locale.missing", format!("locales/{language}.ftl"), reason(key))),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mistyped_permission_is_met_with_the_one_that_is_asked_for() {
        let source = Source::new(
            "plugin.toml",
            "id = \"letters\"\nversion = \"0.1.0\"\nprotocol = 1\nname = { en = \"Mail\" }\n[permissions]\n\"letter:colect\" = [\"clerk\"]\n\"letter:read\" = [\"clerk\"]\n",
        );
        let manifest = Manifest::read(&source).unwrap();
        let description = json!({"types": [{"name": "letter", "actions": [{"name": "collect"}]}]});
        let problems = check_permissions(&manifest, &serde_json::from_value(description).unwrap());
        let told: Vec<String> = problems.iter().map(Diagnostic::one_line).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("letter:colect") && told[0].contains("letter:collect"), "{told:?}");
    }
}
