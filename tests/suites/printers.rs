//! Printers: each paper is printed once, whatever the printer and the desk go through.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use deskbell_tests::{Home, Serving, eventually, eventually_within};
use serde_json::{Value, json};

/// Debian's `ippeveprinter`, a whole IPP printer on loopback; what it prints lands in a folder.
struct IppPrinter {
    folder: tempfile::TempDir,
    port: u16,
    processes: Vec<Child>,
}

impl IppPrinter {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let command = folder.path().join("print");
        let at = folder.path().display();
        let script = format!(
            "#!/bin/sh\nif [ -e {at}/empty ]; then\n  echo 'STATE: +media-empty-error' >&2\n  while [ -e {at}/empty ]; do sleep 0.1; done\n  \
             echo 'STATE: -media-empty-error' >&2\nfi\ncp \"$1\" {at}/out/$$.pdf\n"
        );
        std::fs::create_dir_all(folder.path().join("out")).unwrap();
        std::fs::create_dir_all(folder.path().join("spool")).unwrap();
        std::fs::write(&command, script).unwrap();
        std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        IppPrinter { folder, port, processes: Vec::new() }
    }

    fn start(&mut self) {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        // It wants a system bus to speak to Avahi, even when it is told not to announce itself: it gets one of its own.
        let bus = format!("unix:path={}", at("bus"));
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--address", &bus]);
        let daemon = daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.processes.push(daemon.expect("dbus-daemon is missing: run cargo xtask setup"));
        eventually("the bus is there", || self.folder.path().join("bus").exists().then_some(()));
        let mut printer = Command::new("/usr/sbin/ippeveprinter");
        printer.env("DBUS_SYSTEM_BUS_ADDRESS", bus);
        printer.args(["-r", "off", "-n", "localhost", "-f", "application/pdf", "-p", &self.port.to_string()]);
        printer.args(["-d", &at("spool"), "-c", &at("print"), "counter"]);
        let printer = printer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.processes.push(printer.expect("ippeveprinter is missing: run cargo xtask setup"));
        eventually("the printer listens", || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok().map(drop));
    }

    fn settings(&self) -> String {
        format!("\n[[printers]]\nname = \"counter\"\nurl = \"ipp://127.0.0.1:{}/ipp/print\"\n", self.port)
    }

    fn printed(&self) -> Vec<PathBuf> {
        let out = std::fs::read_dir(self.folder.path().join("out")).unwrap();
        out.flatten().map(|entry| entry.path()).collect()
    }

    fn set_empty(&self, is_empty: bool) {
        let tray = self.folder.path().join("empty");
        if is_empty { std::fs::write(tray, "").unwrap() } else { std::fs::remove_file(tray).unwrap() }
    }
}

impl Drop for IppPrinter {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn with_printers(settings: &str) -> Home {
    let home = Home::new();
    home.write("deskbell.toml", &(home.read("deskbell.toml") + settings));
    home
}

/// A hand-off sheet to be printed.
fn sheet(desk: &Serving) -> String {
    desk.api.receive("欧阳娜娜", "2026-10-20");
    desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201);
    let sheets = desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body;
    sheets["items"][0]["number"].as_str().unwrap().to_owned()
}

fn print(desk: &Serving, sheet: &str, printer: &str) -> Value {
    let body = json!({"form": "letters.handoff-sheet", "record": sheet, "printer": printer});
    let paper = desk.api.post("/api/v1/papers", body).expect(201).body;
    assert_eq!((&paper["printed"]["printer"], &paper["printed"]["state"]), (&json!(printer), &json!("queued")), "{paper}");
    paper
}

fn standing(desk: &Serving, paper: &Value) -> Value {
    let row = desk.api.send("GET", paper["href"].as_str().unwrap(), None, &[("accept", "application/json")]);
    row.unwrap().expect(200).body["printed"].clone()
}

