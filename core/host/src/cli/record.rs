//! `record`: everything about records that the web can do.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use deskbell_proto::description::TypeDescription;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::client::{Client, path};
use super::console::Console;
use super::failure::Failure;
use super::signing::SignOffs;
use super::table::{Column, columns};
use super::{fields, secret};
use crate::problem::Problem;

const RECORDS: &str = "/api/v1/records";

/// Records of any type: list, look, register, change, act, sign.
#[derive(Debug, Subcommand)]
pub(crate) enum Record {
    /// Lists the record types, with their actions.
    Types,
    /// Lists records.
    List {
        #[arg(value_name = "TYPE")]
        record_type: String,
        /// Only these; `received_on[gte]=2026-11-01` compares.
        #[arg(long = "where", value_name = "FIELD=VALUE")]
        conditions: Vec<String>,
        /// Only those with this text in a searchable field.
        #[arg(long, short = 'q', value_name = "TEXT")]
        search: Option<String>,
        /// By this field; `-received_on` for the newest first.
        #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
        sort: Option<String>,
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        /// The next page, as the last one named it.
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
    /// Shows one record.
    Get {
        #[arg(value_name = "TYPE")]
        record_type: String,
        number: String,
    },
    /// Registers a new record.
    New {
        #[arg(value_name = "TYPE")]
        record_type: String,
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<String>,
        #[command(flatten)]
        sign_offs: SignOffs,
    },
    /// Changes editable fields of a record; an empty value clears one.
    Change {
        #[arg(value_name = "TYPE")]
        record_type: String,
        number: String,
        #[arg(value_name = "FIELD=VALUE", required = true)]
        fields: Vec<String>,
        /// The version you saw [default: the one it has now].
        #[arg(long, value_name = "N")]
        version: Option<i64>,
    },
    /// Runs an action on a record.
    Do {
        #[arg(value_name = "TYPE")]
        record_type: String,
        number: String,
        action: String,
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<String>,
        #[command(flatten)]
        sign_offs: SignOffs,
    },
    /// Signs a box of a record with the signer's own PIN.
    Sign {
        #[arg(value_name = "TYPE")]
        record_type: String,
        number: String,
        #[arg(value_name = "BOX")]
        sign_box: String,
        /// Who signs.
        #[arg(long)]
        user: String,
        /// The signer's PIN (`-` for stdin); asked for on a terminal.
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
    /// Registers every record of a CSV or XLSX file, or none of them.
    ///
    /// The first row names the fields: by name, or by label in Chinese or English. The same file again changes nothing.
    Import {
        #[arg(value_name = "TYPE")]
        record_type: String,
        file: PathBuf,
        /// Only says what would become of each row.
        #[arg(long)]
        dry_run: bool,
    },
    /// Shows who changed a record, when, and from what to what.
    History {
        #[arg(value_name = "TYPE")]
        record_type: String,
        number: String,
    },
}

impl Record {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        match self {
            Record::Types => list_types(console, desk).await,
            Record::List { record_type, conditions, search, sort, limit, cursor } => {
                let limit = limit.map(|limit| limit.to_string());
                let mut query = conditions.iter().map(|condition| fields::split(condition)).collect::<Result<Vec<_>, _>>()?;
                let named = [("q", search), ("sort", sort), ("limit", limit), ("cursor", cursor)];
                query.extend(named.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?))));
                let found = desk.get(&path(RECORDS, &[&record_type]), &query).await?;
                let described =
                    if console.wants_json() { TypeDescription::default() } else { described(desk, &record_type).await? };
                console.print_list(&found, &list_columns(&described), "no records: register one with `deskbell record new`");
                Ok(())
            }
            Record::Get { record_type, number } => {
                let record = desk.get(&path(RECORDS, &[&record_type, &number]), &[]).await?;
                print_record(console, &record, &described(desk, &record_type).await?);
                Ok(())
            }
            Record::New { record_type, fields, sign_offs } => {
                let described = described(desk, &record_type).await?;
                let body = fields::parsed(&fields, described.create.as_deref().unwrap_or_default())?;
                let made = sign_offs.post(console, desk, &path(RECORDS, &[&record_type]), Value::Object(body)).await?;
                print_record(console, &made, &described);
                Ok(())
            }
            Record::Change { record_type, number, fields, version } => {
                let described = described(desk, &record_type).await?;
                let set = fields::parsed(&fields, &described.fields)?;
                let one = path(RECORDS, &[&record_type, &number]);
                let version = match version {
                    Some(version) => version,
                    None => desk.get(&one, &[]).await?["version"].as_i64().unwrap_or_default(),
                };
                print_record(console, &desk.patch(&one, Value::Object(set), version).await?, &described);
                Ok(())
            }
            Record::Do { record_type, number, action, fields, sign_offs } => {
                let described = described(desk, &record_type).await?;
                let args = described.action(&action).map(|action| action.args.as_slice()).unwrap_or_default();
                let body = Value::Object(fields::parsed(&fields, args)?);
                let done =
                    sign_offs.post(console, desk, &path(RECORDS, &[&record_type, &number, "actions", &action]), body).await?;
                print_record(console, &done, &described);
                Ok(())
            }
            Record::Sign { record_type, number, sign_box, user, pin_file } => {
                let pin = secret::read(&format!("{user}'s PIN"), "--pin-file", pin_file.as_deref())?;
                let body = json!({ "user": user, "pin": pin.expose_secret() });
                let signed = desk.post(&path(RECORDS, &[&record_type, &number, "sign-offs", &sign_box]), body).await?;
                print_record(console, &signed, &described(desk, &record_type).await?);
                Ok(())
            }
            Record::Import { record_type, file, dry_run } => {
                let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
                let described = described(desk, &record_type).await?;
                let dry_run = if dry_run { "true" } else { "false" };
                let route = path("/internal/records", &[&record_type, "imports"]);
                let imported = desk.upload(&route, &[("dry_run", dry_run)], bytes).await?;
                print_import(console, imported, &described);
                Ok(())
            }
            Record::History { record_type, number } => {
                let history = desk.get(&path(RECORDS, &[&record_type, &number, "history"]), &[]).await?;
                console.print_list(&history, &columns(["at", "actor", "command", "changes"]), "nothing happened to it yet");
                Ok(())
            }
        }
    }
}

