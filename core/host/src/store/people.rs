//! Accounts and tokens in the database. Not here: what a password must be, who may change whom (`people`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use serde_json::json;
use uuid::Uuid;

use super::row::Row;
use super::{About, AuditEntry, Store, Tx};
use crate::problem::Problem;

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The login name.
    pub user: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub pin_hash: Option<String>,
    pub disabled: bool,
    /// Wrong PINs and passwords in a row, and when the last one came.
    pub failures: i64,
    pub failed_at: Option<DateTime<Utc>>,
    /// Roles by site, `*` for all.
    pub roles: BTreeMap<String, BTreeSet<String>>,
}

/// A token as it is kept: its hash, never itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub id: Uuid,
    pub user: String,
    pub note: String,
    pub hash: String,
    pub made_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Who changes an account or a token, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedBy {
    pub actor: String,
    pub origin: String,
    /// What was done: `user add`.
    pub command: String,
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for Account {
    /// Without its hashes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).field("roles", &self.roles).finish_non_exhaustive()
    }
}

const USER_COLUMNS: [&str; 7] = ["login", "name", "password_hash", "pin_hash", "disabled", "failures", "failed_at"];
const TOKEN_COLUMNS: [&str; 7] = ["id", "login", "note", "hash", "created_at", "expires_at", "revoked_at"];

impl Store {
    pub async fn account(&self, user: &str) -> Result<Option<Account>, Problem> {
        Ok(self.accounts_where(Some(user)).await?.pop())
    }

    /// All accounts by login name.
    pub async fn accounts(&self) -> Result<Vec<Account>, Problem> {
        self.accounts_where(None).await
    }

    async fn accounts_where(&self, user: Option<&str>) -> Result<Vec<Account>, Problem> {
        let view = self.view().await?;
        let mut users = Query::select();
        users.columns(USER_COLUMNS).from("users").order_by("login", sea_orm::Order::Asc);
        let mut roles = Query::select();
        roles.columns(["login", "role", "site"]).from("user_roles");
        if let Some(user) = user {
            users.and_where(Expr::col("login").eq(user));
            roles.and_where(Expr::col("login").eq(user));
        }
        let mut accounts = view.rows(&users).await?.iter().map(account).collect::<Result<Vec<_>, _>>()?;
        for row in view.rows(&roles).await? {
            let (login, role, site): (String, String, String) = (row.get("login")?, row.get("role")?, row.get("site")?);
            if let Some(account) = accounts.iter_mut().find(|account| account.user == login) {
                account.roles.entry(site).or_default().insert(role);
            }
        }
        Ok(accounts)
    }

    /// Writes an account whole, and that it was changed.
    pub async fn put_account(&self, account: Account, by: ChangedBy) -> Result<(), Problem> {
        self.write(move |tx| {
            tx.put_account(&account, by.at)?;
            let roles: Vec<String> =
                account.roles.iter().flat_map(|(site, roles)| roles.iter().map(move |role| format!("{role}@{site}"))).collect();
            tx.note(&by, json!({ "user": account.user, "roles": roles, "disabled": account.disabled }))
        })
        .await
    }

    /// Notes how many wrong PINs or passwords in a row there were.
    pub async fn set_failures(&self, user: &str, failures: i64, failed_at: Option<DateTime<Utc>>) -> Result<(), Problem> {
        let user = user.to_owned();
        self.write(move |tx| {
            let mut update = Query::update();
            update.table("users").value("failures", failures).value("failed_at", failed_at);
            update.and_where(Expr::col("login").eq(user.as_str()));
            tx.execute(&update)?;
            Ok(())
        })
        .await
    }

    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<TokenRow>, Problem> {
        let mut query = Query::select();
        query.columns(TOKEN_COLUMNS).from("tokens").and_where(Expr::col("hash").eq(hash));
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(token).transpose()
    }

    /// All tokens, the newest first.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, Problem> {
        let mut query = Query::select();
        query.columns(TOKEN_COLUMNS).from("tokens").order_by("id", sea_orm::Order::Desc);
        self.view().await?.rows(&query).await?.iter().map(token).collect()
    }

    /// Writes a token, and that it was made or revoked.
    pub async fn put_token(&self, token: TokenRow, by: ChangedBy) -> Result<(), Problem> {
        self.write(move |tx| {
            tx.put_token(&token)?;
            tx.note(&by, json!({ "token": token.id, "user": token.user, "note": token.note }))
        })
        .await
    }
}

impl Tx<'_> {
    fn put_account(&mut self, account: &Account, at: DateTime<Utc>) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert
            .into_table("users")
            .columns([&USER_COLUMNS[..], &["created_at", "updated_at"]].concat())
            .values_panic([
                account.user.as_str().into(),
                account.name.as_str().into(),
                account.password_hash.clone().into(),
                account.pin_hash.clone().into(),
                account.disabled.into(),
                account.failures.into(),
                account.failed_at.into(),
                at.into(),
                at.into(),
            ])
            .on_conflict(OnConflict::column("login").update_columns([&USER_COLUMNS[1..], &["updated_at"]].concat()).to_owned());
        self.execute(&insert)?;
        let mut forget = Query::delete();
        forget.from_table("user_roles").and_where(Expr::col("login").eq(account.user.as_str()));
        self.execute(&forget)?;
        for (site, roles) in &account.roles {
            for role in roles {
                let mut grant = Query::insert();
                let values = [account.user.as_str().into(), role.as_str().into(), site.as_str().into()];
                grant.into_table("user_roles").columns(["login", "role", "site"]).values_panic(values);
                self.execute(&grant)?;
            }
        }
        Ok(())
    }

    fn put_token(&mut self, token: &TokenRow) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert
            .into_table("tokens")
            .columns(TOKEN_COLUMNS)
            .values_panic([
                token.id.into(),
                token.user.as_str().into(),
                token.note.as_str().into(),
                token.hash.as_str().into(),
                token.made_at.into(),
                token.expires_at.into(),
                token.revoked_at.into(),
            ])
            .on_conflict(OnConflict::column("id").update_column("revoked_at").to_owned());
        self.execute(&insert)?;
        Ok(())
    }

    /// Accounts and tokens belong to the whole desk: their entries name every site.
    fn note(&mut self, by: &ChangedBy, what: serde_json::Value) -> Result<(), Problem> {
        self.append_audit(&AuditEntry {
            at: by.at,
            actor: &by.actor,
            origin: &by.origin,
            site: "*",
            command: &by.command,
            rule: None,
            about: About::Other(what),
        })
    }
}

fn account(row: &Row) -> Result<Account, Problem> {
    Ok(Account {
        user: row.get("login")?,
        name: row.get("name")?,
        password_hash: row.get("password_hash")?,
        pin_hash: row.get("pin_hash")?,
        disabled: row.get("disabled")?,
        failures: row.get("failures")?,
        failed_at: row.get("failed_at")?,
        roles: BTreeMap::new(),
    })
}

fn token(row: &Row) -> Result<TokenRow, Problem> {
    Ok(TokenRow {
        id: row.get("id")?,
        user: row.get("login")?,
        note: row.get("note")?,
        hash: row.get("hash")?,
        made_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
