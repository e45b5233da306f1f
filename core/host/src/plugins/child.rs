//! The inside of a plugin's child process: `deskbell plugin-runner <library>`.
//!
//! It opens one library, answers one call at a time over the frames, and ends when the host's pipe ends. There is no async
//! runtime here: a plugin is plain synchronous code. Everything that the library could disturb is moved out of its reach
//! first: the pipes get descriptors of their own, `println!` ends in the log, memory has a limit, and the child never
//! outlives the host.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use deskbell_abi::loader::{self, OpenError};
use deskbell_abi::{Answer, HostCalls};
use deskbell_proto::call::LogLine;
use deskbell_proto::{Fault, ops};
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal};

use super::frames::{Frame, Kind};
use crate::awake::Lookout;

/// The name of the subcommand.
pub const SUBCOMMAND: &str = "plugin-runner";

/// Begins a line on the child's stderr that is a [`LogLine`] in JSON and not plain text.
pub(super) const LOG_MARK: char = '\u{1e}';

/// As much of a refusal by abi_stable as is logged: it can run over thousands of lines.
const DETAILS_MAX: usize = 2_000;

/// Runs the child to its end; `args` are those after the subcommand: library, parent's process id, memory in MB.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Arguments::read(args).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = rustix::io::write(rustix::stdio::stderr(), format!("plugin-runner: {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    library: PathBuf,
    parent: u32,
    memory_mb: u64,
}

impl Arguments {
    fn read(args: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
        let mut args = args.into_iter();
        let mut next = || args.next().ok_or_else(|| io::Error::other("started by the host only: LIBRARY PARENT MEMORY_MB"));
        let number = |text: OsString| text.to_str().and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
        Ok(Arguments { library: next()?.into(), parent: number(next()?), memory_mb: number(next()?).into() })
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    confine(arguments)?;
    let host = Arc::new(take_over_pipes()?);
    let library = match loader::open(&arguments.library, Box::new(Outside(host.clone()))) {
        Ok(library) => library,
        Err(error) => {
            host.log_outside("debug", error.details.chars().take(DETAILS_MAX).collect());
            return host.say(&Frame::new(Kind::Unusable, why_unopened(&error)));
        }
    };
    host.say(&Frame::new(Kind::Hello, Vec::new()))?;

    loop {
        let Some(call) = host.next()? else { return Ok(()) };
        let (op, json) = call.as_call()?;
        host.answers.lock().in_call = true;
        let answer = match library.call(&DuringCall(&host), op, json) {
            Ok(json) => Frame::new(Kind::Answer, json),
            Err(json) => Frame::new(Kind::Fault, json),
        };
        let mut answers = host.answers.lock();
        answers.in_call = false;
        answer.write_to(&mut answers.pipe)?;
    }
}

/// Why a library was not opened, with what its constructor said where that failed.
pub(super) fn why_unopened(error: &OpenError) -> String {
    let said = error.fault.as_deref().and_then(|json| serde_json::from_slice::<Fault>(json).ok());
    said.map_or_else(|| error.message.clone(), |fault| format!("{}: {fault}", error.message))
}

/// Takes away what a plugin does not need, before any of its code is loaded.
fn confine(arguments: &Arguments) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The host may have died before the line above; then nobody would ever end this child.
    if std::os::unix::process::parent_id() != arguments.parent {
        return Err(io::Error::other("the desk that started this child is gone"));
    }
    rustix::thread::set_no_new_privs(true)?;
    let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    rustix::process::setrlimit(Resource::Core, limit(0))?;
    if arguments.memory_mb > 0 {
        rustix::process::setrlimit(Resource::As, limit(arguments.memory_mb * 1024 * 1024))?;
    }
    Ok(())
}

/// Gives the pipes other descriptors, so that the library finds nothing to read at 0 and the log at 1.
fn take_over_pipes() -> io::Result<Host> {
    let requests = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let answers = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(Host {
        requests: Mutex::new(Requests { pipe: BufReader::new(File::from(requests)), lookout: Lookout::default() }),
        answers: Mutex::new(Answers { pipe: File::from(answers), in_call: false }),
    })
}

