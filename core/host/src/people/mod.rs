//! People: users, roles at sites, passwords and PINs, API tokens, and who may do what.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_proto::Actor;

mod accounts;
mod permission;
mod policy;
mod secret;

pub use accounts::{People, Signer, TokenInfo, User};
pub use permission::Permission;
pub use policy::{ADMIN, Policy};

/// Who asks, already authenticated: their roles by site (`*` for all), and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The login name, `cli:<os user>` or `job:<plugin>.<job>`.
    pub user: String,
    pub name: String,
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// For the audit trail: `api 127.0.0.1`, `cli`, `job`.
    pub origin: String,
}

impl Subject {
    /// The host itself or the operating system's user on the socket: everything, everywhere.
    pub fn admin(user: impl Into<String>, origin: impl Into<String>) -> Self {
        let user = user.into();
        Subject {
            name: user.clone(),
            user,
            roles: BTreeMap::from([("*".to_owned(), BTreeSet::from(["admin".to_owned()]))]),
            origin: origin.into(),
        }
    }

    /// Roles held at a site, those held everywhere included.
    pub fn roles_at(&self, site: &str) -> BTreeSet<String> {
        ["*", site].iter().filter_map(|at| self.roles.get(*at)).flatten().cloned().collect()
    }

    /// The actor that handlers and the audit trail see.
    pub fn actor_at(&self, site: &str) -> Actor {
        Actor { user: self.user.clone(), name: self.name.clone(), roles: self.roles_at(site).into_iter().collect() }
    }
}
