//! `form`: the papers of the desk, before and after they are printed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Fetched, path};
use super::console::Console;
use super::failure::Failure;
use super::table::columns;

const FORMS: &str = "/internal/forms";

/// Forms: check, preview, print, compare with the shipped ones.
#[derive(Debug, Subcommand)]
pub(crate) enum Form {
    /// Lists the forms, and whose template is in force.
    List,
    /// Renders every form, or one, with sample data.
    Check { form: Option<String> },
    /// Shows a form with its sample data.
    Preview {
        form: String,
        #[command(flatten)]
        output: Output,
    },
    /// Prints a form: copy 1, or the next copy.
    Print(Print),
    /// Compares the store's template with the shipped one.
    Diff { form: String },
    /// Puts the shipped template back.
    Reset { form: String },
}

#[derive(Debug, Args)]
pub(crate) struct Print {
    form: String,
    /// The record it is printed from, by number.
    #[arg(long, value_name = "NUMBER", required_unless_present = "from", conflicts_with = "from")]
    record: Option<String>,
    /// The first day, for a span of days.
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    /// A printer of the desk.
    #[arg(long)]
    printer: Option<String>,
    /// Where the PDF goes [default: its own name in the current folder; `-` for stdout].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Where a file goes.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Where it goes [default: its own name in the current folder; `-` for stdout].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Form {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        match self {
            Form::List => {
                let forms = desk.get(FORMS, &[]).await?;
                console.print_list(&forms, &columns(["form", "title", "origin", "problem"]), "no forms");
                Ok(())
            }
            Form::Check { form } => check(console, form.as_deref()).await,
            Form::Preview { form, output } => {
                save(console, desk.fetch(&path(FORMS, &[&form, "sample"]), &[]).await?, output.out.as_deref())
            }
            Form::Print(print) => print.run(console).await,
            Form::Diff { form } => {
                let found = desk.get(&path(FORMS, &[&form, "diff"]), &[]).await?;
                if console.wants_json() {
                    console.print_json(&found);
                } else {
                    console.print(found["diff"].as_str().unwrap_or_default());
                }
                Ok(())
            }
            Form::Reset { form } => {
                desk.post(&path(FORMS, &[&form, "reset"]), json!({})).await?;
                console.say(format!("{form} is the shipped one again"));
                Ok(())
            }
        }
    }
}

impl Print {
    async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        let given = [
            ("form", Some(self.form)),
            ("record", self.record),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("printer", self.printer),
            ("lang", Some(console.lang().to_owned())),
        ];
        let body: Value = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?)))).collect();
        let paper = desk.post("/api/v1/papers", body).await?;
        if let Some(printer) = paper["printed"]["printer"].as_str() {
            console.say(format!("in the queue of printer {printer}; `deskbell doctor` tells when it is held"));
            // Whoever sends it to a printer has no use for a file unless they name it.
            if self.out.is_none() {
                console.print_ordered(&paper, &["id", "form", "title", "copy"]);
                return Ok(());
            }
        }
        let pdf = desk.fetch(paper["href"].as_str().unwrap_or_default(), &[]).await?;
        if console.wants_json() {
            console.print_json(&paper);
        }
        let out = if console.wants_json() && self.out.is_none() { return Ok(()) } else { self.out };
        save(console, pdf, out.as_deref())
    }
}

async fn check(console: &Console, form: Option<&str>) -> Result<(), Failure> {
    let query: Vec<(&str, &str)> = form.iter().map(|form| ("form", *form)).collect();
    let found = console.desk().await?.get("/internal/forms/problems", &query).await?;
    let problems = found["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if console.wants_json() {
        console.print_json(&found);
    }
    match problems {
        [] => {
            console.say("every form renders");
            Ok(())
        }
        [.., last] => {
            if !console.wants_json() {
                problems[..problems.len() - 1]
                    .iter()
                    .for_each(|problem| console.say(Failure::Told(problem.clone()).message(console.lang(), false)));
            }
            Err(Failure::Told(last.clone()))
        }
    }
}

/// Writes a file where it was asked for, or under its own name.
pub(crate) fn save(console: &Console, file: Fetched, out: Option<&Path>) -> Result<(), Failure> {
    file.warnings.iter().for_each(|warning| console.say(format!("warning: {warning}")));
    if out == Some(Path::new("-")) {
        console.print_bytes(&file.bytes);
        return Ok(());
    }
    // The name comes from the desk; only its last part counts, so that it can't lead out of the folder.
    let own_name =
        || file.name.as_deref().and_then(|name| Path::new(name).file_name()).map_or_else(|| "paper.pdf".into(), PathBuf::from);
    let to = out.map_or_else(own_name, Path::to_owned);
    std::fs::write(&to, &file.bytes).with_context(|| format!("writing {}", to.display()))?;
    console.say(format!("{} ({} bytes)", to.display(), file.bytes.len()));
    Ok(())
}
