//! A home with the misbehaving plugin in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use deskbell::config::Settings;
use deskbell::diagnostic::Source;
use deskbell::home::Home;
use deskbell::plugins::{CallFailure, Package, Plugin, Reads, Registry, Status};
use deskbell_proto::{Actor, Answer, Call, Context, Fault, Fields, Handler, Read, ReadAnswer, SiteInfo};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tracing::field::{Field, Visit};

pub(crate) const ID: &str = "misbehaving";

/// A desk's plugins in a home of their own.
pub(crate) struct Desk {
    pub(crate) registry: Registry,
    pub(crate) home: Home,
    settings: String,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// A home whose only plugin is the misbehaving one, in use.
    pub(crate) async fn open(settings: &str) -> Desk {
        let desk = Desk::empty(settings).await;
        let status = desk.install(&library()).await.unwrap();
        assert_eq!(status.reason, None);
        desk
    }

    pub(crate) async fn empty(settings: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.prepare_data().unwrap();
        std::fs::create_dir_all(home.plugins()).unwrap();
        let registry = open_registry(&home, settings).await;
        Desk { registry, home, settings: settings.to_owned(), _folder: folder }
    }

    /// The same home, as a desk finds it that is started again.
    pub(crate) async fn reopened(self) -> Desk {
        let registry = open_registry(&self.home, &self.settings).await;
        Desk { registry, ..self }
    }

    /// Installs a package with these bytes as its library, vouched for.
    pub(crate) async fn install(&self, library: &[u8]) -> Result<Status, deskbell::problem::Problem> {
        let folder = package_with(library);
        let package = Package::from_folder(folder.path()).unwrap();
        self.registry.trust(&package.hash()).await?;
        Ok(self.registry.install(folder.path(), None).await?.0)
    }

    pub(crate) fn plugin(&self) -> Arc<Plugin> {
        self.registry.get(ID).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        self.registry.statuses("en").into_iter().find(|status| status.id == ID).unwrap()
    }

    /// Lets the plugin do one thing.
    pub(crate) async fn act(&self, action: &str) -> Result<Value, CallFailure> {
        self.act_within(action, Duration::from_secs(10)).await
    }

    pub(crate) async fn act_within(&self, action: &str, deadline: Duration) -> Result<Value, CallFailure> {
        let handler = Handler::PluginAction { action: action.to_owned(), args: Fields::new() };
        run(&self.plugin(), handler, deadline).await.map(|answer| answer.value)
    }
}

async fn open_registry(home: &Home, settings: &str) -> Registry {
    let loaded = Settings::read(Source::new("deskbell.toml", settings));
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    Registry::open(home, &loaded.settings.runners).await
}

pub(crate) async fn run(plugin: &Plugin, handler: Handler, deadline: Duration) -> Result<Answer, CallFailure> {
    let call = Call {
        handler,
        context: Context {
            site: SiteInfo { id: "main".into(), name: "Main".into(), timezone: "Asia/Shanghai".into() },
            actor: Actor { user: "clerk".into(), name: "Clerk".into(), roles: Vec::new() },
            now: "2026-11-24T02:00:00Z".parse().unwrap(),
            today: "2026-11-24".parse().unwrap(),
            settings: Fields::new(),
            entropy: 7,
        },
    };
    plugin.run(&call, Arc::new(OneRow), deadline).await
}

/// A store that answers every read with the same row.
struct OneRow;

impl Reads for OneRow {
    fn read(&self, read: Read) -> BoxFuture<'_, Result<ReadAnswer, Fault>> {
        Box::pin(async move {
            assert!(matches!(read, Read::Find(_)), "{read:?}");
            Ok(ReadAnswer { rows: vec![Fields::from_iter([("name".to_owned(), "张三".into())])], count: 1 })
        })
    }
}

/// A folder with the fixture's package around a library.
pub(crate) fn package_with(library: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plugin.toml"), manifest()).unwrap();
    std::fs::write(folder.path().join("libmisbehaving.so"), library).unwrap();
    folder
}

pub(crate) fn manifest() -> &'static str {
    include_str!("../../../../tests/fixtures/misbehaving/plugin.toml")
}

/// The bytes of the fixture's library.
pub(crate) fn library() -> Vec<u8> {
    static LIBRARY: OnceLock<Vec<u8>> = OnceLock::new();
    LIBRARY.get_or_init(|| std::fs::read(built_library()).unwrap()).clone()
}

/// The library with one text written over another of the same length.
pub(crate) fn library_with(old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = library();
    let places: Vec<usize> =
        bytes.windows(old.len()).enumerate().filter(|(_, window)| *window == old.as_bytes()).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "{old} is not in the library");
    for at in places {
        bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

/// Builds the library beside the binary under test, where it is missing or older than its source.
fn built_library() -> PathBuf {
    let profile_folder = Path::new(env!("CARGO_BIN_EXE_deskbell")).parent().unwrap();
    let library = profile_folder.join("libmisbehaving.so");
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/misbehaving");
    let changed = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let is_fresh = changed(&library) > changed(&crate_folder.join("src/lib.rs")).max(changed(&crate_folder.join("plugin.toml")));
    if !is_fresh {
        let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", ID, "--profile", profile, "--target-dir"])
            .arg(profile_folder.parent().unwrap())
            .current_dir(&crate_folder)
            .status()
            .unwrap();
        assert!(status.success(), "the fixture does not build");
    }
    library
}

/// Gathers what is logged while `during` runs, a line an event.
pub(crate) struct Diary {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Diary {
    pub(crate) fn open() -> Diary {
        use tracing_subscriber::layer::SubscriberExt;
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let subscriber = tracing_subscriber::registry().with(Gather(lines.clone()));
        Diary { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits until a line with this text is there: a child's stderr comes by itself.
    pub(crate) async fn wait_for(&self, text: &str) -> String {
        let found = || self.lines().into_iter().find(|line| line.contains(text));
        for _ in 0..500 {
            if let Some(line) = found() {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{text} was not logged: {:#?}", self.lines());
    }
}

struct Gather(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Gather {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {}={value:?}", field.name()));
            }
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}
