//! `due`: what must be done at the desk on a day.

use chrono::NaiveDate;
use clap::Args;

use super::console::Console;
use super::failure::Failure;
use super::table::columns;

/// Shows what must be done at the desk on a day.
#[derive(Debug, Args)]
pub(crate) struct Due {
    /// The day [default: today at the store].
    #[arg(long, value_name = "DAY")]
    on: Option<NaiveDate>,
    /// Shows the deadlines of so many days more.
    #[arg(long, value_name = "DAYS")]
    ahead: Option<u64>,
}

impl Due {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let given = [("on", self.on.map(|day| day.to_string())), ("ahead", self.ahead.map(|days| days.to_string()))];
        let query: Vec<(&str, &str)> = given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let due = console.desk().await?.get("/api/v1/due", &query).await?;
        console.print_list(&due, &columns(["number", "type", "due", "due_on", "title"]), "nothing is due");
        Ok(())
    }
}
