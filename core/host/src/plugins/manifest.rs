//! `plugin.toml`: the truth for id, version, name, protocol, permissions and uses.

use std::collections::BTreeMap;

use deskbell_proto::PROTOCOL;
use toml::de::DeTable;

use crate::config::section::{Findings, Section};
use crate::config::{ROLES, is_site_id, words};
use crate::diagnostic::{Diagnostic, Source};

/// What `plugin.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub id: String,
    pub version: String,
    /// By language tag.
    pub name: BTreeMap<String, String>,
    pub protocol: u32,
    /// `letter:collect` → the roles that a new desk grants it to.
    pub permissions: BTreeMap<String, Vec<String>>,
    /// Other plugins whose actions it calls.
    pub uses: BTreeMap<String, Use>,
}

/// How much a plugin needs another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is of no use without it.
    Required,
    /// Without it, a task is left to the clerk instead.
    Optional,
}

words!(Use { "required" => Use::Required, "optional" => Use::Optional });

impl Manifest {
    /// Reads a manifest; the errors are all that is wrong with it.
    ///
    /// An unknown key is no error: it may belong to a newer host.
    pub fn read(source: &Source) -> Result<Manifest, Vec<Diagnostic>> {
        let at = |span, reason: String| vec![Diagnostic::at("plugin.manifest", source, span, reason)];
        let root = DeTable::parse(&source.text)
            .map_err(|error| at(error.span().unwrap_or_default(), format!("not TOML: {}", error.message())))?;
        let mut findings = Findings::default();
        let mut section = Section::new("", Some(root.get_ref()), source, &mut findings);
        let manifest = read_root(&mut section);
        let mut problems = findings.problems;
        // A manifest for another protocol may look different in every other way: that is what its reader wants to know.
        if manifest.protocol != PROTOCOL {
            problems = vec![other_protocol(source, &manifest)];
        }
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }

    /// The name in a language, or in whatever language there is.
    pub fn name_in(&self, language: &str) -> &str {
        let any = || self.name.values().next();
        self.name.get(language).or_else(any).map_or(&self.id, String::as_str)
    }

    /// Every permission of the plugin in full, `letters:letter:collect`, with the roles a new desk grants it to.
    pub fn granted(&self) -> impl Iterator<Item = (String, &[String])> {
        self.permissions.iter().map(|(permission, roles)| (format!("{}:{permission}", self.id), roles.as_slice()))
    }

    /// The file name of its library: `libpetty_cash.so`.
    pub fn library_name(&self) -> String {
        library_name(&self.id)
    }
}

/// The file name of a plugin's library: `libpetty_cash.so`.
pub(crate) fn library_name(id: &str) -> String {
    format!("lib{}.so", id.replace('-', "_"))
}

fn read_root(section: &mut Section<'_>) -> Manifest {
    let id = section.get("id", "The plugin's id in kebab-case", String::new());
    let version = section.get("version", "Its version, three numbers", String::new());
    if !is_site_id(&id) || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        let span = section.span_of("id").unwrap_or_default();
        section.refuse(span, "`id` must be lower-case letters, digits and hyphens like \"petty-cash\"".into());
    }
    if parse_version(&version).is_none() {
        let span = section.span_of("version").unwrap_or_default();
        section.refuse(span, "`version` must be three numbers like \"0.1.0\"".into());
    }
    Manifest {
        id,
        version,
        protocol: section.get("protocol", "The protocol it was built for", 0_u32),
        name: read_names(section),
        permissions: read_permissions(section),
        uses: read_uses(section),
    }
}

fn read_names(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (language, _, value, span) in section.entries("name") {
        match value.as_str() {
            Some(name) => drop(names.insert(language, name.to_owned())),
            None => section.refuse(span, format!("`name.{language}` must be text in quotation marks")),
        }
    }
    names
}

