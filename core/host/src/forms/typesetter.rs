//! The typesetting workers, seen from the host: started when a paper is wanted, ended when idle, grown or late.
//!
//! A worker holds Typst and ten megabytes of fonts; its memory and its crashes stay out of the desk.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_proto::typeset::{Answer, Complaint, FRAME_MAX, Request};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use crate::nursery;
use crate::problem::{Code, Problem};

/// How many papers are set at once; each takes a processor.
const AT_ONCE: usize = 2;
/// A paper that takes longer is given up.
const DEADLINE: Duration = Duration::from_secs(10);
/// What a register's row adds to that.
const DEADLINE_PER_ROW: Duration = Duration::from_millis(5);
/// A worker that was not needed for so long is ended.
const IDLE: Duration = Duration::from_secs(60);
/// A worker that holds more memory than this after an answer is ended.
const GROWN: u64 = 256 << 20;
/// The address space of a worker, in MB.
const MEMORY_MB: u32 = 2048;

/// Sets forms and registers into type. Clones share the workers.
#[derive(Clone)]
pub(crate) struct Typesetter {
    inner: Arc<Inner>,
}

struct Inner {
    program: PathBuf,
    fonts: Vec<PathBuf>,
    permits: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

/// A finished file, or what is wrong with the template or its data.
pub(crate) type Set = Result<SetFile, Vec<Complaint>>;

/// What a worker has set.
#[derive(Debug)]
pub(crate) struct SetFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) warnings: Vec<String>,
}

impl fmt::Debug for Typesetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typesetter({})", self.inner.program.display())
    }
}

impl Typesetter {
    pub(crate) fn new(program: PathBuf, fonts: Vec<PathBuf>) -> Self {
        let permits = Semaphore::new(AT_ONCE);
        Typesetter { inner: Arc::new(Inner { program, fonts, permits, idle: Mutex::default() }) }
    }

    /// Sets something into type.
    pub(crate) async fn set(&self, request: &Request) -> Result<Set, Problem> {
        match self.ask(request).await? {
            (Answer::Set { warnings, .. }, Some(bytes)) => Ok(Ok(SetFile { bytes, warnings })),
            (Answer::Refused { complaints }, _) => Ok(Err(complaints)),
            (answer, _) => Err(broken(format!("it answered {answer:?}"))),
        }
    }

    /// What is wrong with a form's template.
    pub(crate) async fn check(&self, request: &Request) -> Result<Vec<Complaint>, Problem> {
        match self.ask(request).await? {
            (Answer::Checked { complaints }, _) => Ok(complaints),
            (answer, _) => Err(broken(format!("it answered {answer:?}"))),
        }
    }

    async fn ask(&self, request: &Request) -> Result<(Answer, Option<Vec<u8>>), Problem> {
        let _permit = self.inner.permits.acquire().await.map_err(Problem::internal)?;
        let json = serde_json::to_vec(request).map_err(Problem::internal)?;
        let kept = self.inner.idle.lock().pop();
        let mut worker = match kept {
            Some(worker) if worker.is_alive() => worker,
            _ => self.start().await?,
        };
        let deadline = deadline(request);
        match tokio::time::timeout(deadline, worker.exchange(&json)).await {
            Ok(Ok(answer)) => {
                self.keep(worker, &answer.0);
                Ok(answer)
            }
            Ok(Err(error)) => Err(broken(worker.how_it_ended(&error).await)),
            // Dropping the worker kills it.
            Err(_) => Err(broken(format!("it took more than {} s", deadline.as_secs()))),
        }
    }

    async fn start(&self) -> Result<Worker, Problem> {
        let Inner { program, fonts, .. } = &*self.inner;
        let mut command = Command::new(program);
        command.args(["--memory", &MEMORY_MB.to_string()]);
        fonts.iter().for_each(|folder| {
            command.arg("--fonts").arg(folder);
        });
        // A template has no business with the desk's environment or folder.
        command.env_clear().current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = nursery::spawn(command).await.map_err(|error| {
            Problem::internal(format!(
                "the typesetter {} can't be started: {error}; `cargo build --workspace` or the installed package provides it",
                program.display()
            ))
        })?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(answers)) => {
                Ok(Worker { child: Mutex::new(child), requests, answers, idle_since: Instant::now() })
            }
            _ => Err(Problem::internal("the typesetter was started without its pipes")),
        }
    }

    /// Keeps a worker for the next paper, unless it has grown; one that nobody needs is ended after a while.
    fn keep(&self, mut worker: Worker, answer: &Answer) {
        if matches!(answer, Answer::Set { memory, .. } if *memory > GROWN) {
            return;
        }
        worker.idle_since = Instant::now();
        self.inner.idle.lock().push(worker);
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            if let Some(inner) = inner.upgrade() {
                inner.idle.lock().retain(|worker| worker.idle_since.elapsed() < IDLE);
            }
        });
    }
}

