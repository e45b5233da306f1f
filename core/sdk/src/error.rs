//! What a handler answers when it does not do what it was asked: refusals by a rule, wrong fields, missing records.

use std::error::Error as StdError;
use std::fmt::{self, Debug, Display};

use deskbell_proto::{Fault, FieldFault, Refusal};

/// What every function of a plugin returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler did not do what it was asked.
///
/// It is made by [`Rule::refuse`], [`Error::invalid`] or [`Error::not_found`]; every other error of Rust becomes one by `?`
/// and is logged as a defect of the plugin. An error takes all changes of its call with it.
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// fn shelf(text: &str) -> Result<i64> {
///     let shelf = text.parse()?; // no number: a failure, for the log
///     if shelf > 40 {
///         return Err(Error::invalid("shelf", "no-such-shelf")); // shown beside the field, in the reader's language
///     }
///     Rule("P2").requires(shelf != 13, "shelf-is-locked")?; // a desk rule says no
///     Ok(shelf)
/// }
/// assert_eq!(shelf("7").unwrap(), 7);
/// assert_eq!(shelf("13").unwrap_err().to_string(), "refused by rule P2: refused-shelf-is-locked");
/// ```
pub struct Error(Box<Fault>);

impl Error {
    /// One wrong field; `key` is its sentence in the plugin's locale.
    pub fn invalid(field: &str, key: &str) -> Self {
        Error::invalid_fields(vec![FieldFault { field: field.to_owned(), key: key.to_owned(), ..FieldFault::default() }])
    }

    /// Several wrong fields at once.
    pub fn invalid_fields(errors: Vec<FieldFault>) -> Self {
        Error(Box::new(Fault::Invalid { errors }))
    }

    /// No such record at this site: `letters.letter L-20261124-009`.
    pub fn not_found(what: impl Display) -> Self {
        Error(Box::new(Fault::NotFound { what: what.to_string() }))
    }

    /// A defect, told in English to the log.
    pub fn failed(message: impl Display) -> Self {
        Error(Box::new(Fault::Failed { message: message.to_string() }))
    }

    /// The error as it crosses the boundary.
    pub fn fault(&self) -> &Fault {
        &self.0
    }

    pub(crate) fn into_fault(self) -> Fault {
        *self.0
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let boxed: Box<dyn StdError + Send + Sync> = Box::new(error);
        match boxed.downcast::<Fault>() {
            Ok(fault) => Error(fault),
            Err(other) => Error::failed(with_causes(other.as_ref())),
        }
    }
}

fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Error(Box::new(Fault::Refused(refused.0)))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

/// A desk rule by its id, `Rule("L2")`: who may not read the procedure can look the id up there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule(pub &'static str);

impl Rule {
    /// Says no by this rule. The clerk reads the sentence `refused-<key>` of the plugin's locale.
    pub fn refuse(self, key: &str) -> Refused {
        Refused(Refusal { rule: self.0.to_owned(), key: format!("refused-{key}"), ..Refusal::default() })
    }

    /// Says no by this rule unless the condition holds.
    ///
    /// # Errors
    /// The refusal `refused-<key>`.
    pub fn requires(self, holds: bool, key: &str) -> Result<(), Refused> {
        if holds { Ok(()) } else { Err(self.refuse(key)) }
    }
}

/// A refusal by a rule, before it is an [`Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub(crate) Refusal);

impl Refused {
    /// Fills in `$name` of the refusal's sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.0.args.insert(name.to_owned(), value.to_string());
        self
    }
}
