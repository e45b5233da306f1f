//! A host that was off when something was due makes it good, once, under the date it was due.

use deskbell_tests::{Home, eventually};
use serde_json::Value;

#[test]
fn runs_missed_while_the_host_was_off_are_made_good_once() {
    let home = Home::made_at("2026-12-09 01:00:00");
    let desk = home.serve();
    desk.api.receive("郑和", "2026-11-25");
    assert_eq!(desk.stop(), 0);

    home.set_clock("2026-12-09 10:00:00");
    let desk = home.serve();
    let runs_of = |job: &str| -> Vec<Value> {
        desk.api.get(&format!("/api/v1/jobs/{job}/runs")).expect(200).body["items"].as_array().unwrap().clone()
    };
    let finished = |job: &str| runs_of(job).iter().filter(|run| run["state"] == "succeeded").count();
    for (job, due) in [("letters.hand-off-unclaimed", "2026-12-08T18:30:00"), ("letters.morning-notice", "2026-12-09T01:00:00")] {
        eventually(job, || (finished(job) >= 1).then_some(()));
        let runs = runs_of(job);
        assert_eq!(runs.len(), 1, "{runs:?}");
        assert_eq!(runs[0]["kind"], "catch-up");
        assert!(runs[0]["scheduled_for"].as_str().unwrap().starts_with(due), "{runs:?}");
    }
    // Back once more: there is nothing left to make good.
    desk.stop();
    let desk = home.serve();
    assert_eq!(
        desk.api.get("/api/v1/jobs/letters.hand-off-unclaimed/runs").expect(200).body["items"].as_array().unwrap().len(),
        1
    );
}
