//! Who may do what: plugins declare permissions with the roles of a new desk, the store's settings may grant them otherwise.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Permission, Subject};
use crate::problem::{Code, Problem};

/// The role that may do everything at its site.
pub const ADMIN: &str = "admin";

/// The grants in force. Clones share them; they may be replaced while the desk runs.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    grants: Arc<ArcSwap<HashMap<Permission, BTreeSet<String>>>>,
}

impl Policy {
    /// Replaces all grants.
    pub fn set(&self, grants: HashMap<Permission, BTreeSet<String>>) {
        self.grants.store(Arc::new(grants));
    }

    /// Says whether a subject may do something at a site: the one function that every route, job, print and export asks.
    ///
    /// Denies by default: a permission that nobody declared is the admin's alone.
    pub fn authorize(&self, subject: &Subject, site: &str, permission: &Permission) -> Result<(), Problem> {
        let roles = subject.roles_at(site);
        if roles.contains(ADMIN) || cfg!(defect = "unchecked-permission") {
            return Ok(());
        }
        let grants = self.grants.load();
        let granted = grants.get(permission).is_some_and(|allowed| allowed.iter().any(|role| roles.contains(role)));
        if granted { Ok(()) } else { Err(Problem::new(Code::Forbidden, permission.to_string())) }
    }

    /// The same for what only an admin may do: users, tokens, plugins, the audit trail.
    pub fn authorize_admin(&self, subject: &Subject, site: &str, what: &str) -> Result<(), Problem> {
        self.authorize(subject, site, &Permission::new("desk", "admin", what))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn policy() -> Policy {
        let policy = Policy::default();
        let collect = Permission::new("letters", "letter", "collect");
        policy.set(HashMap::from([(collect, BTreeSet::from(["clerk".to_owned()]))]));
        policy
    }

    fn with_role(role: &str, site: &str) -> Subject {
        let roles = BTreeMap::from([(site.to_owned(), BTreeSet::from([role.to_owned()]))]);
        Subject { user: "amy".into(), name: "Amy".into(), roles, origin: "test".into() }
    }

    #[test]
    fn a_role_counts_at_its_own_site_only() {
        let check = |subject: Subject, site: &str, action: &str, allowed: bool| {
            let answer = policy().authorize(&subject, site, &Permission::new("letters", "letter", action));
            assert_eq!(answer.is_ok(), allowed, "{subject:?} {site} {action}");
        };
        check(with_role("clerk", "north"), "north", "collect", true);
        check(with_role("clerk", "north"), "south", "collect", false);
        check(with_role("clerk", "*"), "south", "collect", true);
        check(with_role("hr", "north"), "north", "collect", false);
        check(with_role("clerk", "north"), "north", "no-such-action", false);
        check(with_role("admin", "north"), "north", "no-such-action", true);
        check(with_role("admin", "north"), "south", "collect", false);
    }
}
