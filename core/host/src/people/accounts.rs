//! Users with their roles, passwords and PINs, and the API tokens that act for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::{self, Hashing};
use super::{Policy, Subject};
use crate::clock::Clock;
use crate::config::ROLES;
use crate::desk::{GivenSignOff, Sites};
use crate::problem::{Code, Problem};
use crate::store::Store;
use crate::store::people::{Account, ChangedBy, TokenRow};

/// For how long a token's roles are remembered between requests.
const REMEMBERED: Duration = Duration::from_secs(1);

/// The accounts of the desk. Every change is made by somebody and stands in the audit trail.
#[derive(Debug, Clone)]
pub struct People {
    store: Store,
    policy: Policy,
    sites: Sites,
    clock: Clock,
    hashing: Hashing,
    remembered: Arc<Mutex<HashMap<String, (Subject, Instant)>>>,
}

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

/// Who signed a box, checked by their own PIN or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub sign_box: String,
    pub user: String,
    pub name: String,
    /// The role in which they signed.
    pub role: String,
}

impl People {
    pub fn new(store: Store, policy: Policy, sites: Sites, clock: Clock) -> Self {
        People { store, policy, sites, clock, hashing: Hashing::default(), remembered: Arc::default() }
    }

    /// The subject of an API token; unknown, revoked and expired ones are one and the same `unauthenticated`.
    pub async fn authenticate(&self, token: &str, origin: &str) -> Result<Subject, Problem> {
        let hash = secret::token_hash(token);
        if let Some((subject, since)) = self.remembered.lock().get(&hash)
            && since.elapsed() < REMEMBERED
        {
            return Ok(Subject { origin: origin.to_owned(), ..subject.clone() });
        }
        let unknown = || Problem::new(Code::Unauthenticated, "no such token, or it is revoked or expired");
        let token = self.store.token_by_hash(&hash).await?.ok_or_else(unknown)?;
        let is_over = token.revoked_at.is_some() || token.expires_at.is_some_and(|until| until <= self.clock.now());
        let account = self.store.account(&token.user).await?.filter(|account| !account.disabled && !is_over);
        let subject = subject_of(&account.ok_or_else(unknown)?, origin);
        self.remember(hash, subject.clone());
        Ok(subject)
    }

    fn remember(&self, hash: String, subject: Subject) {
        let mut remembered = self.remembered.lock();
        remembered.retain(|_, (_, since)| since.elapsed() < REMEMBERED);
        remembered.insert(hash, (subject, Instant::now()));
    }

    /// A user as a subject, for the CLI's `--as`.
    pub async fn subject(&self, user: &str, origin: &str) -> Result<Subject, Problem> {
        let account = self.known(user).await?;
        if account.disabled {
            return Err(Problem::new(Code::Forbidden, format!("the account {user} is disabled")));
        }
        Ok(subject_of(&account, origin))
    }

    /// Checks who signs a box: an account with one of its roles at the site, by their own PIN or password.
    ///
    /// A wrong PIN slows the account down; it does not lock it, so nobody can shut a clerk out.
    pub async fn verify_signer(
        &self,
        given: &GivenSignOff,
        site: &str,
        roles: &[String],
        now: DateTime<Utc>,
    ) -> Result<Signer, Problem> {
        let account = self.store.account(&given.user).await?.filter(|account| !account.disabled);
        if let Some(until) = account.as_ref().and_then(slowed_until).filter(|until| *until > now) {
            let seconds = (until - now).num_seconds().max(0).unsigned_abs() + 1;
            return Err(Problem::new(Code::TooManyRequests, format!("{} must wait after a wrong PIN", given.user))
                .with_retry_after(seconds));
        }
        let hashes =
            account.as_ref().map(|account| [&account.pin_hash, &account.password_hash].into_iter().flatten().cloned().collect());
        let is_theirs = self.hashing.is_one_of(given.pin.as_str().into(), hashes.unwrap_or_default()).await?;
        let Some(account) = account.filter(|_| is_theirs) else {
            self.note_failure(&given.user, now).await?;
            return Err(Problem::new(Code::WrongPin, format!("{} for box {}", given.user, given.sign_box)));
        };
        if account.failures > 0 {
            self.store.set_failures(&account.user, 0, None).await?;
        }
        let held = subject_of(&account, "sign-off").roles_at(site);
        let Some(role) = roles.iter().find(|role| held.contains(*role)) else {
            let detail = format!("box {} takes the signature of: {}", given.sign_box, roles.join(", "));
            return Err(Problem::new(Code::Forbidden, detail));
        };
        Ok(Signer { sign_box: given.sign_box.clone(), user: account.user, name: account.name, role: role.clone() })
    }

