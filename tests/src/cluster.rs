//! A PostgreSQL of the tests' own: Debian's server in a temporary folder, ended and removed with the process that started it.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A running server that listens on a Unix socket in its folder.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    /// PostgreSQL refuses to run as root.
    owner: Option<(u32, u32)>,
    settings: &'static str,
    watch: Child,
}

/// The machine keeps its power in tests, and a killed server leaves its writes with the kernel.
const QUICK: &str = "-c fsync=off -c listen_addresses='' -c max_connections=150";

/// What is measured is what a store would have.
const DURABLE: &str = "-c fsync=on -c listen_addresses='' -c max_connections=150";

impl Cluster {
    /// The server that all tests of this process share, each with a database of its own.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start().unwrap_or_else(|why| panic!("no PostgreSQL to test on: {why}")))
    }

    /// Starts a server, or says why there is none.
    pub fn start() -> Result<Cluster, String> {
        Cluster::start_with(QUICK)
    }

    /// Starts a server that waits for the disk, to measure it.
    pub fn start_durable() -> Result<Cluster, String> {
        Cluster::start_with(DURABLE)
    }

    fn start_with(settings: &'static str) -> Result<Cluster, String> {
        let bin = newest_server().ok_or("no /usr/lib/postgresql/*/bin/initdb: run cargo xtask setup")?;
        let folder =
            tempfile::Builder::new().prefix("deskbell-postgres-").tempdir_in("/tmp").map_err(|error| error.to_string())?;
        let folder = folder.keep();
        let owner = rustix::process::geteuid().is_root().then(unprivileged).transpose()?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let watch = watch(&bin, &folder, owner).map_err(|error| format!("the watch: {error}"))?;
        let cluster = Cluster { bin, folder, owner, settings, watch };
        cluster.run("initdb", &["-U", "desk", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "-D", "data"])?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Starts the server of a cluster that was killed or stopped, and returns once it accepts connections.
    pub fn start_again(&self) -> Result<(), String> {
        let options = format!("{} -c unix_socket_directories='{}'", self.settings, self.folder.display());
        self.run("pg_ctl", &["-D", "data", "-l", "log", "-w", "-o", &options, "start"])
    }

    /// Restarts the server without waiting for anybody's work: what `pg_ctl restart -m immediate` does.
    pub fn restart_at_once(&self) -> Result<(), String> {
        self.run("pg_ctl", &["-D", "data", "-l", "log", "-m", "immediate", "-w", "restart"])
    }

    /// Kills the postmaster and every process of it.
    pub fn kill(&self) {
        let postmaster = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("a running server");
        let postmaster: i32 = postmaster.lines().next().and_then(|line| line.trim().parse().ok()).expect("its pid");
        let processes: Vec<i32> = std::iter::once(postmaster).chain(children_of(postmaster)).collect();
        for pid in &processes {
            let pid = rustix::process::Pid::from_raw(*pid).expect("a pid");
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        // A backend may outlive its postmaster by a moment, and would keep the next one from starting.
        crate::eventually("the server's processes are gone", || processes.iter().all(|pid| is_gone(*pid)).then_some(()));
        // Its locks name a process that may still stand in the machine's table, and the next one would believe them.
        for lock in ["data/postmaster.pid", ".s.PGSQL.5432.lock"] {
            let _ = std::fs::remove_file(self.folder.join(lock));
        }
    }

    /// Makes a database and returns its address.
    pub fn database(&self, name: &str) -> Result<String, String> {
        let folder = self.folder.display().to_string();
        self.run("createdb", &["-h", &folder, "-U", "desk", "-E", "UTF8", "-T", "template0", name])?;
        Ok(format!("postgres://desk@localhost/{name}?host={folder}"))
    }

    /// Makes a database with a name of its own.
    pub fn new_database(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("desk_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.database(&name).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// What a question answers, a line a row.
    pub fn ask(&self, database: &str, sql: &str) -> Result<String, String> {
        self.output("psql", &["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, database])
    }

    /// Transactions a second that pgbench makes of a script with so many clients.
    pub fn pgbench(&self, database: &str, script: &str, clients: usize, lasting: Duration) -> Result<f64, String> {
        std::fs::write(self.folder.join("script.sql"), script).map_err(|error| error.to_string())?;
        let (clients, seconds) = (clients.to_string(), lasting.as_secs().to_string());
        let told = ["-n", "-M", "prepared", "-f", "script.sql", "-c", &clients, "-T", &seconds, database];
        let told = self.output("pgbench", &told)?;
        let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
        rate.ok_or_else(|| format!("pgbench told no rate: {told}"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let status = self.command(program, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.map_err(|error| format!("{program}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{program} {arguments:?} ended with {status}")) }
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(program, arguments).output().map_err(|error| format!("{program}: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("{program} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.args(arguments).current_dir(&self.folder).env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

/// A process that waits for the end of this one, however it ends, and then ends the server and removes its folder: nothing
/// is written to its stdin, which closes with us.
fn watch(bin: &Path, folder: &Path, owner: Option<(u32, u32)>) -> std::io::Result<Child> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "read -r _; \"$0/pg_ctl\" -D \"$1/data\" -m immediate -w stop; rm -rf \"$1\""]).arg(bin).arg(folder);
    // In a group of its own: Ctrl-C is for the tests.
    command.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.spawn()
}

/// There is no such process, or only what its parent has not asked about yet.
fn is_gone(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    status.map_or(true, |status| status.lines().any(|line| line.starts_with("State:") && line.contains('Z')))
}

fn children_of(parent: i32) -> Vec<i32> {
    let children = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let of: i32 = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
        (of == parent).then_some(pid)
    });
    children.collect()
}

fn newest_server() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    versions.filter(|bin| bin.join("initdb").exists()).max()
}

/// The user and group that the server runs as when the tests run as root.
fn unprivileged() -> Result<(u32, u32), String> {
    let accounts = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let ids = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).ok_or_else(|| "neither postgres nor nobody is a user here".to_owned())
}
