//! What went wrong, as people and programs are told: a stable code, a sentence from the locales, the fields at fault.
//!
//! Every layer above the store answers with a [`Problem`]. The web turns it into `application/problem+json`, the CLI into a
//! message and an exit code. English for logs is its `Display`; what a person reads is [`Problem::sentence`]'s locale key.

use std::collections::BTreeMap;

use deskbell_proto::{FieldFault, Refusal};
use serde::{Deserialize, Serialize};

/// The stable codes of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    ValidationFailed,
    NotFound,
    Unauthenticated,
    Forbidden,
    WrongPin,
    SiteRequired,
    Conflict,
    StaleVersion,
    VersionRequired,
    RuleRefused,
    SignOffRequired,
    Erased,
    IdempotencyMismatch,
    PluginPanicked,
    PluginCrashed,
    PluginTimeout,
    PluginQuarantined,
    /// A package that is refused before it is opened.
    PluginRefused,
    StorageFull,
    StorageUnavailable,
    Overloaded,
    TooManyRequests,
    /// A setting, manifest, schedule or template that does not hold.
    ConfigInvalid,
    /// A request that is no request of this API: not JSON, a header that cannot be read.
    BadRequest,
    MethodNotAllowed,
    UnsupportedMediaType,
    PayloadTooLarge,
    /// A defect of ours; the log has the details under the problem's `trace`.
    Internal,
}

impl Code {
    pub const ALL: [Code; 28] = [
        Code::ValidationFailed,
        Code::NotFound,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::WrongPin,
        Code::SiteRequired,
        Code::Conflict,
        Code::StaleVersion,
        Code::VersionRequired,
        Code::RuleRefused,
        Code::SignOffRequired,
        Code::Erased,
        Code::IdempotencyMismatch,
        Code::PluginPanicked,
        Code::PluginCrashed,
        Code::PluginTimeout,
        Code::PluginQuarantined,
        Code::PluginRefused,
        Code::StorageFull,
        Code::StorageUnavailable,
        Code::Overloaded,
        Code::TooManyRequests,
        Code::ConfigInvalid,
        Code::BadRequest,
        Code::MethodNotAllowed,
        Code::UnsupportedMediaType,
        Code::PayloadTooLarge,
        Code::Internal,
    ];

    /// The spelling of the contract, `rule_refused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::ValidationFailed => "validation_failed",
            Code::NotFound => "not_found",
            Code::Unauthenticated => "unauthenticated",
            Code::Forbidden => "forbidden",
            Code::WrongPin => "wrong_pin",
            Code::SiteRequired => "site_required",
            Code::Conflict => "conflict",
            Code::StaleVersion => "stale_version",
            Code::VersionRequired => "version_required",
            Code::RuleRefused => "rule_refused",
            Code::SignOffRequired => "sign_off_required",
            Code::Erased => "erased",
            Code::IdempotencyMismatch => "idempotency_mismatch",
            Code::PluginPanicked => "plugin_panicked",
            Code::PluginCrashed => "plugin_crashed",
            Code::PluginTimeout => "plugin_timeout",
            Code::PluginQuarantined => "plugin_quarantined",
            Code::PluginRefused => "plugin_refused",
            Code::StorageFull => "storage_full",
            Code::StorageUnavailable => "storage_unavailable",
            Code::Overloaded => "overloaded",
            Code::TooManyRequests => "too_many_requests",
            Code::ConfigInvalid => "config_invalid",
            Code::BadRequest => "bad_request",
            Code::MethodNotAllowed => "method_not_allowed",
            Code::UnsupportedMediaType => "unsupported_media_type",
            Code::PayloadTooLarge => "payload_too_large",
            Code::Internal => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Code::SiteRequired | Code::BadRequest => 400,
            Code::Unauthenticated => 401,
            Code::Forbidden | Code::WrongPin => 403,
            Code::NotFound => 404,
            Code::MethodNotAllowed => 405,
            Code::Conflict | Code::RuleRefused | Code::SignOffRequired => 409,
            Code::Erased => 410,
            Code::StaleVersion => 412,
            Code::PayloadTooLarge => 413,
            Code::UnsupportedMediaType => 415,
            Code::ValidationFailed | Code::IdempotencyMismatch | Code::ConfigInvalid | Code::PluginRefused => 422,
            Code::VersionRequired => 428,
            Code::TooManyRequests => 429,
            Code::PluginPanicked | Code::Internal => 500,
            Code::PluginCrashed => 502,
            Code::PluginQuarantined | Code::StorageUnavailable | Code::Overloaded => 503,
            Code::PluginTimeout => 504,
            Code::StorageFull => 507,
        }
    }

    /// The CLI's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Code::PluginPanicked | Code::PluginCrashed | Code::PluginTimeout | Code::PluginQuarantined | Code::Internal => 1,
            Code::ValidationFailed
            | Code::SiteRequired
            | Code::BadRequest
            | Code::MethodNotAllowed
            | Code::UnsupportedMediaType
            | Code::PayloadTooLarge => 2,
            Code::ConfigInvalid => 3,
            Code::NotFound => 4,
            Code::Unauthenticated | Code::Forbidden | Code::WrongPin => 5,
            Code::Conflict
            | Code::StaleVersion
            | Code::VersionRequired
            | Code::RuleRefused
            | Code::SignOffRequired
            | Code::Erased
            | Code::IdempotencyMismatch => 6,
            Code::PluginRefused => 7,
            Code::StorageFull | Code::StorageUnavailable => 8,
            Code::Overloaded | Code::TooManyRequests => 75,
        }
    }
}