    async fn note_failure(&self, user: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        let Some(account) = self.store.account(user).await? else { return Ok(()) };
        self.store.set_failures(user, account.failures + 1, Some(now)).await
    }

    pub async fn users(&self, by: &Subject) -> Result<Vec<User>, Problem> {
        self.must_be_admin(by)?;
        Ok(self.store.accounts().await?.into_iter().map(User::from).collect())
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
        self.must_be_admin(by)?;
        check_login(user)?;
        let roles = self.read_roles(roles)?;
        let password_hash = match password {
            Some(password) => Some(self.password_hash(password).await?),
            None => None,
        };
        if self.store.account(user).await?.is_some() {
            return Err(Problem::invalid_field("user", "not-unique", []));
        }
        let name = if name.trim().is_empty() { user } else { name.trim() };
        let account = Account {
            user: user.to_owned(),
            name: name.to_owned(),
            password_hash,
            pin_hash: None,
            disabled: false,
            failures: 0,
            failed_at: None,
            roles,
        };
        self.put(by, "user add", account).await
    }

    pub async fn set_password(&self, by: &Subject, user: &str, password: SecretString) -> Result<(), Problem> {
        self.must_be_admin(by)?;
        let password_hash = Some(self.password_hash(password).await?);
        let account = Account { password_hash, ..self.known(user).await? };
        self.put(by, "user passwd", account).await.map(drop)
    }

    pub async fn set_pin(&self, by: &Subject, user: &str, pin: SecretString) -> Result<(), Problem> {
        self.must_be_admin(by)?;
        secret::check_pin(&pin)?;
        let pin_hash = Some(self.hashing.hash(pin).await?);
        let account = Account { pin_hash, ..self.known(user).await? };
        self.put(by, "user pin", account).await.map(drop)
    }

    /// Gives and takes roles; each is `clerk@main` or `clerk@*`.
    pub async fn set_roles(&self, by: &Subject, user: &str, give: &[String], take: &[String]) -> Result<User, Problem> {
        self.must_be_admin(by)?;
        let mut account = self.known(user).await?;
        for (site, roles) in self.read_roles(give)? {
            account.roles.entry(site).or_default().extend(roles);
        }
        for (site, roles) in self.read_roles(take)? {
            account.roles.entry(site).or_default().retain(|role| !roles.contains(role));
        }
        self.put(by, "user role", account).await
    }

    /// Disables an account, or enables it again. Nothing is deleted.
    pub async fn set_disabled(&self, by: &Subject, user: &str, disabled: bool) -> Result<(), Problem> {
        self.must_be_admin(by)?;
        let account = Account { disabled, ..self.known(user).await? };
        self.put(by, if disabled { "user disable" } else { "user enable" }, account).await.map(drop)
    }

