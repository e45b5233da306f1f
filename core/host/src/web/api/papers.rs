//! Papers: a print of a form, kept; fetched again it is the same bytes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use super::{file, forms};
use crate::forms::Order;
use crate::i18n::known;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::{AtSite, Reader};

/// What to print.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Print {
    form: String,
    record: Option<String>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    lang: Option<String>,
    printer: Option<String>,
}

pub(crate) async fn print(State(web): State<Web>, at: AtSite, params: Params, body: Body) -> Result<Response, Problem> {
    params.end()?;
    let idempotency = body.idempotency.clone();
    let Print { form, record, from, to, lang, printer } = body.into()?;
    let of = forms::of(record, from, to)?;
    let lang = lang.as_deref().map_or(at.paper_lang, known);
    let order = Order { form, of, lang: lang.to_owned(), printer, idempotency };
    let paper = web.app.forms.print(&at.subject, &at.site, order).await?;
    let href = HeaderValue::from_str(&paper.href).ok();
    let location = HeaderMap::from_iter(href.map(|href| (header::LOCATION, href)));
    Ok((StatusCode::CREATED, location, Json(paper)).into_response())
}

/// The paper's PDF; its row for whoever accepts JSON only.
pub(crate) async fn get(
    State(web): State<Web>,
    reader: Reader,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.end()?;
    let id: Uuid = id.parse().map_err(|_| Problem::not_found(format!("paper {id}")))?;
    let (paper, pdf) = web.app.forms.paper(&reader.subject, id, reader.lang).await?;
    let accepts_json = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    Ok(if accepts_json { Json(paper).into_response() } else { file(pdf) })
}
