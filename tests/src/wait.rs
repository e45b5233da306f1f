//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// Asks until there is an answer, for at most ten seconds; `what` names the wait in the failure.
pub fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    eventually_within(Duration::from_secs(10), what, ask)
}

/// The same with a bound of its own.
pub fn eventually_within<T>(bound: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + bound;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "{what}: not within {bound:?}");
        // Only the pause between two looks at the condition.
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
