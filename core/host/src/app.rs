//! The only place that wires things together: settings → store → plugins → desk → jobs, forms.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::backup::Backups;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::desk::{self, Desk, Events, Site, Sites};
use crate::diagnostic::{Diagnostic, Source};
use crate::forms::{self, Forms};
use crate::home::{Home, Shipped};
use crate::i18n::I18n;
use crate::imports::{self, Imports};
use crate::jobs::calendar::Hours;
use crate::jobs::schedule::{PluginJobs, SiteClock};
use crate::jobs::{self, Jobs};
use crate::notify::{Courier, Deliveries, Teller};
use crate::people::{People, Permission, Policy};
use crate::plugins::{self, Package, Plugin, Registry};
use crate::printing::{Printers, Spooler};
use crate::problem::{Code, Problem};
use crate::queue::carry;
use crate::retention;
use crate::store::{Durability, Location, Store};

/// A desk that is open: everything the web and the CLI talk to. Clones are the same desk.
#[derive(Debug, Clone)]
pub struct App {
    pub home: Home,
    pub clock: Clock,
    pub store: Store,
    pub plugins: Arc<Registry>,
    pub desk: Desk,
    pub jobs: Jobs,
    pub forms: Forms,
    pub imports: Imports,
    pub backups: Backups,
    pub people: People,
    pub policy: Policy,
    pub sites: Sites,
    pub i18n: I18n,
    pub printers: Printers,
    pub deliveries: Deliveries,
    events: Events,
    serving: Arc<Mutex<Option<Serving>>>,
}

/// What runs only while the desk serves.
#[derive(Debug)]
struct Serving {
    jobs: jobs::Running,
    end: CancellationToken,
}

impl App {
    /// Opens the desk of a home: settings, store, plugins, forms. Jobs do not start; the caller holds the home's lock.
    pub async fn open(home: Home) -> Result<App, Problem> {
        App::open_at(home, Clock::system()).await
    }

    /// The same by another clock: a demo's.
    pub async fn open_at(home: Home, clock: Clock) -> Result<App, Problem> {
        App::open_with(home, clock, Durability::Kept).await
    }

    /// Opens a copy of a desk by the clock of a simulation: it is quick, and a power cut may take it.
    pub async fn open_copy(home: Home, clock: Clock) -> Result<App, Problem> {
        App::open_with(home, clock, Durability::Forgone).await
    }

    async fn open_with(home: Home, clock: Clock, durability: Durability) -> Result<App, Problem> {
        let settings = usable_settings(&home)?;
        let (url, connections) = (settings.database.url.expose(), settings.database.connections);
        let store = Store::open_with(url, &home.database_file(), connections, durability).await?;
        let plugins = Arc::new(Registry::open(&home, &settings.runners).await);
        if let Some(shipped) = Shipped::find() {
            for note in plugins.follow_shipped(&shipped).await {
                tracing::warn!("{}", note.one_line());
            }
        }
        let (policy, sites, i18n, events) = (Policy::default(), Sites::default(), I18n::new(), Events::default());
        let people = People::new(store.clone(), policy.clone(), sites.clone(), clock.clone());
        let desk = Desk::new(desk::Parts {
            store: store.clone(),
            plugins: plugins.clone(),
            people: people.clone(),
            policy: policy.clone(),
            sites: sites.clone(),
            i18n: i18n.clone(),
            clock: clock.clone(),
            events: events.clone(),
        });
        let jobs = Jobs::new(jobs::Parts {
            store: store.clone(),
            clock: clock.clone(),
            desk: desk.clone(),
            plugins: plugins.clone(),
            policy: policy.clone(),
            sites: sites.clone(),
            i18n: i18n.clone(),
        });
        let printers = Printers::default();
        let forms = Forms::new(forms::Parts {
            home: home.clone(),
            store: store.clone(),
            plugins: plugins.clone(),
            desk: desk.clone(),
            policy: policy.clone(),
            sites: sites.clone(),
            i18n: i18n.clone(),
            printers: printers.clone(),
            clock: clock.clone(),
        });
        let imports = Imports::new(imports::Parts {
            desk: desk.clone(),
            plugins: plugins.clone(),
            sites: sites.clone(),
            i18n: i18n.clone(),
        });
        let location = Location::parse(settings.database.url.expose(), &home.database_file())?;
        let backups = Backups::new(home.clone(), location, settings.backups.keep as usize);
        let serving = Arc::default();
        let app = App {
            home,
            clock,
            store,
            plugins,
            desk,
            jobs,
            forms,
            imports,
            backups,
            people,
            policy,
            sites,
            i18n,
            printers,
            deliveries: Deliveries::default(),
            events,
            serving,
        };
        // What is wrong is shown by `check`; the desk goes on with the rest.
        app.reload().await?;
        Ok(app)
    }

