//! A record as the API shows it: one flat object whose references are numbers.

use std::collections::HashMap;

use deskbell_proto::Fields;
use deskbell_proto::description::TypeDescription;
use serde_json::Value;
use uuid::Uuid;

use super::input;
use crate::problem::Problem;
use crate::store::{Tx, View};

/// Puts the numbers of the records that are referred to in the place of their ids.
pub(crate) async fn shown(view: &View, described: &TypeDescription, records: &mut [Fields]) -> Result<(), Problem> {
    for (field, record_type) in input::references(&described.fields) {
        let numbers = view.numbers(record_type, &sites_of(records), &ids_in(records, field)).await?;
        put_numbers(records, field, &numbers);
    }
    Ok(())
}

/// The same inside a write transaction, for the answer to a command.
pub(crate) fn shown_in(tx: &mut Tx<'_>, described: &TypeDescription, record: &mut Fields) -> Result<(), Problem> {
    let records = std::slice::from_mut(record);
    for (field, record_type) in input::references(&described.fields) {
        let site = sites_of(records).first().copied().unwrap_or_default();
        let numbers = tx.numbers(record_type, site, &ids_in(records, field))?;
        put_numbers(records, field, &numbers);
    }
    Ok(())
}

/// A record refers to others of its own site only.
fn sites_of(records: &[Fields]) -> Vec<&str> {
    let mut sites: Vec<&str> = records.iter().filter_map(|record| record.get("site")?.as_str()).collect();
    sites.sort_unstable();
    sites.dedup();
    sites
}

fn ids_in(records: &[Fields], field: &str) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = records.iter().filter_map(|record| record.get(field)?.as_str()?.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn put_numbers(records: &mut [Fields], field: &str, numbers: &HashMap<Uuid, String>) {
    for record in records {
        let id: Option<Uuid> = record.get(field).and_then(|value| value.as_str()?.parse().ok());
        // A type without numbers is known by its id.
        if let Some(number) = id.and_then(|id| numbers.get(&id)) {
            record.insert(field.to_owned(), Value::String(number.clone()));
        }
    }
}
