//! What can happen between a desk and its PostgreSQL, and between the hosts that share one.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use deskbell_tests::{Cluster, Home, MailServer, Proxy, Serving, eventually_within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::all::letters::{WhileHeld, all_are_kept, write_until};

/// Ten times what is promised: the machine is shared.
const BACK_WITHIN: Duration = Duration::from_secs(50);

/// A lease, and a moment to notice; twice, as the machine is shared.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(2 * 35);

const HAND_OFF: &str = "/api/v1/jobs/letters.hand-off-unclaimed/runs";

#[test]
fn a_server_that_restarts_dies_or_is_cut_off_loses_nothing_and_the_desk_heals() {
    let cluster = Cluster::start().unwrap();
    let proxy = Proxy::to(cluster.socket());
    let home = Home::on(&proxy.url(&cluster.new_database()));
    let mut desk = home.serve();
    let (is_over, acknowledged) = (AtomicBool::new(false), Mutex::<Vec<Value>>::default());
    let count = || acknowledged.lock().unwrap().len();
    std::thread::scope(|scope| {
        let _at_work = WhileHeld(&is_over);
        for writer in 0..4 {
            let (api, is_over, acknowledged) = (desk.api.clone(), &is_over, &acknowledged);
            scope.spawn(move || write_until(&api, &writer.to_string(), is_over, acknowledged));
        }
        let goes_on = |after: &str| {
            let enough = count() + 20;
            eventually_within(BACK_WITHIN, &format!("letters are acknowledged after {after}"), || {
                (count() >= enough).then_some(())
            });
        };
        let is_refused = || {
            let letter = json!({"addressee": "nobody", "kind": "letter", "destination": "other"});
            eventually_within(BACK_WITHIN, "a write is refused", || {
                let answer = desk.api.post("/api/v1/records/letters.letter", letter.clone());
                (answer.status == 503).then(|| assert!(answer.retry_after.is_some(), "{}", answer.body))
            });
        };
        goes_on("the start");
        cluster.restart_at_once().unwrap();
        goes_on("an immediate restart");
        cluster.kill();
        is_refused();
        cluster.start_again().unwrap();
        goes_on("kill -9");
        proxy.cut();
        is_refused();
        proxy.heal();
        goes_on("a cut");
        proxy.hang();
        is_refused();
        proxy.heal();
        goes_on("a line that hung");
    });
    assert!(desk.is_running());
    all_are_kept(&desk.api, &acknowledged.into_inner().unwrap());
    home.cli(&["verify"]).expect(0);
}

#[test]
fn a_run_of_a_host_that_died_is_taken_over_by_the_other() {
    let home = Home::made_at(BEFORE_THE_RUN);
    let desk = home.serve();
    let (run, _) = wait_for_the_run(&home, &desk);
    desk.kill();
    let died = Instant::now();
    let other = Home::beside(&home);
    let survivor = other.serve();
    let done = eventually_within(TAKEN_OVER_WITHIN, "the run is taken over", || ended(&survivor, &run));
    assert_eq!((&done["state"], &done["attempt"]), (&json!("succeeded"), &json!(2)), "after {:?}: {done}", died.elapsed());
    one_sheet(&survivor);
    other.cli(&["verify"]).expect(0);
}

#[test]
fn a_host_that_was_stopped_and_comes_back_is_fenced_off() {
    let home = Home::made_at(BEFORE_THE_RUN);
    let mut desk = home.serve();
    let (run, children) = wait_for_the_run(&home, &desk);
    signal(&[desk.pid().cast_signed()], Signal::STOP);
    let other = Home::beside(&home);
    // Stopped in the middle of a write it holds the lock of all hosts, until the server ends what idles for 10 s.
    eventually_within(BACK_WITHIN, "the lock is free", || {
        (other.cli(&["user", "add", "amy", "--role", "clerk"]).code == 0).then_some(())
    });
    let survivor = other.serve();
    let done = eventually_within(TAKEN_OVER_WITHIN, "the run is taken over", || ended(&survivor, &run));
    assert_eq!((&done["state"], &done["attempt"]), (&json!("succeeded"), &json!(2)), "{done}");
    // It comes back in the middle of its call, and its answer is worth nothing any more.
    signal(&[desk.pid().cast_signed()], Signal::CONT);
    signal(&children, Signal::CONT);
    eventually_within(Duration::from_secs(30), "it answers again", || {
        desk.api.send("GET", "/readyz", None, &[]).is_ok_and(|answer| answer.status == 200).then_some(())
    });
    assert!(desk.is_running());
    let again = desk.api.post(HAND_OFF, json!({})).expect(201).body;
    assert_eq!((&again["state"], &again["papers"]), (&json!("succeeded"), &json!([])), "{again}");
    assert_eq!(ended(&survivor, &run), Some(done));
    one_sheet(&survivor);
    other.cli(&["verify"]).expect(0);
}

