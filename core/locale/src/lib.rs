//! Sentences for people, looked up by key in Fluent files, layer over layer: the core's, then the plugin's, then the store's.
//!
//! A key names a message (`refused-expired`) or an attribute of one (`letter.addressee`). Not here: which language a reader
//! wants (the host negotiates it), and what the keys are called (the SDK's manual says so).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

/// The languages Deskbell speaks, the first one where a reader says nothing.
pub const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// The sentences of one language. Cloning is cheap; a clone with one more layer leaves the original as it was.
#[derive(Clone)]
pub struct Messages {
    language: LanguageIdentifier,
    /// From the lowest layer to the highest.
    layers: Vec<Arc<Layer>>,
}

struct Layer {
    bundle: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
}

/// A locale file that can't be read: which, where and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct LocaleError {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub reason: String,
}

impl Messages {
    /// No sentences yet, in a language such as `zh-CN`; an unknown tag counts as the first of [`LANGUAGES`].
    pub fn new(language: &str) -> Self {
        let language = language.parse().unwrap_or_else(|_| LANGUAGES[0].parse().expect("the first language is a valid tag"));
        Messages { language, layers: Vec::new() }
    }

    pub fn language(&self) -> String {
        self.language.to_string()
    }

    /// Puts the sentences of a file over those that are there; `file` names it in errors.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// let messages = deskbell_locale::Messages::new("en")
    ///     .layer("core/en.ftl", "letter = Letter\n    .addressee = Addressee\nhanded-off = handed off { $n }")?
    ///     .layer("store/en.ftl", "letter = Mail")?;
    /// let get = |key: &str| messages.get(key, &BTreeMap::from([("n".to_owned(), "3".to_owned())]));
    /// assert_eq!(get("letter").as_deref(), Some("Mail"));
    /// assert_eq!(get("letter.addressee").as_deref(), Some("Addressee"));
    /// assert_eq!(get("handed-off").as_deref(), Some("handed off 3"));
    /// assert_eq!(get("no-such-key"), None);
    /// # Ok::<(), deskbell_locale::LocaleError>(())
    /// ```
    pub fn layer(mut self, file: &str, source: &str) -> Result<Self, LocaleError> {
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
            let error = errors.into_iter().next().expect("a resource that fails has an error");
            let line = source[..error.pos.start.min(source.len())].lines().count().max(1);
            LocaleError { file: file.to_owned(), line, reason: error.kind.to_string() }
        })?;
        let keys = keys_of(&resource);
        let mut bundle = FluentBundle::new_concurrent(vec![self.language.clone()]);
        // Isolation marks would end up in forms, CSV and terminals.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        self.layers.push(Arc::new(Layer { bundle, keys }));
        Ok(self)
    }

    /// Returns the sentence of a key with its arguments filled in, from the highest layer that has it.
    ///
    /// An argument that reads as a whole number selects plural forms as one.
    pub fn get(&self, key: &str, args: &BTreeMap<String, String>) -> Option<String> {
        self.layers.iter().rev().find_map(|layer| layer.get(key, args))
    }

    /// Returns the sentence of a key, or the key itself where no layer has it, so that a gap is seen and hides nothing.
    pub fn get_or_key(&self, key: &str, args: &BTreeMap<String, String>) -> String {
        self.get(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// All keys of all layers, attributes as `message.attribute`.
    pub fn keys(&self) -> BTreeSet<&str> {
        self.layers.iter().flat_map(|layer| layer.keys.iter().map(String::as_str)).collect()
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Messages({}, {} layers)", self.language, self.layers.len())
    }
}

impl Layer {
    fn get(&self, key: &str, args: &BTreeMap<String, String>) -> Option<String> {
        let (message, attribute) = match key.split_once('.') {
            Some((message, attribute)) => (message, Some(attribute)),
            None => (key, None),
        };
        let message = self.bundle.get_message(message)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let args: FluentArgs = args.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), fluent_value(value))).collect();
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }
}

fn fluent_value(text: &str) -> FluentValue<'_> {
    match text.parse::<i64>() {
        // "007" is a code, not a count.
        Ok(number) if number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}

fn keys_of(resource: &FluentResource) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry {
            if message.value.is_some() {
                keys.insert(message.id.name.to_owned());
            }
            keys.extend(message.attributes.iter().map(|attribute| format!("{}.{}", message.id.name, attribute.id.name)));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let error = Messages::new("en").layer("letters/en.ftl", "letter = Letter\n\nbroken\n").unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("letters/en.ftl", 3), "{error}");
    }

    #[test]
    fn numbers_choose_plurals_and_codes_stay_as_they_are() {
        let messages = Messages::new("en")
            .layer("en.ftl", "waiting = { $n ->\n    [one] one waits\n   *[other] { $n } wait\n}\ncode = { $n }\n")
            .unwrap();
        let get = |key: &str, n: &str| messages.get(key, &BTreeMap::from([("n".to_owned(), n.to_owned())])).unwrap();
        assert_eq!(get("waiting", "1"), "one waits");
        assert_eq!(get("waiting", "2"), "2 wait");
        assert_eq!(get("code", "007"), "007");
    }

    #[test]
    fn keys_name_messages_and_attributes() {
        let messages =
            Messages::new("zh-CN").layer("zh.ftl", "letter = 信件\n    .kind = 类别\nonly =\n    .attribute = 甲\n").unwrap();
        assert_eq!(messages.keys().into_iter().collect::<Vec<_>>(), ["letter", "letter.kind", "only.attribute"]);
    }
}
