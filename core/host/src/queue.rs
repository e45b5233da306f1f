//! Queues that lead out of the desk, one a destination: each is worked through in order, and one's trouble holds up no other.
//!
//! Not here: what a step does (`printing`, `notify`), the queues' SQL (`store`).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::notify::gathered;
use crate::problem::Problem;

/// How often the queues are looked at, beside every time the outbox grows.
const BEAT: Duration = Duration::from_secs(1);

/// The first pause of a queue that is held.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(2);

/// Who brings things to their destinations. Clones share the work.
pub(crate) trait Carrier: Clone + Send + Sync + 'static {
    /// What its queues are called in the log: `print queue`.
    const QUEUE: &'static str;

    /// The destinations that something waits for.
    fn waiting(&self) -> impl Future<Output = Result<Vec<String>, Problem>> + Send;

    /// Works on a destination's queue until it is empty or has to wait.
    fn work_through(&self, destination: &str) -> impl Future<Output = Result<(), Problem>> + Send;
}

/// Works on all queues until it is cancelled, on each one at a time.
pub(crate) async fn carry<C: Carrier>(carrier: C, mut grew: watch::Receiver<u64>, end: CancellationToken) {
    let busy = Arc::default();
    loop {
        match carrier.waiting().await {
            Ok(destinations) => destinations.into_iter().for_each(|destination| serve(&carrier, &busy, destination)),
            Err(problem) => tracing::warn!("the {} cannot be read: {problem}", C::QUEUE),
        }
        tokio::select! {
            () = end.cancelled() => return,
            more = gathered(&mut grew) => if !more { return },
            () = tokio::time::sleep(BEAT) => {}
        }
    }
}

fn serve<C: Carrier>(carrier: &C, busy: &Arc<Mutex<HashSet<String>>>, destination: String) {
    if !busy.lock().insert(destination.clone()) {
        return;
    }
    let (carrier, busy) = (carrier.clone(), busy.clone());
    tokio::spawn(async move {
        if let Err(problem) = carrier.work_through(&destination).await {
            tracing::warn!(destination, "the {} of {destination} stands still: {problem}", C::QUEUE);
        }
        busy.lock().remove(&destination);
    });
}

/// How long a queue pauses that was held so many times in a row: 2 s, 4 s, 8 s … and no longer than `longest`.
pub(crate) fn pause_after(attempts: i64, longest: TimeDelta) -> TimeDelta {
    let doubled = FIRST_PAUSE * 2_i32.pow(attempts.clamp(1, 16) as u32 - 1);
    doubled.min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_queue_is_tried_less_and_less_often() {
        let pauses = |longest| (1..=9).map(|n| pause_after(n, longest).num_seconds()).collect::<Vec<_>>();
        assert_eq!(pauses(TimeDelta::minutes(2)), [2, 4, 8, 16, 32, 64, 120, 120, 120]);
        assert_eq!(pause_after(i64::MAX, TimeDelta::minutes(15)), TimeDelta::minutes(15));
    }
}