/// The two pipes to the host.
struct Host {
    requests: Mutex<Requests>,
    answers: Mutex<Answers>,
}

struct Requests {
    pipe: BufReader<File>,
    lookout: Lookout,
}

struct Answers {
    pipe: File,
    /// The host listens to frames only while a call runs.
    in_call: bool,
}

impl Host {
    /// Waits for the host's next frame; `None` when its pipe has ended. It speaks in turn, so none is half read by now.
    fn next(&self) -> io::Result<Option<Frame>> {
        let Requests { pipe, lookout } = &mut *self.requests.lock();
        lookout.look_for(|| is_readable(pipe.get_ref()).then_some(()));
        Frame::read_from(pipe)
    }

    fn say(&self, frame: &Frame) -> io::Result<()> {
        frame.write_to(&mut self.answers.lock().pipe)
    }

    fn log(&self, json: &[u8]) -> Answer {
        let mut answers = self.answers.lock();
        let said = if answers.in_call {
            Frame::new(Kind::Log, json).write_to(&mut answers.pipe)
        } else {
            // A thread of the plugin that goes on between calls, or its constructor.
            eprint_marked(json);
            Ok(())
        };
        said.map(|()| b"null".to_vec()).map_err(|error| unavailable(&error))
    }

    /// Logs a line of the child's own.
    fn log_outside(&self, level: &str, message: String) {
        let line = LogLine { level: level.to_owned(), target: SUBCOMMAND.to_owned(), message };
        let _ = serde_json::to_vec(&line).map(|json| self.log(&json));
    }

    fn read(&self, json: &[u8]) -> Answer {
        let mut answers = self.answers.lock();
        let mut ask = || {
            Frame::new(Kind::Read, json).write_to(&mut answers.pipe)?;
            self.next()?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
        };
        match ask() {
            Ok(Frame { kind: Kind::ReadAnswer, payload }) => Ok(payload),
            Ok(Frame { kind: Kind::ReadFault, payload }) => Err(payload),
            Ok(frame) => Err(unavailable(&io::Error::other(format!("the host answered a read with {:?}", frame.kind)))),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// Says whether reading would not wait. What may be wrong with the pipe, the reading tells.
fn is_readable(pipe: &File) -> bool {
    let mut asked = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut asked, Some(&Timespec::default())).map_or(true, |n_ready| n_ready > 0)
}

/// The host as a running call sees it.
struct DuringCall<'a>(&'a Host);

impl HostCalls for DuringCall<'_> {
    fn call(&self, op: &str, json: &[u8]) -> Answer {
        match op {
            ops::READ => self.0.read(json),
            ops::LOG => self.0.log(json),
            _ => Err(fault(&Fault::Unsupported { what: format!("op {op} of the host") })),
        }
    }
}

/// The host as the library sees it for as long as it is loaded: there is only the log.
struct Outside(Arc<Host>);

impl HostCalls for Outside {
    fn call(&self, op: &str, json: &[u8]) -> Answer {
        match op {
            ops::LOG => self.0.log(json),
            _ => Err(fault(&Fault::Unavailable { message: format!("{op} is answered only while a call runs") })),
        }
    }
}

fn unavailable(error: &io::Error) -> Vec<u8> {
    fault(&Fault::Unavailable { message: format!("the host does not answer: {error}") })
}

pub(super) fn fault(fault: &Fault) -> Vec<u8> {
    serde_json::to_vec(fault).unwrap_or_else(|_| br#"{"fault":"failed","message":"unprintable"}"#.to_vec())
}

/// Writes a log line to stderr, which the host reads line by line; nothing can be done when it does not.
fn eprint_marked(json: &[u8]) {
    let line = format!("{LOG_MARK}{}\n", String::from_utf8_lossy(json).replace('\n', " "));
    let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
}
