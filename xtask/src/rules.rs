//! `cargo xtask rules`: which tests keep each desk rule, written to `docs/rules.md`; a rule without a test fails.
//!
//! A plugin's README says its rules (`- **L2** …`, the English half is shown); a test says which it keeps at the start of its
//! doc comment (`/// L2: …`). With `--break` the plugins are mutated, and every mutant must turn a test red.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta};

use crate::step::{Steps, cargo, has, say};

const PAGE: &str = "docs/rules.md";

const HEAD: &str = "\
# Rules and their tests

Every rule of every desk function, and the tests that turn red when it is broken: those of the plugin itself run on a desk in
memory, those of `tests/suites` through the built binary. Written by `cargo xtask rules`; `cargo xtask rules --break` checks
it by breaking the plugins.
";

/// The tool that breaks code, and the version that is known to work.
const MUTANTS: (&str, &str) = ("cargo-mutants", "27.1.0");

/// What to do with the list.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Fails when the page is not what it would be; writes nothing.
    #[arg(long)]
    check: bool,
    /// Mutates the plugins and wants a test to notice each time; takes long.
    #[arg(long = "break")]
    is_broken: bool,
    /// Only these plugins are broken.
    plugins: Vec<String>,
}

impl Arguments {
    /// What CI asks.
    pub fn check() -> Self {
        Arguments { check: true, is_broken: false, plugins: Vec::new() }
    }
}

/// A rule as the README tells it to staff.
struct Rule {
    id: String,
    sentence: String,
}

/// Test names by rule id; those of the suites with their file.
type Tests = BTreeMap<String, Vec<String>>;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let plugins = plugins()?;
    let mut page = HEAD.to_owned();
    let mut untested = Vec::new();
    let suites = tests_in(Path::new("tests/suites"))?;
    for plugin in &plugins {
        let folder = Path::new("plugins").join(plugin);
        let (title, rules) = rules_of(&folder.join("README.md"))?;
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        must_be_all(plugin, &ids, &cited_in(&folder.join("src"))?)?;
        let own = tests_in(&folder.join("src"))?;
        write!(page, "\n## {title} (`{plugin}`)\n\n| rule | what it says | tests |\n|---|---|---|\n")?;
        for Rule { id, sentence } in rules {
            let kept_by: Vec<String> = [&own, &suites].iter().filter_map(|tests| tests.get(&id)).flatten().cloned().collect();
            if kept_by.is_empty() {
                untested.push(format!("{id} of {plugin}"));
            }
            writeln!(page, "| {id} | {sentence} | {} |", kept_by.join("<br>"))?;
        }
    }
    if !untested.is_empty() {
        bail!("no test keeps {}: start the doc comment of one with the rule's id, `/// L2: …`", untested.join(", "));
    }
    put(&page, arguments.check)?;
    if arguments.is_broken {
        let chosen = if arguments.plugins.is_empty() { &plugins } else { &arguments.plugins };
        break_plugins(chosen)?;
    }
    Ok(())
}

