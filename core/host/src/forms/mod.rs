//! Forms and registers on paper: templates, papers as rows with frozen data, exports. Typst itself runs in a worker process.
//!
//! Not here: the data of a form (its plugin's paper function, asked by `desk`), how Typst sets it (`deskbell-typeset`).

mod difference;
mod exports;
mod papers;
mod registers;
mod templates;
mod typesetter;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use deskbell_locale::LANGUAGES;
use deskbell_proto::PluginDescription;
use deskbell_proto::description::FormDescription;
use deskbell_proto::typeset::{self, Complaint, Data, Output, Request, Sheet, Source, Wording};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;
use crate::desk::{Desk, Idempotency, Sites};
use crate::diagnostic::{self, Diagnostic};
use crate::home::{self, Home, Shipped};
use crate::i18n::{I18n, known};
use crate::people::{Policy, Subject};
use crate::plugins::{Package, Plugin, Registry};
use crate::printing::{Printed, Printers};
use crate::problem::{Code, Problem};
use crate::store::Store;
use templates::{Template, Templates, sha256, shipped_layout};
use typesetter::{SetFile, Typesetter};

/// The desk's forms, papers and registers. Clones share the typesetting workers.
#[derive(Debug, Clone)]
pub struct Forms {
    parts: Arc<Parts>,
    typesetter: Typesetter,
    /// What is wrong with a template, by the hash of all that went into it: a file is read once, not at each print.
    checked: Arc<Mutex<HashMap<String, Vec<Complaint>>>>,
}

/// What forms work with.
#[derive(Debug)]
pub struct Parts {
    pub home: Home,
    pub store: Store,
    pub plugins: Arc<Registry>,
    pub desk: Desk,
    pub policy: Policy,
    pub sites: Sites,
    pub i18n: I18n,
    pub printers: Printers,
    pub clock: Clock,
}

/// What to print from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// One record, by number.
    Record(String),
    Period {
        from: NaiveDate,
        to: NaiveDate,
    },
}

/// A print that somebody asks for.
#[derive(Debug, Clone)]
pub struct Order {
    /// `letters.handoff-sheet`
    pub form: String,
    pub of: Of,
    pub lang: String,
    /// The printer it goes to; without one, the one that the form usually goes to, if any.
    pub printer: Option<String>,
    pub idempotency: Option<Idempotency>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFormat {
    Pdf,
    Png,
    Svg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterFormat {
    Pdf,
    Xlsx,
    Csv,
}

/// A finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    pub name: String,
    /// Characters that no font has, and other things a reader should know.
    pub warnings: Vec<String>,
}

/// One print of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    pub id: Uuid,
    pub form: String,
    pub title: String,
    pub site: String,
    pub lang: String,
    /// 1 for the original, n for the n-th copy.
    pub copy: i64,
    pub made_at: chrono::DateTime<chrono::Utc>,
    pub made_by: String,
    pub href: String,
    pub warnings: Vec<String>,
    /// How its print stands, if it was sent to a printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<Printed>,
}

/// A form, as `form list` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FormInfo {
    pub form: String,
    pub title: String,
    /// `shipped`, `store`, `store (broken, the shipped form is used)`.
    pub origin: String,
    pub problem: Option<String>,
}

impl PageFormat {
    fn output(self, page: usize) -> Output {
        match self {
            PageFormat::Pdf => Output::Pdf { tagged: false },
            PageFormat::Png => Output::Png { page },
            PageFormat::Svg => Output::Svg { page },
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            PageFormat::Pdf => "application/pdf",
            PageFormat::Png => "image/png",
            PageFormat::Svg => "image/svg+xml",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            PageFormat::Pdf => "pdf",
            PageFormat::Png => "png",
            PageFormat::Svg => "svg",
        }
    }
}

impl Forms {
    pub fn new(parts: Parts) -> Self {
        let typesetter = Typesetter::new(home::program("deskbell-typeset"), font_folders(&parts.home));
        Forms { parts: Arc::new(parts), typesetter, checked: Arc::default() }
    }

    /// Every form of the desk, and whose template is in force.
    pub async fn list(&self, _subject: &Subject, lang: &str) -> Result<Vec<FormInfo>, Problem> {
        let mut forms = Vec::new();
        for plugin in self.parts.plugins.all() {
            for described in &plugin.description.forms {
                forms.push(self.info(&plugin, described, lang).await?);
            }
        }
        Ok(forms)
    }

