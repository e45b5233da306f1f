//! The one place that reads the clock.
//!
//! Everything else is given a [`Clock`], so a test or a simulation can turn the calendar.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// Tells the time, in whole milliseconds: records and filters spell instants with three decimals.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Milliseconds since 1970, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock that stands at `at` until it is set.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Clock(Source::Manual(Arc::new(AtomicI64::new(at.timestamp_millis()))))
    }

    /// Sets a manual clock; all its clones follow. Does nothing to the machine's.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Manual(millis) = &self.0 {
            millis.store(at.timestamp_millis(), Ordering::Relaxed);
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
            Source::System => Utc::now(),
            Source::Manual(millis) => DateTime::from_timestamp_millis(millis.load(Ordering::Relaxed)).unwrap_or_default(),
        };
        now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now)
    }

    /// Today's date in a zone.
    pub fn today(&self, zone: Tz) -> NaiveDate {
        self.now().with_timezone(&zone).date_naive()
    }
}
