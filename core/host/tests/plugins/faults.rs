//! What a plugin does at run time, and what its caller is told.

use std::time::{Duration, Instant};

use deskbell::plugins::{CallFailure, State};
use deskbell_proto::{Fault, Fields, Handler};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;

use crate::fixture::{Desk, Diary, run};

/// One bad call: its failure, and the good call right after it.
async fn check(action: &str, expected: impl Fn(&CallFailure) -> bool) {
    let desk = Desk::open("").await;
    let pid = std::process::id();
    let failure = desk.act(action).await.unwrap_err();
    assert!(expected(&failure), "{action}: {failure:?}");
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")), "after {action}");
    assert_eq!(std::process::id(), pid);
    assert_eq!(desk.status().state, State::Running);
}

fn crashed_with(how: &'static str) -> impl Fn(&CallFailure) -> bool {
    move |failure| matches!(failure, CallFailure::Crashed { how: ended } if ended == how)
}

#[tokio::test]
async fn a_panic_is_told_as_one() {
    let is_panic = |failure: &CallFailure| matches!(failure, CallFailure::Fault(Fault::Panicked { .. }));
    check("panic", is_panic).await;
    check("panic-with-a-payload-that-panics", is_panic).await;
}

#[tokio::test]
async fn a_crash_takes_one_call_with_it() {
    check("abort", crashed_with("signal 6 (SIGABRT)")).await;
    check("segfault", crashed_with("signal 11 (SIGSEGV)")).await;
    check("exit", crashed_with("exit status 0")).await;
    check("overflow-the-stack", crashed_with("signal 6 (SIGABRT)")).await;
}

#[tokio::test]
async fn a_memory_hog_meets_its_limit() {
    check("hog-memory", crashed_with("signal 6 (SIGABRT)")).await;
}

#[tokio::test]
async fn an_unreadable_answer_is_refused() {
    let garbled = |failure: &CallFailure| matches!(failure, CallFailure::Garbled { .. });
    for action in ["answer-10-mb", "answer-invalid-utf8", "answer-no-json", "answer-another-shape"] {
        check(action, garbled).await;
    }
}