    async fn info(&self, plugin: &Plugin, described: &FormDescription, lang: &str) -> Result<FormInfo, Problem> {
        let form = format!("{}.{}", plugin.manifest.id, described.name);
        let title = self.parts.i18n.text(Some(&plugin.manifest.id), lang, &format!("form-{}", described.name));
        let template = match self.templates().find(plugin, &described.name) {
            Ok(template) => template,
            Err(problem) => return Ok(FormInfo { form, title, origin: "none".to_owned(), problem: Some(problem.detail) }),
        };
        let origin = if template.store.is_some() { "store" } else { "shipped" };
        let in_force = self.in_force(plugin, described, lang).await?;
        let (origin, problem) = match in_force.broken {
            Some(complaints) => {
                let first = complaints.first().map(|complaint| diagnostic_of(complaint, &in_force.sources).one_line());
                ("store (broken, the shipped form is used)", first)
            }
            None if template.has_newer_shipped => {
                (origin, Some(format!("the shipped form has changed since: compare them with `deskbell form diff {form}`")))
            }
            None => (origin, None),
        };
        Ok(FormInfo { form, title, origin: origin.to_owned(), problem })
    }

    /// Renders every form (or one) with sample data through the real road; the problems found.
    pub async fn check(&self, form: Option<&str>) -> Result<Vec<Problem>, Problem> {
        let mut problems = Vec::new();
        // A mistake in a template is the same in every language, one in the layout for every form: each is told once.
        let mut seen: Vec<Diagnostic> = Vec::new();
        for (plugin, described) in self.named(form)? {
            let template = match self.templates().find(&plugin, &described.name) {
                Ok(template) => template,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            for lang in LANGUAGES {
                let candidate = self.candidate(&plugin, &described, &template, lang);
                for complaint in self.complaints(&candidate).await? {
                    let diagnostic = diagnostic_of(&complaint, &sources(&candidate));
                    if !seen.contains(&diagnostic) {
                        seen.push(diagnostic);
                    }
                }
            }
        }
        problems.extend(seen.iter().map(|diagnostic| Problem::new(Code::ConfigInvalid, diagnostic.to_string())));
        Ok(problems)
    }

    fn named(&self, form: Option<&str>) -> Result<Vec<(Arc<Plugin>, FormDescription)>, Problem> {
        if let Some(form) = form {
            return Ok(vec![self.described(form)?]);
        }
        let plugins = self.parts.plugins.all();
        let of =
            |plugin: &Arc<Plugin>| plugin.description.forms.iter().map(|form| (plugin.clone(), form.clone())).collect::<Vec<_>>();
        Ok(plugins.iter().flat_map(of).collect())
    }

    /// A form's plugin, whether or not it is running, and its description.
    fn described(&self, form: &str) -> Result<(Arc<Plugin>, FormDescription), Problem> {
        let unknown = || {
            let plugins = self.parts.plugins.all();
            let names: Vec<String> = plugins
                .iter()
                .flat_map(|plugin| plugin.description.forms.iter().map(|form| format!("{}.{}", plugin.manifest.id, form.name)))
                .collect();
            let nearest = diagnostic::nearest(form, names.iter().map(String::as_str));
            let help = nearest.map_or(String::new(), |nearest| format!("; did you mean {nearest}?"));
            Problem::not_found(format!("form {form}{help}"))
        };
        let (plugin, name) = form.split_once('.').ok_or_else(unknown)?;
        let plugin = self.parts.plugins.get(plugin).ok_or_else(unknown)?;
        let described = plugin.description.forms.iter().find(|described| described.name == name).cloned();
        Ok((plugin, described.ok_or_else(unknown)?))
    }

    /// Shows a form as it would print; counts nothing. `page` is for PNG and SVG, from 1.
    #[expect(clippy::too_many_arguments, reason = "each says another thing about one page")]
    pub async fn show(
        &self,
        subject: &Subject,
        site: &str,
        form: &str,
        of: Of,
        lang: &str,
        format: PageFormat,
        page: usize,
    ) -> Result<File, Problem> {
        let lang = known(lang);
        let (plugin, described) = self.parts.desk.form(form)?;
        let papers = self.parts.desk.form_data(subject, site, form, &of).await?;
        let mut sheets = Vec::new();
        for paper in &papers {
            let print = papers::Print { site, copy: 1, made_at: self.parts.clock.now(), made_by: &subject.name };
            sheets.push(self.sheet(&print, paper.record.as_ref(), paper.period, &paper.data).await?);
        }
        if sheets.is_empty() {
            return Err(Problem::not_found(format!("record for {form} in that span of days")));
        }
        let in_force = self.in_force(&plugin, &described, lang).await?;
        let request = Request::Form { form: in_force.form, sheets, output: format.output(page) };
        let SetFile { bytes, mut warnings } = self.set(&request, &in_force.sources).await?;
        warnings.extend(in_force.warning);
        let name = format!("{}-{}.{}", described.name, of.file_name(), format.extension());
        Ok(File { bytes, media_type: format.media_type(), name, warnings })
    }

    /// Shows a form with its sample data.
    pub async fn sample(&self, form: &str, lang: &str, format: PageFormat, page: usize) -> Result<File, Problem> {
        let lang = known(lang);
        let (plugin, described) = self.described(form)?;
        let in_force = self.in_force(&plugin, &described, lang).await?;
        let site = self.parts.sites.all().into_iter().next();
        let paper = typeset::Paper {
            site: site.as_ref().map_or(String::new(), |site| site.info.name.clone()),
            timezone: site.map_or_else(|| "UTC".to_owned(), |site| site.info.timezone.clone()),
            number: Some("X-20261109-001".to_owned()),
            ..typeset::Paper::default()
        };
        let sheets = vec![Sheet { data: Data::Sample, paper }];
        let request = Request::Form { form: in_force.form, sheets, output: format.output(page) };
        let SetFile { bytes, mut warnings } = self.set(&request, &in_force.sources).await?;
        warnings.extend(in_force.warning);
        let name = format!("{}-sample.{}", described.name, format.extension());
        Ok(File { bytes, media_type: format.media_type(), name, warnings })
    }

    /// The difference between the store's form and the shipped one.
    pub async fn diff(&self, form: &str) -> Result<String, Problem> {
        let (plugin, described) = self.described(form)?;
        let Template { shipped, store, .. } = self.templates().find(&plugin, &described.name)?;
        Ok(store.map_or(String::new(), |store| difference::between(&shipped.file, &shipped.text, &store.file, &store.text)))
    }

    /// Puts the shipped form back; what the store had is kept beside it, as `….typ.before-reset`.
    pub async fn reset(&self, form: &str) -> Result<(), Problem> {
        let (plugin, described) = self.described(form)?;
        let template = self.templates().find(&plugin, &described.name)?;
        let file = self.templates().file(&plugin.manifest.id, &described.name);
        let failed = |error: std::io::Error| Problem::internal(format!("{} can't be put back: {error}", file.display()));
        if template.store.is_some() {
            std::fs::rename(&file, file.with_extension("typ.before-reset")).map_err(failed)?;
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&file, template.shipped.text).map_err(failed)
    }

    fn templates(&self) -> Templates<'_> {
        Templates::of(&self.parts.home)
    }

