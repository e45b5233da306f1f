//! Notes down the workspace, where a checkout's shipped set lies; an installed desk never looks there.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let crate_folder = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts"));
    let workspace = crate_folder.ancestors().nth(2).unwrap_or(&crate_folder);
    println!("cargo::rustc-env=DESKBELL_WORKSPACE={}", workspace.display());
}