fn read_permissions(section: &mut Section<'_>) -> BTreeMap<String, Vec<String>> {
    let mut permissions = BTreeMap::new();
    for (permission, at, value, span) in section.entries("permissions") {
        if permission.split(':').filter(|part| !part.is_empty()).count() != 2 {
            section.refuse(at, format!("`{permission}` must be a type and an action like \"letter:collect\""));
            continue;
        }
        let roles: Option<Vec<&str>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.get_ref().as_str()).collect());
        let Some(roles) = roles else {
            section.refuse(span, format!("`{permission}` must be a list of roles"));
            continue;
        };
        if let Some(unknown) = roles.iter().find(|role| !ROLES.contains(role)) {
            let problem = Diagnostic::at("plugin.manifest", section.source(), span, format!("there is no role `{unknown}`"));
            section.problem(problem.with_allowed(unknown, ROLES));
        }
        permissions.insert(permission, roles.into_iter().map(str::to_owned).collect());
    }
    permissions
}

fn read_uses(section: &mut Section<'_>) -> BTreeMap<String, Use> {
    use crate::config::section::Setting;
    let mut uses = BTreeMap::new();
    for (plugin, _, value, span) in section.entries("uses") {
        match Use::read(value) {
            Ok(how) => drop(uses.insert(plugin, how)),
            Err(wanted) => section.refuse(span, format!("`uses.{plugin}` must be {wanted}")),
        }
    }
    uses
}

fn other_protocol(source: &Source, manifest: &Manifest) -> Diagnostic {
    let Manifest { id, version, protocol, .. } = manifest;
    let reason = match protocol {
        0 => format!("{id} {version} does not say which protocol it was built for; this host speaks {PROTOCOL}"),
        _ => format!("{id} {version} was built for protocol {protocol}; this host speaks {PROTOCOL}"),
    };
    let help = match *protocol > PROTOCOL {
        true => format!("install a build for protocol {PROTOCOL}, or upgrade the host"),
        false => format!("install a build for protocol {PROTOCOL}"),
    };
    Diagnostic::in_file("plugin.protocol", &*source.name, reason).with_help(help)
}

/// The three numbers of a version, to be compared.
pub(crate) fn parse_version(version: &str) -> Option<[u64; 3]> {
    let release = version.split(['-', '+']).next()?;
    let numbers: Vec<u64> = release.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: &str = r#"
id = "letters"
version = "0.1.0"
protocol = 1
name = { "zh-CN" = "信件收发", en = "Mail distribution" }
[permissions]
"letter:read" = ["clerk", "hr"]
[uses]
"petty-cash" = "optional"
[built]
sdk = "0.1.0"
"#;

    fn check(text: &str, expected: &str) {
        let problems = Manifest::read(&Source::new("plugin.toml", text)).unwrap_err();
        assert_eq!(problems[0].one_line(), expected, "{text}");
    }

    #[test]
    fn a_manifest_says_who_the_plugin_is() {
        let manifest = Manifest::read(&Source::new("plugin.toml", LETTERS)).unwrap();
        assert_eq!((manifest.name_in("en"), manifest.name_in("zh-CN")), ("Mail distribution", "信件收发"));
        assert_eq!(manifest.granted().next().unwrap().0, "letters:letter:read");
        assert_eq!(manifest.uses["petty-cash"], Use::Optional);
        assert_eq!(library_name("petty-cash"), "libpetty_cash.so");
    }

    #[test]
    fn a_wrong_manifest_says_where_and_why() {
        check(
            &LETTERS.replace("protocol = 1", "protocol = 2"),
            "plugin.toml: letters 0.1.0 was built for protocol 2; this host speaks 1; \
             install a build for protocol 1, or upgrade the host",
        );
        check(&LETTERS.replace("\"hr\"", "\"hrr\""), "plugin.toml:7:17: there is no role `hrr`; did you mean `hr`?");
        check(
            &LETTERS.replace("id = \"letters\"", "id = \"Letters\""),
            "plugin.toml:2:6: `id` must be lower-case letters, digits and hyphens like \"petty-cash\"",
        );
        check(
            &LETTERS.replace("letter:read", "letter"),
            "plugin.toml:7:1: `letter` must be a type and an action like \"letter:collect\"",
        );
        check("id = ", "plugin.toml:1:6: not TOML: string values must be quoted, expected literal string");
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(parse_version("0.10.0") > parse_version("0.9.9"));
        assert_eq!(parse_version("1.0"), None);
        assert_eq!(parse_version("1.2.3-beta"), Some([1, 2, 3]));
    }
}
