//! Accounts and tokens. Secrets arrive in a body and leave only once: a token, in the moment it is made.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::people::{TokenInfo, User};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::api::Items;
use crate::web::body::Body;
use crate::web::params::Params;
use crate::web::reader::Reader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    user: String,
    name: Option<String>,
    password: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    #[serde(default)]
    give: Vec<String>,
    #[serde(default)]
    take: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disabled {
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    user: String,
    #[serde(default)]
    note: String,
    expires_at: Option<DateTime<Utc>>,
}

pub(crate) async fn users(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<User>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.people.users(&reader.subject).await?))
}

pub(crate) async fn add(State(web): State<Web>, reader: Reader, body: Body) -> Result<Response, Problem> {
    let NewUser { user, name, password, roles } = body.into()?;
    let name = name.unwrap_or_else(|| user.clone());
    let password = password.map(SecretString::from);
    let added = web.app.people.add(&reader.subject, &user, &name, password, &roles).await?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

pub(crate) async fn set_password(
    State(web): State<Web>,
    reader: Reader,
    Path(user): Path<String>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let NewSecret { secret } = body.into()?;
    web.app.people.set_password(&reader.subject, &user, secret.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn set_pin(
    State(web): State<Web>,
    reader: Reader,
    Path(user): Path<String>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let NewSecret { secret } = body.into()?;
    web.app.people.set_pin(&reader.subject, &user, secret.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn set_roles(
    State(web): State<Web>,
    reader: Reader,
    Path(user): Path<String>,
    body: Body,
) -> Result<Json<User>, Problem> {
    let Roles { give, take } = body.into()?;
    Ok(Json(web.app.people.set_roles(&reader.subject, &user, &give, &take).await?))
}

pub(crate) async fn set_disabled(
    State(web): State<Web>,
    reader: Reader,
    Path(user): Path<String>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let Disabled { disabled } = body.into()?;
    web.app.people.set_disabled(&reader.subject, &user, disabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn tokens(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<TokenInfo>>, Problem> {
    params.end()?;
    Ok(Items::all(web.app.people.tokens(&reader.subject).await?))
}

pub(crate) async fn new_token(State(web): State<Web>, reader: Reader, body: Body) -> Result<Response, Problem> {
    let NewToken { user, note, expires_at } = body.into()?;
    let (token, kept) = web.app.people.new_token(&reader.subject, &user, &note, expires_at).await?;
    let mut shown: Value = json!(kept);
    shown["token"] = token.expose_secret().into();
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

pub(crate) async fn revoke_token(State(web): State<Web>, reader: Reader, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found(format!("token {id}")))?;
    web.app.people.revoke_token(&reader.subject, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
