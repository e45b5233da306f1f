//! Registers: the printed list of a type for a span of days, on paper or as a table.

use axum::extract::{Path, State};
use axum::response::Response;

use super::file;
use crate::forms::RegisterFormat;
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

const FORMATS: [(&str, RegisterFormat); 3] =
    [("pdf", RegisterFormat::Pdf), ("xlsx", RegisterFormat::Xlsx), ("csv", RegisterFormat::Csv)];

pub(crate) async fn get(
    State(web): State<Web>,
    at: AtSite,
    Path(record_type): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let (from, to) = (params.required_day("from")?, params.required_day("to")?);
    let format = params.choice("format", &FORMATS)?.unwrap_or(RegisterFormat::Pdf);
    params.end()?;
    if to < from {
        return Err(Problem::invalid_field("to", "ends-before-it-begins", []));
    }
    let register = web.app.forms.register(&at.subject, &at.site, &record_type, from, to, format, at.paper_lang).await?;
    Ok(file(register))
}
