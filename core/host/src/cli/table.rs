//! Lists and objects as text: columns that line up, whatever the width of their characters.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

/// A column: its heading, and where its value stands in an item (`/last_run/state`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    heading: String,
    pointer: String,
}

impl Column {
    /// A column of a field, under the field's own name.
    pub(crate) fn of(field: &str) -> Self {
        Column { heading: field.to_owned(), pointer: format!("/{field}") }
    }

    pub(crate) fn new(heading: impl Into<String>, pointer: impl Into<String>) -> Self {
        Column { heading: heading.into(), pointer: pointer.into() }
    }
}

/// Columns of fields, under their own names.
pub(crate) fn columns<const N: usize>(fields: [&str; N]) -> [Column; N] {
    fields.map(Column::of)
}

/// Items as a table.
pub(crate) fn rows(items: &[Value], columns: &[Column]) -> String {
    let mut table = plain();
    table.set_header(columns.iter().map(|column| column.heading.as_str()));
    for item in items {
        table.add_row(columns.iter().map(|column| item.pointer(&column.pointer).map(text).unwrap_or_default()));
    }
    trimmed(&table)
}

/// Rows of text as columns that line up.
pub(crate) fn lines(rows: Vec<Vec<String>>) -> String {
    let mut table = plain();
    table.add_rows(rows);
    trimmed(&table)
}

/// An object as a line a field, these first; fields without a value are left out.
pub(crate) fn object(object: &Value, first: &[&str]) -> String {
    let Some(fields) = object.as_object() else { return text(object) };
    let rest = fields.keys().map(String::as_str).filter(|name| !first.contains(name));
    let mut table = plain();
    for name in first.iter().copied().chain(rest) {
        let value = fields.get(name).map(text).unwrap_or_default();
        if !value.is_empty() {
            table.add_row([name.to_owned(), value]);
        }
    }
    trimmed(&table)
}

/// A value as a person reads it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        // What changed, as the history and the audit trail tell it.
        Value::Object(change) if change.len() == 2 && change.contains_key("old") && change.contains_key("new") => {
            match (text(&change["old"]), text(&change["new"])) {
                (old, new) if old.is_empty() => new,
                (old, new) => format!("{old} → {new}"),
            }
        }
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name} {}", text(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Without the padding at the margins, so that a script can cut columns from the first character on.
fn trimmed(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn chinese_names_line_up_with_latin_ones() {
        let items = [
            json!({"number": "L-1", "addressee": "欧阳娜娜", "state": "received"}),
            json!({"number": "L-2", "addressee": "Amy", "state": null}),
        ];
        insta::assert_snapshot!(rows(&items, &columns(["number", "addressee", "state"])), @r"
        number  addressee  state
        L-1     欧阳娜娜   received
        L-2     Amy
        ");
    }

    #[test]
    fn an_object_is_a_line_a_field() {
        let found = object(&json!({"roles": ["clerk@main", "hr@main"], "user": "mei", "note": null, "list": []}), &["user"]);
        assert_eq!(found, "user   mei\nroles  clerk@main, hr@main");
    }

    #[test]
    fn a_change_reads_from_old_to_new() {
        let changes = json!({"note": {"old": null, "new": "wet"}, "state": {"old": "received", "new": "collected"}});
        assert_eq!(text(&changes), "note wet, state received → collected");
    }
}
