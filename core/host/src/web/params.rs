//! The query of a request, taken apart key by key; a key nobody asked for is a problem that names the nearest right one.
//!
//! `site` and `lang` belong to every route and are read by `reader`.

use std::cell::RefCell;

use axum::extract::FromRequestParts;
use axum::http::{Uri, request::Parts};
use chrono::NaiveDate;
use deskbell_proto::FieldFault;

use super::Web;
use crate::diagnostic::nearest;
use crate::problem::Problem;

/// Keys that every route understands.
const EVERYWHERE: [&str; 2] = ["site", "lang"];

/// What is left of a query, and what was asked of it.
#[derive(Debug, Default)]
pub(crate) struct Params {
    left: Vec<(String, String)>,
    asked: RefCell<Vec<&'static str>>,
}

impl FromRequestParts<Web> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        Params::of(&parts.uri)
    }
}

impl Params {
    pub(crate) fn of(uri: &Uri) -> Result<Self, Problem> {
        let mut left: Vec<(String, String)> = Vec::new();
        for (key, value) in pairs(uri) {
            if left.iter().any(|(seen, _)| *seen == key) {
                return Err(wrong(&key, "given-twice", []));
            }
            left.push((key, value));
        }
        left.retain(|(key, _)| !EVERYWHERE.contains(&key.as_str()));
        Ok(Params { left, asked: RefCell::default() })
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        self.asked.borrow_mut().push(key);
        let at = self.left.iter().position(|(given, _)| given == key)?;
        Some(self.left.swap_remove(at).1)
    }

    pub(crate) fn day(&mut self, key: &'static str) -> Result<Option<NaiveDate>, Problem> {
        self.text(key).map(|text| text.parse().map_err(|_| wrong(key, "not-a-day", []))).transpose()
    }

    pub(crate) fn required_day(&mut self, key: &'static str) -> Result<NaiveDate, Problem> {
        self.day(key)?.ok_or_else(|| wrong(key, "required", []))
    }

    /// A whole number from 1 to `max`.
    pub(crate) fn count(&mut self, key: &'static str, max: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(key) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(0) => Err(wrong(key, "number-too-small", [("min", "1".to_owned())])),
            Ok(count) if count > max => Err(wrong(key, "number-too-large", [("max", max.to_string())])),
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(wrong(key, "not-a-number", [])),
        }
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        let allowed = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(Some).ok_or_else(|| wrong(key, "not-a-choice", [("allowed", allowed())]))
    }

    /// Everything not asked for so far.
    pub(crate) fn rest(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.left)
    }

    /// Refuses what nobody asked for.
    pub(crate) fn end(self) -> Result<(), Problem> {
        let Some((key, _)) = self.left.first() else { return Ok(()) };
        let asked = self.asked.borrow();
        Err(unknown(key, asked.iter().copied().chain(EVERYWHERE)))
    }
}

/// The value of one key of a query; the last one when it is given twice.
pub(crate) fn value_of(uri: &Uri, key: &str) -> Option<String> {
    pairs(uri).into_iter().rev().find(|(given, _)| given == key).map(|(_, value)| value)
}

/// A field or key that does not exist, with the nearest one that does.
pub(crate) fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    let nearest = nearest(name, known).unwrap_or("none").to_owned();
    wrong(name, "unknown-field", [("nearest", nearest)])
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    query.map(|query| query.0).unwrap_or_default()
}

fn wrong<const N: usize>(field: &str, key: &str, args: [(&str, String); N]) -> Problem {
    let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Problem::invalid(None, vec![FieldFault { field: field.to_owned(), key: key.to_owned(), args }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/x?{query}").parse().unwrap()).unwrap()
    }

    fn key_of<T: std::fmt::Debug>(result: Result<T, Problem>) -> (String, String) {
        let error = result.unwrap_err().errors.remove(0);
        (error.field, error.key)
    }

    #[test]
    fn a_misspelt_key_is_refused_and_the_nearest_one_named() {
        let mut params = params("site=main&formt=pdf");
        assert_eq!(params.text("format"), None);
        let problem = params.end().unwrap_err();
        assert_eq!(problem.errors[0].field, "formt");
        assert_eq!(problem.errors[0].args["nearest"], "format");
    }

    #[test]
    fn values_are_read_by_their_kind_or_refused_by_field() {
        assert_eq!(params("on=2026-11-24").day("on").unwrap(), NaiveDate::from_ymd_opt(2026, 11, 24));
        assert_eq!(key_of(params("on=24.11.").day("on")), ("on".into(), "not-a-day".into()));
        assert_eq!(key_of(params("").required_day("from")), ("from".into(), "required".into()));
        assert_eq!(params("limit=200").count("limit", 200).unwrap(), Some(200));
        assert_eq!(key_of(params("limit=201").count("limit", 200)), ("limit".into(), "number-too-large".into()));
        assert_eq!(key_of(params("limit=-1").count("limit", 200)), ("limit".into(), "not-a-number".into()));
        assert_eq!(key_of(params("format=doc").choice("format", &[("pdf", 1)])), ("format".into(), "not-a-choice".into()));
    }

    #[test]
    fn values_are_decoded_and_may_be_chinese() {
        assert_eq!(params("q=%E6%9D%8E+%E9%9B%B7").text("q").as_deref(), Some("李 雷"));
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        assert_eq!(key_of(Params::of(&"/x?on=1&on=2".parse().unwrap())), ("on".into(), "given-twice".into()));
    }
}
