//! What a store's IT sees when it writes something wrong, and what is in force when it writes nothing.

use deskbell_proto::description::FieldDescription;
use serde_json::json;

use super::*;

fn read(text: &str) -> Loaded {
    Settings::read(Source::new("deskbell.toml", text))
}

/// The problems of a text, a line each; whether a desk may start on the rest.
fn check(text: &str, usable: bool, expected: &[&str]) {
    let loaded = read(text);
    let problems: Vec<String> = loaded.problems.iter().map(Diagnostic::one_line).collect();
    assert_eq!(problems, expected, "{text}");
    assert_eq!(loaded.is_usable, usable, "{text}");
}

fn letters() -> Vec<FieldDescription> {
    serde_json::from_value(json!([
        { "name": "handoff_after_days", "kind": "integer", "min": 1, "default": 7, "doc": "Full days that mail waits" },
        { "name": "notice_place", "kind": "text", "default": "staff passage" },
    ]))
    .unwrap()
}

#[test]
fn an_empty_file_is_one_site_with_every_default() {
    let loaded = read("");
    assert!(loaded.is_usable && loaded.problems.is_empty());
    let site = &loaded.settings.sites[0];
    assert_eq!((site.id.as_str(), site.timezone.name(), site.language()), ("main", "Asia/Shanghai", "zh-CN"));
    assert_eq!(loaded.settings.server.listen.to_string(), "127.0.0.1:8080");
    assert!(loaded.settings.database.url.is_sqlite());
    assert_eq!(loaded.settings.runners.of("letters").workers, 2);
    assert!(loaded.shown.iter().all(|shown| shown.origin == "default"));
}

