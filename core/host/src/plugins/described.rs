//! Whether a description is one that a desk can be made of: the host makes tables, routes and pages from it unseen.

use std::collections::BTreeSet;

use deskbell_proto::PluginDescription;
use deskbell_proto::description::{COMMON_COLUMNS, FieldDescription, FormSubject, TypeDescription};

/// Returns everything that is wrong with a description, a sentence each.
pub(super) fn faults(description: &PluginDescription) -> Vec<String> {
    let mut faults = Faults::default();
    faults.names("setting", description.settings.iter().map(|field| &field.name), is_field_name);
    faults.names("record type", description.types.iter().map(|kind| &kind.name), is_name);
    faults.names("action", description.actions.iter().map(|action| &action.name), is_name);
    faults.names("job", description.jobs.iter().map(|job| &job.name), is_name);
    faults.names("form", description.forms.iter().map(|form| &form.name), is_name);
    for field in description.settings.iter().filter(|field| field.default.is_none()) {
        faults.add(format!("the setting {} has no default", field.name));
    }
    for record_type in &description.types {
        check_type(record_type, &mut faults);
    }
    for form in &description.forms {
        if let FormSubject::Record { record_type, .. } = &form.of {
            let name = record_type.rsplit('.').next().unwrap_or_default();
            if !description.types.iter().any(|kind| kind.name == name) {
                faults.add(format!("the form {} is of the unknown type {record_type}", form.name));
            }
        }
    }
    faults.0
}

fn check_type(record_type: &TypeDescription, faults: &mut Faults) {
    let of = |what: &str| format!("{what} of {}", record_type.name);
    faults.names(&of("field"), record_type.fields.iter().map(|field| &field.name), is_field_name);
    faults.names(&of("state"), record_type.states.iter().map(|state| &state.name), is_name);
    faults.names(&of("action"), record_type.actions.iter().map(|action| &action.name), is_name);
    faults.names(&of("box"), record_type.sign_offs.iter().map(|sign_off| &sign_off.name), is_name);
    faults.names(&of("due question"), record_type.due.iter().map(|due| &due.name), is_name);
    for action in &record_type.actions {
        let what = format!("argument of {}.{}", record_type.name, action.name);
        faults.names(&what, action.args.iter().map(|arg| &arg.name), is_field_name);
    }
    for FieldDescription { name, .. } in &record_type.fields {
        if COMMON_COLUMNS.contains(&name.as_str()) {
            faults.add(format!("{}.{name} has the name of a column that every record has", record_type.name));
        }
    }
    if let Some(scheme) = &record_type.number {
        let is_prefix = (1..=4).contains(&scheme.prefix.len()) && scheme.prefix.chars().all(|c| c.is_ascii_uppercase());
        if !is_prefix {
            faults
                .add(format!("the number prefix {:?} of {} is not one to four capital letters", scheme.prefix, record_type.name));
        }
    }
    let register = record_type.register.iter();
    let by_register = register.flat_map(|register| register.columns.iter().chain(&register.sums).chain([&register.by]));
    let named = record_type.unique.iter().chain(&record_type.indexes).flatten().chain(by_register);
    for column in named.filter(|column| record_type.column_kind(column).is_none() && *column != "sign_offs") {
        faults.add(format!("{} names the unknown field {column}", record_type.name));
    }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    /// Names of one kind: each well-formed, none twice.
    fn names<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a String>, is_good: fn(&str) -> bool) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !is_good(name) {
                self.add(format!("{name:?} cannot be the name of a {what}"));
            } else if !seen.insert(name) {
                self.add(format!("two have the name {name:?}: {what}"));
            }
        }
    }
}

/// kebab-case ASCII.
fn is_name(name: &str) -> bool {
    is_made_of(name, '-')
}

/// snake_case ASCII.
fn is_field_name(name: &str) -> bool {
    is_made_of(name, '_')
}

fn is_made_of(name: &str, hyphen: char) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == hyphen;
    name.len() <= 48
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with(hyphen)
        && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(description: serde_json::Value, expected: &[&str]) {
        assert_eq!(faults(&serde_json::from_value(description).unwrap()), expected);
    }

    #[test]
    fn a_description_that_no_desk_can_be_made_of_is_told_why() {
        check(json!({ "types": [{ "name": "letter", "number": { "prefix": "L", "per": "day" } }] }), &[]);
        check(json!({ "types": [{ "name": "Letter" }] }), &["\"Letter\" cannot be the name of a record type"]);
        check(
            json!({ "types": [{ "name": "a", "fields": [{ "name": "state", "kind": "text" }, { "name": "b; drop", "kind": "bool" }] }] }),
            &["\"b; drop\" cannot be the name of a field of a", "a.state has the name of a column that every record has"],
        );
        check(json!({ "types": [{ "name": "a", "unique": [["colour"]] }] }), &["a names the unknown field colour"]);
        check(json!({ "jobs": [{ "name": "x" }, { "name": "x" }] }), &["two have the name \"x\": job"]);
        check(json!({ "settings": [{ "name": "days", "kind": "integer" }] }), &["the setting days has no default"]);
    }
}
