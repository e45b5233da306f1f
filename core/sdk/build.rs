//! Notes down the compiler, so that a plugin's manifest section can name it.

use std::process::Command;

fn main() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let version = version.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=DESKBELL_RUSTC={}", version.trim());
    println!("cargo:rerun-if-changed=build.rs");
}
