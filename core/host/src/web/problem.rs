//! Problems as HTTP answers: RFC 9457 `application/problem+json`, in the reader's language.
//!
//! A handler or an extractor answers with a [`Problem`]; [`speak`], which lies around every route, writes it down and makes
//! a problem of whatever error axum itself answered (an unknown path, a method not allowed, a body too large).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::reader::language_of;
use super::{Peer, Web};
use crate::i18n::I18n;
use crate::problem::{Code, Problem, RowFault};

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The header that names a request in the log and in a problem's `trace`.
pub(crate) const REQUEST_ID: &str = "x-request-id";

impl IntoResponse for Problem {
    /// Carries the problem to `speak`, which knows the reader's language.
    fn into_response(self) -> Response {
        let mut response = status_of(&self).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks an answer that is no problem although its status says so: a probe's own report.
#[derive(Debug, Clone)]
pub(crate) struct OwnReport;

/// Turns every error that leaves the routes into a problem that its reader understands.
pub(crate) async fn speak(State(web): State<Web>, request: Request, next: Next) -> Response {
    let language = language_of(request.uri(), request.headers());
    let asked = format!("{} {}", request.method(), request.uri().path());
    let trace = header_text(request.headers().get(REQUEST_ID));
    let is_local = matches!(request.extensions().get::<Peer>(), Some(Peer::Local { .. }));
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>().or_else(|| problem_of(&response, &asked)) else {
        return response;
    };
    note(&problem, &asked, &trace);
    *response.status_mut() = status_of(&problem);
    let mut body = to_json(&problem, &web.app.i18n, language, &trace);
    if is_local && problem.code.status() >= 500 {
        // Whoever sits at the desk's own machine is the one who has to mend it.
        body["cause"] = problem.detail.as_str().into();
    }
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"deskbell\""));
    }
    *response.body_mut() = Body::from(body.to_string());
    response
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The problem behind an error that axum or a layer answered by itself.
fn problem_of(response: &Response, asked: &str) -> Option<Problem> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<OwnReport>().is_some() {
        return None;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found(format!("route {asked}")),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed, asked),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::PayloadTooLarge, asked),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::UnsupportedMediaType, asked),
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => {
            Problem::new(Code::Overloaded, asked).with_retry_after(5)
        }
        status if status.is_client_error() => Problem::new(Code::BadRequest, format!("{asked}: {status}")),
        status => Problem::internal(format!("{asked}: {status}")),
    };
    Some(problem)
}

/// The problem as JSON. What only the log may tell stays there: a defect's detail is named by its `trace`.
pub(crate) fn to_json(problem: &Problem, i18n: &I18n, language: &str, trace: &str) -> Value {
    let status = problem.code.status();
    let mut body = json!({
        "type": format!("urn:deskbell:problem:{}", problem.code.as_str()),
        "title": problem.code.as_str().replace('_', " "),
        "status": status,
        "detail": i18n.problem(problem, language),
        "code": problem.code.as_str(),
    });
    let field_error = |(field, message): (String, String)| json!({ "field": field, "message": message });
    let mut errors: Vec<Value> = i18n.field_errors(problem, language).into_iter().map(field_error).collect();
    errors.extend(problem.rows.iter().flat_map(|fault| row_errors(fault, i18n, language)));
    if !errors.is_empty() {
        body["errors"] = errors.into();
    }
    if let Some(rule) = &problem.rule {
        body["rule"] = rule.as_str().into();
    }
    if !problem.boxes.is_empty() {
        body["boxes"] = json!(problem.boxes);
    }
    if let Some(version) = problem.current_version {
        body["current_version"] = version.into();
    }
    if status >= 500 && !trace.is_empty() {
        body["trace"] = trace.into();
    }
    body
}

/// What is wrong in one row of a file: field by field, or the one sentence that refuses it.
fn row_errors(fault: &RowFault, i18n: &I18n, language: &str) -> Vec<Value> {
    let RowFault { row, column, problem } = fault;
    let of_row = |mut error: Value| {
        error["row"] = (*row).into();
        error["code"] = problem.code.as_str().into();
        for (name, value) in [("column", column), ("rule", &problem.rule)] {
            if let Some(value) = value {
                error[name] = value.as_str().into();
            }
        }
        error
    };
    if problem.errors.is_empty() {
        return vec![of_row(json!({ "message": i18n.problem(problem, language) }))];
    }
    let fields = i18n.field_errors(problem, language);
    fields.into_iter().map(|(field, message)| of_row(json!({ "field": field, "message": message }))).collect()
}

/// A defect wakes somebody; a desk that is busy or has a function switched off is read about on Monday.
fn note(problem: &Problem, asked: &str, trace: &str) {
    match problem.code {
        Code::Internal | Code::PluginPanicked | Code::PluginCrashed => {
            tracing::error!(http.request = %asked, trace = %trace, "{problem}");
        }
        code if code.status() >= 500 => tracing::warn!(http.request = %asked, trace = %trace, "{problem}"),
        _ => tracing::debug!(http.request = %asked, trace = %trace, "{problem}"),
    }
}

fn header_text(value: Option<&HeaderValue>) -> String {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::MissingBox;
    use deskbell_proto::Refusal;

    fn written(problem: &Problem, language: &str) -> Value {
        to_json(problem, &I18n::new(), language, "7f3a")
    }

    #[test]
    fn wrong_fields_are_named_with_a_sentence_in_the_readers_language() {
        let problem = Problem::invalid_field("addressee", "required", []);
        assert_eq!(written(&problem, "en")["errors"], json!([{"field": "addressee", "message": "It must be filled in."}]));
        assert_eq!(written(&problem, "en")["status"], 422);
        assert_ne!(written(&problem, "zh-CN")["detail"], written(&problem, "en")["detail"]);
    }

    #[test]
    fn a_refusal_names_its_rule_and_the_boxes_that_would_help() {
        let mut problem = Problem::refused("letters", Refusal { rule: "L2".into(), ..Refusal::default() });
        problem.code = Code::SignOffRequired;
        problem.boxes = vec![MissingBox { sign_box: "duty-manager".into(), roles: vec!["duty-manager".into()] }];
        let written = written(&problem, "en");
        assert_eq!(written["code"], "sign_off_required");
        assert_eq!(written["rule"], "L2");
        assert_eq!(written["boxes"], json!([{"box": "duty-manager", "roles": ["duty-manager"]}]));
        assert_eq!(written.get("trace"), None);
    }

    #[test]
    fn a_defect_is_named_by_its_trace_and_keeps_its_detail_to_the_log() {
        let written = written(&Problem::internal("no such table: secrets"), "en");
        assert_eq!(written["trace"], "7f3a");
        assert!(!written.to_string().contains("secrets"), "{written}");
    }

    #[test]
    fn errors_of_the_framework_are_problems_too() {
        let check = |status: StatusCode, expected: Option<Code>| {
            let problem = problem_of(&status.into_response(), "GET /nowhere");
            assert_eq!(problem.map(|problem| problem.code), expected, "{status}");
        };
        check(StatusCode::OK, None);
        check(StatusCode::NOT_FOUND, Some(Code::NotFound));
        check(StatusCode::METHOD_NOT_ALLOWED, Some(Code::MethodNotAllowed));
        check(StatusCode::PAYLOAD_TOO_LARGE, Some(Code::PayloadTooLarge));
        check(StatusCode::BAD_REQUEST, Some(Code::BadRequest));
        check(StatusCode::INTERNAL_SERVER_ERROR, Some(Code::Internal));
    }
}
