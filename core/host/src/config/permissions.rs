//! `[permissions]`: which roles may do what, where the store decides otherwise than a plugin's manifest.

use std::collections::BTreeMap;
use std::ops::Range;

use super::section::Section;
use crate::diagnostic::{Diagnostic, Source, nearest};

/// The roles that a person can hold at a site.
pub const ROLES: [&str; 13] = [
    "clerk",
    "supervisor",
    "duty-manager",
    "loss-prevention",
    "operations",
    "purchasing",
    "hr",
    "finance",
    "receiving",
    "security",
    "planning",
    "it",
    "admin",
];

/// `"letters:letter:collect" = ["clerk", …]`: replaces what the plugin's manifest grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    grants: BTreeMap<String, Grant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    roles: Vec<String>,
    at: Range<usize>,
}

impl Permissions {
    pub(crate) fn read(section: &mut Section<'_>) -> Permissions {
        let mut grants = BTreeMap::new();
        for (permission, at, value, span) in section.entries("permissions") {
            if permission.split(':').filter(|part| !part.is_empty()).count() != 3 {
                section.refuse(at, format!("`{permission}` must be a permission like \"letters:letter:collect\""));
                continue;
            }
            let Some(items) = value.as_array() else {
                section.refuse(span, format!("`{permission}` must be a list of roles"));
                continue;
            };
            let mut roles = Vec::new();
            for item in items {
                let role = item.get_ref().as_str().unwrap_or_default();
                if ROLES.contains(&role) {
                    roles.push(role.to_owned());
                } else {
                    // A grant with a wrong name is narrower than meant, never wider, so the desk may run on the rest.
                    let problem = Diagnostic::at(
                        "config.unknown_role",
                        section.source(),
                        item.span(),
                        format!("there is no role `{role}`"),
                    )
                    .with_allowed(role, ROLES);
                    section.problem(problem);
                }
            }
            grants.insert(permission, Grant { roles, at });
        }
        Permissions { grants }
    }

    /// The roles that the store grants a permission to, if it decides on it.
    pub fn roles_for(&self, permission: &str) -> Option<&[String]> {
        self.grants.get(permission).map(|grant| grant.roles.as_slice())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.grants.iter().map(|(permission, grant)| (permission.as_str(), grant.roles.as_slice()))
    }

    /// The overrides of permissions that no plugin declares.
    pub(super) fn check(&self, source: &Source, declared: &[String]) -> Vec<Diagnostic> {
        let unknown = self.grants.iter().filter(|(permission, _)| !declared.contains(permission));
        let problem = |(permission, grant): (&String, &Grant)| {
            let reason = format!("no plugin declares the permission `{permission}`");
            let problem = Diagnostic::at("config.unknown_permission", source, grant.at.clone(), reason);
            match nearest(permission, declared.iter().map(String::as_str)) {
                Some(nearest) => problem.with_help(format!("did you mean \"{nearest}\"?")),
                None => problem,
            }
        };
        unknown.map(problem).collect()
    }
}
