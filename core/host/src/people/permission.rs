//! `plugin:type:action`: what a role may do. Plugins declare, the admin grants, one function decides.

use std::fmt;

/// One permission, `letters:letter:collect`; a verb on the plugin itself has `plugin` as its type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(String);

impl Permission {
    pub fn new(plugin: &str, object: &str, action: &str) -> Self {
        Permission(format!("{plugin}:{object}:{action}"))
    }

    /// A permission as settings and packages spell it.
    pub fn parse(name: &str) -> Self {
        Permission(name.to_owned())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
