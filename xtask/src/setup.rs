//! Installs what a fresh machine lacks: the fonts by npm's lock file, and Debian packages where this user may.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::step::{has, run as run_command, say};

/// What the set-up is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Building, serving and printing.
    Desk,
    /// That, and the tests: they start a PostgreSQL of their own.
    Tests,
}

/// A Debian package, and the file that shows it is there.
struct Package {
    name: &'static str,
    shown_by: &'static [&'static str],
    /// Only the tests need it.
    tests_only: bool,
}

const PACKAGES: [Package; 8] = [
    Package { name: "gcc", shown_by: &["/usr/bin/gcc", "/usr/bin/cc", "/usr/local/bin/gcc"], tests_only: false },
    Package { name: "make", shown_by: &["/usr/bin/make", "/usr/local/bin/make"], tests_only: false },
    Package { name: "postgresql", shown_by: &["/usr/lib/postgresql/*/bin/initdb"], tests_only: true },
    Package { name: "faketime", shown_by: &["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"], tests_only: true },
    Package { name: "cups-ipp-utils", shown_by: &["/usr/sbin/ippeveprinter"], tests_only: true },
    // The IPP printer speaks to Avahi over a bus, which the tests give it.
    Package { name: "dbus-daemon", shown_by: &["/usr/bin/dbus-daemon"], tests_only: true },
    Package { name: "strace", shown_by: &["/usr/bin/strace"], tests_only: true },
    Package { name: "poppler-utils", shown_by: &["/usr/bin/pdftotext"], tests_only: true },
];

/// Installs what `purpose` needs and is missing; what is there is left alone.
pub fn run(purpose: For) -> anyhow::Result<()> {
    install_packages(purpose)?;
    install_fonts()
}

fn install_fonts() -> anyhow::Result<()> {
    let lock = std::fs::read("package-lock.json").context("reading package-lock.json")?;
    let stamp = Path::new("node_modules/.deskbell-lock");
    if std::fs::read(stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if !has("npm") {
        bail!("npm is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)");
    }
    say("Fonts, from npm by package-lock.json");
    run_command(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    std::fs::write(stamp, lock).context("noting what was installed")
}

fn install_packages(purpose: For) -> anyhow::Result<()> {
    let wanted = PACKAGES.iter().filter(|package| purpose == For::Tests || !package.tests_only);
    let missing: Vec<&str> = wanted.filter(|package| !package.is_there()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install --yes --no-install-recommends {}", missing.join(" "));
    let may_install = rustix::process::geteuid().is_root() && has("apt-get");
    if !may_install {
        bail!("some packages are missing; as root, run:\n\n    {line}\n");
    }
    say(&format!("Debian packages: {}", missing.join(", ")));
    run_command(Command::new("sh").args(["-c", &line]).env("DEBIAN_FRONTEND", "noninteractive"))
}

impl Package {
    fn is_there(&self) -> bool {
        self.shown_by.iter().any(|pattern| match pattern.split_once("/*/") {
            None => Path::new(pattern).exists(),
            Some((folder, rest)) => {
                std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| entry.path().join(rest).exists()))
            }
        })
    }
}
