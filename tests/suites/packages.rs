//! Packages before they are installed: everything wrong is told at once, and nothing is left behind.

use std::path::{Path, PathBuf};

use deskbell_tests::Home;
use serde_json::{Value, json};

/// A copy of the shipped letters package, to be spoilt.
fn package(home: &Home) -> PathBuf {
    let copy = home.path().with_file_name("package");
    copy_folder(&home.path().join("plugins/letters"), &copy);
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn edit(file: PathBuf, from: &str, to: &str) {
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from} in {}", file.display());
    std::fs::write(file, text.replace(from, to)).unwrap();
}

fn codes(stderr: &str) -> Vec<String> {
    let told: Value = serde_json::from_str(stderr).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    let problems = told["problems"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
    problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_good_package_holds_and_is_not_installed_by_looking_at_it() {
    let home = Home::new();
    let package = package(&home).display().to_string();
    home.cli(&["plugin", "remove", "letters"]).expect(0);
    let about = home.json(&["plugin", "check", &package]);
    assert_eq!((&about["id"], &about["protocol"]), (&json!("letters"), &json!(1)));
    let installed = home.json(&["plugin", "list"])["items"].clone();
    assert!(installed.as_array().unwrap().iter().all(|plugin| plugin["id"] != "letters"), "{installed}");
}

#[test]
fn everything_wrong_with_a_packages_files_is_told_in_one_go() {
    let home = Home::new();
    let package = package(&home);
    edit(package.join("locales/en.ftl"), "    .addressee = Addressee\n", "");
    edit(package.join("templates/handoff-sheet.typ"), "{{", "{{ nobody_knows }}{{");
    edit(package.join("schedules/letters.toml"), "cron = \"", "cron = \"x ");
    let told = home.cli(&["--json", "plugin", "check", &package.display().to_string()]).expect(3);
    let codes = codes(&told.stderr);
    for expected in ["locale.missing", "form.template", "schedule."] {
        assert!(codes.iter().any(|code| code.starts_with(expected)), "{expected} in {codes:?}: {}", told.stderr);
    }
}

#[test]
fn a_library_that_the_desk_would_not_open_is_refused_with_the_rest() {
    let home = Home::new();
    let package = package(&home);
    let library = package.join("libletters.so");
    let bytes = std::fs::read(&library).unwrap();
    std::fs::write(&library, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(package.join("locales/zh-CN.ftl"), "letter = {\n").unwrap();
    let told = home.cli(&["--json", "plugin", "check", &package.display().to_string()]).expect(7);
    assert_eq!(codes(&told.stderr), ["plugin.library", "locale.syntax"], "{}", told.stderr);
}

#[test]
fn a_crate_is_built_into_a_package_and_a_stranger_among_libraries_is_known() {
    let home = Home::new();
    let folder = home.path().with_file_name("gate-pass");
    let write = |file: &str, text: &str| {
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.join(file), text).unwrap();
    };
    let path = folder.display().to_string();
    write("plugin.toml", "id = \"gate-pass\"\nversion = \"0.1.0\"\nprotocol = 1\nname = { en = \"Gate passes\" }\n");
    let told = home.cli(&["plugin", "build", &path]).expect(1);
    assert!(told.stderr.contains("no crate"), "{}", told.stderr);

    let manifest = "[package]\nname = \"gate-pass\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
    write("Cargo.toml", manifest);
    write("src/lib.rs", "pub fn open( {\n");
    let told = home.cli(&["plugin", "check", &path]).expect(7);
    assert!(told.stderr.contains("deskbell plugin build"), "{}", told.stderr);
    let told = home.cli(&["plugin", "build", &path]).expect(1);
    assert!(told.stderr.contains("src/lib.rs:1"), "the compiler's own words: {}", told.stderr);

    write("src/lib.rs", "pub fn open() {}\n");
    let built = home.json(&["plugin", "build", &path]);
    let package = Path::new(built["package"].as_str().unwrap());
    assert!(package.join("libgate_pass.so").is_file() && package.join("plugin.toml").is_file(), "{built}");
    let told = home.cli(&["plugin", "check", &package.display().to_string()]).expect(7);
    assert!(told.stderr.contains("is no Deskbell plugin"), "{}", told.stderr);
}

#[test]
fn without_cargo_it_is_said_what_is_missing() {
    let home = Home::new();
    let folder = home.path().with_file_name("gate-pass");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Cargo.toml"), "").unwrap();
    let told = home.cli_with(&[("PATH", "/nowhere")], &["plugin", "build", &folder.display().to_string()]).expect(1);
    assert!(told.stderr.contains("cargo was not found"), "{}", told.stderr);
}
