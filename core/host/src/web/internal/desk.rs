//! The desk as a whole: is it in order, do its settings hold.

use axum::Json;
use axum::extract::State;

use crate::diagnostic::Diagnostic;
use crate::doctor::{self, Check};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::api::Items;
use crate::web::params::Params;
use crate::web::reader::Reader;

pub(crate) async fn checks(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Check>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "doctor")?;
    Ok(Items::all(doctor::examine(&web.app, reader.lang).await))
}

pub(crate) async fn problems(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<Diagnostic>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "settings")?;
    Ok(Items::all(web.app.check().await))
}