/// One worker process.
struct Worker {
    child: Mutex<Child>,
    requests: ChildStdin,
    answers: ChildStdout,
    idle_since: Instant,
}

impl Worker {
    fn is_alive(&self) -> bool {
        matches!(self.child.lock().try_wait(), Ok(None))
    }

    async fn exchange(&mut self, json: &[u8]) -> io::Result<(Answer, Option<Vec<u8>>)> {
        let length = u32::try_from(json.len()).map_err(io::Error::other)?;
        self.requests.write_all(&length.to_le_bytes()).await?;
        self.requests.write_all(json).await?;
        self.requests.flush().await?;
        let answer: Answer = serde_json::from_slice(&self.frame().await?).map_err(io::Error::other)?;
        let file = if let Answer::Set { .. } = answer { Some(self.frame().await?) } else { None };
        Ok((answer, file))
    }

    async fn frame(&mut self) -> io::Result<Vec<u8>> {
        let length = self.answers.read_u32_le().await?;
        if length > FRAME_MAX {
            return Err(io::Error::other(format!("an answer of {length} bytes")));
        }
        let mut frame = vec![0; length as usize];
        self.answers.read_exact(&mut frame).await?;
        Ok(frame)
    }

    /// What became of a worker that broke off: its own last words, or how it ended.
    async fn how_it_ended(self, error: &io::Error) -> String {
        let mut child = self.child.into_inner();
        let mut words = String::new();
        if let Some(stderr) = child.stderr.take() {
            // A worker that broke off says little; what it says ends with it.
            let _ = tokio::time::timeout(Duration::from_secs(1), stderr.take(4096).read_to_string(&mut words)).await;
        }
        let status = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
        match (words.trim(), status) {
            ("", Ok(Ok(status))) => format!("it ended with {status}"),
            ("", _) => error.to_string(),
            (words, _) => words.trim_start_matches("deskbell-typeset: ").to_owned(),
        }
    }
}

fn deadline(request: &Request) -> Duration {
    match request {
        Request::Register { register, .. } => DEADLINE + DEADLINE_PER_ROW * register.rows.len().try_into().unwrap_or(u32::MAX),
        Request::Form { sheets, .. } => DEADLINE + Duration::from_secs(1) * sheets.len().try_into().unwrap_or(u32::MAX),
        _ => DEADLINE,
    }
}

fn broken(why: String) -> Problem {
    tracing::error!("the typesetter failed: {why}");
    Problem::new(Code::Internal, format!("the typesetter failed: {why}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What a worker that is this shell script is found to have done.
    async fn failure_of(script: &str) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let program = scratch.path().join("worker");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let request: Request = serde_json::from_value(serde_json::json!({
            "ask": "form", "sheets": [], "output": {"as": "pdf"},
            "form": {"name": "sheet", "template": {"file": "a", "text": ""}, "layout": {}, "shape": {"object": []},
                     "wording": {"language": "en", "layers": []}},
        }))
        .unwrap();
        Typesetter::new(program, Vec::new()).set(&request).await.unwrap_err().detail
    }

    #[tokio::test]
    async fn a_worker_that_breaks_off_is_told_by_its_last_words_or_its_end() {
        let failure = failure_of("echo 'deskbell-typeset: no font in /x: install the fonts' >&2; exit 1").await;
        assert_eq!(failure, "the typesetter failed: no font in /x: install the fonts");
        assert!(failure_of("head -c 4 >/dev/null; kill -SEGV $$").await.contains("signal: 11"));
        assert!(failure_of("head -c 4 >/dev/null; printf 'garbled!'").await.starts_with("the typesetter failed: "));
    }

    #[tokio::test]
    async fn a_typesetter_that_is_not_there_is_named_with_its_cure() {
        let missing = Typesetter::new("/nowhere/deskbell-typeset".into(), Vec::new());
        let problem = missing.start().await.map(drop).unwrap_err();
        assert!(problem.detail.contains("/nowhere/deskbell-typeset") && problem.detail.contains("cargo build"), "{problem}");
    }
}
