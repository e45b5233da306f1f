//! Secrets: passwords and PINs as argon2id hashes, API tokens as SHA-256. What was hashed is never kept, logged or shown.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

/// A token begins like this, so that a leaked one is recognised.
const TOKEN_PREFIX: &str = "deskbell_";

/// Hashes at once, and how many may wait: each costs 19 MB and tens of milliseconds of a core.
const HASHES_AT_ONCE: usize = 2;
const HASHES_WAITING: usize = 20;

const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=128;
const PIN_LENGTH: std::ops::RangeInclusive<usize> = 4..=12;

/// Makes and checks hashes, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct Hashing {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Hashing {
            running: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING)),
        }
    }
}

impl Hashing {
    pub(crate) async fn hash(&self, secret: SecretString) -> Result<String, Problem> {
        let hash = move || Argon2::default().hash_password(secret.expose_secret().as_bytes()).map(|hash| hash.to_string());
        self.run(hash).await?.map_err(Problem::internal)
    }

    /// Says whether a secret belongs to one of the hashes. Without any, the same work is done in vain, so that the time tells
    /// nothing about whether an account exists.
    pub(crate) async fn is_one_of(&self, secret: SecretString, hashes: Vec<String>) -> Result<bool, Problem> {
        static NOBODYS: LazyLock<String> =
            LazyLock::new(|| Argon2::default().hash_password(b"nobody's").map(|hash| hash.to_string()).unwrap_or_default());
        self.run(move || {
            let is_of = |hash: &String| {
                let parsed = PasswordHash::new(hash);
                parsed.is_ok_and(|parsed| Argon2::default().verify_password(secret.expose_secret().as_bytes(), &parsed).is_ok())
            };
            if hashes.is_empty() {
                let _ = is_of(&NOBODYS);
                return false;
            }
            hashes.iter().any(is_of)
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::new(Code::Overloaded, "too many passwords and PINs are being checked").with_retry_after(1);
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let _turn = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}

/// A new token: 256 random bits.
pub(crate) fn new_token() -> SecretString {
    let bits: [u8; 32] = rand::random();
    format!("{TOKEN_PREFIX}{}", hex::encode(bits)).into()
}

/// What is kept of a token.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// Refuses passwords that are too short, too long or too common.
pub(crate) fn check_password(password: &SecretString) -> Result<(), Problem> {
    let text = password.expose_secret();
    let length = text.chars().count();
    if !PASSWORD_LENGTH.contains(&length) {
        let args = [("min", PASSWORD_LENGTH.start().to_string()), ("max", PASSWORD_LENGTH.end().to_string())];
        return Err(Problem::invalid_field("password", "password-length", args));
    }
    let plain = text.to_lowercase();
    let is_common = ["password", "qwerty", "123456", "deskbell", "服务台", "111111"]
        .iter()
        .any(|word| plain.replace(word, "").chars().count() * 2 < length);
    if is_common { Err(Problem::invalid_field("password", "password-common", [])) } else { Ok(()) }
}

/// Refuses PINs that are no digits, too short, or the first that a stranger would try.
pub(crate) fn check_pin(pin: &SecretString) -> Result<(), Problem> {
    let text = pin.expose_secret();
    if !PIN_LENGTH.contains(&text.len()) || !text.chars().all(|c| c.is_ascii_digit()) {
        let args = [("min", PIN_LENGTH.start().to_string()), ("max", PIN_LENGTH.end().to_string())];
        return Err(Problem::invalid_field("pin", "pin-digits", args));
    }
    let digits: Vec<i16> = text.bytes().map(i16::from).collect();
    let is_run = |step: i16| digits.windows(2).all(|pair| pair[1] - pair[0] == step);
    if is_run(0) || is_run(1) || is_run(-1) { Err(Problem::invalid_field("pin", "pin-common", [])) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T>(answer: Result<T, Problem>, key: Option<&str>) {
        assert_eq!(answer.err().map(|problem| problem.errors[0].key.clone()).as_deref(), key);
    }

    #[test]
    fn weak_passwords_and_pins_are_refused() {
        check(check_password(&"short".into()), Some("password-length"));
        check(check_password(&"password1234".into()), Some("password-common"));
        check(check_password(&"correct horse battery".into()), None);
        check(check_pin(&"271828".into()), None);
        check(check_pin(&"1234".into()), Some("pin-common"));
        check(check_pin(&"0000".into()), Some("pin-common"));
        check(check_pin(&"27a8".into()), Some("pin-digits"));
    }

    #[tokio::test]
    async fn a_secret_is_known_by_its_hash_only() {
        let hashing = Hashing::default();
        let hash = hashing.hash("271828".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("271828"));
        assert!(hashing.is_one_of("271828".into(), vec![hash.clone()]).await.unwrap());
        assert!(!hashing.is_one_of("271829".into(), vec![hash]).await.unwrap());
        assert!(!hashing.is_one_of("271828".into(), Vec::new()).await.unwrap());
    }
}