    /// The form that prints: the store's, unless it is broken.
    async fn in_force(&self, plugin: &Plugin, described: &FormDescription, lang: &str) -> Result<InForce, Problem> {
        let template = self.templates().find(plugin, &described.name)?;
        let candidate = self.candidate(plugin, described, &template, lang);
        let is_shipped = template.store.is_none() && candidate.layout == shipped_layout();
        let complaints = if is_shipped { Vec::new() } else { self.complaints(&candidate).await? };
        let sources = sources(&candidate);
        let Some(first) = complaints.first() else {
            return Ok(InForce { form: candidate, sources, warning: None, broken: None });
        };
        tracing::warn!(
            form = described.name,
            "the store's form is broken, the shipped one is used: {}",
            one_line(first, &sources)
        );
        let args = [("file".to_owned(), first.file.clone())].into();
        let warning = self.parts.i18n.messages(None, lang).get_or_key("paper-shipped-form", &args);
        let form = typeset::Form { template: template.shipped, layout: shipped_layout(), ..candidate };
        Ok(InForce { form, sources, warning: Some(warning), broken: Some(complaints) })
    }

    fn candidate(&self, plugin: &Plugin, described: &FormDescription, template: &Template, lang: &str) -> typeset::Form {
        typeset::Form {
            name: described.name.clone(),
            template: template.store.clone().unwrap_or_else(|| template.shipped.clone()),
            layout: self.templates().layout(),
            shape: described.data.clone(),
            wording: wording(plugin, lang),
        }
    }

    /// What is wrong with a form; the same files are asked about once.
    async fn complaints(&self, form: &typeset::Form) -> Result<Vec<Complaint>, Problem> {
        let key = sha256(serde_json::to_vec(form).map_err(Problem::internal)?);
        if let Some(known) = self.checked.lock().get(&key) {
            return Ok(known.clone());
        }
        let complaints = self.typesetter.check(&Request::Check { form: form.clone() }).await?;
        self.checked.lock().insert(key, complaints.clone());
        Ok(complaints)
    }

