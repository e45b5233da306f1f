//! Sign-offs beside a command: given on the command line, or asked for on a terminal once the desk says which are missing.

use std::path::PathBuf;

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::client::Client;
use super::console::{Console, is_attended};
use super::failure::Failure;
use super::secret;
use crate::problem::Code;

/// The sign-offs that come along with a command.
#[derive(Debug, Args)]
pub(crate) struct SignOffs {
    /// Who signs which box; may be given again.
    #[arg(long = "sign-off", value_name = "BOX:USER")]
    sign_off: Vec<String>,
    /// The signers' PINs, a file each, in the order of --sign-off (`-` for stdin).
    #[arg(long, value_name = "FILE", requires = "sign_off")]
    pin_file: Vec<PathBuf>,
}

impl SignOffs {
    /// Sends a command; where the desk wants boxes signed and somebody sits there, asks them to sign and sends it again.
    pub(crate) async fn post(self, console: &Console, desk: &Client, path: &str, mut body: Value) -> Result<Value, Failure> {
        let given = self.given()?;
        if !given.is_empty() {
            body["sign_offs"] = given.into();
        }
        match desk.post(path, body.clone()).await {
            Err(Failure::Told(problem)) if is_to_be_signed(&problem) && is_attended() && !console.wants_json() => {
                console.say(problem["detail"].as_str().unwrap_or_default());
                body["sign_offs"] = asked_for(&problem)?.into();
                desk.post(path, body).await
            }
            answered => answered,
        }
    }

    fn given(self) -> Result<Vec<Value>, Failure> {
        let mut files = self.pin_file.into_iter();
        let mut given = Vec::new();
        for sign_off in &self.sign_off {
            let (sign_box, user) =
                sign_off.split_once(':').ok_or_else(|| Failure::Usage(format!("`{sign_off}` is not BOX:USER")))?;
            let pin = secret::read(&format!("{user}'s PIN"), "--pin-file", files.next().as_deref())?;
            given.push(json!({ "box": sign_box, "user": user, "pin": pin.expose_secret() }));
        }
        Ok(given)
    }
}

fn is_to_be_signed(problem: &Value) -> bool {
    problem["code"] == Code::SignOffRequired.as_str()
}

fn asked_for(problem: &Value) -> Result<Vec<Value>, Failure> {
    let mut signed = Vec::new();
    for missing in problem["boxes"].as_array().into_iter().flatten() {
        let sign_box = missing["box"].as_str().unwrap_or_default();
        let user = secret::ask(&format!("{sign_box}: who signs"))?;
        let pin = secret::read(&format!("{user}'s PIN"), "--pin-file", None)?;
        signed.push(json!({ "box": sign_box, "user": user, "pin": pin.expose_secret() }));
    }
    Ok(signed)
}
