//! What a plugin says about itself: types, actions, sign-off boxes, jobs, forms, due questions, settings.
//!
//! The host works from this alone: it makes the tables, the routes, the pages and the OpenAPI document out of it. Id,
//! version, name, protocol, permissions and `uses` are not here: `plugin.toml` is the truth for those.
//! Names of types, actions, boxes, jobs and forms are kebab-case without the plugin's id; field names are snake_case.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Fields;
use crate::fault::{FieldFault, Refusal};
use crate::value::FieldKind;

/// Everything a plugin can do, in the order its `register` says it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginDescription {
    /// The protocol the plugin was built for.
    pub protocol: u32,
    /// The version of the SDK it was built with.
    pub sdk: String,
    /// What a store may set under `[plugins.<id>]`; every setting has a default.
    pub settings: Vec<FieldDescription>,
    pub types: Vec<TypeDescription>,
    /// Actions on the plugin itself, called as `<plugin>.<action>`.
    pub actions: Vec<ActionDescription>,
    pub jobs: Vec<JobDescription>,
    pub forms: Vec<FormDescription>,
}

impl PluginDescription {
    /// The keys of everything it describes: each wants a sentence in every language.
    pub fn sentence_keys(&self) -> Vec<String> {
        let mut keys = vec!["plugin-name".to_owned()];
        keys.extend(self.settings.iter().map(|field| format!("setting-{}", field.name)));
        keys.extend(self.jobs.iter().map(|job| format!("job-{}", job.name)));
        keys.extend(self.forms.iter().map(|form| format!("form-{}", form.name)));
        for action in &self.actions {
            keys.push(format!("action-{}", action.name));
            keys.extend(action.args.iter().map(|field| format!("action-{}.{}", action.name, field.name)));
        }
        keys.extend(self.types.iter().flat_map(TypeDescription::sentence_keys));
        keys
    }
}

/// A record type; its table is `<plugin>_<type>` with `-` as `_`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeDescription {
    /// `letter`; the full name over the API is `letters.letter`.
    pub name: String,
    /// How its records are numbered; a type without a scheme is known by its id only.
    pub number: Option<NumberScheme>,
    /// The fields in the order of the paper, those of the states included, without the common columns.
    pub fields: Vec<FieldDescription>,
    /// The states a record can be in; the first is that of a new one. Empty: the type has no states.
    pub states: Vec<StateDescription>,
    /// At most one record that is not closed may exist at a site.
    pub one_open_per_site: bool,
    /// Fields that together are unique at a site.
    pub unique: Vec<Vec<String>>,
    /// Fields that are searched together, beside the indexes the host makes of itself (number, state).
    pub indexes: Vec<Vec<String>>,
    /// What creating one takes. `None`: only the plugin itself creates such records.
    pub create: Option<Vec<FieldDescription>>,
    /// Creating one whose unique key is there amends that record: an import of a list that comes again and again.
    pub create_amends: bool,
    pub actions: Vec<ActionDescription>,
    pub sign_offs: Vec<BoxDescription>,
    /// The rule by which each box waits for the one before it.
    pub signed_in_order: Option<String>,
    /// The rule by which nobody signs two boxes.
    pub signed_by_different_people: Option<String>,
    /// Its records are the entries of a ledger.
    pub ledger: Option<LedgerDescription>,
    pub due: Vec<DueDescription>,
    /// The printed list of the type, if it has one.
    pub register: Option<RegisterDescription>,
}

/// The columns every record has; a field can't have one of these names.
pub const COMMON_COLUMNS: [&str; 11] = [
    "id",
    "number",
    "site",
    "version",
    "state",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "void_reason",
    "sign_offs",
];

impl TypeDescription {
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn action(&self, name: &str) -> Option<&ActionDescription> {
        self.actions.iter().find(|action| action.name == name)
    }

