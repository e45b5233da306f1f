//! `register`: the printed list of a type for a span of days.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Subcommand, ValueEnum};

use super::client::path;
use super::console::Console;
use super::failure::Failure;
use super::form::save;

/// Registers: the list of a record type for a span of days.
#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// Shows a register on the terminal.
    Show {
        #[arg(value_name = "TYPE")]
        record_type: String,
        #[arg(long, value_name = "DAY")]
        from: NaiveDate,
        #[arg(long, value_name = "DAY")]
        to: NaiveDate,
    },
    /// Writes a register as PDF, XLSX or CSV.
    Export {
        #[arg(value_name = "TYPE")]
        record_type: String,
        #[arg(long, value_name = "DAY")]
        from: NaiveDate,
        #[arg(long, value_name = "DAY")]
        to: NaiveDate,
        #[arg(long, value_enum)]
        format: Format,
        /// Where it goes [default: its own name in the current folder; `-` for stdout].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Pdf,
    Xlsx,
    Csv,
}

impl Register {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        let fetch = async |record_type: &str, from: NaiveDate, to: NaiveDate, format: &str| {
            let (from, to) = (from.to_string(), to.to_string());
            let query = [("from", from.as_str()), ("to", to.as_str()), ("format", format)];
            desk.fetch(&path("/api/v1/registers", &[record_type]), &query).await
        };
        match self {
            Register::Show { record_type, from, to } => {
                let table = fetch(&record_type, from, to, "csv").await?;
                console.print(lined_up(&table.bytes)?);
                Ok(())
            }
            Register::Export { record_type, from, to, format, out } => {
                let format = match format {
                    Format::Pdf => "pdf",
                    Format::Xlsx => "xlsx",
                    Format::Csv => "csv",
                };
                save(console, fetch(&record_type, from, to, format).await?, out.as_deref())
            }
        }
    }
}

/// A CSV file as columns that line up; the mark that spreadsheets need at its beginning goes.
fn lined_up(csv: &[u8]) -> Result<String, Failure> {
    let csv = csv.strip_prefix("\u{feff}".as_bytes()).unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv);
    let mut rows = Vec::new();
    for row in reader.records() {
        rows.push(
            row.map_err(|error| anyhow::Error::new(error).context("reading the register"))?.iter().map(str::to_owned).collect(),
        );
    }
    Ok(super::table::lines(rows))
}
