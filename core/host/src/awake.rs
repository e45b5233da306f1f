//! Waiting awake: whoever has just worked looks for more for a moment before it sleeps.
//!
//! A processor that has gone to sleep takes up to a tenth of a millisecond to wake, and a command is handed from one thread
//! to another half a dozen times (ADR 0016).

use std::time::{Duration, Instant};

/// Longer than a clerk's program takes from one answer to the next question at its fastest; too short to be noticed as load.
const MOMENT: Duration = Duration::from_micros(500);

/// Looks for something until it is there or the moment is over; others run in between.
pub(crate) fn look_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        match look() {
            None if start.elapsed() < MOMENT => std::thread::yield_now(),
            found => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_within_the_moment_is_found_and_nothing_is_waited_for_longer() {
        let mut looks = 0;
        let found = look_for(|| {
            looks += 1;
            (looks == 3).then_some("work")
        });
        assert_eq!((found, looks), (Some("work"), 3));
        let start = Instant::now();
        assert_eq!(look_for(|| None::<()>), None);
        assert!(start.elapsed() >= MOMENT);
    }
}