    /// Puts in force what lies in the home and among the plugins now: sites, settings, tables, sentences, grants, schedules.
    /// What is wrong is answered and left out, the rest goes on.
    pub async fn reload(&self) -> Result<Vec<Diagnostic>, Problem> {
        let loaded = Settings::load(&self.home.settings_file());
        let mut problems = loaded.problems;
        let settings = if loaded.is_usable { loaded.settings } else { usable_settings(&self.home)? };
        problems.extend(self.plugins.problems());
        let plugins = self.plugins.all();
        for plugin in &plugins {
            self.store.install_types(&plugin.manifest.id, &plugin.description).await?;
            problems.extend(self.take_in_sentences(plugin));
        }
        problems.extend(self.take_in_settings(&settings, &plugins));
        let (jobs, clocks) = scheduled(&self.home, &settings, &plugins);
        problems.extend(self.jobs.set_schedules(&jobs, &clocks).await?);
        problems.extend(self.stray_schedules());
        Ok(problems)
    }

    /// Reads settings and schedules as they lie in the home now, with the loader's own code, and says what is wrong in them;
    /// puts nothing in force.
    pub async fn check(&self) -> Vec<Diagnostic> {
        let loaded = Settings::load(&self.home.settings_file());
        let mut problems = loaded.problems;
        problems.extend(self.plugins.problems());
        let plugins = self.plugins.all();
        problems.extend(check_plugin_settings(&loaded.settings, &plugins));
        let (jobs, clocks) = scheduled(&self.home, &loaded.settings, &plugins);
        problems.extend(jobs::schedule::read(&jobs, &clocks).problems);
        problems.extend(self.stray_schedules());
        problems
    }

    /// Schedule files of no plugin; one that is disabled keeps its own.
    fn stray_schedules(&self) -> Vec<Diagnostic> {
        let installed: Vec<String> = self.plugins.statuses("en").into_iter().map(|status| status.id).collect();
        jobs::schedule::stray_files(&self.home.schedules(), &installed)
    }

    fn take_in_sentences(&self, plugin: &Plugin) -> Option<Diagnostic> {
        let wrong = self.i18n.set_plugin(&plugin.manifest.id, &plugin.locales()).err()?;
        Some(Diagnostic::in_file("locale.syntax", wrong.file, format!("line {}: {}", wrong.line, wrong.reason)))
    }

    fn take_in_settings(&self, settings: &Settings, plugins: &[Arc<Plugin>]) -> Vec<Diagnostic> {
        let mut sites: Vec<Site> = settings.sites.iter().map(site).collect();
        let mut grants = HashMap::new();
        for plugin in plugins {
            let id = &plugin.manifest.id;
            let typed = settings.plugin(id, &plugin.description.settings);
            for site in &mut sites {
                let fields = typed.by_site.get(&site.info.id).cloned().unwrap_or_default();
                site.settings.insert(id.clone(), fields);
            }
            for (name, roles) in declared_permissions(plugin) {
                let roles = settings.permissions.roles_for(&name).map_or(roles, <[String]>::to_vec);
                grants.insert(Permission::parse(&name), BTreeSet::from_iter(roles));
            }
        }
        self.printers.set(settings.printers.clone());
        self.deliveries.set(settings.deliveries.clone());
        self.sites.set(sites);
        self.policy.set(grants);
        check_plugin_settings(settings, plugins)
    }

    /// Starts what only a serving desk does: the jobs' pulse, the outbox, the queues out of the desk, the daily sweep.
    pub async fn start(&self) -> Result<(), Problem> {
        let end = CancellationToken::new();
        let teller = Teller::new(self.store.clone(), self.events.clone(), self.deliveries.clone(), self.clock.clone());
        tokio::spawn(teller.run(end.clone()));
        let spooler = Spooler {
            store: self.store.clone(),
            printers: self.printers.clone(),
            forms: self.forms.clone(),
            events: self.events.clone(),
            clock: self.clock.clone(),
        };
        let courier = Courier {
            store: self.store.clone(),
            deliveries: self.deliveries.clone(),
            sites: self.sites.clone(),
            i18n: self.i18n.clone(),
            clock: self.clock.clone(),
        };
        tokio::spawn(carry(spooler, self.store.outbox_grew(), end.clone()));
        tokio::spawn(carry(courier, self.store.outbox_grew(), end.clone()));
        let retention = usable_settings(&self.home)?.retention;
        tokio::spawn(retention::sweep(self.home.clone(), self.store.clone(), retention, self.clock.clone(), end.clone()));
        let jobs = self.jobs.start().await;
        *self.serving.lock() = Some(Serving { jobs, end });
        Ok(())
    }

