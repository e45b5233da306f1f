//! `user`: accounts, their roles, passwords and PINs.

use std::path::PathBuf;

use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;

use super::client::path;
use super::console::{Console, is_attended};
use super::failure::Failure;
use super::secret;
use super::table::columns;

const USERS: &str = "/internal/users";

/// Accounts: add, list, roles, passwords, PINs.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Adds an account.
    Add {
        user: String,
        /// The name that papers and lists show [default: the login name].
        #[arg(long)]
        name: Option<String>,
        /// A role it holds, `clerk` or `clerk@north`; may be given again.
        #[arg(long, value_name = "ROLE[@SITE]")]
        role: Vec<String>,
        /// Its password (`-` for stdin); without one the account can only sign.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Lists the accounts.
    List,
    /// Sets a password.
    Passwd {
        user: String,
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Sets the PIN that the user signs with.
    Pin {
        user: String,
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
    /// Gives roles (`clerk@north`, `hr@*`), or takes them.
    Role {
        user: String,
        #[arg(value_name = "ROLE[@SITE]", required_unless_present = "take")]
        give: Vec<String>,
        /// A role to take; may be given again.
        #[arg(long, value_name = "ROLE[@SITE]")]
        take: Vec<String>,
    },
    /// Disables an account, and all its tokens with it.
    Disable {
        user: String,
        /// Enables it again.
        #[arg(long)]
        undo: bool,
    },
}

impl User {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        match self {
            User::Add { user, name, role, password_file } => {
                let password = match &password_file {
                    Some(file) => Some(secret::read("a password", "--password-file", Some(file))?),
                    None if is_attended() => Some(secret::read("new password", "--password-file", None)?),
                    None => None,
                };
                let password = password.as_ref().map(ExposeSecret::expose_secret);
                let body = json!({ "user": user, "name": name, "password": password, "roles": role });
                console.print_object(&desk.post(USERS, body).await?);
            }
            User::List => {
                let users = desk.get(USERS, &[]).await?;
                let if_empty = "no accounts: add one with `deskbell user add`";
                console.print_list(&users, &columns(["user", "name", "roles", "has_pin", "disabled"]), if_empty);
            }
            User::Passwd { user, password_file } => {
                let secret = secret::read("new password", "--password-file", password_file.as_deref())?;
                desk.post(&path(USERS, &[&user, "password"]), json!({ "secret": secret.expose_secret() })).await?;
                console.say(format!("{user} has a new password"));
            }
            User::Pin { user, pin_file } => {
                let secret = secret::read("new PIN", "--pin-file", pin_file.as_deref())?;
                desk.post(&path(USERS, &[&user, "pin"]), json!({ "secret": secret.expose_secret() })).await?;
                console.say(format!("{user} has a new PIN"));
            }
            User::Role { user, give, take } => {
                console.print_object(&desk.post(&path(USERS, &[&user, "roles"]), json!({ "give": give, "take": take })).await?);
            }
            User::Disable { user, undo } => {
                desk.post(&path(USERS, &[&user, "disabled"]), json!({ "disabled": !undo })).await?;
                console.say(format!("{user} is {}", if undo { "enabled" } else { "disabled" }));
            }
        }
        Ok(())
    }
}