fn put(page: &str, is_check: bool) -> anyhow::Result<()> {
    if !is_check {
        return fs::write(PAGE, page).with_context(|| format!("cannot write {PAGE}"));
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    ensure!(written == page, "{PAGE} is not what the tests say by now: run `cargo xtask rules`");
    Ok(())
}

/// The plugins of the checkout by id.
fn plugins() -> anyhow::Result<Vec<String>> {
    let mut plugins = Vec::new();
    for entry in fs::read_dir("plugins")? {
        let entry = entry?;
        if entry.path().join("plugin.toml").is_file() {
            plugins.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    plugins.sort();
    Ok(plugins)
}

/// The English half of a staff README: its title, and its list of rules.
fn rules_of(readme: &Path) -> anyhow::Result<(String, Vec<Rule>)> {
    let text = fs::read_to_string(readme).with_context(|| format!("cannot read {}", readme.display()))?;
    let english = text.split_once("\n---\n").map_or(text.as_str(), |(_, english)| english);
    let title = english.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().to_owned();
    let rules = english
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split_once("** "))
        .map(|(id, sentence)| Rule { id: id.to_owned(), sentence: sentence.replace('|', "\\|") });
    Ok((title, rules.collect()))
}

/// A README that leaves a rule out would hide that nothing keeps it.
fn must_be_all(plugin: &str, ids: &[&str], cited: &BTreeSet<String>) -> anyhow::Result<()> {
    ensure!(!ids.is_empty(), "plugins/{plugin}/README.md names no rule: a line like \"- **L2** …\" under \"The rules\"");
    for (nth, id) in ids.iter().enumerate() {
        let number = id.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
        ensure!(number == (nth + 1).to_string(), "plugins/{plugin}/README.md has {id} where its rule {} should be", nth + 1);
    }
    match cited.iter().find(|id| !ids.contains(&id.as_str())) {
        Some(id) => bail!("{plugin} refuses by rule {id}, which its README does not name"),
        None => Ok(()),
    }
}

/// The rules that a plugin's code refuses by: `Rule("L2")`.
fn cited_in(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut cited = BTreeSet::new();
    for file in rust_files(folder)? {
        let source = fs::read_to_string(&file)?;
        let ids = source.split("Rule(\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned());
        cited.extend(ids);
    }
    Ok(cited)
}

/// The tests of a folder by the rules that their doc comments start with.
fn tests_in(folder: &Path) -> anyhow::Result<Tests> {
    let mut tests = Tests::new();
    for file in rust_files(folder)? {
        let source = fs::read_to_string(&file)?;
        let parsed = syn::parse_file(&source).with_context(|| format!("cannot parse {}", file.display()))?;
        collect(&parsed.items, &file, &mut tests);
    }
    Ok(tests)
}

fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn collect(items: &[Item], file: &Path, tests: &mut Tests) {
    for item in items {
        match item {
            Item::Mod(module) => collect(module.content.as_ref().map_or(&[][..], |(_, items)| items), file, tests),
            Item::Fn(function) if function.attrs.iter().any(|attribute| attribute.path().is_ident("test")) => {
                let link = format!("[`{}`](../{})", function.sig.ident, file.display());
                for id in leading_ids(&doc_of(&function.attrs)) {
                    tests.entry(id).or_default().push(link.clone());
                }
            }
            _ => {}
        }
    }
}

fn doc_of(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().find_map(line).unwrap_or_default().trim().to_owned()
}

/// `L1, L6: …` cites two rules.
fn leading_ids(doc: &str) -> Vec<String> {
    let words = doc.split([' ', ',', ':']).filter(|word| !word.is_empty());
    words.take_while(|word| is_rule_id(word)).map(str::to_owned).collect()
}

/// One or two capitals and a number.
fn is_rule_id(word: &str) -> bool {
    let number = word.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let n_letters = word.len() - number.len();
    (1..=2).contains(&n_letters) && !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Mutates each plugin and runs its tests on every mutant; one that passes them all is a rule that nobody keeps.
fn break_plugins(plugins: &[String]) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let (tool, version) = MUTANTS;
    if !has(tool) {
        steps.run("the tool that breaks code", &mut cargo(&["install", "--locked", "--version", version, tool]))?;
    }
    let mut surviving = Vec::new();
    for plugin in plugins {
        say(&format!("Breaking {plugin}"));
        let output = crate::step::target().join("mutants").join(plugin);
        fs::create_dir_all(&output)?;
        let mut mutants =
            cargo(&["mutants", "--package", plugin, "--no-shuffle", "--timeout", "120", "--exclude", "**/tests.rs"]);
        // It ends with 2 when a mutant has survived, with 3 when one ran too long: that was noticed, too.
        let ended = mutants.arg("--output").arg(&output).status()?.code();
        match ended {
            Some(0 | 3) => {}
            Some(2) => surviving.push((plugin, fs::read_to_string(output.join("mutants.out/missed.txt"))?)),
            _ => bail!("cargo mutants could not break {plugin}"),
        }
    }
    if surviving.is_empty() {
        say("A test noticed every mutant");
        return Ok(());
    }
    let list = surviving.iter().map(|(plugin, mutants)| format!("{plugin}:\n{mutants}")).collect::<String>();
    bail!("no test noticed these:\n{list}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doc_comment_cites_the_rules_it_starts_with() {
        assert_eq!(leading_ids("L1, L6: registered at once"), ["L1", "L6"]);
        assert_eq!(leading_ids("R1, to the clerk's eyes"), ["R1"]);
        assert_eq!(leading_ids("SC2: the day's sum"), ["SC2"]);
        assert!(leading_ids("A letter of the 1st, L7 is due").is_empty());
    }
}
