//! More than the desk can answer, clients that dawdle, and a stop in the middle of the work: nobody waits for ever, and
//! nothing that was acknowledged is lost.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deskbell_tests::{Answer, Api, Home, Package, Serving, eventually, eventually_within};
use serde_json::{Value, json};

/// A served desk that answers two at once and lets two wait; its plugin beside letters is slow on demand.
fn served() -> (Home, Serving) {
    served_with("at_once = 2")
}

fn served_with(settings: &str) -> (Home, Serving) {
    let home = Home::new();
    home.write("deskbell.toml", &home.read("deskbell.toml").replace("[server]", &format!("[server]\n{settings}")));
    home.install(&Package::misbehaving()).expect(0);
    let desk = home.serve();
    (home, desk)
}

fn sleep_two_seconds(api: &Api) -> Answer {
    api.post("/api/v1/actions/misbehaving.sleep-two-seconds", json!({}))
}

fn assert_is_alive_at_once(api: &Api) {
    let asked = Instant::now();
    api.get("/healthz").expect(200);
    assert!(asked.elapsed() < Duration::from_millis(500), "/healthz took {:?}", asked.elapsed());
}

#[test]
fn beyond_its_limit_the_desk_asks_to_come_back_and_answers_the_others() {
    let (_home, desk) = served();
    let n_answered = AtomicUsize::new(0);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let call = || {
            let answer = sleep_two_seconds(&desk.api);
            n_answered.fetch_add(1, Ordering::Relaxed);
            answer
        };
        let calls: Vec<_> = (0..12).map(|_| scope.spawn(call)).collect();
        while n_answered.load(Ordering::Relaxed) < 12 {
            assert_is_alive_at_once(&desk.api);
        }
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let (accepted, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(accepted.len(), 4, "two at work and two in the queue");
    assert!(accepted.iter().all(|answer| answer.body == "at last"));
    for answer in refused {
        assert_eq!(answer.retry_after.as_deref(), Some("1"));
        answer.problem(503, "overloaded");
    }
    desk.api.receive("as if nothing had been", "2026-11-20");
}

#[test]
fn nobody_waits_for_their_turn_longer_than_for_their_answer() {
    let (_home, desk) = served_with("at_once = 1\nrequest_timeout = \"500ms\"");
    std::thread::scope(|scope| {
        // A run by hand takes the only place for as long as its schedule allows.
        let run = scope.spawn(|| desk.api.post("/api/v1/jobs/misbehaving.sleep-two-seconds/runs", json!({})));
        eventually("the run has begun", || (!desk.plugin_children().is_empty()).then_some(()));
        let asked = Instant::now();
        let answer = desk.api.get("/api/v1/records/letters.letter");
        assert!(asked.elapsed() < Duration::from_millis(1500), "waited {:?}", asked.elapsed());
        assert!(answer.retry_after.is_some());
        answer.problem(503, "overloaded");
        assert_eq!(run.join().unwrap().expect(201).body["state"], "succeeded");
    });
    desk.api.get("/api/v1/records/letters.letter").expect(200);
}

#[test]
fn clients_that_never_finish_their_requests_are_shut_off_and_hold_up_nobody() {
    let (_home, desk) = served();
    let opened = Instant::now();
    let heads = ["x-slow: ", "content-type: application/json\r\ncontent-length: 1000000\r\n\r\n"];
    let mut dawdlers: Vec<TcpStream> = (0..200).map(|n| dawdler(&desk.address, heads[n % 2])).collect();
    for n in 0..20 {
        let asked = Instant::now();
        desk.api.receive(&format!("letter {n}"), "2026-11-20");
        assert!(asked.elapsed() < Duration::from_secs(1), "a clerk waited {:?}", asked.elapsed());
    }
    assert_is_alive_at_once(&desk.api);
    // Each look sends one byte more, so that none of them is merely idle.
    let bound = Duration::from_secs(20).saturating_sub(opened.elapsed());
    eventually_within(bound, "all of them are shut off", || {
        dawdlers.retain_mut(is_still_served);
        dawdlers.is_empty().then_some(())
    });
    desk.api.receive("as if nothing had been", "2026-11-20");
}

/// A stranger who is still at the headers, or at the body.
fn dawdler(address: &str, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "POST /api/v1/records/letters.letter HTTP/1.1\r\nhost: desk\r\n{head}").unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

fn is_still_served(dawdler: &mut TcpStream) -> bool {
    let mut answer = [0; 1024];
    match dawdler.write(b"x").and_then(|_| dawdler.read(&mut answer)) {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

#[test]
fn a_body_of_ten_megabytes_is_refused_and_its_sender_told_why() {
    let (_home, desk) = served();
    let letter = json!({"addressee": "x".repeat(10 * 1024 * 1024), "kind": "letter", "destination": "other"});
    for _ in 0..5 {
        desk.api.post("/api/v1/records/letters.letter", letter.clone()).problem(413, "payload_too_large");
    }
    desk.api.receive("as if nothing had been", "2026-11-20");
}

/// SIGTERM with writes in flight, idle connections, a slow call of a plugin and a running job.
#[test]
fn a_desk_that_is_told_to_stop_finishes_what_it_has_begun_and_loses_nothing() {
    let home = Home::new();
    home.install(&Package::misbehaving()).expect(0);
    let every_second = "[[job]]\njob = \"sleep-two-seconds\"\ncron = \"* * * * * *\"\n";
    home.write("schedules/misbehaving.toml", every_second);
    let mut desk = home.serve();
    let idle: Vec<TcpStream> = (0..50).map(|_| idle_connection(&desk.address)).collect();
    let mut events = events(&desk);
    eventually("the job runs", || {
        let runs = desk.api.get("/api/v1/jobs/misbehaving.sleep-two-seconds/runs").expect(200).body;
        runs["items"].as_array().unwrap().iter().any(|run| run["state"] == "running").then_some(())
    });
    let acknowledged: Mutex<Vec<Value>> = Mutex::default();
    let n_acknowledged = || acknowledged.lock().unwrap().len();
    let stopping = std::thread::scope(|scope| {
        let slow = scope.spawn(|| sleep_two_seconds(&desk.api));
        for writer in 0..4 {
            let (api, acknowledged) = (desk.api.clone(), &acknowledged);
            scope.spawn(move || write_until_refused(&api, writer, acknowledged));
        }
        eventually("letters are acknowledged", || (n_acknowledged() >= 20).then_some(()));
        desk.ask_to_end();
        let stopping = Instant::now();
        eventually_within(Duration::from_secs(1), "/readyz says that it stops", || says_that_it_stops(&desk));
        assert_eq!(slow.join().unwrap().expect(200).body, "at last");
        stopping
    });
    let status = desk.ended_within(Duration::from_secs(15));
    assert_eq!(status.code(), Some(0), "after {:?}", stopping.elapsed());
    drop(idle);
    let mut told = String::new();
    events.read_to_string(&mut told).unwrap();
    assert!(told.ends_with("0\r\n\r\n"), "the stream of events ended in good order: {told}");

    home.write("schedules/misbehaving.toml", "");
    let desk = home.serve();
    for letter in acknowledged.into_inner().unwrap() {
        let number = letter["number"].as_str().unwrap();
        assert_eq!(desk.api.get(&format!("/api/v1/records/letters.letter/{number}")).expect(200).body, letter);
    }
    let runs = desk.api.get("/api/v1/jobs/misbehaving.sleep-two-seconds/runs").expect(200).body;
    let left_running = runs["items"].as_array().unwrap().iter().filter(|run| run["state"] == "running").count();
    assert_eq!(left_running, 0, "{runs}");
}

/// Asked over a connection of its own, as a load balancer does: those that were kept are closed.
fn says_that_it_stops(desk: &Serving) -> Option<()> {
    let probe = Api::new(format!("http://{}", desk.address), None);
    let ready = probe.send("GET", "/readyz", None, &[]).ok()?;
    (ready.status == 503 && ready.body["status"] == "stopping").then_some(())
}

/// A connection that has asked once and is kept.
fn idle_connection(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: desk\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stream
}

/// A page that watches what happens.
fn events(desk: &Serving) -> TcpStream {
    let mut stream = TcpStream::connect(&desk.address).unwrap();
    let token = desk.api.token().unwrap();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
    stream
}

fn write_until_refused(api: &Api, writer: usize, acknowledged: &Mutex<Vec<Value>>) {
    for n in 0.. {
        let letter = json!({"addressee": format!("writer {writer} letter {n}"), "kind": "letter", "destination": "other"});
        match api.send("POST", "/api/v1/records/letters.letter", Some(letter), &[]) {
            Ok(answer) if answer.status == 201 => acknowledged.lock().unwrap().push(answer.body),
            Ok(answer) => {
                assert!(answer.retry_after.is_some(), "{}", answer.body);
                return drop(answer.problem(503, "overloaded"));
            }
            // Nobody listens any more.
            Err(error) => return assert!(error.is_connect() || error.is_request(), "{error}"),
        }
    }
}

#[test]
fn a_second_sigterm_ends_the_desk_at_once() {
    let (_home, mut desk) = served();
    std::thread::scope(|scope| {
        let slow = scope.spawn({
            let api = desk.api.clone();
            move || api.send("POST", "/api/v1/actions/misbehaving.sleep-two-seconds", Some(json!({})), &[]).is_err()
        });
        eventually("the slow call has begun", || (!desk.plugin_children().is_empty()).then_some(()));
        desk.ask_to_end();
        eventually("/readyz says that it stops", || says_that_it_stops(&desk));
        desk.ask_to_end();
        assert_eq!(desk.ended_within(Duration::from_secs(1)).code(), Some(143));
        assert!(slow.join().unwrap(), "the slow call was not waited for");
    });
}
