//! A home for a desk under test, its command line, and the serving process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Api, Cluster, Disk, eventually_within, skipped};

/// A fresh home, gone with the test.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// Where libfaketime reads what the wall clock shows; the machine's own clock is never touched.
    clock: Option<PathBuf>,
    database: String,
    disk: Option<Disk>,
}

/// A finished run of the command line.
#[derive(Debug)]
pub struct Cli {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A desk that serves until it is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    pub api: Api,
    pub address: String,
    /// From the start of the process to the first answer that it is ready.
    pub ready_after: Duration,
}

/// A file that the workspace's build made: beside a program of the build, above a test in `deps/`.
pub(crate) fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the program's own path");
    let folders = own.ancestors().skip(1).take(2);
    let file = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    file.unwrap_or_else(|| panic!("no {name} near {}: run cargo build --workspace first", own.display()))
}

impl Home {
    /// A home made by `deskbell init`, with the shipped plugins and an admin called `boss`.
    pub fn new() -> Self {
        Home::with_init(&[])
    }

    /// The same, made when the wall clock showed `at`, local time: `2026-12-09 01:00:00`.
    pub fn made_at(at: &str) -> Self {
        let folder = Home::new_folder();
        let clock = folder.path().join("clock");
        turn_clock(&clock, at);
        Home::made_in(folder, Home::new_database(), Some(clock), &[])
    }

    /// A desk with the demo's month of records, made when the wall clock showed `at`; after that it has the machine's clock.
    pub fn filled_at(at: &str) -> Self {
        let folder = Home::new_folder();
        let clock = folder.path().join("clock");
        turn_clock(&clock, at);
        Home { clock: None, ..Home::made_in(folder, Home::new_database(), Some(clock), &["--demo"]) }
    }

    /// The same with more arguments for `init`.
    pub fn with_init(arguments: &[&str]) -> Self {
        Home::made_in(Home::new_folder(), Home::new_database(), None, arguments)
    }

    /// The same in a folder of the caller's choice.
    pub fn in_folder(folder: TempDir) -> Self {
        Home::made_in(folder, Home::new_database(), None, &[])
    }

    /// Another host on the same PostgreSQL.
    pub fn beside(other: &Home) -> Self {
        Home { clock: other.clock.clone(), ..Home::empty() }.joining(other)
    }

    fn joining(self, other: &Home) -> Self {
        let home = Home { database: other.database.clone(), ..self };
        home.cli(&["init", &home.path().display().to_string(), "--site", "main", "--database", &home.database]).expect(0);
        home
    }

    /// The same, with a clock of its own that shows `at` now.
    pub fn beside_at(other: &Home, at: &str) -> Self {
        let folder = Home::new_folder();
        let clock = folder.path().join("clock");
        turn_clock(&clock, at);
        let home = Home { folder, clock: Some(clock), ..Home::empty() };
        home.joining(other)
    }

    /// A home on a database of its own choosing: `sqlite`, or an address.
    pub fn on(database: &str) -> Self {
        Home::made_in(Home::new_folder(), database.to_owned(), None, &[])
    }

    /// A home on a disk of its own.
    pub fn on_disk(disk: Disk) -> Self {
        Home { disk: Some(disk), ..Home::empty() }.init(&[])
    }

    /// A folder with no desk in it yet.
    pub fn empty() -> Self {
        Home { folder: Home::new_folder(), clock: None, database: "sqlite".to_owned(), disk: None }
    }

    fn new_database() -> String {
        if is_on_postgresql() { Cluster::shared().new_database() } else { "sqlite".to_owned() }
    }

    fn new_folder() -> TempDir {
        TempDir::new().expect("a folder for the home")
    }

    fn made_in(folder: TempDir, database: String, clock: Option<PathBuf>, arguments: &[&str]) -> Self {
        Home { folder, clock, database, disk: None }.init(arguments)
    }

    fn init(self, arguments: &[&str]) -> Self {
        let password = self.folder.path().join("password");
        std::fs::write(&password, "correct horse battery\n").expect("the password file");
        let password = password.display().to_string();
        let path = self.path().display().to_string();
        let mut all =
            vec!["init", &path, "--site", "main", "--name", "万和购物广场", "--admin", "boss", "--password-file", &password];
        all.extend(["--database", &self.database]);
        all.extend(arguments);
        self.cli(&all).expect(0);
        self
    }

