//! What a command was answered with, and what a test may say about it.

use std::collections::BTreeMap;

use deskbell_proto::{Count, FieldFault, Fields};
use serde_json::Value;

/// The answer to a command. Say what you expect: [`done`](Reply::done), [`refused_by`](Reply::refused_by) …; what is not as
/// expected fails the test with the sentence that a clerk would have read.
#[derive(Debug)]
#[must_use = "say what you expect: .done(), .refused_by(\"L2\")"]
pub struct Reply {
    pub(crate) result: Result<Done, Problem>,
}

/// What a command brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) record: Option<Fields>,
    pub(crate) value: Value,
    pub(crate) outcome: Option<(String, Count, BTreeMap<String, String>)>,
    pub(crate) n_left_out: usize,
}

/// Why a command was not done, as the API would say it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problem {
    /// `rule_refused`, `validation_failed` …
    pub code: &'static str,
    /// `L2`
    pub rule: Option<String>,
    /// The locale key of what people read.
    pub key: String,
    /// What fills it in.
    pub args: BTreeMap<String, String>,
    /// What people read, by language.
    pub sentences: BTreeMap<String, String>,
    /// The wrong fields.
    pub errors: Vec<FieldFault>,
    /// The boxes that need signing, with the roles that may.
    pub boxes: Vec<(String, Vec<String>)>,
    /// The record's version now, with `stale_version`.
    pub current_version: Option<i64>,
}

impl Reply {
    /// It was done; the record as it stands after it, if the command was about one.
    #[track_caller]
    pub fn done(self) -> Value {
        match self.result {
            Ok(done) => done.record.map_or(done.value, Value::Object),
            Err(problem) => panic!("expected it to be done, but: {problem:#?}"),
        }
    }

    /// It was done; the number of the record (its id, where the type has no numbers).
    #[track_caller]
    pub fn number(self) -> String {
        let record = self.done();
        let number = record["number"].as_str().or(record["id"].as_str());
        number.unwrap_or_else(|| panic!("expected a record, got {record}")).to_owned()
    }

    /// The job was done; its outcome's key and counts: `("handed-off", [("handed-off", 2), …])`.
    #[track_caller]
    pub fn outcome(&self) -> (&str, &Count) {
        let (key, counts, _) = self.outcome_parts();
        (key, counts)
    }

    /// The job was done; one of its counts, 0 where it was not counted.
    #[track_caller]
    pub fn count(&self, name: &str) -> i64 {
        self.outcome().1.get(name).copied().unwrap_or_default()
    }

    /// The job was done; how many items it left out.
    #[track_caller]
    pub fn n_left_out(&self) -> usize {
        self.as_done().n_left_out
    }

    /// What people read: the outcome's sentence, or that of the problem.
    #[track_caller]
    pub fn sentence(&self, language: &str) -> String {
        let sentences = match &self.result {
            Ok(_) => &self.outcome_parts().2,
            Err(problem) => &problem.sentences,
        };
        sentences.get(language).unwrap_or_else(|| panic!("there is no language {language}")).clone()
    }

    /// A desk rule said no, with a sentence in every language.
    #[track_caller]
    pub fn refused_by(self, rule: &str) -> Problem {
        let problem = self.problem("rule_refused");
        assert_eq!(problem.rule.as_deref(), Some(rule), "refused by another rule: {problem:#?}");
        for (language, sentence) in &problem.sentences {
            assert_ne!(*sentence, problem.key, "the refusal {} has no sentence in {language}", problem.key);
        }
        problem
    }

    /// It needs the signature of a box first; nothing was kept.
    #[track_caller]
    pub fn needs_sign_off(self, sign_box: &str) -> Problem {
        let problem = self.problem("sign_off_required");
        assert!(problem.boxes.iter().any(|(name, _)| name == sign_box), "expected the box {sign_box}: {problem:#?}");
        problem
    }

    /// A field was wrong; the key of its sentence.
    #[track_caller]
    pub fn invalid(self, field: &str) -> String {
        let problem = self.problem("validation_failed");
        let fault = problem.errors.iter().find(|error| error.field == field);
        fault.unwrap_or_else(|| panic!("expected the field {field} to be wrong: {problem:#?}")).key.clone()
    }

    /// It ended with this code of the contract: `forbidden`, `not_found`, `stale_version`, `wrong_pin`, `conflict` …
    #[track_caller]
    pub fn problem(self, code: &str) -> Problem {
        match self.result {
            Err(problem) if problem.code == code => problem,
            Err(problem) => panic!("expected {code}, but: {problem:#?}"),
            Ok(done) => panic!("expected {code}, but it was done: {done:?}"),
        }
    }

    #[track_caller]
    fn as_done(&self) -> &Done {
        match &self.result {
            Ok(done) => done,
            Err(problem) => panic!("expected it to be done, but: {problem:#?}"),
        }
    }

    #[track_caller]
    fn outcome_parts(&self) -> &(String, Count, BTreeMap<String, String>) {
        self.as_done().outcome.as_ref().unwrap_or_else(|| panic!("only a job has an outcome"))
    }
}
