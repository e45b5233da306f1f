//! What store IT can get wrong: each mistake is met with file, line, reason and the nearest right name, and the desk goes on.

use deskbell_tests::Home;
use serde_json::Value;

#[track_caller]
fn check(home: &Home, arguments: &[&str], code: i32, says: &[&str]) {
    let done = home.cli(arguments).expect(code);
    for words in says {
        assert!(done.stderr.contains(words) || done.stdout.contains(words), "no «{words}» in\n{}\n{}", done.stdout, done.stderr);
    }
}

#[test]
fn a_wrong_key_in_the_settings_is_named_with_its_line_and_the_right_one() {
    let home = Home::new();
    let settings = home.read("deskbell.toml");
    let n_lines = settings.lines().count();
    home.write("deskbell.toml", &format!("{settings}\n[plugins.letters]\nhandoff_after_day = 9\n"));
    let line = format!("deskbell.toml:{}", n_lines + 3);
    check(&home, &["config", "check"], 3, &[&line, "handoff_after_day", "handoff_after_days"]);
    // The desk keeps running on what was good.
    let desk = home.serve();
    desk.api.receive("still works", "2026-11-20");
}

#[test]
fn an_impossible_cron_and_a_missing_job_leave_the_other_jobs_running() {
    let home = Home::new();
    home.write(
        "schedules/letters.toml",
        "[[job]]\njob = \"morning-notice\"\ncron = \"0 61 8 * * *\"\n\n[[job]]\njob = \"hand-off-unclaimd\"\ncron = \"0 30 2 * * *\"\n",
    );
    check(
        &home,
        &["config", "check"],
        3,
        &["schedules/letters.toml:3", "minute", "61", "schedules/letters.toml:6", "hand-off-unclaimd", "hand-off-unclaimed"],
    );
    let desk = home.serve();
    desk.api.receive("still works", "2026-11-20");
    let jobs = desk.api.get("/api/v1/jobs").expect(200).body;
    let of_letters = |job: &&Value| job["job"].as_str().unwrap().starts_with("letters.");
    let n_jobs = jobs["items"].as_array().unwrap().iter().filter(of_letters).count();
    assert_eq!(n_jobs, 2, "both jobs keep their shipped schedule: {jobs}");
}

#[test]
fn a_form_that_names_a_missing_field_falls_back_to_the_shipped_one() {
    let home = Home::new();
    let form = home.read("templates/letters/handoff-sheet.typ");
    let n_lines = form.lines().count();
    home.write("templates/letters/handoff-sheet.typ", &format!("{form}\n{{{{ numbr }}}}\n"));
    let line = format!("handoff-sheet.typ:{}", n_lines + 2);
    check(&home, &["form", "check"], 3, &[&line, "numbr", "number"]);
    check(&home, &["form", "list"], 0, &["letters.handoff-sheet", "shipped"]);
    check(&home, &["form", "reset", "letters.handoff-sheet"], 0, &[]);
    check(&home, &["form", "check"], 0, &[]);
}

#[test]
fn wrong_input_is_refused_field_by_field_and_nothing_is_kept() {
    let home = Home::new();
    let desk = home.serve();
    let wrong = serde_json::json!({"adressee": "x", "kind": "telegram", "received_on": "2099-01-01"});
    let problem = desk.api.post("/api/v1/records/letters.letter", wrong).problem(422, "validation_failed");
    let fields: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"adressee") && fields.contains(&"kind") && fields.contains(&"addressee"), "{problem}");
    desk.api.get("/api/v1/records/letters.letter/L-20261124-999").problem(404, "not_found");
    desk.api.get("/api/v1/no-such-thing").problem(404, "not_found");
    desk.api.with_token(None).get("/api/v1/records/letters.letter").problem(401, "unauthenticated");
    assert_eq!(desk.api.get("/api/v1/records/letters.letter").expect(200).body["items"].as_array().map(Vec::len), Some(0));
}
