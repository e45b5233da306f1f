//! Verbs on records and on plugins, and sign-offs.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::recorded;
use super::records::command;
use crate::desk::{GivenSignOff, Verb};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::AtSite;
use crate::web::version::IfMatch;

pub(crate) async fn on_record(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number, action)): Path<(String, String, String)>,
    params: Params,
    IfMatch(if_match): IfMatch,
    body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let verb = |args| Verb::Act { record_type, number, action, args };
    let reply = web.app.desk.run(command(at, body, if_match, verb)).await?;
    Ok(recorded(None, reply))
}

pub(crate) async fn on_plugin(
    State(web): State<Web>,
    at: AtSite,
    Path(name): Path<String>,
    params: Params,
    body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let (plugin, action) = name.split_once('.').ok_or_else(|| Problem::not_found(format!("action {name}")))?;
    let verb = |args| Verb::ActOnPlugin { plugin: plugin.to_owned(), action: action.to_owned(), args };
    let reply = web.app.desk.run(command(at, body, None, verb)).await?;
    Ok(recorded(None, reply))
}

pub(crate) async fn sign(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number, sign_box)): Path<(String, String, String)>,
    params: Params,
    IfMatch(if_match): IfMatch,
    mut body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let given = Body { fields: std::mem::take(&mut body.fields), ..Body::default() };
    let Signer { user, pin } = given.into()?;
    body.sign_offs = vec![GivenSignOff { sign_box, user, pin }];
    let reply = web.app.desk.run(command(at, body, if_match, |_| Verb::Sign { record_type, number })).await?;
    Ok(recorded(None, reply))
}

/// Who signs a box.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signer {
    user: String,
    pin: String,
}
