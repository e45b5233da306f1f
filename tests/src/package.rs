//! Plugin packages that a test lays out, and how store IT installs one.

use std::path::PathBuf;
use std::process::Command;

use crate::home::built;
use crate::{Cli, Home};

/// A plugin's package before it is installed.
#[derive(Debug, Clone)]
pub struct Package {
    pub id: &'static str,
    pub manifest: &'static str,
    pub library: Vec<u8>,
}

impl Package {
    /// The fixture whose job is to misbehave, as the workspace's build made it.
    pub fn misbehaving() -> Self {
        let library = std::fs::read(built("libmisbehaving.so")).expect("the fixture's library");
        Package { id: "misbehaving", manifest: include_str!("../fixtures/misbehaving/plugin.toml"), library }
    }

    /// The fixture that stays as it was built on the first boundary and the first protocol.
    pub fn first() -> Self {
        let library = std::fs::read(first_library()).expect("the first plugin's library");
        Package { id: "first-plugin", manifest: include_str!("../fixtures/first-plugin/plugin.toml"), library }
    }

    /// Writes it into a folder beside the home.
    pub fn lay_out(&self, home: &Home) -> PathBuf {
        let folder = home.path().with_file_name("package");
        std::fs::create_dir_all(&folder).expect("the package's folder");
        std::fs::write(folder.join("plugin.toml"), self.manifest).expect("its manifest");
        std::fs::write(folder.join(self.library_name()), &self.library).expect("its library");
        folder
    }

    pub fn library_name(&self) -> String {
        format!("lib{}.so", self.id.replace('-', "_"))
    }
}

/// Builds the first plugin, which is no part of the workspace, into a target folder of its own.
fn first_library() -> PathBuf {
    let target = built("deskbell").with_file_name("../first-plugin");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/first-plugin/Cargo.toml");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir"]).arg(&target);
    assert!(build.status().expect("cargo starts").success(), "the first plugin does not build");
    target.join("debug/libfirst_plugin.so")
}

impl Home {
    /// Installs a package as store IT does: it is refused, they vouch for it as the refusal says, and install it again.
    pub fn install(&self, package: &Package) -> Cli {
        let folder = package.lay_out(self).display().to_string();
        let refused = self.cli(&["plugin", "install", &folder]).expect(7);
        let (_, rest) = refused.stderr.split_once("deskbell plugin trust ").unwrap_or_else(|| panic!("{}", refused.stderr));
        self.cli(&["plugin", "trust", &rest[..64]]).expect(0);
        self.cli(&["plugin", "install", &folder])
    }
}
