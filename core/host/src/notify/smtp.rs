//! Mail, as lettre sends it.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, response};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::announcement::Announcement;
use super::courier::Trouble;
use crate::config::Smtp;

/// A mail server that has not taken a message within it is out of reach.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers that say the account is not let in: the server's word on the settings, not on the message.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// Sends a mail to one of the delivery's recipients.
pub(super) async fn send(smtp: &Smtp, recipient: &str, said: &Announcement) -> Result<(), Trouble> {
    let refused = |error: &dyn std::error::Error| Trouble::Refused(error.to_string());
    let to = recipient.parse().map_err(|error: lettre::address::AddressError| refused(&error))?;
    let mail = mail(smtp, Mailbox::new(None, to), said).map_err(|error| refused(&error))?;
    let transport = transport(smtp).map_err(|error| Trouble::Away(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, transport.send(mail)).await {
        Ok(sent) => sent.map(drop).map_err(|error| trouble(&error)),
        Err(_) => Err(Trouble::Away(format!("{} did not take it in {} s", smtp.host, PATIENCE.as_secs()))),
    }
}

fn mail(smtp: &Smtp, to: Mailbox, said: &Announcement) -> Result<Message, lettre::error::Error> {
    // Nobody's holiday reply is wanted (RFC 3834).
    let is_automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    Message::builder()
        .from(smtp.from.clone())
        .to(to)
        .subject(said.subject.clone())
        .message_id(Some(format!("<{}@{}>", said.id, smtp.from.email.domain())))
        .raw_header(is_automatic)
        .header(ContentType::TEXT_PLAIN)
        .body(said.body.clone())
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
    let mut tls = TlsParameters::builder(smtp.host.clone());
    if let Some(certificate) = &smtp.certificate {
        tls = tls.add_root_certificate(Certificate::from_der(certificate.clone())?);
    }
    let tls = tls.build_rustls()?;
    let tls = match (smtp.is_tls, &smtp.login) {
        (true, _) => Tls::Wrapper(tls),
        // A password never goes over an open line.
        (false, Some(_)) => Tls::Required(tls),
        (false, None) => Tls::Opportunistic(tls),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host);
    transport = transport.port(smtp.port).tls(tls);
    if let Some((user, password)) = &smtp.login {
        transport = transport.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(transport.build())
}

fn trouble(error: &Error) -> Trouble {
    let is_not_let_in = error.status().is_some_and(|code| NOT_LET_IN.contains(&number(code)));
    // "permanent error (550): no such user"
    let told = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let told = told.last().map_or_else(String::new, ToString::to_string);
    let told = error.status().map_or_else(|| told.clone(), |code| format!("{code} {told}"));
    if error.is_permanent() && !is_not_let_in { Trouble::Refused(told) } else { Trouble::Away(told) }
}

fn number(code: response::Code) -> u16 {
    code.into()
}