    /// Makes a token and returns it in the only moment it is known: `(token, what is kept of it)`.
    pub async fn new_token(
        &self,
        by: &Subject,
        user: &str,
        note: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(SecretString, TokenInfo), Problem> {
        self.must_be_admin(by)?;
        let account = self.known(user).await?;
        let token = secret::new_token();
        let row = TokenRow {
            id: Uuid::now_v7(),
            user: account.user,
            note: note.to_owned(),
            hash: secret::token_hash(token.expose_secret()),
            made_at: self.clock.now(),
            expires_at,
            revoked_at: None,
        };
        let info = TokenInfo::from(row.clone());
        self.store.put_token(row, self.changed_by(by, "token new")).await?;
        Ok((token, info))
    }

    pub async fn tokens(&self, by: &Subject) -> Result<Vec<TokenInfo>, Problem> {
        self.must_be_admin(by)?;
        Ok(self.store.tokens().await?.into_iter().map(TokenInfo::from).collect())
    }

    pub async fn revoke_token(&self, by: &Subject, id: Uuid) -> Result<(), Problem> {
        self.must_be_admin(by)?;
        let known = self.store.tokens().await?.into_iter().find(|token| token.id == id);
        let token = known.ok_or_else(|| Problem::not_found(format!("token {id}")))?;
        let revoked_at = Some(self.clock.now());
        self.store.put_token(TokenRow { revoked_at, ..token }, self.changed_by(by, "token revoke")).await?;
        self.remembered.lock().clear();
        Ok(())
    }

    async fn known(&self, user: &str) -> Result<Account, Problem> {
        self.store.account(user).await?.ok_or_else(|| Problem::not_found(format!("user {user}")))
    }

    async fn put(&self, by: &Subject, command: &str, account: Account) -> Result<User, Problem> {
        let user = User::from(account.clone());
        self.store.put_account(account, self.changed_by(by, command)).await?;
        // What somebody may do changes with their next request.
        self.remembered.lock().clear();
        Ok(user)
    }

    fn changed_by(&self, by: &Subject, command: &str) -> ChangedBy {
        ChangedBy { actor: by.user.clone(), origin: by.origin.clone(), command: command.to_owned(), at: self.clock.now() }
    }

    async fn password_hash(&self, password: SecretString) -> Result<String, Problem> {
        secret::check_password(&password)?;
        self.hashing.hash(password).await
    }

    /// Accounts belong to the whole desk, so changing them needs the admin's role everywhere.
    fn must_be_admin(&self, by: &Subject) -> Result<(), Problem> {
        self.sites.all().iter().try_for_each(|site| self.policy.authorize_admin(by, &site.info.id, "accounts"))
    }

    /// Reads `clerk@main`, `admin@*`, and plain `clerk` where there is one site.
    fn read_roles(&self, roles: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>, Problem> {
        let mut by_site: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for text in roles {
            let (role, site) = match (text.split_once('@'), self.sites.only()) {
                (Some((role, site)), _) => (role, site.to_owned()),
                (None, Some(only)) => (text.as_str(), only.info.id.clone()),
                (None, None) => {
                    return Err(Problem::new(Code::SiteRequired, format!("{text}: say at which site, {text}@SITE or {text}@*")));
                }
            };
            if !ROLES.contains(&role) {
                return Err(Problem::invalid_field("role", "not-a-choice", [("allowed", ROLES.join(", "))]));
            }
            if site != "*" {
                self.sites.get(&site)?;
            }
            by_site.entry(site).or_default().insert(role.to_owned());
        }
        Ok(by_site)
    }
}

/// Until when an account must wait after its last wrong PIN.
fn slowed_until(account: &Account) -> Option<DateTime<Utc>> {
    Some(account.failed_at? + slow_down(account.failures))
}

/// How long an account waits after its n-th wrong PIN in a row: it slows guessing and shuts nobody out.
fn slow_down(failures: i64) -> TimeDelta {
    match failures {
        ..=2 => TimeDelta::seconds(1),
        3..=8 => TimeDelta::seconds(3),
        9..=24 => TimeDelta::seconds(5),
        25..=99 => TimeDelta::seconds(10),
        _ => TimeDelta::hours(1),
    }
}

fn check_login(user: &str) -> Result<(), Problem> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fits = (1..=64).contains(&user.chars().count()) && user.chars().all(is_plain);
    if fits { Ok(()) } else { Err(Problem::invalid_field("user", "login-name", [])) }
}

fn subject_of(account: &Account, origin: &str) -> Subject {
    Subject { user: account.user.clone(), name: account.name.clone(), roles: account.roles.clone(), origin: origin.to_owned() }
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        let at_site =
            |(site, roles): (&String, &BTreeSet<String>)| roles.iter().map(|role| format!("{role}@{site}")).collect::<Vec<_>>();
        User {
            roles: account.roles.iter().flat_map(at_site).collect(),
            user: account.user,
            name: account.name,
            has_pin: account.pin_hash.is_some(),
            disabled: account.disabled,
        }
    }
}

impl From<TokenRow> for TokenInfo {
    fn from(row: TokenRow) -> Self {
        TokenInfo {
            id: row.id,
            user: row.user,
            note: row.note,
            made_at: row.made_at,
            expires_at: row.expires_at,
            revoked: row.revoked_at.is_some(),
        }
    }
}
