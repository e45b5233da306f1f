//! A disk of a test's own, in a mount namespace that nobody else sees: it can be filled, lose its power or fail.
//!
//! It needs root and a kernel that lets it mount; where that is refused there is no disk, and the test says so.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A mounted file system and the process that holds its namespace.
#[derive(Debug)]
pub struct Disk {
    holder: Child,
    mount: String,
    folder: TempDir,
}

impl Disk {
    /// A disk in memory.
    pub fn in_memory(size: &str) -> Option<Disk> {
        Disk::new(|at| format!("mount -t tmpfs -o size={size} tmpfs {at}"))
    }

    /// An ext4 on a file of so many megabytes, which becomes read-only when it fails.
    pub fn on_a_file(megabytes: u64) -> Option<Disk> {
        Disk::new(|at| {
            let made = format!("[ -e {at}.img ] || {{ truncate -s {megabytes}M {at}.img && mkfs.ext4 -q -F {at}.img; }}");
            format!("{made}; mount -o loop,errors=remount-ro {at}.img {at}")
        })
    }

    fn new(mount: impl FnOnce(&str) -> String) -> Option<Disk> {
        let folder = TempDir::new().expect("a folder for the disk");
        std::fs::create_dir(folder.path().join("disk")).expect("the mount point");
        let mount = mount(&folder.path().join("disk").display().to_string());
        match hold(&mount, &folder.path().join("disk")) {
            Ok(holder) => Some(Disk { holder, mount, folder }),
            Err(why) => {
                skipped(&format!("no disk of its own can be mounted here: {why}"));
                None
            }
        }
    }

    /// Where it is mounted, for whoever is inside.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// A program that sees it.
    pub fn inside(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.holder.id().to_string()).args(["--mount", "--wd=/", "--"]).arg(program);
        command
    }

    /// Runs a line of shell that sees it.
    pub fn run(&self, line: &str) {
        let status = self.inside(Path::new("/bin/sh")).args(["-c", line]).stderr(Stdio::null()).status().expect("nsenter starts");
        assert!(status.success(), "{line} ended with {status}");
    }

    /// Takes what is left of its room.
    pub fn fill(&self) {
        self.run(&format!("cat /dev/zero > {0}/filler || true; sync {0}/filler", self.path().display()));
    }

    pub fn free(&self) {
        self.run(&format!("rm {}/filler", self.path().display()));
    }

    /// Loses everything that was not synced, as a power cut does: ext4's shutdown without a flush of its journal.
    pub fn cut_power(&self) {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
        let shutdown = "open my $disk, '<', $ARGV[0] or die; my $flags = pack('L', 2); ioctl($disk, 0x8004587d, $flags) or die";
        self.run(&format!("perl -e \"{}\" {}", shutdown.replace('$', "\\$"), self.path().display()));
    }

    /// Makes the file system find an error of its own, upon which it becomes read-only.
    pub fn fail(&self) {
        self.run(&format!(
            "echo 1 > /sys/fs/ext4/$(basename $(findmnt -n -o SOURCE {}))/trigger_fs_error",
            self.path().display()
        ));
    }

    /// Mounts it again, as after a restart of the machine; whoever still used it is to be gone.
    pub fn mount_again(&mut self) {
        self.let_go();
        self.holder = hold(&self.mount, &self.path()).unwrap_or_else(|why| panic!("mounting again: {why}"));
    }

    fn let_go(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Says aloud that something was not tested.
pub fn skipped(why: &str) {
    #[expect(clippy::print_stderr, reason = "a skipped promise is told, not passed over")]
    {
        eprintln!("SKIPPED: {why}");
    }
}

/// A process in a mount namespace of its own, which ends with us: its stdin closes.
fn hold(mount: &str, at: &Path) -> Result<Child, String> {
    // Unmounted before the namespace goes: whoever still lives in it would hold the mount, and a second one beside it would
    // see writes that no disk without power makes.
    let line = format!("{{ {mount}; }} || exit 1; echo mounted; read -r _; until umount \"$0\" 2>/dev/null; do sleep 0.02; done");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &line]).arg(at);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir("/");
    let mut holder = command.spawn().map_err(|error| format!("unshare: {error}"))?;
    let mut said = String::new();
    let _ = BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said);
    if said.trim() == "mounted" {
        return Ok(holder);
    }
    let output = holder.wait_with_output().map_err(|error| error.to_string())?;
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
