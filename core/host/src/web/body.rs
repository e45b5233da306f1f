//! The body of a request: one JSON object, with the sign-offs that came beside its fields and the key that makes it safe to
//! send twice.

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, StatusCode, header};
use deskbell_proto::{FieldFault, Fields};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Web;
use super::params::{unknown, value_of};
use crate::desk::{GivenSignOff, Idempotency};
use crate::problem::{Code, Problem};

/// The longest `Idempotency-Key`, in bytes.
const KEY_MAX: usize = 200;

/// What a command is told: fields, sign-offs, and what makes a repeat of it recognisable.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) fields: Fields,
    pub(crate) sign_offs: Vec<GivenSignOff>,
    pub(crate) idempotency: Option<Idempotency>,
}

impl FromRequest<Web> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let once = idempotency_key(request.headers())?.map(|key| (key, route_of(&request)));
        let mut fields = read_object(request, web).await?;
        let idempotency = once.map(|(key, route)| Idempotency { key, route, body: canonical_hash(&fields) });
        let sign_offs = match fields.remove("sign_offs") {
            None => Vec::new(),
            Some(given) => typed(given).map_err(|problem| inside("sign_offs", problem))?,
        };
        Ok(Body { fields, sign_offs, idempotency })
    }
}

impl Body {
    /// The fields as a struct that knows them all.
    pub(crate) fn into<T: DeserializeOwned>(self) -> Result<T, Problem> {
        typed(Value::Object(self.fields))
    }
}

/// Reads the body as one JSON object; an empty body is an empty object.
async fn read_object(request: Request, web: &Web) -> Result<Fields, Problem> {
    let is_json = is_json(request.headers());
    let bytes = Bytes::from_request(request, web).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::PayloadTooLarge, rejection.body_text()),
        _ => Problem::new(Code::BadRequest, rejection.body_text()),
    })?;
    if bytes.is_empty() {
        return Ok(Fields::new());
    }
    if !is_json {
        return Err(Problem::new(Code::UnsupportedMediaType, "send Content-Type: application/json"));
    }
    let value = serde_json::from_slice(&bytes).map_err(|error| Problem::new(Code::BadRequest, format!("bad JSON: {error}")))?;
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::new(Code::BadRequest, "the body must be one JSON object")),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_MAX {
        return Err(Problem::new(Code::BadRequest, format!("an Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters")));
    }
    Ok(Some(key.to_owned()))
}

/// What a key was used for: method, path and the site asked for, since the same call at another site is another command.
fn route_of(request: &Request) -> String {
    let uri = request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0);
    match value_of(uri, "site") {
        Some(site) => format!("{} {}?site={site}", request.method(), uri.path()),
        None => format!("{} {}", request.method(), uri.path()),
    }
}

/// SHA-256 of the body with its keys sorted and without PINs: a PIN must not be guessed from a hash, and a mistyped one must
/// not make a repeat look like another command.
fn canonical_hash(fields: &Fields) -> [u8; 32] {
    let mut text = String::new();
    write_canonical(&Value::Object(fields.clone()), &mut text);
    Sha256::digest(text.as_bytes()).into()
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().filter(|key| *key != "pin").collect();
            keys.sort();
            text.push('{');
            for key in keys {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(&fields[key], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| misfit(&error.to_string()))
}

/// Names the field that a typed body failed at. Serde says it in words only, between backticks.
fn misfit(error: &str) -> Problem {
    let mut quoted = error.split('`').skip(1).step_by(2);
    let field = quoted.next().unwrap_or_default();
    if error.starts_with("unknown field") {
        return unknown(field, quoted);
    }
    if error.starts_with("missing field") {
        return Problem::invalid(
            None,
            vec![FieldFault { field: field.to_owned(), key: "required".to_owned(), ..Default::default() }],
        );
    }
    Problem::new(Code::BadRequest, error)
}

fn inside(field: &str, mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.field = format!("{field}.{}", error.field);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    fn hash(value: Value) -> [u8; 32] {
        canonical_hash(value.as_object().unwrap())
    }

    #[test]
    fn a_repeat_is_the_same_whatever_the_order_of_its_keys_and_the_pin() {
        let body = json!({"collected_by": "李雷", "sign_offs": [{"box": "duty-manager", "user": "mei", "pin": "1234"}]});
        let repeat = json!({"sign_offs": [{"pin": "4321", "user": "mei", "box": "duty-manager"}], "collected_by": "李雷"});
        assert_eq!(hash(body.clone()), hash(repeat));
        assert_ne!(hash(body), hash(json!({"collected_by": "韩梅梅"})));
        assert_eq!(hash(json!({"user": "mei", "pin": "1"})), hash(json!({"user": "mei", "pin": "2"})));
        assert_ne!(hash(json!({"a": "1"})), hash(json!({"a": 1})));
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Print {
        form: String,
        #[serde(default)]
        lang: Option<String>,
    }

    #[test]
    fn a_typed_body_names_the_field_at_fault() {
        let problem = typed::<Print>(json!({"frm": "letters.handoff-sheet"})).unwrap_err();
        assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].args["nearest"].as_str()), ("frm", "form"));
        let problem = typed::<Print>(json!({})).unwrap_err();
        assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].key.as_str()), ("form", "required"));
        let problem = typed::<Print>(json!({"form": 7})).unwrap_err();
        assert_eq!(problem.code, Code::BadRequest);
    }

    #[test]
    fn only_json_is_read_as_json() {
        let check = |content_type: &'static str, expected: bool| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
            assert_eq!(is_json(&headers), expected, "{content_type}");
        };
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/merge-patch+json", true);
        check("text/plain", false);
        check("application/x-www-form-urlencoded", false);
    }
}
