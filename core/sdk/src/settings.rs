//! What a store may set, and what an action is given: lists of described fields.

use deskbell_proto::Fields;
use deskbell_proto::description::{FieldDescription, fit};
use deskbell_proto::value::FieldKind;

use crate::error::{Error, Result};
use crate::field::FieldType;

/// What a store may set under `[plugins.<id>]` in `deskbell.toml`. Derive it.
///
/// Every field has a default and a doc comment, which `deskbell config schema` shows. A key that is not here is refused.
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// #[derive(Settings)]
/// pub struct Settings {
///     /// Full days that mail waits before it is due for HR (L7).
///     #[default = 7]
///     pub handoff_after_days: Days,
/// }
/// ```
pub trait Settings: Sized + 'static {
    /// The settings as the host knows them.
    fn describe() -> Vec<FieldDescription>;
    /// Reads the settings of a site; what is not set has its default.
    ///
    /// # Errors
    /// A setting that does not fit, or an unknown one.
    fn read(given: &Fields) -> Result<Self>;
}

/// A plugin without settings, and the context of handlers that need none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoSettings;

/// What a plugin may be registered with: its [`Settings`], or [`NoSettings`].
pub trait PluginSettings {
    #[doc(hidden)]
    fn described() -> Vec<FieldDescription>;
}

impl PluginSettings for NoSettings {
    fn described() -> Vec<FieldDescription> {
        Vec::new()
    }
}

impl<S: Settings> PluginSettings for S {
    fn described() -> Vec<FieldDescription> {
        S::describe()
    }
}

/// What a handler of a plugin with the settings `S` may see of them: all, or nothing.
pub trait SeenSettings<S>: Sized {
    #[doc(hidden)]
    fn seen(settings: &Fields) -> Result<Self>;
}

impl<S> SeenSettings<S> for NoSettings {
    fn seen(_settings: &Fields) -> Result<Self> {
        Ok(NoSettings)
    }
}

impl<S: Settings> SeenSettings<S> for S {
    fn seen(settings: &Fields) -> Result<Self> {
        S::read(settings)
    }
}

/// What an action or a create is given. Derive it; a field that is an `Option` or has a `#[default = …]` may be left out.
///
/// The host checks what comes in before the handler sees it: kinds, lengths, required fields, no unknown ones. Checks of
/// your own belong in the handler. An action that takes nothing has `()`.
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// #[derive(Args)]
/// pub struct Collect {
///     /// Who fetched it.
///     #[field(personal)]
///     pub collected_by: String,
///     /// Seen in their hands.
///     #[default = false]
///     pub card_shown: bool,
/// }
/// assert!(Collect::describe()[0].required);
/// ```
pub trait Args: Sized {
    /// The doc comment, which tells what the action is for.
    const DOC: &'static str = "";
    /// The arguments as the host knows them.
    fn describe() -> Vec<FieldDescription>;
    /// Reads them.
    ///
    /// # Errors
    /// Every field that does not fit.
    fn read(given: &Fields) -> Result<Self>;
}

impl Args for () {
    fn describe() -> Vec<FieldDescription> {
        Vec::new()
    }

    fn read(given: &Fields) -> Result<Self> {
        fitting(&[], given).map(drop)
    }
}

/// What was given in its one spelling, or every wrong field.
pub(crate) fn fitting(fields: &[FieldDescription], given: &Fields) -> Result<Fields> {
    fit(fields, given).map_err(Error::invalid_fields)
}

/// A field by its Rust type; what the derives build on.
#[doc(hidden)]
pub fn described<T: FieldType>(name: &str, doc: &str) -> FieldDescription {
    FieldDescription { required: T::REQUIRED, doc: doc.to_owned(), ..FieldDescription::new(name, T::kind()) }
}

/// Narrows a kind as the field's attributes say.
#[doc(hidden)]
pub fn narrowed(kind: FieldKind, long: bool, least: Option<i64>, most: Option<i64>) -> FieldKind {
    match kind {
        FieldKind::Text { max, .. } => {
            let longest = most.and_then(|most| u32::try_from(most).ok());
            FieldKind::Text { max: longest.unwrap_or(if long { LONG_TEXT_MAX } else { max }), long }
        }
        FieldKind::Integer { min, max } => FieldKind::Integer { min: least.or(min), max: most.or(max) },
        other => other,
    }
}

/// The longest text of a `#[field(long)]`, in characters.
const LONG_TEXT_MAX: u32 = 2000;