    /// The folder of the home itself.
    pub fn path(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.folder.path().to_owned(), Disk::path).join("home")
    }

    /// The disk that it lies on.
    pub fn disk(&mut self) -> &mut Disk {
        self.disk.as_mut().expect("a home on a disk of its own")
    }

    /// The address of its database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Turns the wall clock of a home that was made at some time, also for a desk that is running.
    pub fn set_clock(&self, at: &str) {
        turn_clock(self.clock.as_deref().expect("a home with a clock of its own: Home::made_at"), at);
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().expect("inside the home")).expect("the folder of the file");
        std::fs::write(path, text).expect("a file of the home");
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect("a file of the home")
    }

    /// The texts of the PDFs in `out/` whose name has `form` in it, as a reader of the page sees them.
    pub fn texts_of_papers(&self, form: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.path().join("out")).expect("papers were written").flatten().map(|file| file.path());
        let is_wanted =
            |path: &PathBuf| path.extension().is_some_and(|kind| kind == "pdf") && path.display().to_string().contains(form);
        files.filter(is_wanted).map(|path| text_of_pdf(&path)).collect()
    }

    /// Runs `deskbell` to its end.
    pub fn cli(&self, arguments: &[&str]) -> Cli {
        self.command().args(arguments).stdin(Stdio::null()).output().expect("deskbell starts").into()
    }

    /// The same with other environment variables.
    pub fn cli_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Cli {
        let mut command = self.command();
        command.envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
        command.output().expect("deskbell starts").into()
    }

    /// Runs `deskbell` until it is killed at its n-th call of some system calls (`rename,renameat2`), or to its end. `None` where
    /// the machine has no strace or does not let it.
    pub fn cli_killed_at(&self, calls: &str, nth: u32, arguments: &[&str]) -> Option<Cli> {
        let own = self.command();
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:signal=KILL:when={nth}"), "--"]);
        command.arg(own.get_program()).args(own.get_args()).args(arguments);
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?)))).env_remove("RUST_LOG");
        match command.stdin(Stdio::null()).output() {
            Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("strace:") => Some(output.into()),
            Ok(output) => {
                skipped(&String::from_utf8_lossy(&output.stderr));
                None
            }
            Err(error) => {
                skipped(&format!("strace: {error}"));
                None
            }
        }
    }

    /// Runs a command with `--json` and returns what it prints.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let done = self.cli(&all).expect(0);
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stdout))
    }

    /// A token for a user, made by the command line.
    pub fn token(&self, user: &str) -> String {
        self.json(&["token", "new", "--user", user])["token"].as_str().expect("a token").to_owned()
    }

    /// Adds a user with a role at the site and a PIN.
    pub fn add_user(&self, user: &str, role: &str, pin: &str) {
        let file = self.folder.path().join(format!("pin-{user}"));
        std::fs::write(&file, format!("{pin}\n")).expect("the PIN file");
        let file = file.display().to_string();
        self.cli(&["user", "add", user, "--role", role]).expect(0);
        self.cli(&["user", "pin", user, "--pin-file", &file]).expect(0);
    }

    /// Starts the desk on a free port of loopback and waits until it is ready.
    pub fn serve(&self) -> Serving {
        let mut desk = self.serve_with(None);
        desk.api = desk.api.with_token(Some(self.token("boss")));
        desk
    }

    /// The same with a token that there is.
    pub fn serve_with(&self, token: Option<&str>) -> Serving {
        let started = Instant::now();
        let mut child = self
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("deskbell serve starts");
        let address = announced_address(&mut child);
        let api = Api::new(format!("http://{address}"), None);
        eventually_within(Duration::from_secs(30), "the desk is ready", || {
            api.send("GET", "/readyz", None, &[]).is_ok_and(|answer| answer.status == 200).then_some(())
        });
        let ready_after = started.elapsed();
        let api = api.with_token(token.map(str::to_owned));
        Serving { child, api, address, ready_after }
    }

    fn command(&self) -> Command {
        let program = built("deskbell");
        let mut command = self.disk.as_ref().map_or_else(|| Command::new(&program), |disk| disk.inside(&program));
        command.env("DESKBELL_HOME", self.path()).env("NO_COLOR", "1").env("DESKBELL_LANG", "en").env_remove("RUST_LOG");
        if let Some(clock) = &self.clock {
            command
                .env("LD_PRELOAD", libfaketime())
                .env("FAKETIME_TIMESTAMP_FILE", clock)
                .env("FAKETIME_NO_CACHE", "1")
                .env("DONT_FAKE_MONOTONIC", "1")
                .env("TZ", "Asia/Shanghai");
        }
        command
    }
}