fn until(desk: &Serving, paper: &Value, state: &str) -> Value {
    eventually_within(Duration::from_secs(40), &format!("the paper is {state}"), || {
        let printed = standing(desk, paper);
        (printed["state"] == state).then_some(printed)
    })
}

#[test]
fn a_paper_is_printed_once_and_known_to_be() {
    let mut printer = IppPrinter::new();
    printer.start();
    let home = with_printers(&printer.settings());
    let desk = home.serve();
    let sheet = sheet(&desk);
    let paper = print(&desk, &sheet, "counter");
    until(&desk, &paper, "printed");
    let printed = printer.printed();
    assert_eq!(printed.len(), 1, "{printed:?}");
    let kept = desk.api.get(paper["href"].as_str().unwrap()).expect(200).bytes;
    assert_eq!(std::fs::read(&printed[0]).unwrap(), kept, "what was printed is the paper that is kept");

    let unknown = json!({"form": "letters.handoff-sheet", "record": sheet, "printer": "conter"});
    let refused = desk.api.post("/api/v1/papers", unknown).problem(422, "validation_failed");
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("did you mean counter?"), "{refused}");
}

#[test]
fn an_empty_tray_holds_the_paper_until_there_is_paper_also_over_a_kill() {
    let mut printer = IppPrinter::new();
    printer.start();
    printer.set_empty(true);
    let home = with_printers(&printer.settings());
    let desk = home.serve();
    let sheet = sheet(&desk);
    let paper = print(&desk, &sheet, "counter");
    let held = until(&desk, &paper, "held");
    assert_eq!(held["reason"], "The printer is out of paper.");
    let doctor = home.cli(&["--json", "doctor"]);
    assert!(doctor.stdout.contains("out of paper"), "{}", doctor.stdout);

    desk.kill();
    let desk = home.serve();
    printer.set_empty(false);
    until(&desk, &paper, "printed");
    assert_eq!(printer.printed().len(), 1, "the printer had it already: {:?}", printer.printed());
}

#[test]
fn an_unreachable_printer_holds_its_own_queue_and_no_other() {
    // Bound first: the port of a printer that is away is nobody's, and could be given to this one.
    let raw = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut away = IppPrinter::new();
    let labels = format!("\n[[printers]]\nname = \"labels\"\nurl = \"socket://{}\"\n", raw.local_addr().unwrap());
    let (received, bytes) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in raw.incoming().flatten() {
            let mut all = Vec::new();
            let mut stream = stream;
            if stream.read_to_end(&mut all).is_ok() && received.send(all).is_err() {
                return;
            }
        }
    });
    let home = with_printers(&(away.settings() + &labels));
    let desk = home.serve();
    let sheet = sheet(&desk);
    let (first, second) = (print(&desk, &sheet, "counter"), print(&desk, &sheet, "labels"));
    let held = until(&desk, &first, "held");
    assert!(held["reason"].as_str().unwrap().contains("cannot be reached"), "{held}");
    until(&desk, &second, "sent");
    let raw = bytes.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(raw, desk.api.get(second["href"].as_str().unwrap()).expect(200).bytes);

    away.start();
    until(&desk, &first, "printed");
    assert_eq!(away.printed().len(), 1);
    let metrics = desk.api.get("/metrics").expect(200);
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("deskbell_print_jobs_total"));
}

#[test]
fn twenty_kills_print_every_paper_once() {
    let mut printer = IppPrinter::new();
    printer.start();
    let home = with_printers(&printer.settings());
    let mut desk = home.serve();
    let sheet = sheet(&desk);
    let mut papers = Vec::new();
    for round in 0..20_u64 {
        papers.push(print(&desk, &sheet, "counter"));
        // Only a pause of another length each time, so that the kill meets another step.
        std::thread::park_timeout(Duration::from_millis(round * 23 % 400));
        desk.kill();
        desk = home.serve();
    }
    for paper in &papers {
        until(&desk, paper, "printed");
    }
    assert_eq!(printer.printed().len(), papers.len());
}
