//! Waiting awake: a thread that has just worked looks for more for a moment before it sleeps.
//!
//! A processor that has gone to sleep takes up to a tenth of a millisecond to wake, and a command is handed from one thread
//! to another half a dozen times (ADR 0016).

use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Longer than a clerk's program takes from one answer to the next question at its fastest; too short to be noticed as load.
const MOMENT: Duration = Duration::from_micros(500);

/// Whoever keeps the processor for so long when it was left to them has other work than the command at hand.
const CROWDED: Duration = Duration::from_millis(2);

/// For how long a thread then goes straight to sleep: the system wakes a sleeper at once, but has who is awake wait its turn.
const REST: Duration = Duration::from_secs(1);

/// How one thread waits.
#[derive(Debug, Default)]
pub(crate) struct Lookout {
    rests_until: Option<Instant>,
}

impl Lookout {
    /// Looks for something until it is there or the moment is over; other threads run in between.
    pub(crate) fn look_for<T>(&mut self, look: impl FnMut() -> Option<T>) -> Option<T> {
        self.look(look, std::thread::yield_now)
    }

    /// Lets other threads run, and says whether it did: not where somebody has just kept the processor for long.
    pub(crate) fn give_way(&mut self) -> bool {
        self.give_way_by(std::thread::yield_now)
    }

    /// Keeps one of the runtime's threads looking about for a moment after each `work` that it is told of; never ends. What
    /// that thread has to do comes first: it looks for more only in between.
    pub(crate) async fn keep(self, work: &Notify) {
        self.keep_by(work, std::thread::yield_now).await;
    }

    fn look<T>(&mut self, mut look: impl FnMut() -> Option<T>, mut give_way: impl FnMut()) -> Option<T> {
        let start = Instant::now();
        loop {
            let found = look();
            if found.is_some() || start.elapsed() >= MOMENT || !self.give_way_by(&mut give_way) {
                return found;
            }
        }
    }

    async fn keep_by(mut self, work: &Notify, mut give_way: impl FnMut()) {
        loop {
            work.notified().await;
            let start = Instant::now();
            while start.elapsed() < MOMENT && self.give_way_by(&mut give_way) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn give_way_by(&mut self, give_way: impl FnOnce()) -> bool {
        let start = Instant::now();
        if self.rests_until.is_some_and(|until| start < until) {
            return false;
        }
        give_way();
        let end = Instant::now();
        if end - start >= CROWDED {
            self.rests_until = Some(end + REST);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::*;

    #[test]
    fn what_comes_within_the_moment_is_found_and_nothing_is_waited_for_longer() {
        let mut lookout = Lookout::default();
        let mut looks = 0;
        let found = lookout.look(
            || {
                looks += 1;
                (looks == 3).then_some("work")
            },
            || {},
        );
        assert_eq!((found, looks), (Some("work"), 3));
        let start = Instant::now();
        assert_eq!(lookout.look(|| None::<()>, || {}), None);
        assert!(start.elapsed() >= MOMENT);
    }

    #[test]
    fn a_runtime_is_kept_awake_for_a_moment_after_each_work_and_no_longer() {
        #[derive(Default)]
        struct Wakes(AtomicU64);
        impl Wake for Wakes {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (wakes, work) = (Arc::new(Wakes::default()), Notify::new());
        let waker = Waker::from(wakes.clone());
        let mut kept = std::pin::pin!(Lookout::default().keep_by(&work, || {}));
        // Polls for as long as it asks for that, as a runtime does.
        let mut n_polls = || {
            for n in 1.. {
                let before = wakes.0.load(Ordering::Relaxed);
                assert!(kept.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
                if wakes.0.load(Ordering::Relaxed) == before {
                    return n;
                }
            }
            0
        };
        assert_eq!(n_polls(), 1);
        for _ in 0..2 {
            let start = Instant::now();
            work.notify_one();
            assert!(n_polls() > 1);
            assert!(start.elapsed() >= MOMENT);
        }
        assert_eq!(n_polls(), 1);
    }

    #[test]
    fn where_somebody_keeps_the_processor_a_thread_looks_once_and_sleeps() {
        let mut lookout = Lookout::default();
        let start = Instant::now();
        let keeps_it = || while start.elapsed() < CROWDED * 2 {};
        assert_eq!(lookout.look(|| None::<()>, keeps_it), None);
        let mut looks = 0;
        let count = || {
            looks += 1;
            None::<()>
        };
        assert_eq!(lookout.look(count, || {}), None);
        assert_eq!(looks, 1);
        assert_eq!(lookout.look(|| Some("work"), || {}), Some("work"));
        assert!(!lookout.give_way(), "whoever gives way now waits behind somebody");
    }
}
