//! Notes down the workspace, where a checkout's shipped set lies; an installed desk never looks there. And seeds a defect
//! where the suites are to be shown that they notice (`cargo xtask defects`).

/// Each of them breaks a promise; no release is built with one.
const DEFECTS: [&str; 4] = ["synchronous-normal", "begin-deferred", "no-idempotency-row", "unchecked-permission"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let crate_folder = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts"));
    let workspace = crate_folder.ancestors().nth(2).unwrap_or(&crate_folder);
    println!("cargo::rustc-env=DESKBELL_WORKSPACE={}", workspace.display());
    seed_a_defect();
}

fn seed_a_defect() {
    println!("cargo::rerun-if-env-changed=DESKBELL_DEFECT");
    println!("cargo::rustc-check-cfg=cfg(defect, values(\"{}\"))", DEFECTS.join("\", \""));
    let Ok(defect) = std::env::var("DESKBELL_DEFECT") else { return };
    assert!(DEFECTS.contains(&defect.as_str()), "DESKBELL_DEFECT is one of {}", DEFECTS.join(", "));
    assert_ne!(std::env::var("PROFILE").as_deref(), Ok("release"), "no release carries a defect");
    println!("cargo::rustc-cfg=defect=\"{defect}\"");
}
