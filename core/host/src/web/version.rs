//! A record's version as an HTTP validator: `ETag: "3"`, `If-Match: "3"`.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use deskbell_proto::Fields;

use super::Web;
use crate::problem::{Code, Problem};

/// The version that a client says it saw; none when it says none, or any (`*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

/// The same, where a change without it is refused (428).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MustMatch(pub(crate) Option<i64>);

impl FromRequestParts<Web> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        Ok(IfMatch(seen_version(&parts.headers)?.flatten()))
    }
}

impl FromRequestParts<Web> for MustMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let seen = seen_version(&parts.headers)?;
        let required = || Problem::new(Code::VersionRequired, "send If-Match with the ETag of the record as you saw it");
        Ok(MustMatch(seen.ok_or_else(required)?))
    }
}

/// The `ETag` of a record.
pub(crate) fn etag(record: &Fields) -> Option<HeaderValue> {
    let version = record.get("version")?.as_i64()?;
    HeaderValue::from_str(&format!("\"{version}\"")).ok()
}

/// `None`: no header. `Some(None)`: any version.
fn seen_version(headers: &HeaderMap) -> Result<Option<Option<i64>>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Some(None));
    }
    // Quotes are HTTP's spelling; whoever types a bare number with curl means the same.
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    match bare.parse() {
        Ok(version) => Ok(Some(Some(version))),
        Err(_) => Err(Problem::new(Code::BadRequest, format!("If-Match must be one ETag such as \"3\", got {text}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_is_the_version_the_client_saw() {
        let check = |value: Option<&'static str>, expected: Result<Option<Option<i64>>, Code>| {
            let headers = HeaderMap::from_iter(value.map(|value| (header::IF_MATCH, HeaderValue::from_static(value))));
            assert_eq!(seen_version(&headers).map_err(|problem| problem.code), expected, "{value:?}");
        };
        check(None, Ok(None));
        check(Some("\"3\""), Ok(Some(Some(3))));
        check(Some("3"), Ok(Some(Some(3))));
        check(Some("*"), Ok(Some(None)));
        check(Some("W/\"3\""), Err(Code::BadRequest));
        check(Some("\"3\", \"4\""), Err(Code::BadRequest));
    }

    #[test]
    fn a_records_etag_is_its_version() {
        let record = Fields::from_iter([("version".to_owned(), 3.into())]);
        assert_eq!(etag(&record).unwrap(), "\"3\"");
    }
}
