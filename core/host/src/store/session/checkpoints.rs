//! Copying SQLite's log into its database, beside the writer.
//!
//! By itself SQLite has the commit that fills the log do it, and everybody who waits for the writer waits for some thousand
//! pages more (ADR 0017).

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::priority;
use crate::store::connection::open_sqlite_writer;
use crate::store::failure::Failure;

thread_local! {
    /// Pages in the log after the last commit of this thread, as SQLite tells it.
    static LOGGED: Cell<u32> = const { Cell::new(0) };
}

/// When what is done, in pages of the log.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Those added between two passes of the checkpointer.
    pass: u32,
    /// From so many on the writer looks for the log's end: while there are always new ones, the checkpointer never gets there.
    long: u32,
    /// What the writer then copies itself, so that the log begins anew.
    rest: u32,
    /// From so many on it copies whatever there is.
    too_long: u32,
}

const LIMITS: Limits = Limits { pass: 8_000, long: 16_000, rest: 1_000, too_long: 64_000 };

/// Decides when the log is copied.
#[derive(Debug)]
pub(super) struct Checkpoints {
    file: PathBuf,
    limits: Limits,
    n_pages: u32,
    next_pass: u32,
    next_end: u32,
    /// Runs from the first pass on: most stores are closed before.
    checkpointer: Option<Checkpointer>,
}

impl Checkpoints {
    /// Listens to the commits of the writer's connection.
    pub(super) fn of(writer: &Connection, file: &Path) -> Self {
        Checkpoints::within(LIMITS, writer, file)
    }

    fn within(limits: Limits, writer: &Connection, file: &Path) -> Self {
        LOGGED.set(0);
        writer.wal_hook(Some(note_logged));
        let (next_pass, next_end) = (limits.pass, limits.long);
        Checkpoints { file: file.to_owned(), limits, n_pages: 0, next_pass, next_end, checkpointer: None }
    }

    /// Does what is due, between two transactions of the writer. A failure changes nothing about what is committed.
    pub(super) fn keep_up(&mut self, writer: &Connection) -> Result<(), Failure> {
        let n_pages = LOGGED.get();
        if n_pages < self.n_pages {
            (self.next_pass, self.next_end) = (self.limits.pass, self.limits.long);
        }
        self.n_pages = n_pages;
        if n_pages >= self.next_end && (n_pages >= self.limits.too_long || left(writer)? <= self.limits.rest) {
            // Where somebody still reads what is old, the log can't begin anew yet.
            (self.next_pass, self.next_end) = (n_pages + self.limits.pass, n_pages + self.limits.pass);
            copy(writer)?;
        } else if n_pages >= self.next_pass {
            self.next_pass = n_pages + self.limits.pass;
            self.checkpointer()?.wake();
        }
        Ok(())
    }

    fn checkpointer(&mut self) -> Result<&Checkpointer, Failure> {
        let checkpointer = match self.checkpointer.take() {
            Some(running) => running,
            None => Checkpointer::start(self.file.clone(), self.limits)?,
        };
        Ok(self.checkpointer.insert(checkpointer))
    }
}

fn note_logged(_: &Wal, n_pages: std::ffi::c_int) -> rusqlite::Result<()> {
    LOGGED.set(n_pages.max(0).unsigned_abs());
    Ok(())
}

/// Copies what nobody reads any more as it was before.
fn copy(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))
}

/// Returns how many pages of the log are not copied yet.
fn left(connection: &Connection) -> Result<u32, rusqlite::Error> {
    let mut look = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    let (logged, copied): (i64, i64) = look.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(u32::try_from(logged - copied).unwrap_or_default())
}