    /// Ends it in good order: leases released, children gone, the last commit durable.
    pub async fn stop(&self) {
        let serving = self.serving.lock().take();
        if let Some(Serving { jobs, end }) = serving {
            jobs.stop().await;
            end.cancel();
        }
        self.store.close().await;
    }
}

/// Inspects a package in a folder, or a crate's, as the desk would load it: everything that is wrong with it at once.
pub async fn check_package(folder: &Path) -> Result<(Package, Vec<Diagnostic>), Vec<Diagnostic>> {
    let plugins::Inspected { package, description, mut problems } = plugins::inspect(folder).await?;
    let Some(description) = description else { return Ok((package, problems)) };
    match forms::check_package(&package, &description).await {
        Ok(found) => problems.extend(found),
        Err(problem) => problems.push(Diagnostic::in_file("form.unchecked", "templates", problem.detail)),
    }
    let id = &package.manifest.id;
    let file = format!("schedules/{id}.toml");
    let shipped = package.files().find(|(path, _)| *path == file);
    let jobs = PluginJobs {
        plugin: id.clone(),
        jobs: description.jobs.iter().map(|job| job.name.clone()).collect(),
        shipped: shipped.map(|(_, bytes)| Source::new(file.as_str(), String::from_utf8_lossy(bytes))),
        store: None,
    };
    problems.extend(jobs::schedule::read(&[jobs], &[site_clock(&config::Site::default())]).problems);
    Ok((package, problems))
}

/// The settings of a home, or everything that is wrong with them.
fn usable_settings(home: &Home) -> Result<Settings, Problem> {
    let loaded = Settings::load(&home.settings_file());
    if loaded.is_usable {
        return Ok(loaded.settings);
    }
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    Err(Problem::new(Code::ConfigInvalid, problems.join("\n")))
}

fn site(settings: &config::Site) -> Site {
    Site {
        info: settings.info(),
        zone: settings.timezone,
        languages: settings.languages.iter().map(|language| language.tag().to_owned()).collect(),
        settings: HashMap::new(),
    }
}

/// A plugin's permissions by their full name, with the roles of a new desk.
fn declared_permissions(plugin: &Plugin) -> Vec<(String, Vec<String>)> {
    let id = &plugin.manifest.id;
    plugin.manifest.permissions.iter().map(|(name, roles)| (format!("{id}:{name}"), roles.clone())).collect()
}

/// What is wrong in the settings once the plugins are known.
fn check_plugin_settings(settings: &Settings, plugins: &[Arc<Plugin>]) -> Vec<Diagnostic> {
    let ids: Vec<&str> = plugins.iter().map(|plugin| plugin.manifest.id.as_str()).collect();
    let declared: Vec<String> = plugins.iter().flat_map(|plugin| declared_permissions(plugin)).map(|(name, _)| name).collect();
    let mut problems = settings.check_names(&ids, &declared);
    for plugin in plugins {
        problems.extend(settings.plugin(&plugin.manifest.id, &plugin.description.settings).problems);
    }
    problems
}

/// The plugins' jobs with the files that schedule them, and the sites' clocks.
fn scheduled(home: &Home, settings: &Settings, plugins: &[Arc<Plugin>]) -> (Vec<PluginJobs>, Vec<SiteClock>) {
    (plugins.iter().map(|plugin| plugin_jobs(home, plugin)).collect(), settings.sites.iter().map(site_clock).collect())
}

fn site_clock(site: &config::Site) -> SiteClock {
    SiteClock { id: site.id.clone(), zone: site.timezone, hours: Hours { opens: site.opens, closes: site.closes } }
}

fn plugin_jobs(home: &Home, plugin: &Plugin) -> PluginJobs {
    let id = &plugin.manifest.id;
    let read = |file: std::path::PathBuf| std::fs::read_to_string(&file).ok().map(|text| Source::new(home.show(&file), text));
    PluginJobs {
        plugin: id.clone(),
        jobs: plugin.description.jobs.iter().map(|job| job.name.clone()).collect(),
        shipped: read(plugin.schedule()),
        store: read(home.schedules().join(format!("{id}.toml"))),
    }
}