    fn sentence_keys(&self) -> Vec<String> {
        let name = &self.name;
        let mut keys = vec![name.clone()];
        keys.extend(self.states.iter().map(|state| format!("{name}-state.{}", state.name)));
        keys.extend(self.due.iter().map(|due| format!("due-{}", due.name)));
        keys.extend(self.sign_offs.iter().map(|sign_off| format!("box-{}", sign_off.name)));
        for field in &self.fields {
            keys.push(format!("{name}.{}", field.name));
            if let FieldKind::Choice { values } = &field.kind {
                keys.extend(values.iter().map(|value| format!("{name}-{}.{value}", field.name)));
            }
        }
        for action in &self.actions {
            keys.push(format!("{name}-{}", action.name));
            keys.extend(action.args.iter().map(|field| format!("{name}-{}.{}", action.name, field.name)));
        }
        keys
    }

    /// What erasing a record's personal data sets: text is left blank, since a state may not do without it, all else is
    /// cleared.
    pub fn erased(&self, record: &Fields) -> Fields {
        let is_held = |field: &&FieldDescription| field.personal && record.get(&field.name).is_some_and(is_given);
        let blank = |field: &FieldDescription| match field.kind {
            FieldKind::Text { .. } => (field.name.clone(), "".into()),
            _ => (field.name.clone(), Value::Null),
        };
        self.fields.iter().filter(is_held).map(blank).collect()
    }

    /// The states that are not closed.
    pub fn open_states(&self) -> impl Iterator<Item = &str> {
        self.states.iter().filter(|state| !state.closed).map(|state| state.name.as_str())
    }

    /// Returns the kind of a column, the common ones included.
    pub fn column_kind(&self, name: &str) -> Option<FieldKind> {
        let text = FieldKind::Text { max: crate::value::TEXT_MAX, long: false };
        match name {
            "id" | "number" | "site" | "created_by" | "updated_by" | "void_reason" => Some(text),
            "state" => Some(FieldKind::Choice { values: self.states.iter().map(|state| state.name.clone()).collect() }),
            "version" => Some(FieldKind::Integer { min: None, max: None }),
            "created_at" | "updated_at" => Some(FieldKind::Instant),
            _ => self.field(name).map(|field| field.kind.clone()),
        }
    }
}

/// Gap-free numbers, `L-20261124-001`: a prefix, the period, at least three digits that grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberScheme {
    /// One to four capital letters.
    pub prefix: String,
    pub per: NumberPeriod,
}

/// When a count starts again at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberPeriod {
    Day,
    Year,
    Ever,
}

/// One field of a type, of an action's arguments or of the settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDescription {
    pub name: String,
    #[serde(flatten)]
    pub kind: FieldKind,
    /// A record or call without it is refused.
    #[serde(default)]
    pub required: bool,
    /// Used where nothing is given.
    #[serde(default)]
    pub default: Option<Value>,
    /// `PATCH` may change it.
    #[serde(default)]
    pub editable: bool,
    /// Personal data: hashed with a salt in the audit chain, masked in logs, erasable.
    #[serde(default)]
    pub personal: bool,
    /// Found by `?q=`.
    #[serde(default)]
    pub searchable: bool,
    /// Shown on the paper that is signed: changing it voids the sign-offs of the record.
    #[serde(default)]
    pub signed: bool,
    /// The doc comment of the field, for the author's reader and the OpenAPI document.
    #[serde(default)]
    pub doc: String,
}

