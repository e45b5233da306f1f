//! Input from outside, checked once at the border: every field known, of its kind, present where required.
//!
//! The checks themselves are the protocol's, the same that TestDesk makes; here is what only the border knows: text is
//! trimmed, a mistyped name is met with the nearest right one, and only editable fields may be changed.

use deskbell_proto::description::{FieldDescription, fit, fit_some};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{FieldFault, Fields};
use serde_json::Value;

/// Checks what was given for a list of fields and fills in the defaults; all faults at once.
pub(crate) fn checked(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    fit(fields, &trimmed(given)).map_err(|faults| with_nearest(fields, faults))
}

/// Checks what is to change in a record: only fields marked editable, and a null clears one that is not required.
pub(crate) fn checked_change(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    let is_fixed = |field: &&FieldDescription| !field.editable && given.contains_key(&field.name);
    let fixed = fields.iter().filter(is_fixed).map(|field| fault(&field.name, "not-editable"));
    let common = deskbell_proto::description::COMMON_COLUMNS.iter().filter(|name| given.contains_key(**name));
    let mut faults: Vec<FieldFault> = fixed.chain(common.map(|name| fault(name, "not-editable"))).collect();
    let mut own = trimmed(given);
    own.retain(|name, _| !faults.iter().any(|fault| fault.field == *name));
    match fit_some(fields, &own) {
        Ok(set) if faults.is_empty() => Ok(set),
        Ok(_) => Err(faults),
        Err(others) => {
            faults.extend(with_nearest(fields, others));
            Err(faults)
        }
    }
}

/// The reference fields among `fields`, with the type they refer to.
pub(crate) fn references(fields: &[FieldDescription]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Reference { record_type } => Some((field.name.as_str(), record_type.as_str())),
        _ => None,
    })
}

/// The fault of a field that does not exist, with the nearest name that does (`none` where nothing is near).
pub(crate) fn unknown_field<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> FieldFault {
    let nearest = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 2.max(known.len() / 3))
        .min()
        .map_or("none", |(_, known)| known);
    FieldFault { args: [("nearest".to_owned(), nearest.to_owned())].into(), ..fault(name, "unknown-field") }
}

fn with_nearest(fields: &[FieldDescription], faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let known = || fields.iter().map(|field| field.name.as_str());
    let more = |fault: FieldFault| if fault.key == "unknown-field" { unknown_field(&fault.field, known()) } else { fault };
    faults.into_iter().map(more).collect()
}

fn trimmed(given: &Fields) -> Fields {
    let trim = |value: &Value| match value {
        Value::String(text) => text.trim().into(),
        other => other.clone(),
    };
    given.iter().map(|(name, value)| (name.clone(), trim(value))).collect()
}

fn fault(field: &str, key: &str) -> FieldFault {
    FieldFault { field: field.to_owned(), key: key.to_owned(), ..FieldFault::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<FieldDescription> {
        let text = |max: u32| FieldKind::Text { max, long: false };
        vec![
            FieldDescription { required: true, editable: true, ..FieldDescription::new("addressee", text(20)) },
            FieldDescription::new("received_on", FieldKind::Day),
            FieldDescription { editable: true, ..FieldDescription::new("note", text(5)) },
        ]
    }

    fn named(faults: Vec<FieldFault>) -> Vec<String> {
        faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.key)).collect()
    }

    #[test]
    fn input_is_trimmed_and_a_mistyped_field_is_met_with_the_nearest_right_one() {
        let given = json!({"addressee": " 张三 ", "note": null});
        assert_eq!(Value::Object(checked(&fields(), given.as_object().unwrap()).unwrap()), json!({"addressee": "张三"}));
        let faults = checked(&fields(), json!({"adressee": "张三"}).as_object().unwrap()).unwrap_err();
        assert_eq!(faults[0].args["nearest"], "addressee");
        assert_eq!(named(faults), ["adressee: unknown-field", "addressee: required"]);
    }

    #[test]
    fn a_change_touches_editable_fields_only_and_null_clears() {
        let change = |given: Value| checked_change(&fields(), given.as_object().unwrap());
        assert_eq!(Value::Object(change(json!({"note": null})).unwrap()), json!({"note": null}));
        let faults = change(json!({"received_on": "2026-11-24", "state": "collected", "addressee": null})).unwrap_err();
        assert_eq!(named(faults), ["received_on: not-editable", "state: not-editable", "addressee: required"]);
    }
}
