//! `token`: access for programs.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::json;

use super::client::path;
use super::console::Console;
use super::failure::Failure;
use super::table::columns;

const TOKENS: &str = "/internal/tokens";

/// API tokens: access for programs, in a user's name.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Makes a token and shows it, this once.
    New {
        /// In whose name it acts.
        #[arg(long)]
        user: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// When it ends, `2027-01-31T00:00:00Z` [default: when it is revoked].
        #[arg(long, value_name = "INSTANT")]
        expires: Option<DateTime<Utc>>,
    },
    /// Lists the tokens.
    List,
    /// Ends a token.
    Revoke { id: String },
}

impl Token {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        match self {
            Token::New { user, note, expires } => {
                let made = desk.post(TOKENS, json!({ "user": user, "note": note, "expires_at": expires })).await?;
                if console.wants_json() {
                    console.print_json(&made);
                } else {
                    console.print(made["token"].as_str().unwrap_or_default());
                    console.say("keep it safe: it is not shown again");
                }
            }
            Token::List => {
                let tokens = desk.get(TOKENS, &[]).await?;
                let columns = columns(["id", "user", "note", "made_at", "expires_at", "revoked"]);
                console.print_list(&tokens, &columns, "no tokens: make one with `deskbell token new --user USER`");
            }
            Token::Revoke { id } => {
                desk.post(&path(TOKENS, &[&id, "revoked"]), json!({})).await?;
                console.say("revoked");
            }
        }
        Ok(())
    }
}