/// Checks what was given against its descriptions: one spelling each, defaults filled in, nothing unknown, nothing lacking.
///
/// The host checks every command with it before a handler sees it, the SDK and TestDesk do the same. `null` and blank text
/// count as not given; a field that was not given and has no default is left out of the answer.
///
/// # Errors
/// Every wrong field at once, with the key of its sentence: `required`, `unknown-field` or a misfit of its kind.
pub fn fit(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    let mut errors = unknown_fields(fields, given);
    let mut fitting = Fields::new();
    for field in fields {
        let value = given.get(&field.name).filter(|value| is_given(value));
        match (value, &field.default) {
            (Some(value), _) => match field.kind.canonical(value) {
                Ok(value) => drop(fitting.insert(field.name.clone(), value)),
                Err(misfit) => errors.push(field.fault(misfit.code, misfit.args)),
            },
            (None, Some(default)) => drop(fitting.insert(field.name.clone(), default.clone())),
            (None, None) if field.required => errors.push(field.fault("required", [])),
            (None, None) => {}
        }
    }
    if errors.is_empty() { Ok(fitting) } else { Err(errors) }
}

/// Checks a change of some fields: like [`fit`], but what is not named stays as it is and `null` clears an optional field.
///
/// # Errors
/// Every wrong field at once; clearing a required field is `required`.
pub fn fit_some(fields: &[FieldDescription], given: &Fields) -> Result<Fields, Vec<FieldFault>> {
    let mut errors = unknown_fields(fields, given);
    let mut fitting = Fields::new();
    for (field, value) in fields.iter().filter_map(|field| given.get(&field.name).map(|value| (field, value))) {
        match field.kind.canonical(value) {
            _ if !is_given(value) && field.required => errors.push(field.fault("required", [])),
            _ if !is_given(value) => drop(fitting.insert(field.name.clone(), Value::Null)),
            Ok(value) => drop(fitting.insert(field.name.clone(), value)),
            Err(misfit) => errors.push(field.fault(misfit.code, misfit.args)),
        }
    }
    if errors.is_empty() { Ok(fitting) } else { Err(errors) }
}

fn unknown_fields(fields: &[FieldDescription], given: &Fields) -> Vec<FieldFault> {
    let is_unknown = |name: &&String| !fields.iter().any(|field| &field.name == *name);
    let fault = |name: &String| FieldFault { field: name.clone(), key: "unknown-field".to_owned(), ..FieldFault::default() };
    given.keys().filter(is_unknown).map(fault).collect()
}

fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}

impl FieldDescription {
    /// A field of a kind: optional, without a default or any mark.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        FieldDescription {
            name: name.into(),
            kind,
            required: false,
            default: None,
            editable: false,
            personal: false,
            searchable: false,
            signed: false,
            doc: String::new(),
        }
    }

    fn fault(&self, key: &str, args: impl IntoIterator<Item = (&'static str, String)>) -> FieldFault {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        FieldFault { field: self.name.clone(), key: key.to_owned(), args }
    }
}

/// A state; `closed` ones are past the desk's care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateDescription {
    pub name: String,
    #[serde(default)]
    pub closed: bool,
}

/// A verb on a record, or on the plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActionDescription {
    pub name: String,
    pub args: Vec<FieldDescription>,
    pub doc: String,
}

/// A box that somebody in one of `roles` signs on the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BoxDescription {
    pub name: String,
    pub roles: Vec<String>,
    /// The plugin has something to do once it is signed.
    pub then: bool,
}

/// A declared question "what is due on a day", answered by the plugin with a [`Find`](crate::Find).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DueDescription {
    pub name: String,
}

/// A box of a record that is signed, and by whom.
pub type SignedBox<'a> = (&'a str, &'a str);

