//! Forms as they would print; nothing is counted.

use axum::extract::{Path, State};
use axum::response::Response;
use deskbell_proto::FieldFault;

use super::file;
use crate::forms::{Of, PageFormat};
use crate::problem::Problem;
use crate::web::Web;
use crate::web::params::Params;
use crate::web::reader::AtSite;

const FORMATS: [(&str, PageFormat); 3] = [("pdf", PageFormat::Pdf), ("png", PageFormat::Png), ("svg", PageFormat::Svg)];

/// More pages than any paper of a desk has.
const PAGES: u64 = 10_000;

pub(crate) async fn show(
    State(web): State<Web>,
    at: AtSite,
    Path(form): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let of = of(params.text("record"), params.day("from")?, params.day("to")?)?;
    let (format, page) = page(&mut params)?;
    params.end()?;
    let shown = web.app.forms.show(&at.subject, &at.site, &form, of, at.paper_lang, format, page).await?;
    Ok(file(shown))
}

/// The format of a paper and, for pictures, which page.
pub(crate) fn page(params: &mut Params) -> Result<(PageFormat, usize), Problem> {
    let format = params.choice("format", &FORMATS)?.unwrap_or(PageFormat::Pdf);
    let page = params.count("page", PAGES)?.unwrap_or(1);
    Ok((format, page as usize))
}

/// What to print from: a record, or a span of days.
pub(super) fn of(record: Option<String>, from: Option<chrono::NaiveDate>, to: Option<chrono::NaiveDate>) -> Result<Of, Problem> {
    let required = |field: &str| {
        let fault = FieldFault { field: field.to_owned(), key: "required".to_owned(), ..FieldFault::default() };
        Err(Problem::invalid(None, vec![fault]))
    };
    match (record, from, to) {
        (Some(record), None, None) => Ok(Of::Record(record)),
        (None, Some(from), Some(to)) => Ok(Of::Period { from, to }),
        (None, Some(_), None) => required("to"),
        (None, None, Some(_)) => required("from"),
        (None, None, None) => required("record"),
        (Some(_), ..) => Err(Problem::invalid_field("record", "record-or-period", [])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_printed_from_a_record_or_from_a_span_of_days() {
        let day = "2026-11-24".parse().ok();
        let check = |record: Option<&str>, from, to, expected: Result<Of, &str>| {
            let found = of(record.map(str::to_owned), from, to).map_err(|problem| problem.errors[0].field.clone());
            assert_eq!(found, expected.map_err(str::to_owned), "{record:?} {from:?} {to:?}");
        };
        check(Some("H-1"), None, None, Ok(Of::Record("H-1".into())));
        check(None, day, day, Ok(Of::Period { from: day.unwrap(), to: day.unwrap() }));
        check(None, day, None, Err("to"));
        check(None, None, day, Err("from"));
        check(None, None, None, Err("record"));
        check(Some("H-1"), day, day, Err("record"));
    }
}
