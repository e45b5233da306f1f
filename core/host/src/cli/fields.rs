//! `K=V` arguments as JSON, by the kinds of the fields they are for: `quantity=3` is a number, `note=3` a text.
//!
//! What does not fit its kind stays text: the desk refuses it by name, in the reader's language.

use deskbell_proto::Fields;
use deskbell_proto::description::FieldDescription;
use deskbell_proto::value::FieldKind;
use serde_json::Value;

use super::failure::Failure;

/// Reads `K=V` arguments for these fields; an empty value is null.
pub(crate) fn parsed(arguments: &[String], fields: &[FieldDescription]) -> Result<Fields, Failure> {
    let mut parsed = Fields::new();
    for argument in arguments {
        let (name, text) = split(argument)?;
        let kind = fields.iter().find(|field| field.name == name).map(|field| &field.kind);
        if parsed.insert(name.to_owned(), value(text, kind)).is_some() {
            return Err(Failure::Usage(format!("{name} is given twice")));
        }
    }
    Ok(parsed)
}

/// `K=V` as two texts.
pub(crate) fn split(argument: &str) -> Result<(&str, &str), Failure> {
    argument
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| Failure::Usage(format!("`{argument}` is not FIELD=VALUE")))
}

fn value(text: &str, kind: Option<&FieldKind>) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let typed = match kind {
        Some(FieldKind::Integer { .. } | FieldKind::Fen) => text.parse::<i64>().ok().map(Value::from),
        Some(FieldKind::Bool) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    typed.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<FieldDescription> {
        serde_json::from_value(json!([
            {"name": "quantity", "kind": "integer"},
            {"name": "urgent", "kind": "bool"},
            {"name": "note", "kind": "text"},
        ]))
        .unwrap()
    }

    fn check(arguments: &[&str], expected: Value) {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        assert_eq!(Value::Object(parsed(&arguments, &fields()).unwrap()), expected, "{arguments:?}");
    }

    #[test]
    fn arguments_have_the_kinds_of_their_fields() {
        check(&["quantity=3", "urgent=true", "note=3"], json!({"quantity": 3, "urgent": true, "note": "3"}));
        check(&["note=a=b"], json!({"note": "a=b"}));
        check(&["note="], json!({"note": null}));
    }

    #[test]
    fn what_does_not_fit_is_left_for_the_desk_to_refuse() {
        check(
            &["quantity=three", "urgent=maybe", "colour=red"],
            json!({"quantity": "three", "urgent": "maybe", "colour": "red"}),
        );
    }

    #[test]
    fn an_argument_that_is_no_field_or_comes_twice_is_a_usage_error() {
        for arguments in [vec!["note".to_owned()], vec!["=x".to_owned()], vec!["note=a".to_owned(), "note=b".to_owned()]] {
            assert_eq!(parsed(&arguments, &fields()).unwrap_err().exit_code(), 2, "{arguments:?}");
        }
    }
}
