//! The sentences of a plugin's locales, as its tests see them.

use std::collections::BTreeMap;
use std::path::Path;

use deskbell_locale::{LANGUAGES, Messages};

/// The core's sentences and the plugin's over them, in every language.
#[derive(Debug)]
pub(crate) struct Sentences {
    by_language: Vec<(String, Messages)>,
    pub(crate) own: Vec<(String, Messages)>,
}

const CORE: [(&str, &str); 2] =
    [("zh-CN", include_str!("../../host/locales/zh-CN.ftl")), ("en", include_str!("../../host/locales/en.ftl"))];

impl Sentences {
    /// Reads `locales/` of the folder that tests run in, the plugin's own. A plugin without one has the core's.
    pub(crate) fn read() -> Self {
        let (mut by_language, mut own) = (Vec::new(), Vec::new());
        for (language, (_, core)) in LANGUAGES.iter().zip(CORE) {
            let file = format!("locales/{language}.ftl");
            let source = if Path::new(&file).exists() {
                std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read {file}: {error}"))
            } else {
                String::new()
            };
            let layer = |messages: Messages| messages.layer(&file, &source).unwrap_or_else(|error| panic!("{error}"));
            let core = Messages::new(language).layer("core", core).unwrap_or_else(|error| panic!("{error}"));
            by_language.push(((*language).to_owned(), layer(core)));
            own.push(((*language).to_owned(), layer(Messages::new(language))));
        }
        Sentences { by_language, own }
    }

    /// A key's sentence in every language; the key itself where there is none.
    pub(crate) fn of(&self, key: &str, args: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        self.by_language.iter().map(|(language, messages)| (language.clone(), messages.get_or_key(key, args))).collect()
    }

    /// Says in which language a key has no sentence.
    pub(crate) fn languages_without(&self, key: &str) -> Vec<&str> {
        let lacks = |messages: &Messages| messages.get(key, &BTreeMap::new()).is_none();
        self.by_language.iter().filter(|(_, messages)| lacks(messages)).map(|(language, _)| language.as_str()).collect()
    }
}