/// Two hosts whose clocks are minutes apart plan the same night.
#[test]
fn hosts_whose_clocks_differ_run_an_occurrence_once() {
    let home = Home::made_at("2026-12-09 02:29:40");
    let ahead = Home::beside_at(&home, "2026-12-09 02:33:00");
    let desk = home.serve();
    desk.api.receive("王芳", "2026-11-20");
    let before = due_runs(&desk).len();
    let other = ahead.serve();
    let occurrence = |desk: &Serving| {
        let runs = due_runs(desk);
        runs.into_iter().find(|run| run["scheduled_for"].as_str().is_some_and(|at| at.starts_with("2026-12-08T18:30")))
    };
    // The one behind meets the occurrence after the other has run it, or plans it itself.
    eventually_within(Duration::from_secs(60), "the one behind has passed 02:30", || {
        let next = home.json(&["job", "next", "letters.hand-off-unclaimed", "-n", "1"]);
        next["items"][0]["at"].as_str().is_some_and(|at| at.starts_with("2026-12-09T18:30")).then_some(())
    });
    let done = eventually_within(Duration::from_secs(60), "the run has ended", || {
        occurrence(&other).filter(|run| run["state"] == "succeeded")
    });
    assert_eq!(due_runs(&desk).len(), before + 1, "{done}");
    one_sheet(&desk);
    home.cli(&["verify"]).expect(0);
}

/// The night's job is due at 02:30; until then the letters come in.
const BEFORE_THE_RUN: &str = "2026-12-09 02:20:00";
const JUST_BEFORE_THE_RUN: &str = "2026-12-09 02:29:59";

/// Waits until the host has claimed the night's run, with a plugin that never answers; returns the run and the plugin's pids.
fn wait_for_the_run(home: &Home, desk: &Serving) -> (String, Vec<i32>) {
    desk.api.receive("王芳", "2026-11-20");
    desk.api.receive("赵敏", "2026-11-21");
    home.set_clock(JUST_BEFORE_THE_RUN);
    eventually_within(Duration::from_secs(60), "the run goes on", || {
        // Again and again: a child that answers no more is replaced.
        let children = desk.plugin_children();
        signal(&children, Signal::STOP);
        let run = due_runs(desk).into_iter().find(|run| run["state"] == "running")?;
        Some((run["id"].as_str()?.to_owned(), children))
    })
}

fn due_runs(desk: &Serving) -> Vec<Value> {
    desk.api.get(HAND_OFF).expect(200).body["items"].as_array().expect("runs").clone()
}

fn ended(desk: &Serving, run: &str) -> Option<Value> {
    let run = desk.api.get(&format!("/api/v1/runs/{run}")).expect(200).body;
    matches!(run["state"].as_str(), Some("succeeded" | "failed")).then_some(run)
}

fn one_sheet(desk: &Serving) {
    let sheets = desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"].clone();
    assert_eq!(sheets.as_array().map(Vec::len), Some(1), "{sheets}");
}

fn signal(pids: &[i32], signal: Signal) {
    for pid in pids {
        let _ = kill_process(Pid::from_raw(*pid).expect("a pid"), signal);
    }
}

#[test]
fn two_hosts_deliver_each_message_once() {
    let server = MailServer::started();
    let settings = format!(
        "\n[[deliveries]]\nname = \"mail\"\nkind = \"smtp\"\nurl = \"smtp://{}\"\nfrom = \"desk@mall.example\"\nto = [\"a@mall.example\"]\n",
        server.address
    );
    let home = Home::new();
    let beside = Home::beside(&home);
    for home in [&home, &beside] {
        home.write("deskbell.toml", &(home.read("deskbell.toml") + &settings));
    }
    let desks = [home.serve(), beside.serve()];
    let mut last = String::new();
    for n in 0..10 {
        let problem = json!({"kind": "missing", "description": format!("{n}")});
        let told = desks[n % 2].api.post("/api/v1/records/letters.problem", problem).expect(201);
        told.text("number").clone_into(&mut last);
    }
    let taken = eventually_within(TAKEN_OVER_WITHIN, "every notice is delivered", || {
        // They go out in order: after the last one no other can come.
        Some(server.taken()).filter(|taken| taken.last().is_some_and(|mail| mail.decoded().contains(&last)))
    });
    let mut ids: Vec<_> = taken.iter().filter_map(|mail| mail.header("message-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((taken.len(), ids.len()), (10, 10), "{taken:?}");
}
