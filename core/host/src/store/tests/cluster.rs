//! A PostgreSQL of the tests' own: made in a temporary folder from Debian's server, stopped and removed at the end.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running server that listens on a Unix socket in its folder.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    /// PostgreSQL refuses to run as root.
    owner: Option<(u32, u32)>,
}

impl Cluster {
    /// Starts a server, or says why there is none.
    pub(crate) fn start() -> Result<Cluster, String> {
        let bin =
            newest_server().ok_or("no /usr/lib/postgresql/*/bin/initdb: `apt-get install postgresql` runs these tests, too")?;
        let folder =
            tempfile::Builder::new().prefix("deskbell-postgres-").tempdir_in("/tmp").map_err(|error| error.to_string())?;
        let owner = rustix::process::geteuid().is_root().then(unprivileged).transpose()?;
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let cluster = Cluster { bin, folder, owner };
        cluster.run("initdb", &["-U", "desk", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "-D", "data"])?;
        let socket = cluster.path();
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=60", socket.display());
        cluster.run("pg_ctl", &["-D", "data", "-l", "log", "-w", "-o", &options, "start"])?;
        Ok(cluster)
    }

    /// Makes a database and returns its address.
    pub(crate) fn database(&self, name: &str) -> Result<String, String> {
        let folder = self.path().display().to_string();
        self.run("createdb", &["-h", &folder, "-U", "desk", "-E", "UTF8", "-T", "template0", name])?;
        Ok(format!("postgres://desk@localhost/{name}?host={folder}"))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(self.bin.join(program));
        command.args(arguments).current_dir(self.path()).env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        let status = command.status().map_err(|error| format!("{program}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{program} {arguments:?} ended with {status}")) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["-D", "data", "-m", "immediate", "-w", "stop"]);
    }
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