impl TypeDescription {
    /// Says whether a box of a record may be signed by a user, when these boxes are signed already.
    ///
    /// # Errors
    /// The refusal by the type's rule: an earlier box waits, or the user has signed another one. Its sentences are the core's.
    pub fn may_sign(&self, sign_box: &str, user: &str, signed: &[SignedBox<'_>]) -> Result<(), Refusal> {
        let refuse = |rule: &str, key: &str| Refusal { rule: rule.to_owned(), key: key.to_owned(), ..Refusal::default() };
        if let Some(rule) = &self.signed_in_order {
            let mut earlier = self.sign_offs.iter().take_while(|known| known.name != sign_box);
            if earlier.any(|known| signed.iter().all(|(other, _)| *other != known.name)) {
                return Err(refuse(rule, "refused-signed-out-of-turn"));
            }
        }
        if let Some(rule) = &self.signed_by_different_people
            && signed.iter().any(|(other, by)| *other != sign_box && *by == user)
        {
            return Err(refuse(rule, "refused-signed-by-the-same-person"));
        }
        Ok(())
    }
}

/// Records as entries of a ledger: made once, never changed, and their sum is the balance of what they are booked on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerDescription {
    /// The full type whose records have a balance, `medicine.lot`.
    pub account_type: String,
    /// The entry's reference to its account.
    pub account: String,
    /// What an entry moves, in is positive.
    pub amount: String,
    /// The account's counter, at 0 in a new account.
    pub balance: String,
}

/// A job; when it runs is the schedule's matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobDescription {
    pub name: String,
    pub doc: String,
}

/// The printed list of a type for a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterDescription {
    /// The day or instant field that a period selects by.
    pub by: String,
    /// The columns in their order, by field name (common columns allowed).
    pub columns: Vec<String>,
    /// Fields summed at the foot.
    pub sums: Vec<String>,
    /// Empty columns to sign in by hand, by name.
    pub signatures: Vec<String>,
}

/// A form: what it is printed from, and the data its template is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormDescription {
    pub name: String,
    pub of: FormSubject,
    /// The shape of the data the paper function returns; a template that names anything else is refused.
    pub data: Shape,
}

/// What a form is printed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FormSubject {
    /// One record of `type`; `by` is the field that says on which day it counts for a print of a period.
    Record {
        #[serde(rename = "type")]
        record_type: String,
        by: String,
    },
    /// A span of days.
    Period,
}

/// The shape of a paper's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shape {
    Text,
    Integer,
    Fen,
    Bool,
    Day,
    Instant,
    /// A choice or a state of `type`: printed through its label, so the values are known.
    Choice {
        values: Vec<String>,
    },
    Optional(Box<Shape>),
    List(Box<Shape>),
    Object(Vec<(String, Shape)>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<FieldDescription> {
        let text = || FieldKind::Text { max: 5, long: false };
        let required = FieldDescription { required: true, ..FieldDescription::new("addressee", text()) };
        let default = FieldDescription {
            default: Some(json!(1)),
            ..FieldDescription::new("n", FieldKind::Integer { min: None, max: None })
        };
        vec![required, FieldDescription::new("note", text()), default]
    }

    fn check(
        fit: fn(&[FieldDescription], &Fields) -> Result<Fields, Vec<FieldFault>>,
        given: Value,
        expected: Result<Value, &[&str]>,
    ) {
        let given = given.as_object().expect("an object");
        let answer = fit(&fields(), given).map(Value::Object);
        let answer =
            answer.map_err(|errors| errors.iter().map(|error| format!("{}: {}", error.field, error.key)).collect::<Vec<_>>());
        assert_eq!(answer, expected.map_err(|errors| errors.iter().map(|error| (*error).to_owned()).collect()), "{given:?}");
    }

    #[test]
    fn what_is_given_fits_or_every_wrong_field_is_named() {
        check(fit, json!({"addressee": "张三"}), Ok(json!({"addressee": "张三", "n": 1})));
        check(fit, json!({"addressee": "张三", "note": " ", "n": null}), Ok(json!({"addressee": "张三", "n": 1})));
        check(
            fit,
            json!({"addressee": " ", "n": "x", "colour": 1}),
            Err(&["colour: unknown-field", "addressee: required", "n: not-a-number"]),
        );
        check(fit_some, json!({"note": null}), Ok(json!({"note": null})));
        check(fit_some, json!({"note": "123456"}), Err(&["note: text-too-long"]));
        check(fit_some, json!({"addressee": null, "colour": 1}), Err(&["colour: unknown-field", "addressee: required"]));
    }
}
