//! Users with their roles, passwords and PINs, and the API tokens that act for them.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Subject;
use crate::problem::Problem;

/// The accounts of the desk. Every change is made by somebody and stands in the audit trail.
#[derive(Debug, Clone)]
pub struct People {}

/// A user, as lists show them; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The login name.
    pub user: String,
    /// The name that papers and lists show.
    pub name: String,
    /// `clerk@main`, `admin@*`
    pub roles: Vec<String>,
    pub has_pin: bool,
    pub disabled: bool,
}

/// A token, as lists show it: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    pub id: Uuid,
    pub user: String,
    /// What it is for, in its owner's words.
    pub note: String,
    pub made_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked: bool,
}

impl People {
    /// The subject of an API token; unknown, revoked and expired ones are one and the same `unauthenticated`.
    pub async fn authenticate(&self, token: &str, origin: &str) -> Result<Subject, Problem> {
        let _ = (token, origin);
        unimplemented!()
    }

    /// A user as a subject, for the CLI's `--as`.
    pub async fn subject(&self, user: &str, origin: &str) -> Result<Subject, Problem> {
        let _ = (user, origin);
        unimplemented!()
    }

    pub async fn users(&self, by: &Subject) -> Result<Vec<User>, Problem> {
        let _ = by;
        unimplemented!()
    }

    /// Adds a user; `roles` as `clerk@main`, the site may be left out where the desk has one.
    pub async fn add(
        &self,
        by: &Subject,
        user: &str,
        name: &str,
        password: Option<SecretString>,
        roles: &[String],
    ) -> Result<User, Problem> {
        let _ = (by, user, name, password, roles);
        unimplemented!()
    }

    pub async fn set_password(&self, by: &Subject, user: &str, password: SecretString) -> Result<(), Problem> {
        let _ = (by, user, password);
        unimplemented!()
    }

    pub async fn set_pin(&self, by: &Subject, user: &str, pin: SecretString) -> Result<(), Problem> {
        let _ = (by, user, pin);
        unimplemented!()
    }

    /// Gives and takes roles; each is `clerk@main` or `clerk@*`.
    pub async fn set_roles(&self, by: &Subject, user: &str, give: &[String], take: &[String]) -> Result<User, Problem> {
        let _ = (by, user, give, take);
        unimplemented!()
    }

    /// Disables an account, or enables it again. Nothing is deleted.
    pub async fn set_disabled(&self, by: &Subject, user: &str, disabled: bool) -> Result<(), Problem> {
        let _ = (by, user, disabled);
        unimplemented!()
    }

    /// Makes a token and returns it in the only moment it is known: `(token, what is kept of it)`.
    pub async fn new_token(
        &self,
        by: &Subject,
        user: &str,
        note: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(SecretString, TokenInfo), Problem> {
        let _ = (by, user, note, expires_at);
        unimplemented!()
    }

    pub async fn tokens(&self, by: &Subject) -> Result<Vec<TokenInfo>, Problem> {
        let _ = by;
        unimplemented!()
    }

    pub async fn revoke_token(&self, by: &Subject, id: Uuid) -> Result<(), Problem> {
        let _ = (by, id);
        unimplemented!()
    }
}
