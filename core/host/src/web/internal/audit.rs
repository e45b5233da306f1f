//! The audit chains, walked from their first entry.

use axum::Json;
use axum::extract::State;

use crate::desk::ChainCheck;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::api::Items;
use crate::web::params::Params;
use crate::web::reader::Reader;

pub(crate) async fn verify(State(web): State<Web>, reader: Reader, params: Params) -> Result<Json<Items<ChainCheck>>, Problem> {
    params.end()?;
    reader.must_be_admin(&web, "audit")?;
    Ok(Items::all(web.app.desk.verify_audit().await?))
}
