//! What must be done at the desk on a day.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::Items;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

pub(crate) async fn list(State(web): State<Web>, at: AtSite, mut params: Params) -> Result<Json<Items<Value>>, Problem> {
    let on = params.day("on")?;
    params.end()?;
    let today = web.app.sites.get(&at.site)?.day(web.app.clock.now());
    Ok(Items::all(web.app.desk.due(&at.subject, &at.site, on.unwrap_or(today), at.lang).await?))
}
