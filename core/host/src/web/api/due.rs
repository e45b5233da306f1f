//! What must be done at the desk on a day.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::Items;
use crate::desk::DueDays;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

/// How far ahead deadlines can be looked at, in days.
const AHEAD_MAX: u64 = 366;

pub(crate) async fn list(State(web): State<Web>, at: AtSite, mut params: Params) -> Result<Json<Items<Value>>, Problem> {
    let on = params.day("on")?;
    let ahead = params.count("ahead", AHEAD_MAX)?.unwrap_or(0);
    params.end()?;
    let today = web.app.sites.get(&at.site)?.day(web.app.clock.now());
    let days = DueDays { on: on.unwrap_or(today), ahead };
    Ok(Items::all(web.app.desk.due(&at.subject, &at.site, days, at.lang).await?))
}