#[test]
fn a_wrong_key_names_the_nearest_right_one_and_the_rest_stays_in_force() {
    let loaded = read("[server]\nlistn = \"0.0.0.0:80\"\nat_once = 5\n");
    insta::assert_snapshot!(loaded.problems[0], @r#"
    error[config.unknown_key]: unknown key `listn` in [server]
       ╭─[deskbell.toml:2:1]
     2 │ listn = "0.0.0.0:80"
       · ───── did you mean `listen`?
      · allowed here: listen, url, behind_tls, request_timeout, at_once
    "#);
    assert!(loaded.is_usable);
    assert_eq!(loaded.settings.server.at_once, 5);
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    check(
        "[site]\ntimezone = \"Asia/Shanhai\"\nopens = \"25:00\"\n[server]\nlisten = \"here\"\n[databse]\n",
        false,
        &[
            "deskbell.toml:2:12: `site.timezone` must be a time zone of the IANA list; did you mean \"Asia/Shanghai\"?",
            "deskbell.toml:3:9: `site.opens` must be a time of day between 00:00 and 23:59 like \"21:30\"",
            "deskbell.toml:5:10: `server.listen` must be an address with a port like \"127.0.0.1:8080\"",
            "deskbell.toml:6:2: unknown key `databse` at the top; did you mean `database`?",
        ],
    );
}

#[test]
fn every_concern_refuses_what_it_cannot_use() {
    check(
        "[site]\nid = \"Main Store\"",
        false,
        &["deskbell.toml:2:6: a site's `id` must be lower-case letters, digits and hyphens like \"north-gate\""],
    );
    check(
        "[site]\nlanguages = [\"zh\"]",
        false,
        &["deskbell.toml:2:13: `site.languages` must be a list, each of it one of zh-CN, en; did you mean \"zh-CN\"?"],
    );
    check(
        "[site]\n[[sites]]\nid = \"north\"",
        false,
        &["deskbell.toml:1:1: a desk has either one [site] or many [[sites]], not both"],
    );
    check("[[sites]]\nid = \"a\"\n[[sites]]\nid = \"a\"", false, &["deskbell.toml:4:6: two sites have the id \"a\""]);
    check(
        "[database]\nurl = \"mysql://x\"",
        false,
        &["deskbell.toml:2:7: `database.url` must be \"sqlite\" or an address like \"postgres://user:password@host/database\""],
    );
    check(
        "[runner.plugins.letters]\nisolation = \"in process\"",
        false,
        &[
            "deskbell.toml:2:13: `runner.plugins.letters.isolation` must be one of process, in-process; did you mean \"in-process\"?",
        ],
    );
    check(
        "[logging]\nfilter = \"loud\"",
        false,
        &["deskbell.toml:2:10: `logging.filter` must be error, warn, info, debug or trace, or levels by module"],
    );
    check(
        "[permissions]\n\"letters:letter:collect\" = [\"clerk\", \"supervisr\"]",
        true,
        &["deskbell.toml:2:38: there is no role `supervisr`; did you mean `supervisor`?"],
    );
    check(
        "[server]\nlisten = \"0.0.0.0:8080\"",
        true,
        &["deskbell.toml:2:10: passwords and PINs reach 0.0.0.0:8080 unencrypted; put a proxy that speaks TLS in front, \
         and say `behind_tls = true`"],
    );
    check("[server\nlisten = 1", false, &["deskbell.toml:1:8: not TOML: unclosed table, expected `]`"]);
}

#[test]
fn a_plugins_settings_are_typed_by_the_plugin_and_may_differ_by_site() {
    let loaded = read(
        "[plugins.letters]\nhandoff_after_days = 5\n\
         [[sites]]\nid = \"north\"\n[sites.plugins.letters]\nhandoff_after_days = 3\n[[sites]]\nid = \"south\"\n",
    );
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let settings = loaded.settings.plugin("letters", &letters());
    assert_eq!(settings.by_site["north"]["handoff_after_days"], 3);
    assert_eq!(settings.by_site["south"]["handoff_after_days"], 5);
    assert_eq!(settings.by_site["south"]["notice_place"], "staff passage");
    let origins: Vec<_> = settings.shown.iter().map(|shown| (shown.key.as_str(), shown.origin.as_str())).collect();
    assert!(origins.contains(&("sites.north.plugins.letters.handoff_after_days", "deskbell.toml:6")), "{origins:?}");
    assert!(origins.contains(&("plugins.letters.notice_place", "default")), "{origins:?}");
}

#[test]
fn a_wrong_key_in_one_plugins_table_leaves_its_other_keys_and_all_other_plugins_alone() {
    let loaded = read("[plugins.letters]\nhandoff_after_day = 5\nnotice_place = \"gate\"\n[plugins.lettrs]\n");
    assert!(loaded.is_usable && loaded.problems.is_empty());
    let settings = loaded.settings.plugin("letters", &letters());
    assert_eq!(settings.by_site["main"]["handoff_after_days"], 7);
    assert_eq!(settings.by_site["main"]["notice_place"], "gate");
    insta::assert_snapshot!(settings.problems[0], @r"
    error[config.unknown_key]: unknown key `handoff_after_day` in [plugins.letters]
       ╭─[deskbell.toml:2:1]
     2 │ handoff_after_day = 5
       · ───────────────── did you mean `handoff_after_days`?
      · allowed here: handoff_after_days, notice_place
    ");
    let names: Vec<String> = loaded.settings.check_names(&["letters"], &[]).iter().map(Diagnostic::one_line).collect();
    assert_eq!(names, ["deskbell.toml:4:10: [plugins.lettrs] sets a plugin that is not installed; did you mean `letters`?"]);
}

#[test]
fn a_plugins_value_that_does_not_fit_leaves_the_default_in_force() {
    let loaded = read("[plugins.letters]\nhandoff_after_days = 0\n");
    let settings = loaded.settings.plugin("letters", &letters());
    assert_eq!(settings.by_site["main"]["handoff_after_days"], 7);
    assert_eq!(settings.problems[0].one_line(), "deskbell.toml:2:22: `plugins.letters.handoff_after_days` must be at least 1");
}

#[test]
fn a_permission_that_no_plugin_declares_is_named() {
    let loaded = read("[permissions]\n\"letters:letter:colect\" = [\"clerk\"]\n");
    let problems = loaded.settings.check_names(&[], &["letters:letter:collect".to_owned()]);
    assert_eq!(
        problems[0].one_line(),
        "deskbell.toml:2:1: no plugin declares the permission `letters:letter:colect`; did you mean \"letters:letter:collect\"?"
    );
    assert_eq!(loaded.settings.permissions.roles_for("letters:letter:colect"), Some(["clerk".to_owned()].as_slice()));
}

#[test]
fn what_is_shown_names_its_origin_and_hides_the_password() {
    let loaded = read("[server]\nat_once = 9\n[database]\nurl = \"postgres://desk:s3cret@db/desk\"\n");
    let show = |key: &str| loaded.shown.iter().find(|shown| shown.key == key).unwrap();
    assert_eq!((show("server.at_once").value.clone(), show("server.at_once").origin.as_str()), (json!(9), "deskbell.toml:2"));
    assert_eq!(show("database.url").value, "postgres://desk:***@db/desk");
    assert_eq!(loaded.settings.database.url.expose(), "postgres://desk:s3cret@db/desk");
    assert!(!format!("{:?}", loaded.settings).contains("s3cret"), "the source is not printed either");
}

#[test]
fn the_schema_knows_every_key_with_its_default() {
    let letters = letters();
    let schema = Settings::schema(&[("letters", &letters)]);
    let properties = &schema["properties"];
    assert_eq!(properties["server"]["properties"]["listen"]["default"], "127.0.0.1:8080");
    assert_eq!(properties["site"]["properties"]["timezone"]["default"], "Asia/Shanghai");
    assert_eq!(properties["runner"]["properties"]["isolation"]["enum"], json!(["process", "in-process"]));
    assert_eq!(properties["plugins"]["properties"]["letters"]["properties"]["handoff_after_days"]["default"], 7);
    assert_eq!(properties["server"]["additionalProperties"], false);
}

#[test]
fn answers_are_kept_for_as_long_as_a_client_may_repeat_a_request() {
    assert_eq!(read("[retention]\nanswers = \"72h\"\ntold = \"1h\"\n").settings.retention.answers.as_secs(), 72 * 3600);
    let expected = "deskbell.toml:2:11: `retention.answers` must be at least \"48h\"";
    check("[retention]\nanswers = \"1h\"\n", false, &[expected]);
}

#[test]
fn a_printer_that_nobody_could_find_is_refused() {
    check("[[printers]]\nname = \"counter\"\nurl = \"ipp://10.0.0.2/ipp/print\"\nmedia = \"iso_a5_148x210mm\"\n", true, &[]);
    check("[[printers]]\nname = \"labels\"\nurl = \"socket://10.0.0.3\"\n", true, &[]);
    let address = "`printers.url` must be an address like \"ipp://192.168.1.20/ipp/print\" or \"socket://192.168.1.21:9100\"";
    check("[[printers]]\nname = \"a\"\nurl = \"lpd://10.0.0.2\"\n", false, &[&format!("deskbell.toml:3:7: {address}")]);
    check("[[printers]]\nname = \"a\"\n", false, &["deskbell.toml:2:8: the printer \"a\" needs a `url`"]);
    check(
        "[[printers]]\nname = \"a\"\nurl = \"socket://x:1\"\nsites = [\"west\"]\ntray = 2\n",
        false,
        &[
            "deskbell.toml:4:9: the printer \"a\" is for the site \"west\", which there is not",
            "deskbell.toml:5:1: unknown key `tray` in [printers]",
        ],
    );
    let twice = "[[printers]]\nname = \"a\"\nurl = \"socket://x\"\n";
    check(&format!("{twice}{twice}"), false, &["deskbell.toml:5:8: two printers have the name \"a\""]);
}

#[test]
fn a_delivery_that_nobody_could_use_is_refused() {
    let mail =
        "[[deliveries]]\nname = \"mail\"\nkind = \"smtp\"\nurl = \"smtp://10.0.0.4\"\nfrom = \"Desk <desk@mall.example>\"\n";
    let hook = "[[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"https://10.0.0.5/hook?key=1\"\n";
    let to = "to = [\"a@mall.example\"]\n";
    check(&format!("{mail}{to}roles = [\"duty-manager\"]\nlanguage = \"en\"\n{hook}"), true, &[]);
    check("[[deliveries]]\nkind = \"smtp\"\n", false, &["deskbell.toml:2:8: a delivery needs a `name`"]);
    let kind = "deskbell.toml:2:8: the delivery \"a\" needs a `kind`: smtp or webhook";
    check("[[deliveries]]\nname = \"a\"\n", false, &[kind]);
    check(mail, false, &["deskbell.toml:2:8: the delivery \"mail\" needs `url`, `from` and `to`"]);
    let address = "deskbell.toml:6:6: `deliveries.to` must be a list, each of it a mail address like \"desk@mall.example\" or \
                   \"Service desk <desk@mall.example>\"";
    check(&format!("{mail}to = [\"everybody\"]\n"), false, &[address]);
    let password = "deskbell.toml:2:8: \"mail\" needs both `user` and `secret_file`, or neither";
    check(&format!("{mail}{to}user = \"desk\"\n"), false, &[password]);
    let web = "deskbell.toml:4:7: `deliveries.url` must be smtp://host or smtps://host for mail";
    check(&mail.replace("smtp://", "http://").replace("from", &format!("{to}from")), false, &[web]);
    check(&format!("{hook}{to}"), false, &["deskbell.toml:5:6: `to` is for mail; the delivery \"chat\" is a webhook"]);
    let stranger = "deskbell.toml:5:9: there is no role `supervisr`; did you mean `supervisor`?";
    check(&format!("{hook}roles = [\"supervisr\"]\n"), false, &[stranger]);
    check(&format!("{hook}{hook}"), false, &["deskbell.toml:6:8: two deliveries have the name \"chat\""]);
}

#[test]
fn the_secret_of_a_delivery_is_shown_to_nobody() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let hook =
        "[[deliveries]]\nname = \"chat\"\nkind = \"webhook\"\nurl = \"https://chat.example/hook?key=s3cret\"\nsecret_file = ";
    let text = format!("{hook}{:?}\n", secret.path());
    let empty = format!("deskbell.toml:5:15: {} holds no text", secret.path().display());
    check(&text, false, &[&empty]);
    std::fs::write(secret.path(), "s3cret\n").unwrap();
    let loaded = read(&text);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert!(!format!("{:?}", loaded.settings.deliveries[0].route).contains("\"s3cret"));
    let shown = loaded.shown.iter().find(|shown| shown.key == "deliveries.url").unwrap();
    assert_eq!(shown.value, "https://chat.example/***");

    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(secret.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = secret.path().display();
    let open = format!("deskbell.toml:5:15: everybody on this machine can read {file}; chmod 600 {file}");
    check(&text, true, &[&open]);
}
