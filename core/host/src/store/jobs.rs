//! The ledger of jobs: cursors, runs, attempts, leases and the log lines of runs.
//!
//! Not here: when a job is due (`jobs::planner`), running it (`jobs::runner`). Every time comes from the caller's clock.

use chrono::{DateTime, Utc};
use deskbell_proto::{Dropped, Outcome};

use crate::desk::{JobRun, PaperRef};
use crate::problem::Problem;
use crate::store::Tx;

/// What a run came to, as the desk's apply knows it.
#[derive(Debug)]
pub struct Finish<'a> {
    pub outcome: &'a Outcome,
    pub dropped: &'a [Dropped],
    pub papers: &'a [PaperRef],
    /// The clock's time, which becomes `finished_at`.
    pub at: DateTime<Utc>,
}

/// Marks a run succeeded, in the transaction that holds its effects, if its lease is still the caller's.
///
/// A run whose lease went to somebody else is a `conflict`, which must roll the whole transaction back. A dry run has no row
/// yet and passes.
pub fn finish_in(tx: &mut Tx<'_>, run: &JobRun, finish: &Finish<'_>) -> Result<(), Problem> {
    let _ = (tx, run, finish);
    unimplemented!()
}
