//! `audit`: who did what, and whether the trail is whole.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::console::Console;
use super::failure::Failure;
use super::table::columns;

/// The audit trail: verify its chains, show its entries.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Walks every chain from its first entry; a broken one ends with 10.
    Verify,
    /// Shows entries, the newest first.
    Show(Show),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Only what this user did.
    #[arg(long)]
    user: Option<String>,
    /// Only about records of this type.
    #[arg(long = "type", value_name = "TYPE")]
    record_type: Option<String>,
    /// Only about the record with this number.
    #[arg(long, requires = "record_type")]
    number: Option<String>,
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// The next page, as the last one named it.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

impl Audit {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        match self {
            Audit::Verify => verify(console).await,
            Audit::Show(show) => show.run(console).await,
        }
    }
}

impl Show {
    async fn run(self, console: &Console) -> Result<(), Failure> {
        let given = [
            ("user", self.user),
            ("type", self.record_type),
            ("number", self.number),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor),
        ];
        let query: Vec<(&str, &str)> = given.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?))).collect();
        let trail = console.desk().await?.get("/api/v1/audit", &query).await?;
        console.print_list(&trail, &columns(["at", "actor", "command", "type", "number", "changes"]), "no entries");
        Ok(())
    }
}

async fn verify(console: &Console) -> Result<(), Failure> {
    let chains = console.desk().await?.get("/internal/audit/chains", &[]).await?;
    console.print_list(
        &chains,
        &columns(["host", "entries", "head", "broken_at", "reason"]),
        "no entries yet: nothing to verify",
    );
    let n_broken = chains["items"].as_array().into_iter().flatten().filter(|chain| !chain["broken_at"].is_null()).count();
    if n_broken == 0 { Ok(()) } else { Err(Failure::Found(format!("{n_broken} audit chains are broken"))) }
}
