//! Records: lists, one record, create, change, history.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{Items, recorded};
use crate::desk::{Command, ListQuery, Page, Verb};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::{AtSite, AtSites};
use crate::web::version::{MustMatch, etag};

const PAGE: u64 = 50;
const PAGE_MAX: u64 = 200;

pub(crate) async fn list(
    State(web): State<Web>,
    at: AtSites,
    Path(record_type): Path<String>,
    params: Params,
) -> Result<Json<Page>, Problem> {
    let query = list_query(record_type, at.site, params)?;
    Ok(Json(web.app.desk.list(&at.subject, query).await?))
}

pub(crate) async fn create(
    State(web): State<Web>,
    at: AtSite,
    Path(record_type): Path<String>,
    params: Params,
    body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let verb = |fields| Verb::Create { record_type: record_type.clone(), fields };
    let reply = web.app.desk.run(command(at, body, None, verb)).await?;
    Ok(recorded(Some(&record_type), reply))
}

pub(crate) async fn get(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    params.end()?;
    let record = web.app.desk.get(&at.subject, &at.site, &record_type, &number).await?;
    let etag = etag(&record).map(|etag| (header::ETAG, etag));
    Ok((axum::response::AppendHeaders(etag), Json(record)).into_response())
}

pub(crate) async fn change(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number)): Path<(String, String)>,
    params: Params,
    MustMatch(if_match): MustMatch,
    body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let reply = web.app.desk.run(command(at, body, if_match, |set| Verb::Change { record_type, number, set })).await?;
    Ok(recorded(None, reply))
}

pub(crate) async fn history(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Items<Value>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.desk.history(&at.subject, &at.site, &record_type, &number).await?))
}

/// The command that a request's body asks for.
pub(super) fn command(
    at: AtSite,
    body: Body,
    if_match: Option<i64>,
    verb: impl FnOnce(deskbell_proto::Fields) -> Verb,
) -> Command {
    Command {
        site: at.site,
        subject: at.subject,
        verb: verb(body.fields),
        sign_offs: body.sign_offs,
        if_match,
        idempotency: body.idempotency,
    }
}

/// What a list is asked for; every key that is not the list's own is a filter, `field` or `field[gte]`.
fn list_query(record_type: String, site: Option<String>, mut params: Params) -> Result<ListQuery, Problem> {
    let mut query = ListQuery {
        record_type,
        site,
        search: params.text("q"),
        sort: params.text("sort"),
        limit: Some(params.count("limit", PAGE_MAX)?.unwrap_or(PAGE)),
        cursor: params.text("cursor"),
        expand: params.text("expand").iter().flat_map(|fields| fields.split(',')).map(str::to_owned).collect(),
        filters: Vec::new(),
    };
    query.filters = params.rest().into_iter().map(|(key, value)| filter(&key, value)).collect();
    Ok(query)
}

fn filter(key: &str, value: String) -> (String, String, String) {
    match key.strip_suffix(']').and_then(|key| key.split_once('[')) {
        Some((field, operator)) => (field.to_owned(), operator.to_owned(), value),
        None => (key.to_owned(), "eq".to_owned(), value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<ListQuery, Problem> {
        list_query("letters.letter".into(), None, Params::of(&format!("/x?{query}").parse().unwrap())?)
    }

    #[test]
    fn a_list_is_asked_for_by_filters_search_sort_and_page() {
        let query = asked(
            "site=main&state=received&received_on[gte]=2026-11-01&q=%E6%9D%8E&sort=-received_on&limit=20&expand=sheet,round",
        );
        let query = query.unwrap();
        let filter = |field: &str, op: &str, value: &str| (field.to_owned(), op.to_owned(), value.to_owned());
        assert!(query.filters.contains(&filter("state", "eq", "received")));
        assert!(query.filters.contains(&filter("received_on", "gte", "2026-11-01")));
        assert_eq!(query.filters.len(), 2);
        assert_eq!((query.search.as_deref(), query.sort.as_deref()), (Some("李"), Some("-received_on")));
        assert_eq!((query.limit, query.expand.len()), (Some(20), 2));
    }

    #[test]
    fn a_page_has_fifty_records_and_at_most_two_hundred() {
        assert_eq!(asked("").unwrap().limit, Some(50));
        assert_eq!(asked("limit=200").unwrap().limit, Some(200));
        assert_eq!(asked("limit=201").unwrap_err().errors[0].field, "limit");
        assert_eq!(asked("limit=0").unwrap_err().errors[0].field, "limit");
    }
}