async fn list_types(console: &Console, desk: &Client) -> Result<(), Failure> {
    let mut types = desk.get("/api/v1/types", &[]).await?;
    if !console.wants_json() {
        for item in types["items"].as_array_mut().into_iter().flatten() {
            let names = |list: &Value| list.as_array().into_iter().flatten().map(|of| of["name"].clone()).collect::<Value>();
            item["does"] = names(&item["actions"]);
            item["boxes"] = names(&item["sign_offs"]);
        }
    }
    console.print_list(
        &types,
        &columns(["type", "title", "does", "boxes"]),
        "no record types: install a plugin with `deskbell plugin install`",
    );
    Ok(())
}

/// What became of a file: how many, and in a preview each row.
fn print_import(console: &Console, mut imported: Value, described: &TypeDescription) {
    if console.wants_json() {
        return console.print_json(&imported);
    }
    let items = imported["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let is_preview = items.iter().any(|item| item["record"].is_object());
    if is_preview {
        let with_fields = items.into_iter().map(|mut item| {
            let fields = item["record"].as_object_mut().map(std::mem::take).unwrap_or_default();
            item.as_object_mut().into_iter().for_each(|item| item.extend(fields.clone()));
            item
        });
        let own = described.create.iter().flatten().take(6).map(|field| Column::of(&field.name));
        let columns: Vec<Column> = columns(["row", "outcome", "number"]).into_iter().chain(own).collect();
        console.print_list(&json!({ "items": with_fields.collect::<Vec<_>>() }), &columns, "no rows");
    }
    console.say(imported["outcome"].as_str().unwrap_or_default());
}

/// A record in the order of the paper: number, state, the type's fields, then what every record has.
fn print_record(console: &Console, record: &Value, described: &TypeDescription) {
    let own = described.fields.iter().map(|field| field.name.as_str());
    console.print_ordered(record, &["number", "state"].into_iter().chain(own).collect::<Vec<_>>());
}

/// A type as its plugin describes it.
async fn described(desk: &Client, record_type: &str) -> Result<TypeDescription, Failure> {
    let mut types = desk.get("/api/v1/types", &[]).await?;
    let items = types["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let known: Vec<String> = items.iter().filter_map(|of| Some(of["type"].as_str()?.to_owned())).collect();
    let Some(shown) = items.into_iter().find(|of| of["type"] == record_type) else {
        let nearest = crate::diagnostic::nearest(record_type, known.iter().map(String::as_str));
        let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
        return Err(Problem::not_found(format!("record type {record_type}{hint}")).into());
    };
    Ok(serde_json::from_value(shown).map_err(|error| anyhow::Error::new(error).context("reading the record types"))?)
}

/// Number, state, and as many of the type's own fields as fit a line.
fn list_columns(described: &TypeDescription) -> Vec<Column> {
    let own = described.fields.iter().take(6).map(|field| Column::of(&field.name));
    [Column::of("number"), Column::of("state")].into_iter().chain(own).collect()
}
