//! What failed, as a message for the terminal and an exit code for the script.
//!
//! The codes are the contract's; a problem has the code of its kind, whether the running desk said so or this process.

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::home::LockError;
use crate::i18n::I18n;
use crate::problem::{Code, Problem};
use crate::web;

const USAGE: u8 = 2;
const INVALID: u8 = 3;
const REFUSED: u8 = 7;
const PARTLY: u8 = 9;
const CHECK_FOUND_PROBLEMS: u8 = 10;
const TRY_LATER: u8 = 75;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A problem as the API writes it.
    Told(Value),
    /// A problem found in this process.
    Problem(Box<Problem>),
    /// Settings, schedules or templates that do not hold.
    Invalid(Vec<Diagnostic>),
    /// A package that the desk would not load.
    Refused(Vec<Diagnostic>),
    /// The command line asks for something that it cannot mean.
    Usage(String),
    /// A check found problems, which are on stdout already.
    Found(String),
    /// Some of it was done.
    Partly(String),
    /// Another process is at it.
    Busy(String),
    Other(anyhow::Error),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Told(problem) => code_of(problem).map_or(1, Code::exit_code),
            Failure::Problem(problem) => problem.code.exit_code(),
            Failure::Invalid(_) => INVALID,
            Failure::Refused(_) => REFUSED,
            Failure::Usage(_) => USAGE,
            Failure::Found(_) => CHECK_FOUND_PROBLEMS,
            Failure::Partly(_) => PARTLY,
            Failure::Busy(_) => TRY_LATER,
            Failure::Other(_) => 1,
        }
    }

    /// What a person reads.
    pub(crate) fn message(&self, lang: &str, coloured: bool) -> String {
        match self {
            Failure::Told(problem) => told(problem, coloured),
            Failure::Problem(problem) => {
                let mut json = web::problem_json(problem, &I18n::new(), lang);
                if problem.code.status() >= 500 {
                    // As the desk's socket tells it: whoever sits here is the one who has to mend it.
                    json["cause"] = problem.detail.as_str().into();
                }
                told(&json, coloured)
            }
            Failure::Invalid(diagnostics) | Failure::Refused(diagnostics) => {
                let shown = diagnostics.iter().map(|diagnostic| shown(diagnostic, coloured));
                shown.collect::<Vec<_>>().join("\n\n")
            }
            Failure::Usage(why) => title("usage", why, coloured),
            Failure::Found(what) => title("check", what, coloured),
            Failure::Partly(what) => title("partly", what, coloured),
            Failure::Busy(why) => title("busy", why, coloured),
            Failure::Other(error) => title("failed", &format!("{error:#}"), coloured),
        }
    }

    /// What a script reads.
    pub(crate) fn to_json(&self, lang: &str) -> Value {
        let simple = |code: &str, detail: &str| json!({ "code": code, "detail": detail });
        match self {
            Failure::Told(problem) => problem.clone(),
            Failure::Problem(problem) => web::problem_json(problem, &I18n::new(), lang),
            Failure::Invalid(diagnostics) => json!({ "code": Code::ConfigInvalid.as_str(), "problems": diagnostics }),
            Failure::Refused(diagnostics) => json!({ "code": Code::PluginRefused.as_str(), "problems": diagnostics }),
            Failure::Usage(why) => simple("usage", why),
            Failure::Found(what) => simple("check_found_problems", what),
            Failure::Partly(what) => simple("partly_done", what),
            Failure::Busy(why) => simple("busy", why),
            Failure::Other(error) => simple("failed", &format!("{error:#}")),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Problem(Box::new(problem))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { .. } => Failure::Busy(error.to_string()),
            LockError::Io { .. } => Failure::from(Problem::from(error)),
        }
    }
}

/// A diagnostic for the terminal.
pub(crate) fn shown(diagnostic: &Diagnostic, coloured: bool) -> String {
    let text = if coloured { diagnostic.coloured() } else { diagnostic.to_string() };
    text.trim_end().to_owned()
}

/// Errors among diagnostics; warnings alone are no failure.
pub(crate) fn errors(diagnostics: Vec<Diagnostic>) -> Result<(), Failure> {
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if diagnostics.iter().any(is_error) { Err(Failure::Invalid(diagnostics)) } else { Ok(()) }
}

fn code_of(problem: &Value) -> Option<Code> {
    serde_json::from_value(problem["code"].clone()).ok()
}

/// A problem as lines: what, by which rule, which fields, who must sign, where the log has more.
fn told(problem: &Value, coloured: bool) -> String {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let mut lines = vec![title(text("code"), text("detail"), coloured)];
    let mut line = |label: &str, text: &str| lines.push(format!("  {label:>6}  {text}"));
    if !text("cause").is_empty() {
        line("why", text("cause"));
    }
    if !text("rule").is_empty() {
        line("rule", text("rule"));
    }
    for error in problem["errors"].as_array().into_iter().flatten() {
        let message = error["message"].as_str().unwrap_or_default();
        let field = error["column"].as_str().or(error["field"].as_str());
        match (error["row"].as_u64(), field) {
            (Some(row), Some(field)) => line("row", &format!("{row}, {field}: {message}")),
            (Some(row), None) => line("row", &format!("{row}: {message}")),
            (None, field) => line("field", &format!("{}: {message}", field.unwrap_or("?"))),
        }
    }
    for missing in problem["boxes"].as_array().into_iter().flatten() {
        let roles: Vec<&str> = missing["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let name = missing["box"].as_str().unwrap_or_default();
        line("box", &format!("{name}, signed by {}", roles.join(" or ")));
        line("do", &format!("repeat it with --sign-off {name}:USER"));
    }
    if let Some(version) = problem["current_version"].as_i64() {
        line("now", &format!("version {version}"));
    }
    if !text("trace").is_empty() {
        line("log", text("trace"));
    }
    lines.join("\n")
}

fn title(code: &str, text: &str, coloured: bool) -> String {
    if coloured { format!("\u{1b}[31;1merror[{code}]\u{1b}[0m: {text}") } else { format!("error[{code}]: {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_ends_with_its_own_exit_code() {
        let check = |code: &str, expected: u8| assert_eq!(Failure::Told(json!({ "code": code })).exit_code(), expected, "{code}");
        check("plugin_crashed", 1);
        check("validation_failed", 2);
        check("config_invalid", 3);
        check("not_found", 4);
        check("wrong_pin", 5);
        check("stale_version", 6);
        check("rule_refused", 6);
        check("sign_off_required", 6);
        check("plugin_refused", 7);
        check("storage_full", 8);
        check("overloaded", 75);
        check("never heard of", 1);
        assert_eq!(Failure::Found("2 problems".into()).exit_code(), 10);
        assert_eq!(Failure::Busy("a desk runs".into()).exit_code(), 75);
    }

    #[test]
    fn a_missing_signature_says_how_to_give_it() {
        let problem = json!({
            "code": "sign_off_required",
            "detail": "A proxy needs the duty manager.",
            "rule": "L2",
            "boxes": [{"box": "duty-manager", "roles": ["duty-manager"]}],
        });
        insta::assert_snapshot!(Failure::Told(problem).message("en", false), @r"
        error[sign_off_required]: A proxy needs the duty manager.
            rule  L2
             box  duty-manager, signed by duty-manager
              do  repeat it with --sign-off duty-manager:USER
        ");
    }
}
