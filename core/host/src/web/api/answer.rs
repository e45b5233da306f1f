//! The shapes that several answers share: a list, a record after a command, a file.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::desk::Reply;
use crate::forms::File;
use crate::web::percent::encoded;
use crate::web::version::etag;

/// A list that has no further page.
#[derive(Debug, Serialize)]
pub(crate) struct Items<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Items<T> {
    pub(crate) fn all(items: Vec<T>) -> Json<Self> {
        Json(Items { items, next_cursor: None })
    }
}

/// What a command is answered with: the record it left behind, or what the plugin's action returned. Papers that it made are
/// linked in the header, so that the body stays the record.
pub(crate) fn recorded(record_type: Option<&str>, reply: Reply) -> Response {
    let mut headers = HeaderMap::new();
    for paper in &reply.papers {
        let link = format!("<{}>; rel=\"related\"; type=\"application/pdf\"", paper.href);
        if let Ok(link) = HeaderValue::from_str(&link) {
            headers.append(header::LINK, link);
        }
    }
    let Some(record) = reply.record else {
        return (headers, Json(reply.value)).into_response();
    };
    if let Some(etag) = etag(&record) {
        headers.insert(header::ETAG, etag);
    }
    let mut status = StatusCode::OK;
    if reply.created {
        status = StatusCode::CREATED;
        let name = record.get("number").or_else(|| record.get("id")).and_then(|number| number.as_str());
        if let (Some(record_type), Some(name)) = (record_type, name)
            && let Ok(location) = HeaderValue::from_str(&format!("/api/v1/records/{record_type}/{name}"))
        {
            headers.insert(header::LOCATION, location);
        }
    }
    (status, headers, Json(record)).into_response()
}

/// A finished file, shown in place rather than saved, under its own name. It can load and run nothing.
pub(crate) fn file(file: File) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"),
    );
    let disposition = format!("inline; filename*=UTF-8''{}", encoded(&file.name));
    headers.extend(HeaderValue::from_str(&disposition).map(|value| (header::CONTENT_DISPOSITION, value)));
    for warning in &file.warnings {
        headers.extend(HeaderValue::from_str(&encoded(warning)).map(|value| (WARNING, value)));
    }
    (headers, file.bytes).into_response()
}

/// What a reader of a file should know, percent-encoded UTF-8: characters that no font has, and the like.
const WARNING: header::HeaderName = header::HeaderName::from_static(crate::web::WARNING);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_created_record_says_where_it_is_and_which_version_it_has() {
        let record = json!({"number": "L-20261124-001", "version": 1}).as_object().cloned();
        let response = recorded(Some("letters.letter"), Reply { record, created: true, ..Reply::default() });
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()["location"], "/api/v1/records/letters.letter/L-20261124-001");
        assert_eq!(response.headers()["etag"], "\"1\"");
    }

    #[test]
    fn a_file_keeps_its_chinese_name() {
        let handed = File { bytes: vec![1], media_type: "application/pdf", name: "移交单.pdf".into(), warnings: vec![] };
        let response = file(handed);
        assert_eq!(response.headers()["content-disposition"], "inline; filename*=UTF-8''%E7%A7%BB%E4%BA%A4%E5%8D%95.pdf");
    }
}
