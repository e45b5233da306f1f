//! The writer: one thread that owns every write of this host, many waiting pieces of work to one durable commit.
//!
//! A piece that fails leaves the others and no gap in the numbers. Alone it has the transaction to itself. Several run as if
//! none would fail; where one does, the group begins again with a savepoint for each. Nobody is answered before the commit
//! has returned.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use sea_orm::DbBackend;
use tokio::sync::{oneshot, watch};

use super::Durability;
use super::connection::Location;
use super::failure::{Failure, Kind};
use super::session::{self, Session, Standing};
use super::tx::{Progress, Tx};
use super::types::Types;
use crate::awake::Lookout;
use crate::problem::{Code, Problem};

/// Work that may wait. Beyond it the desk says that it is busy.
const QUEUE: usize = 512;

/// Pieces of work in one commit.
const GROUP: usize = 64;

/// How often a group gives way to callers who are about to ask; without it groups settle at half the callers.
const GATHERING_YIELDS: usize = 2;

/// Groups that get savepoints at once after one in which a piece failed: failures come in swarms, and each costs a beginning.
const CAREFUL: u32 = 16;

/// How often a single piece of work is done again when another host's transaction came in between.
const REPEATS: usize = 3;

/// The way to the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Piece>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    outbox: watch::Receiver<u64>,
}

impl Writer {
    /// Starts the thread and returns once its connection is open.
    pub(super) async fn start(
        location: Location,
        host: String,
        types: Arc<Types>,
        durability: Durability,
    ) -> Result<Writer, Problem> {
        let (queue, waiting) = sync_channel(QUEUE);
        let (ready, opened) = oneshot::channel();
        let (told, outbox) = watch::channel(0);
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let session = match open(&location, durability) {
                Ok(session) => session,
                Err(failure) => return drop(ready.send(Err(failure))),
            };
            // Whoever opens the store may have gone away meanwhile; then the queue is closed, too.
            let _ = ready.send(Ok(()));
            WriterThread { session, host, types, progress: Progress::default(), careful: 0, told }.run(&waiting);
        });
        let thread = thread.map_err(|error| Problem::internal(format!("cannot start the writer: {error}")))?;
        opened.await.map_err(|_| Problem::internal("the writer ended while it started"))??;
        Ok(Writer { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), outbox })
    }

    /// Queues `work` and waits until its commit is durable; with `keep` false it is always rolled back.
    pub(super) async fn run<T, F>(&self, keep: bool, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Box::new(Work { work, keep, result: None, answer }))?;
        answered.await.map_err(|_| Problem::internal("the writer ended with work in its queue"))?
    }

    fn enqueue(&self, piece: Box<dyn Piece>) -> Result<(), Problem> {
        let queue = self.queue.lock();
        let Some(queue) = queue.as_ref() else {
            return Err(Failure::unavailable("the store is closed").into());
        };
        queue.try_send(piece).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                Problem::new(Code::Overloaded, format!("{QUEUE} commands wait for the database already")).with_retry_after(1)
            }
            TrySendError::Disconnected(_) => Problem::internal("the writer has ended"),
        })
    }

    /// Changes its number after every commit that put something into the outbox.
    pub(super) fn outbox(&self) -> watch::Receiver<u64> {
        self.outbox.clone()
    }

    /// Takes no more work, finishes what waits and returns when the thread has ended.
    pub(super) async fn stop(&self) {
        drop(self.queue.lock().take());
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // The thread catches what its work does wrong, so there is no panic to hear of.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn open(location: &Location, durability: Durability) -> Result<Box<dyn Session>, Failure> {
    let mut session = session::open(location)?;
    if (durability, session.backend()) == (Durability::Forgone, DbBackend::Sqlite) {
        session.batch("PRAGMA synchronous = OFF")?;
    }
    Ok(session)
}

/// A piece of work whose result the writer need not know.
trait Piece: Send {
    /// Does the work and says whether it is to be kept. May be called again when the transaction was lost.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;

    /// Answers the caller, once the transaction has ended.
    fn settle(self: Box<Self>, end: Result<(), Problem>);
}

struct Work<T, F> {
    work: F,
    keep: bool,
    result: Option<Result<T, Problem>>,
    answer: oneshot::Sender<Result<T, Problem>>,
}

impl<T, F> Piece for Work<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, Problem> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|panic| Err(Problem::internal(format!("a command panicked in the writer: {}", message_of(&*panic)))));
        let keep = self.keep && result.is_ok();
        self.result = Some(result);
        keep
    }

    fn settle(self: Box<Self>, end: Result<(), Problem>) {
        let answer = match (self.result, end) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(problem)) => Err(problem),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(Problem::internal("a command was committed before it ran")),
        };
        // A caller who went away wants no answer.
        let _ = self.answer.send(answer);
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// What lives on the thread.
struct WriterThread {
    session: Box<dyn Session>,
    host: String,
    types: Arc<Types>,
    progress: Progress,
    /// How many of the next groups get savepoints from the beginning.
    careful: u32,
    told: watch::Sender<u64>,
}

type Group = Vec<Box<dyn Piece>>;

impl WriterThread {
    fn run(mut self, queue: &Receiver<Box<dyn Piece>>) {
        let mut lookout = Lookout::default();
        while let Some(first) = lookout.look_for(|| queue.try_recv().ok()).or_else(|| queue.recv().ok()) {
            self.serve(gather(first, queue, &mut lookout), queue);
            self.session.tidy();
        }
    }

    /// Commits a group at once; where that fails without a doubt, each piece by itself.
    fn serve(&mut self, mut group: Group, queue: &Receiver<Box<dyn Piece>>) {
        match self.commit(&mut group) {
            Ok(()) => settle(group, Ok(())),
            Err(lost) if lost.again => self.serve_singly(group),
            Err(lost) => {
                // Nobody waits in turn for a database that is out of reach.
                group.extend(queue.try_iter().take(if lost.unreachable { QUEUE } else { 0 }));
                settle(group, Err(lost.failure.into()));
            }
        }
    }

