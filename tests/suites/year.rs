//! A year of every desk function, played on the demo's records: what each job did in each month.

use std::path::Path;

use deskbell_tests::Home;
use serde_json::Value;

/// What the jobs of a span of days did, a line for each month and job.
fn played(desk: &Home, home: &Path, from: &str, to: &str, keep: Option<&Path>) -> String {
    let home = home.display().to_string();
    let mut arguments = vec!["--home", &home, "simulate", "--from", from, "--to", to];
    let keep = keep.map(|folder| folder.display().to_string());
    arguments.extend(keep.iter().flat_map(|folder| ["--keep", folder]));
    let told = desk.json(&arguments);
    told["months"].as_array().expect("a summary by month").iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(month: &Value) -> String {
    let effects = month["effects"].as_object().expect("counts by name");
    let effects: Vec<String> = effects.iter().map(|(name, n)| format!("{name} {n}")).collect();
    let text = |name: &str| month[name].as_str().expect("a text").to_owned();
    let (job, runs, failed, papers) = (text("job"), &month["runs"], &month["failed"], &month["papers"]);
    format!("{} {job}: {runs} runs, {failed} failed, {papers} papers; {}", text("month"), effects.join(", "))
}

/// nothing hangs on where a run of days is cut.
#[test]
fn a_year_in_one_go_is_twelve_months_one_after_the_other() {
    let desk = Home::filled_at("2026-12-01 00:30:00");
    let at_once = played(&desk, &desk.path(), "2026-12-01", "2027-11-30", None);
    insta::assert_snapshot!("year", at_once);

    let months = [
        ("2026-12-01", "2026-12-31"),
        ("2027-01-01", "2027-01-31"),
        ("2027-02-01", "2027-02-28"),
        ("2027-03-01", "2027-03-31"),
        ("2027-04-01", "2027-04-30"),
        ("2027-05-01", "2027-05-31"),
        ("2027-06-01", "2027-06-30"),
        ("2027-07-01", "2027-07-31"),
        ("2027-08-01", "2027-08-31"),
        ("2027-09-01", "2027-09-30"),
        ("2027-10-01", "2027-10-31"),
        ("2027-11-01", "2027-11-30"),
    ];
    let folder = tempfile::tempdir().expect("a folder for twelve desks");
    let mut home = desk.path();
    let mut one_by_one = Vec::new();
    for (from, to) in months {
        let after = folder.path().join(to);
        one_by_one.push(played(&desk, &home, from, to, Some(&after)));
        home = after;
    }
    assert_eq!(one_by_one.join("\n"), at_once);
}
