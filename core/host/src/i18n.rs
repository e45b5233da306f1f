//! The sentences that people read, in their language: the core's under each plugin's.
//!
//! Not here: what a key is called (the SDK's manual), how a sentence is looked up in its layers (`deskbell-locale`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use deskbell_locale::{LANGUAGES, LocaleError, Messages};
use deskbell_proto::Outcome;

use crate::problem::{Problem, Sentence};

const CORE: [(&str, &str); 2] = [("zh-CN", include_str!("../locales/zh-CN.ftl")), ("en", include_str!("../locales/en.ftl"))];

/// Every sentence the desk can say. Clones share the same sentences.
#[derive(Debug, Clone)]
pub struct I18n {
    core: Arc<HashMap<&'static str, Messages>>,
    plugins: Arc<ArcSwap<HashMap<String, HashMap<&'static str, Messages>>>>,
}

impl I18n {
    pub fn new() -> Self {
        let core = CORE.into_iter().map(|(language, source)| {
            let messages = Messages::new(language).layer(language, source).expect("the core's locales parse: a test reads them");
            (language, messages)
        });
        I18n { core: Arc::new(core.collect()), plugins: Arc::default() }
    }

    /// Puts a plugin's sentences over the core's; `layers` are `(language, file, source)`, later ones win.
    pub fn set_plugin(&self, plugin: &str, layers: &[(String, String, String)]) -> Result<(), LocaleError> {
        let mut by_language = HashMap::new();
        for language in LANGUAGES {
            let mut messages = self.core(language).clone();
            for (_, file, source) in layers.iter().filter(|(tag, ..)| tag == language) {
                messages = messages.layer(file, source)?;
            }
            by_language.insert(language, messages);
        }
        self.plugins.rcu(|plugins| {
            let mut plugins = HashMap::clone(plugins);
            plugins.insert(plugin.to_owned(), by_language.clone());
            plugins
        });
        Ok(())
    }

    /// The sentences of a plugin over the core's, or the core's alone.
    pub fn messages(&self, plugin: Option<&str>, language: &str) -> Messages {
        let language = known(language);
        let plugins = self.plugins.load();
        plugin.and_then(|plugin| plugins.get(plugin)?.get(language)).unwrap_or_else(|| self.core(language)).clone()
    }

    /// One sentence by key.
    pub fn text(&self, plugin: Option<&str>, language: &str, key: &str) -> String {
        self.messages(plugin, language).get_or_key(key, &BTreeMap::new())
    }

    pub fn sentence(&self, sentence: &Sentence, language: &str) -> String {
        self.messages(sentence.plugin.as_deref(), language).get_or_key(&sentence.key, &sentence.args)
    }

    /// What a problem says to a person.
    pub fn problem(&self, problem: &Problem, language: &str) -> String {
        self.sentence(&problem.sentence, language)
    }

    /// The sentences of a problem's fields, `(field, sentence)`.
    pub fn field_errors(&self, problem: &Problem, language: &str) -> Vec<(String, String)> {
        let messages = self.messages(problem.sentence.plugin.as_deref(), language);
        problem.errors.iter().map(|error| (error.field.clone(), messages.get_or_key(&error.key, &error.args))).collect()
    }

    /// What a run did, as a sentence: "handed off 3, waiting 2".
    pub fn outcome(&self, plugin: &str, outcome: &Outcome, dropped: usize, language: &str) -> String {
        let messages = self.messages(Some(plugin), language);
        let mut args: BTreeMap<String, String> =
            outcome.counts.iter().map(|(name, count)| (name.clone(), count.to_string())).collect();
        args.insert("dropped".to_owned(), dropped.to_string());
        let done = messages.get_or_key(&format!("outcome-{}", outcome.key), &args);
        if dropped == 0 {
            return done;
        }
        let separator = if known(language) == "zh-CN" { ";" } else { "; " };
        format!("{done}{separator}{}", messages.get_or_key("outcome-dropped", &args))
    }

    /// The file of the core's sentences, by its name and text: the typesetter reads it in its own process.
    pub(crate) fn core_file(language: &str) -> (String, &'static str) {
        let language = known(language);
        let source = CORE.iter().find(|(tag, _)| *tag == language).map_or("", |(_, source)| source);
        (format!("core/host/locales/{language}.ftl"), source)
    }

    fn core(&self, language: &str) -> &Messages {
        &self.core[known(language)]
    }
}

impl Default for I18n {
    fn default() -> Self {
        I18n::new()
    }
}

/// The known language nearest to a tag or an `Accept-Language` header: the first one that is spoken here.
pub fn known(wanted: &str) -> &'static str {
    let tags = wanted.split(',').map(|tag| tag.split(';').next().unwrap_or_default().trim());
    for tag in tags {
        let primary = tag.split('-').next().unwrap_or_default();
        if let Some(language) = LANGUAGES.into_iter().find(|language| language.split('-').next() == Some(primary)) {
            return language;
        }
    }
    LANGUAGES[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    #[test]
    fn both_languages_of_the_core_have_the_same_keys() {
        let i18n = I18n::new();
        let (zh, en) = (i18n.messages(None, "zh-CN"), i18n.messages(None, "en"));
        assert_eq!(zh.keys(), en.keys());
    }

    #[test]
    fn every_problem_has_a_sentence() {
        let i18n = I18n::new();
        for code in Code::ALL {
            if code == Code::RuleRefused {
                continue; // The plugin's own refusal says it.
            }
            let problem = Problem::new(code, "x");
            assert_ne!(i18n.problem(&problem, "en"), problem.sentence.key);
        }
    }

    #[test]
    fn a_reader_gets_the_first_language_that_is_spoken_here() {
        let check = |wanted: &str, expected: &str| assert_eq!(known(wanted), expected, "{wanted}");
        check("en", "en");
        check("en-GB,zh;q=0.5", "en");
        check("fr, en;q=0.8", "en");
        check("zh-TW", "zh-CN");
        check("", "zh-CN");
    }

    #[test]
    fn a_plugins_sentences_lie_over_the_cores() {
        let i18n = I18n::new();
        let layer = |language: &str, source: &str| (language.to_owned(), format!("{language}.ftl"), source.to_owned());
        i18n.set_plugin("letters", &[layer("en", "outcome-handed-off = handed off { $handed-off }\nrole-hr = People team")])
            .unwrap();
        assert_eq!(i18n.text(Some("letters"), "en", "role-hr"), "People team");
        assert_eq!(i18n.text(Some("letters"), "zh-CN", "role-hr"), "人事");
        let outcome = Outcome { key: "handed-off".into(), counts: BTreeMap::from([("handed-off".into(), 2)]) };
        assert_eq!(i18n.outcome("letters", &outcome, 1, "en"), "handed off 2; 1 could not be dealt with");
    }
}