/// Writes how far the clock is from the machine's, for local time in the site's zone, `2026-11-25 01:00:00`.
#[expect(clippy::disallowed_methods, reason = "the machine's clock is what libfaketime counts from")]
fn turn_clock(file: &Path, at: &str) {
    let at: DateTime<FixedOffset> = format!("{at} +0800").parse().expect("a local time");
    let ahead = at.timestamp_millis() - DateTime::<Utc>::from(SystemTime::now()).timestamp_millis();
    let turned = file.with_extension("turned");
    std::fs::write(&turned, format!("{:+.3}\n", ahead as f64 / 1000.0)).expect("the clock's file");
    // A desk that is running reads it whenever it asks for the time.
    std::fs::rename(turned, file).expect("the clock's file");
}

/// What a reader of the pages sees, line by line.
pub fn text_of_pdf(file: &Path) -> String {
    let text = Command::new("pdftotext").arg("-layout").arg(file).arg("-").output().expect("pdftotext starts");
    String::from_utf8(text.stdout).expect("UTF-8")
}

/// The pages of a PDF as pictures in shades of grey, as sharp as an office printer prints them.
pub fn pictures_of_pdf(pdf: &[u8]) -> Vec<Vec<u8>> {
    let folder = TempDir::new().expect("a folder for the pages");
    let (file, pages) = (folder.path().join("paper.pdf"), folder.path().join("page"));
    std::fs::write(&file, pdf).expect("the PDF");
    let done = Command::new("pdftoppm").args(["-r", "300", "-gray", "-png"]).arg(&file).arg(&pages).status();
    assert!(done.expect("pdftoppm starts").success());
    let mut pictures: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).expect("the pages").flatten().map(|entry| entry.path()).collect();
    pictures.retain(|path| path.extension().is_some_and(|kind| kind == "png"));
    pictures.sort();
    pictures.iter().map(|path| std::fs::read(path).expect("a page")).collect()
}

impl Default for Home {
    fn default() -> Self {
        Home::new()
    }
}

/// The suites run twice, from two binaries; each one's name says which database its homes are on.
pub fn is_on_postgresql() -> bool {
    let binary = std::env::current_exe().unwrap_or_default();
    binary.file_name().is_some_and(|name| name.to_string_lossy().starts_with("on_postgresql"))
}

/// Debian's libfaketime, which the set-up installs.
fn libfaketime() -> &'static str {
    let path = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    assert!(Path::new(path).exists(), "libfaketime is missing: run cargo xtask setup");
    path
}

/// The address in the line that `serve` prints; what it says afterwards goes to the test's own output.
fn announced_address(child: &mut Child) -> String {
    let (found, address) = mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] =
        [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
    for stream in streams {
        let found = found.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("http://") {
                    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
                    let _ = found.send(rest[..end].to_owned());
                }
                #[expect(clippy::print_stderr, reason = "the desk's own words belong to a failing test's output")]
                {
                    eprintln!("  | {line}");
                }
            }
        });
    }
    // What is left are the threads' own: a desk that could not start is heard of at once.
    drop(found);
    address.recv_timeout(Duration::from_secs(30)).expect("serve prints its address")
}

impl Serving {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says whether the process is still the one that was started.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the child can be asked").is_none()
    }

    /// Ends the desk as a power failure of the process would.
    pub fn kill(mut self) {
        self.child.kill().expect("the child can be killed");
        self.child.wait().expect("the child ends");
    }

    /// Ends the desk in good order and returns its exit code.
    pub fn stop(mut self) -> i32 {
        self.ask_to_end();
        self.ended_within(Duration::from_secs(20)).code().unwrap_or(-1)
    }

    /// Sends SIGTERM and waits for nothing.
    pub fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the child can be asked to end");
    }

    /// Waits for the end of the process, and says how it ended.
    #[track_caller]
    pub fn ended_within(&mut self, bound: Duration) -> ExitStatus {
        eventually_within(bound, "the desk ends", || self.child.try_wait().ok().flatten())
    }

    /// The plugin children of this desk.
    pub fn plugin_children(&self) -> Vec<i32> {
        self.children("plugin-runner")
    }

    /// The desk's typesetters.
    pub fn typesetters(&self) -> Vec<i32> {
        self.children("deskbell-typeset")
    }

    fn children(&self, named: &str) -> Vec<i32> {
        let children = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse::<u32>().ok()?;
            let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
            (parent == self.pid() && command.contains(named)).then_some(pid)
        });
        children.collect()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cli {
    /// Fails the test unless the exit code is the one promised.
    #[track_caller]
    pub fn expect(self, code: i32) -> Cli {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Cli {
    fn from(output: Output) -> Self {
        Cli {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