    /// Sets something into type; what is wrong with a template is a problem of the settings.
    async fn set(&self, request: &Request, sources: &[Source]) -> Result<SetFile, Problem> {
        self.typesetter.set(request).await?.map_err(|complaints| {
            let told: Vec<String> = complaints.iter().map(|complaint| diagnostic_of(complaint, sources).to_string()).collect();
            Problem::new(Code::ConfigInvalid, told.join("\n"))
        })
    }
}

/// What is wrong with the templates of a package that is installed nowhere: those it ships, in every language.
pub(crate) async fn check_package(package: &Package, description: &PluginDescription) -> Result<Vec<Diagnostic>, Problem> {
    let typesetter = Typesetter::new(home::program("deskbell-typeset"), shipped_fonts().into_iter().collect());
    let text = |path: &str| {
        let (_, bytes) = package.files().find(|(known, _)| *known == path)?;
        Some(Source { file: path.to_owned(), text: String::from_utf8_lossy(bytes).into_owned() })
    };
    let mut found: Vec<Diagnostic> = Vec::new();
    for described in &description.forms {
        let file = format!("templates/{}.typ", described.name);
        let Some(template) = text(&file) else {
            found.push(Diagnostic::in_file("form.template", &file, format!("the form {} has no template", described.name)));
            continue;
        };
        for lang in LANGUAGES {
            let (core, words) = I18n::core_file(lang);
            let core = Source { file: core, text: words.to_owned() };
            let layers = std::iter::once(core).chain(text(&format!("locales/{lang}.ftl"))).collect();
            let form = typeset::Form {
                name: described.name.clone(),
                template: template.clone(),
                layout: shipped_layout(),
                shape: described.data.clone(),
                wording: Wording { language: lang.to_owned(), layers },
            };
            let complaints = typesetter.check(&Request::Check { form: form.clone() }).await?;
            for complaint in &complaints {
                let diagnostic = diagnostic_of(complaint, &sources(&form));
                if !found.contains(&diagnostic) {
                    found.push(diagnostic);
                }
            }
        }
    }
    Ok(found)
}

/// The form that prints, and what the reader should know about it.
struct InForce {
    form: typeset::Form,
    /// The texts that a complaint can be about.
    sources: Vec<Source>,
    warning: Option<String>,
    broken: Option<Vec<Complaint>>,
}

impl Of {
    /// How files of it are called.
    fn file_name(&self) -> String {
        match self {
            Of::Record(number) => number.clone(),
            Of::Period { from, to } if from == to => from.to_string(),
            Of::Period { from, to } => format!("{from}_{to}"),
        }
    }
}

/// The words of a plugin's papers: the core's under its own.
fn wording(plugin: &Plugin, lang: &str) -> Wording {
    let (file, text) = I18n::core_file(lang);
    let mut layers = vec![Source { file, text: text.to_owned() }];
    let own = plugin.locales().into_iter().filter(|(language, ..)| language == lang);
    layers.extend(own.map(|(_, file, text)| Source { file, text }));
    Wording { language: lang.to_owned(), layers }
}

fn sources(form: &typeset::Form) -> Vec<Source> {
    let all = std::iter::once(&form.template).chain(form.layout.values()).chain(&form.wording.layers);
    all.cloned().collect()
}

/// A complaint with its line.
fn diagnostic_of(complaint: &Complaint, sources: &[Source]) -> Diagnostic {
    const CODE: &str = "form.template";
    let source = sources.iter().find(|source| source.file == complaint.file);
    let diagnostic = match (&complaint.span, source) {
        (Some(span), Some(source)) => {
            let source = diagnostic::Source::new(source.file.as_str(), source.text.as_str());
            Diagnostic::at(CODE, &source, span.clone(), complaint.reason.clone())
        }
        _ => Diagnostic::in_file(CODE, &complaint.file, complaint.reason.clone()),
    };
    match &complaint.help {
        Some(help) => diagnostic.with_help(help.clone()),
        None => diagnostic,
    }
}

fn one_line(complaint: &Complaint, sources: &[Source]) -> String {
    diagnostic_of(complaint, sources).one_line()
}

/// Where fonts are looked for: the shipped ones, and those that a store adds for rare characters.
fn font_folders(home: &Home) -> Vec<PathBuf> {
    let own = Some(home.root().join("fonts")).filter(|folder| folder.is_dir());
    shipped_fonts().into_iter().chain(own).collect()
}

fn shipped_fonts() -> Option<PathBuf> {
    let shipped = Shipped::find()?;
    // In a checkout, the other npm packages are none of our business.
    let package = shipped.fonts().join("@expo-google-fonts/noto-sans-sc");
    Some(if package.is_dir() { package } else { shipped.fonts().to_owned() })
}
