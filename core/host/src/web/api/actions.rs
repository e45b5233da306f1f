//! Verbs on records and on plugins, and sign-offs.

use axum::extract::{Path, State};
use axum::response::Response;
use deskbell_proto::FieldFault;
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

/// The verb that every record has: it corrects the record away, with a reason, and deletes nothing.
const VOID: &str = "void";

pub(crate) async fn on_record(
    State(web): State<Web>,
    at: AtSite,
    Path((record_type, number, action)): Path<(String, String, String)>,
    params: Params,
    IfMatch(if_match): IfMatch,
    mut body: Body,
) -> Result<Response, Problem> {
    params.end()?;
    let void_reason = if action == VOID { Some(reason(&mut body)?) } else { None };
    let verb = |args| match void_reason {
        Some(reason) => Verb::Void { record_type, number, reason },
        None => Verb::Act { record_type, number, action, args },
    };
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

fn reason(body: &mut Body) -> Result<String, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Void {
        reason: String,
    }
    let given = Body { fields: std::mem::take(&mut body.fields), ..Body::default() };
    let Void { reason } = given.into()?;
    if reason.trim().is_empty() {
        let missing = FieldFault { field: "reason".to_owned(), key: "required".to_owned(), ..FieldFault::default() };
        return Err(Problem::invalid(None, vec![missing]));
    }
    Ok(reason)
}
