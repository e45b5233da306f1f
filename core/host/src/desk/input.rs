//! Input from outside, checked once at the border: every field known, of its kind, present where required.
//!
//! A plugin's handler is given only what passed here, so it validates rules and never types.

use deskbell_proto::description::FieldDescription;
use deskbell_proto::value::{FieldKind, Misfit};
use deskbell_proto::{FieldFault, Fields};
use serde_json::Value;

/// Checks what was given for a list of fields and fills in the defaults; all faults at once.
///
/// Text is trimmed; null and empty text count as not given.
pub(crate) fn checked(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    let mut faults = unknown_fields(fields, given);
    let mut checked = Fields::new();
    for field in fields {
        match value_of(field, given.get(&field.name)) {
            Ok(Some(value)) => {
                checked.insert(field.name.clone(), value);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(checked) } else { Err(faults) }
}

/// Checks what is to change in a record: only fields marked editable, and a null clears one that is not required.
pub(crate) fn checked_change(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    let mut faults = unknown_fields(fields, given);
    let mut checked = Fields::new();
    for field in fields {
        let Some(value) = given.get(&field.name) else { continue };
        if !field.editable {
            faults.push(fault(field, "not-editable"));
            continue;
        }
        let without_default = FieldDescription { default: None, ..field.clone() };
        match value_of(&without_default, Some(value)) {
            Ok(value) => {
                checked.insert(field.name.clone(), value.unwrap_or(Value::Null));
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(checked) } else { Err(faults) }
}

/// The fault of a value that does not fit its field.
pub(crate) fn misfit(field: &str, misfit: Misfit) -> FieldFault {
    let args = misfit.args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    FieldFault { field: field.to_owned(), key: misfit.code.to_owned(), args }
}

/// The known name nearest to a mistyped one, `none` where nothing is near: the argument of `unknown-field`.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min()
        .map_or_else(|| "none".to_owned(), |(_, name)| name.to_owned())
}

fn unknown_fields(fields: &[FieldDescription], given: &Fields) -> Vec<FieldFault> {
    let is_unknown = |name: &&String| !fields.iter().any(|field| field.name == **name);
    given.keys().filter(is_unknown).map(|name| unknown_field(name, fields.iter().map(|field| field.name.as_str()))).collect()
}

/// The fault of a field that does not exist.
pub(crate) fn unknown_field<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> FieldFault {
    let args = [("nearest".to_owned(), nearest(name, known))].into();
    FieldFault { field: name.to_owned(), key: "unknown-field".to_owned(), args }
}

fn value_of(field: &FieldDescription, given: Option<&Value>) -> Result<Option<Value>, FieldFault> {
    let given = given.map(trimmed).filter(|value| !value.is_null() && value.as_str() != Some(""));
    match (given, &field.default) {
        (Some(value), _) => field.kind.canonical(&value).map(Some).map_err(|wrong| misfit(&field.name, wrong)),
        (None, Some(default)) => Ok(Some(default.clone())),
        (None, None) if field.required => Err(fault(field, "required")),
        (None, None) => Ok(None),
    }
}

fn trimmed(value: &Value) -> Value {
    match value {
        Value::String(text) => text.trim().into(),
        other => other.clone(),
    }
}

fn fault(field: &FieldDescription, key: &str) -> FieldFault {
    FieldFault { field: field.name.clone(), key: key.to_owned(), args: Default::default() }
}

/// The reference fields among `fields`, with the type they refer to.
pub(crate) fn references(fields: &[FieldDescription]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Reference { record_type } => Some((field.name.as_str(), record_type.as_str())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<FieldDescription> {
        let field = |name: &str, kind: FieldKind, required: bool, editable: bool| FieldDescription {
            name: name.into(),
            kind,
            required,
            default: None,
            editable,
            personal: false,
            searchable: false,
            signed: false,
            doc: String::new(),
        };
        vec![
            field("addressee", FieldKind::Text { max: 20, long: false }, true, true),
            field("received_on", FieldKind::Day, false, false),
            field("note", FieldKind::Text { max: 5, long: true }, false, true),
        ]
    }

    fn check(given: Value, expected: Result<Value, &[(&str, &str)]>) {
        let answer = checked(&fields(), given.as_object().unwrap());
        let answer = answer
            .map(Value::Object)
            .map_err(|faults| faults.into_iter().map(|fault| (fault.field, fault.key)).collect::<Vec<_>>());
        let expected = expected.map_err(|faults| faults.iter().map(|(f, k)| ((*f).to_owned(), (*k).to_owned())).collect());
        assert_eq!(answer, expected);
    }

    #[test]
    fn input_is_trimmed_and_all_its_faults_are_named_at_once() {
        check(json!({"addressee": " 张三 ", "note": null}), Ok(json!({"addressee": "张三"})));
        check(json!({"addressee": "  "}), Err(&[("addressee", "required")]));
        check(
            json!({"adressee": "张三", "received_on": "yesterday", "note": "123456"}),
            Err(&[
                ("adressee", "unknown-field"),
                ("addressee", "required"),
                ("received_on", "not-a-day"),
                ("note", "text-too-long"),
            ]),
        );
    }

    #[test]
    fn a_change_touches_editable_fields_only_and_null_clears() {
        let change = |given: Value| checked_change(&fields(), given.as_object().unwrap());
        assert_eq!(change(json!({"note": null})).unwrap(), *json!({"note": null}).as_object().unwrap());
        assert_eq!(change(json!({"received_on": "2026-11-24"})).unwrap_err()[0].key, "not-editable");
        assert_eq!(change(json!({"addressee": null})).unwrap_err()[0].key, "required");
    }

    #[test]
    fn a_mistyped_name_is_met_with_the_nearest_right_one() {
        assert_eq!(nearest("adressee", ["addressee", "note"]), "addressee");
        assert_eq!(nearest("colour", ["addressee", "note"]), "none");
    }
}
