//! Webhooks: the notice as JSON to an address, signed where a secret is set.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ring::hmac;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::announcement::Announcement;
use super::courier::Trouble;
use crate::config::Webhook;

/// An address that has not answered within it is out of reach.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers that are about this message: the same one would be refused again.
const REFUSING: [u16; 4] = [400, 413, 415, 422];

/// Sends a notice to the address.
pub(super) async fn send(webhook: &Webhook, said: &Announcement) -> Result<(), Trouble> {
    let (webhook, id, body) = (webhook.clone(), said.id.clone(), said.json.to_string());
    let sent = tokio::task::spawn_blocking(move || post(&webhook, &id, &body)).await;
    sent.unwrap_or_else(|error| Err(Trouble::Away(error.to_string())))
}

fn post(webhook: &Webhook, id: &str, body: &str) -> Result<(), Trouble> {
    let config = ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots(webhook)).build())
        .timeout_global(Some(PATIENCE))
        // The address in the settings is the one that is meant: no other by redirect, no proxy by environment.
        .max_redirects(0)
        .proxy(None)
        .http_status_as_error(false)
        .user_agent(concat!("deskbell/", env!("CARGO_PKG_VERSION")))
        .build();
    let mut request = ureq::Agent::new_with_config(config).post(&webhook.url);
    request = request.header("content-type", "application/json").header("idempotency-key", id);
    if let Some(secret) = &webhook.secret {
        request = request.header("deskbell-signature", format!("sha256={}", signature(secret.expose(), body)));
    }
    let answer = request.send(body).map_err(|error| Trouble::Away(error.to_string()))?;
    let status = answer.status();
    match status.as_u16() {
        200..=299 => Ok(()),
        code if REFUSING.contains(&code) => Err(Trouble::Refused(status.to_string())),
        _ => Err(Trouble::Away(status.to_string())),
    }
}

/// HMAC-SHA256 of the body under the secret, in hexadecimal.
fn signature(secret: &str, body: &str) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body.as_bytes()))
}

/// The machine's certificates, and the server's own where it is named.
fn roots(webhook: &Webhook) -> RootCerts {
    static MACHINES: OnceLock<Vec<Certificate<'static>>> = OnceLock::new();
    let machines = MACHINES.get_or_init(|| {
        let loaded = rustls_native_certs::load_native_certs().certs;
        loaded.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
    });
    let own = webhook.certificate.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
    RootCerts::Specific(Arc::new(machines.iter().cloned().chain(own).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test case 2.
    #[test]
    fn a_body_is_signed_as_the_rfc_says() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", "what do ya want for nothing?"), expected);
    }
}