/// A locale key with its arguments; `plugin` names the plugin whose locale has it, none means the core's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    pub plugin: Option<String>,
    pub key: String,
    pub args: BTreeMap<String, String>,
}

/// A box that must be signed for a command to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingBox {
    #[serde(rename = "box")]
    pub sign_box: String,
    pub roles: Vec<String>,
}

/// What is wrong with one row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// As the file's reader counts it; the heading is row 1.
    pub row: u32,
    /// The heading of the column at fault.
    pub column: Option<String>,
    pub problem: Problem,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Problem {
    pub code: Code,
    /// For people, by the reader's language.
    pub sentence: Sentence,
    /// For logs and store IT, in English: the thing, the place, the reason, the way out.
    pub detail: String,
    /// The rule that refused, `L2`.
    pub rule: Option<String>,
    /// The plugin whose locale has the sentences of `errors`.
    pub errors: Vec<FieldFault>,
    /// The rows of an imported file at fault.
    pub rows: Box<[RowFault]>,
    pub boxes: Vec<MissingBox>,
    /// The record's version now, with `stale_version`.
    pub current_version: Option<i64>,
    /// Seconds after which another try may succeed.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem whose sentence is the core's `problem-<code>`, with its `detail` as the argument.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let key = format!("problem-{}", code.as_str().replace('_', "-"));
        Problem {
            code,
            sentence: Sentence { plugin: None, key, args: BTreeMap::from([("detail".to_owned(), detail.clone())]) },
            detail,
            rule: None,
            errors: Vec::new(),
            rows: Box::default(),
            boxes: Vec::new(),
            current_version: None,
            retry_after: None,
        }
    }

    /// No such thing at this site: `letters.letter L-20261124-009`.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        let what = what.to_string();
        let mut problem = Problem::new(Code::NotFound, format!("no {what}"));
        problem.sentence.args.insert("detail".to_owned(), what);
        problem
    }

    /// Wrong input, field by field; `plugin`'s locale is asked for the sentences first.
    pub fn invalid(plugin: Option<&str>, errors: Vec<FieldFault>) -> Self {
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let mut problem = Problem::new(Code::ValidationFailed, fields.join(", "));
        problem.sentence.plugin = plugin.map(str::to_owned);
        problem.errors = errors;
        problem
    }

    /// One wrong field.
    pub fn invalid_field(field: &str, key: &str, args: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Problem::invalid(None, vec![FieldFault { field: field.to_owned(), key: key.to_owned(), args }])
    }

    /// Rows of a file that can't be taken in: what is filled in wrong comes before what a rule refuses.
    pub fn in_rows(rows: Vec<RowFault>) -> Self {
        let codes = || rows.iter().map(|fault| fault.problem.code);
        let code = codes().find(|code| *code == Code::ValidationFailed).or_else(|| codes().next());
        let named: Vec<String> = rows.iter().map(|fault| format!("row {}: {}", fault.row, fault.problem)).collect();
        let mut problem = Problem::new(code.unwrap_or(Code::ValidationFailed), named.join("; "));
        let n_rows = rows.chunk_by(|a, b| a.row == b.row).count();
        problem.sentence.key = "import-refused".to_owned();
        problem.sentence.args.insert("rows".to_owned(), n_rows.to_string());
        problem.rule = rows.iter().find(|fault| fault.problem.code == problem.code).and_then(|fault| fault.problem.rule.clone());
        problem.rows = rows.into();
        problem
    }

    /// A desk rule of a plugin says no.
    pub fn refused(plugin: &str, refusal: Refusal) -> Self {
        let mut problem = Problem::new(Code::RuleRefused, format!("{} ({})", refusal.key, refusal.rule));
        problem.rule = Some(refusal.rule);
        problem.sentence = Sentence { plugin: Some(plugin.to_owned()), key: refusal.key, args: refusal.args };
        problem
    }

    /// A defect of ours.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Problem::new(Code::Internal, detail.to_string())
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