#[tokio::test]
async fn an_endless_loop_is_ended_at_its_deadline() {
    let desk = Desk::open("").await;
    let looping = desk.act("tell-pid").await.unwrap();
    let started = Instant::now();
    let failure = desk.act_within("loop", Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(failure, CallFailure::TimedOut { deadline: Duration::from_millis(300) });
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
    assert!(started.elapsed() < Duration::from_secs(3), "answered and respawned in {:?}", started.elapsed());
    assert!(!desk.plugin().children().contains(&(looping.as_u64().unwrap() as u32)), "the looping child is gone");
}

#[tokio::test]
async fn a_refusal_is_no_strike() {
    let desk = Desk::open("").await;
    for _ in 0..5 {
        assert!(matches!(desk.act("refuse").await, Err(CallFailure::Fault(Fault::Refused(_)))));
    }
    assert_eq!(desk.status().state, State::Running);
}

#[tokio::test]
async fn three_strikes_quarantine_the_plugin_until_somebody_enables_it() {
    let desk = Desk::open("").await;
    for action in ["segfault", "panic", "answer-no-json"] {
        assert!(!matches!(desk.act(action).await, Err(CallFailure::Quarantined { .. })));
    }
    let failure = desk.act("answer").await.unwrap_err();
    assert!(matches!(failure, CallFailure::Quarantined { .. }), "{failure:?}");
    let status = desk.status();
    assert_eq!(status.state, State::Quarantined);
    assert_eq!(
        status.reason.unwrap(),
        "misbehaving is quarantined, 3 of its calls failed within 60 s; the last: the plugin answered something unreadable: \
         expected value at line 1 column 1; after a repair: deskbell plugin enable misbehaving"
    );
    assert_eq!(desk.registry.running("misbehaving").unwrap_err().code.as_str(), "plugin_quarantined");
    assert!(desk.registry.get("misbehaving").is_some(), "its description is still there, so its records can be read");

    assert_eq!(desk.registry.enable("misbehaving").await.unwrap().state, State::Running);
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
}

#[tokio::test]
async fn a_child_killed_from_outside_costs_at_most_its_call() {
    let desk = Desk::open("").await;
    let kill = |pid: u32| kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();

    let plugin = desk.plugin();
    let busy = tokio::spawn(async move {
        let handler = Handler::PluginAction { action: "sleep-two-seconds".into(), args: Fields::new() };
        run(&plugin, handler, Duration::from_secs(10)).await
    });
    let pid = loop {
        match desk.plugin().children().first() {
            Some(pid) => break *pid,
            None => tokio::task::yield_now().await,
        }
    };
    kill(pid);
    assert_eq!(busy.await.unwrap().unwrap_err(), CallFailure::Crashed { how: "signal 9 (SIGKILL)".into() });

    let idle = desk.act("tell-pid").await.unwrap().as_u64().unwrap() as u32;
    kill(idle);
    while std::fs::read_to_string(format!("/proc/{idle}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
    assert_ne!(desk.act("tell-pid").await.unwrap(), idle, "an idle child that died is replaced without a failed call");
}

#[tokio::test]
async fn what_a_plugin_prints_is_logged_and_never_mistaken_for_an_answer() {
    let diary = Diary::open();
    let desk = Desk::open("").await;
    assert_eq!(desk.act("print").await, Ok(json!("printed")));
    assert_eq!(diary.wait_for("printed by a plugin").await, "INFO message=printed by a plugin plugin=\"misbehaving\"");
    diary.wait_for("printed as an error by a plugin").await;
    assert_eq!(desk.act("read-from-stdin").await, Ok(json!(0)), "there is nothing to read: the frames are out of reach");
    assert_eq!(desk.act("panic-in-a-thread").await, Ok(json!("only the thread")));
    diary.wait_for("the thread panics").await;
}

#[tokio::test]
async fn a_plugins_log_keeps_its_level_in_a_call_and_outside() {
    let diary = Diary::open();
    let desk = Desk::open("").await;
    assert_eq!(desk.act("log").await, Ok(json!("logged")));
    let line = "WARN message=logged by a plugin plugin=\"misbehaving\" from=\"misbehaving\"";
    assert_eq!(diary.wait_for("logged by a plugin").await, line);
    assert_eq!(diary.lines().iter().filter(|logged| *logged == line).count(), 2);
}

#[tokio::test]
async fn a_flood_of_lines_is_cut_and_the_call_is_answered() {
    let diary = Diary::open();
    let desk = Desk::open("").await;
    assert_eq!(desk.act("print-a-flood").await, Ok(json!("printed")));
    let kept = diary.lines().iter().filter(|line| line.contains("of a flood")).count();
    assert!(kept < 5_000, "{kept} of 100000 lines were kept");
}

#[tokio::test]
async fn reads_go_back_and_forth_in_a_call() {
    let desk = Desk::open("").await;
    assert_eq!(desk.act("find").await, Ok(json!({ "rows": [{ "name": "张三" }], "count": 1 })));
    assert_eq!(desk.act("find-a-thousand-times").await, Ok(json!(1000)));
}

#[tokio::test]
async fn a_plugin_sees_nothing_of_the_desks_environment() {
    let desk = Desk::open("").await;
    assert_eq!(desk.act("tell-environment").await, Ok(json!([])));
}

#[tokio::test]
async fn two_people_are_answered_at_once_and_jobs_have_a_child_of_their_own() {
    let desk = Desk::open("").await;
    let started = Instant::now();
    let sleep = |handler: Handler| {
        let plugin = desk.plugin();
        tokio::spawn(async move { run(&plugin, handler, Duration::from_secs(10)).await })
    };
    let action = || Handler::PluginAction { action: "sleep-two-seconds".into(), args: Fields::new() };
    let job = Handler::Job {
        job: "sleep-two-seconds".into(),
        scheduled_for: "2026-11-24T02:00:00Z".parse().unwrap(),
        excluded: Vec::new(),
    };
    for call in [sleep(action()), sleep(action()), sleep(job)] {
        call.await.unwrap().unwrap();
    }
    assert!(started.elapsed() < Duration::from_millis(3_900), "three at once took {:?}", started.elapsed());
    assert_eq!(desk.plugin().children().len(), 3);
}

#[tokio::test]
async fn a_caller_who_found_no_free_child_is_told_that_the_plugin_is_busy() {
    let desk = Desk::open("[runner]\nworkers = 1\n").await;
    let plugin = desk.plugin();
    let busy = tokio::spawn(async move {
        let handler = Handler::PluginAction { action: "sleep-two-seconds".into(), args: Fields::new() };
        run(&plugin, handler, Duration::from_secs(10)).await
    });
    while desk.plugin().children().is_empty() {
        tokio::task::yield_now().await;
    }
    let failure = desk.act_within("answer", Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(failure, CallFailure::Busy { waited: Duration::from_millis(200) });
    busy.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_child_at_work() {
    let desk = Desk::open("").await;
    let gone = tokio::time::timeout(Duration::from_millis(300), desk.act("loop")).await;
    assert!(gone.is_err());
    assert_eq!(desk.plugin().children(), Vec::<u32>::new());
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
}

#[test]
fn a_child_does_not_outlive_its_desk() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    // A shell stands in for the desk; the child hears that it is gone only from the kernel, as its pipe stays open.
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libmisbehaving.so");
    std::fs::write(&library, crate::fixture::library()).unwrap();
    let mut desk = Command::new("sh")
        .args(["-c", r#"exec 3<&0; "$0" plugin-runner "$1" $$ 256 <&3 >/dev/null & echo $!; wait"#])
        .args([env!("CARGO_BIN_EXE_deskbell").as_ref(), library.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Waiting for the shell would close the pipe, and the child would end by itself.
    let _pipe = desk.stdin.take();
    let mut line = String::new();
    BufReader::new(desk.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let child = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
    desk.kill().unwrap();
    desk.wait().unwrap();
    let started = Instant::now();
    while test_kill_process(child).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(10), "{child:?} lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn an_idle_child_is_ended() {
    let desk = Desk::open("[runner]\nidle = \"200ms\"\n").await;
    let pid = desk.act("tell-pid").await.unwrap().as_u64().unwrap() as i32;
    while !desk.plugin().children().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_process_a_panic_is_a_fault_and_leaked_threads_are_counted() {
    let desk = Desk::open("[runner]\nisolation = \"in-process\"\n").await;
    assert_eq!(desk.act("tell-pid").await, Ok(json!(std::process::id())));
    assert_eq!(desk.act("find").await, Ok(json!({ "rows": [{ "name": "张三" }], "count": 1 })));
    assert!(matches!(desk.act("panic").await, Err(CallFailure::Fault(Fault::Panicked { .. }))));
    assert!(matches!(desk.act("answer-10-mb").await, Err(CallFailure::Garbled { .. })));
    let deadline = Duration::from_millis(100);
    let failure = desk.act_within("sleep-two-seconds", deadline).await.unwrap_err();
    assert_eq!(failure, CallFailure::TimedOut { deadline });
    assert_eq!(desk.plugin().leaked_threads(), 1);
    assert_eq!(desk.status().state, State::Quarantined, "three strikes count here as well");
    while desk.plugin().leaked_threads() > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