/// The thread that copies beside the writer.
#[derive(Debug)]
struct Checkpointer {
    wakes: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    fn start(file: PathBuf, limits: Limits) -> Result<Self, Failure> {
        let (wakes, woken) = sync_channel(1);
        let thread = std::thread::Builder::new().name("checkpointer".to_owned()).spawn(move || {
            // At the others' priority it copies just as well.
            let _ = priority::lower();
            copy_when(&woken, &file, limits);
        });
        let thread = thread.map_err(|error| Failure::unavailable(format!("cannot start the checkpointer: {error}")))?;
        Ok(Checkpointer { wakes: Some(wakes), thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(wakes) = &self.wakes {
            // One that has not begun yet copies these pages, too.
            let _ = wakes.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wakes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy_when(woken: &Receiver<()>, file: &Path, limits: Limits) {
    let mut open = None;
    while woken.recv().is_ok() {
        if let Err(failure) = copy_most(&mut open, file, limits) {
            tracing::warn!("the log of {} was not copied into it: {}", file.display(), failure.detail);
            open = None;
        }
    }
}

/// Copies until little is left. What was added during one pass takes the next a part of its time.
fn copy_most(open: &mut Option<Connection>, file: &Path, limits: Limits) -> Result<(), Failure> {
    const PASSES: usize = 4;
    let connection = match open.take() {
        Some(connection) => open.insert(connection),
        None => open.insert(open_sqlite_writer(file)?),
    };
    for _ in 0..PASSES {
        copy(connection)?;
        if left(connection)? <= limits.rest {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const SMALL: Limits = Limits { pass: 40, long: 160, rest: 10, too_long: 640 };

    struct Log {
        folder: tempfile::TempDir,
        writer: Connection,
        checkpoints: Checkpoints,
    }

    impl Log {
        fn within(limits: Limits) -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let file = folder.path().join("desk.db");
            let writer = open_sqlite_writer(&file).expect("a new database");
            writer.execute_batch("CREATE TABLE letters (n INTEGER PRIMARY KEY, text TEXT)").expect("a table");
            let checkpoints = Checkpoints::within(limits, &writer, &file);
            Log { folder, writer, checkpoints }
        }

        fn commit(&mut self, n: i64) {
            self.writer.execute("INSERT INTO letters VALUES (?, ?)", (n, "x".repeat(3_000))).expect("a row");
            self.checkpoints.keep_up(&self.writer).expect("a checkpoint");
        }

        fn file_name(&self) -> PathBuf {
            self.folder.path().join("desk.db")
        }

        /// How long the file of the log is, in pages with their headers.
        fn n_pages(&self) -> u64 {
            self.file_name().with_extension("db-wal").metadata().expect("a log").len() / (4_096 + 24)
        }
    }

    #[test]
    fn the_log_is_copied_beside_the_writer() {
        let mut log = Log::within(Limits { long: u32::MAX, ..SMALL });
        (0..60).for_each(|n| log.commit(n));
        let begun = Instant::now();
        while left(&log.writer).expect("a look") > SMALL.pass {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody copied the log");
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_log_begins_anew_though_nobody_ever_pauses() {
        let mut log = Log::within(SMALL);
        (0..2_000).for_each(|n| log.commit(n));
        assert!(log.n_pages() < 800, "{} pages", log.n_pages());
        let kept: i64 = log.writer.query_row("SELECT count(*) FROM letters", [], |row| row.get(0)).expect("a count");
        assert_eq!(kept, 2_000);
    }

    #[test]
    fn who_reads_what_is_old_keeps_it_and_the_log_begins_anew_afterwards() {
        let mut log = Log::within(SMALL);
        log.commit(0);
        let reader = Connection::open(log.file_name()).expect("a reader");
        reader.execute_batch("BEGIN").expect("a snapshot");
        let seen = || reader.query_row("SELECT count(*) FROM letters", [], |row| row.get::<_, i64>(0)).expect("a count");
        assert_eq!(seen(), 1);
        (1..1_000).for_each(|n| log.commit(n));
        assert_eq!(seen(), 1);
        let long = log.n_pages();
        assert!(long > 1_000, "{long} pages");
        reader.execute_batch("COMMIT").expect("the end of the snapshot");
        (1_000..4_000).for_each(|n| log.commit(n));
        assert!(log.n_pages() < long + 1_000, "{} pages after {long}", log.n_pages());
        assert_eq!(seen(), 4_000);
    }

    #[test]
    fn nothing_but_the_database_is_left_once_everybody_has_closed_it() {
        let mut log = Log::within(SMALL);
        (0..100).for_each(|n| log.commit(n));
        let Log { folder, writer, checkpoints } = log;
        drop((writer, checkpoints));
        let left = std::fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 1);
    }
}