    fn serve_singly(&mut self, group: Group) {
        let mut unreachable: Option<Failure> = None;
        for piece in group {
            if let Some(failure) = &unreachable {
                piece.settle(Err(failure.clone().into()));
                continue;
            }
            let mut alone = vec![piece];
            let end = (0..REPEATS).find_map(|attempt| match self.commit(&mut alone) {
                Err(lost) if lost.again && lost.failure.kind == Kind::Repeat && attempt + 1 < REPEATS => None,
                end => Some(end),
            });
            let end = end.unwrap_or(Ok(())).map_err(|lost| {
                unreachable = lost.unreachable.then(|| lost.failure.clone());
                lost.failure.into()
            });
            settle(alone, end);
        }
    }

    /// Commits what of a group can be kept.
    fn commit(&mut self, group: &mut [Box<dyn Piece>]) -> Result<(), Lost> {
        match group {
            [alone] => self.transact(|writer| writer.run_alone(&mut **alone))?,
            several => {
                let all_kept = self.careful == 0 && self.transact(|writer| writer.run_together(several))?;
                if !all_kept {
                    self.careful = self.careful.checked_sub(1).unwrap_or(CAREFUL);
                    self.transact(|writer| writer.run_apart(several))?;
                }
            }
        }
        if self.progress.outbox {
            self.told.send_modify(|times| *times += 1);
        }
        Ok(())
    }

    /// A transaction around `work`, which ends it itself; where it fails, nothing of it is kept.
    fn transact<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Lost>) -> Result<T, Lost> {
        self.session.begin().map_err(Lost::unreachable)?;
        self.progress.outbox = false;
        let done = work(self);
        if done.is_err() {
            self.session.rollback();
            // What was remembered may never have happened.
            self.progress = Progress::default();
        }
        done
    }

    /// Nobody else's work is in the transaction, so that it is rolled back as a whole.
    fn run_alone(&mut self, piece: &mut dyn Piece) -> Result<(), Lost> {
        let before = self.progress.clone();
        if self.run_piece(piece)? {
            return self.finish();
        }
        self.session.rollback();
        self.progress = before;
        Ok(())
    }

    /// Every piece as if none would fail, and says whether none did; else nothing has happened. A savepoint would cost SQLite
    /// a copy of each page that changes, and PostgreSQL two ways there and back.
    fn run_together(&mut self, group: &mut [Box<dyn Piece>]) -> Result<bool, Lost> {
        let before = self.progress.clone();
        for piece in group {
            if !self.run_piece(&mut **piece)? {
                self.session.rollback();
                self.progress = before;
                return Ok(false);
            }
        }
        self.finish()?;
        Ok(true)
    }

    /// Each piece in its savepoint.
    fn run_apart(&mut self, group: &mut [Box<dyn Piece>]) -> Result<(), Lost> {
        for piece in group {
            self.tx().begin_savepoint("SAVEPOINT piece").map_err(Lost::in_work)?;
            let before = self.progress.clone();
            if !self.run_piece(&mut **piece)? {
                self.session.batch("ROLLBACK TO SAVEPOINT piece").map_err(Lost::in_work)?;
                self.progress = before;
            }
            self.session.batch("RELEASE SAVEPOINT piece").map_err(Lost::in_work)?;
        }
        self.finish()
    }

    /// Says whether what a piece did is to be kept.
    fn run_piece(&mut self, piece: &mut dyn Piece) -> Result<bool, Lost> {
        let keep = piece.run(&mut self.tx());
        match self.session.standing() {
            Standing::Open => {}
            Standing::Lost => return Err(Lost::in_work(Failure::new(Kind::Repeat, "the transaction was lost in mid-work"))),
            Standing::Unreachable => {
                return Err(Lost::unreachable(Failure::unavailable("the connection was lost in mid-work")));
            }
        }
        Ok(keep)
    }

    fn finish(&mut self) -> Result<(), Lost> {
        self.tx().finish().map_err(Lost::in_work)?;
        self.session.commit().map_err(Lost::at_commit)
    }

    fn tx(&mut self) -> Tx<'_> {
        Tx::new(&mut *self.session, &self.types, &self.host, &mut self.progress)
    }
}

/// A transaction that was not kept.
struct Lost {
    failure: Failure,
    /// It certainly did not happen, and its pieces may each succeed by themselves.
    again: bool,
    unreachable: bool,
}

impl Lost {
    fn unreachable(failure: Failure) -> Self {
        Lost { failure, again: false, unreachable: true }
    }

    fn in_work(failure: Failure) -> Self {
        Lost { failure, again: true, unreachable: false }
    }

    /// Only a full disk and another host's transaction say for sure that a commit did not happen. After anything else the same
    /// work must not be done again: the caller repeats it under the same idempotency key.
    fn at_commit(failure: Failure) -> Self {
        Lost { again: matches!(failure.kind, Kind::Full | Kind::Repeat), failure, unreachable: false }
    }
}

fn gather(first: Box<dyn Piece>, queue: &Receiver<Box<dyn Piece>>, lookout: &mut Lookout) -> Group {
    let mut group = vec![first];
    let mut yields = 0;
    loop {
        group.extend(queue.try_iter().take(GROUP - group.len()));
        if group.len() == GROUP || yields == GATHERING_YIELDS || !lookout.give_way() {
            return group;
        }
        yields += 1;
    }
}

fn settle(group: Group, end: Result<(), Problem>) {
    for piece in group {
        piece.settle(end.clone());
    }
}
