//! Watches the clock jump: a bad clock must not consume a month of occurrences.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A jump beyond this, forward or back, is worth an alert.
const JUMP: TimeDelta = TimeDelta::minutes(5);
/// How long a forward jump must persist before it is believed.
const PERSISTS: Duration = Duration::from_secs(60);
/// No desk ran before this: the machine has not been told the time yet.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp(1_735_689_600, 0).expect("2025-01-01 is a time");

/// What the planner may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Plan,
    /// The clock went ahead of the time that has really passed: wait whether that lasts.
    HoldForward {
        by: TimeDelta,
    },
    /// The clock was set back: cursors ahead of it plan nothing by themselves. Told once a jump.
    WentBack {
        by: TimeDelta,
    },
    /// The clock stands before this program was written.
    NotSet,
}

/// Compares the clock with the machine's monotonic time.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    /// The last pair that was believed.
    believed: Option<(DateTime<Utc>, Duration)>,
    /// What was believed before the clock went back, and when that was: it may have been for a moment only.
    before_it_went_back: Option<((DateTime<Utc>, Duration), Duration)>,
    /// Since when, in monotonic time, the clock has been ahead.
    ahead_since: Option<Duration>,
}

impl ClockWatch {
    /// Judges the clock; `passed` is monotonic time since any fixed point.
    pub(super) fn judge(&mut self, now: DateTime<Utc>, passed: Duration) -> Verdict {
        if now < EARLIEST {
            return Verdict::NotSet;
        }
        let Some(believed) = self.believed else {
            self.believed = Some((now, passed));
            return Verdict::Plan;
        };
        let jump = now - expected(believed, passed);
        if jump > JUMP && !self.is_back_where_it_was(now, passed) {
            let since = *self.ahead_since.get_or_insert(passed);
            if passed.saturating_sub(since) < PERSISTS {
                return Verdict::HoldForward { by: jump };
            }
        }
        if jump < -JUMP {
            self.before_it_went_back = Some((believed, passed));
        }
        self.ahead_since = None;
        self.believed = Some((now, passed));
        if jump < -JUMP { Verdict::WentBack { by: -jump } } else { Verdict::Plan }
    }

    /// The clock went back less than a minute ago and shows again what it would have shown without.
    fn is_back_where_it_was(&self, now: DateTime<Utc>, passed: Duration) -> bool {
        self.before_it_went_back
            .is_some_and(|(before, at)| passed.saturating_sub(at) < PERSISTS && (now - expected(before, passed)).abs() <= JUMP)
    }
}

/// What a clock shows now that showed a time then.
fn expected((then, passed_then): (DateTime<Utc>, Duration), passed: Duration) -> DateTime<Utc> {
    then + TimeDelta::from_std(passed.saturating_sub(passed_then)).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each step: seconds of monotonic time, the clock's offset from it in seconds, and whether the planner may plan.
    fn check(steps: &[(u64, i64, bool)]) {
        let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut watch = ClockWatch::default();
        for (passed, offset, plans) in steps {
            let now = start + TimeDelta::seconds(*passed as i64 + offset);
            let verdict = watch.judge(now, Duration::from_secs(*passed));
            assert_eq!(matches!(verdict, Verdict::Plan | Verdict::WentBack { .. }), *plans, "{steps:?} at {passed}: {verdict:?}");
        }
    }

    const DAY: i64 = 86_400;

    #[test]
    fn a_steady_clock_plans() {
        check(&[(0, 0, true), (1, 0, true), (31, 200, true), (32, 200, true)]);
    }

    #[test]
    fn ten_days_forward_and_back_again_plan_nothing_in_between() {
        check(&[(0, 0, true), (1, 10 * DAY, false), (30, 10 * DAY, false), (40, 0, true), (41, 0, true)]);
    }

    #[test]
    fn a_jump_that_lasts_a_minute_is_believed() {
        check(&[(0, 0, true), (1, 10 * DAY, false), (60, 10 * DAY, false), (61, 10 * DAY, true), (62, 10 * DAY, true)]);
    }

    #[test]
    fn a_jump_that_came_and_went_starts_its_minute_anew() {
        check(&[(0, 0, true), (1, DAY, false), (2, 0, true), (50, DAY, false), (100, DAY, false), (110, DAY, true)]);
    }

    #[test]
    fn a_clock_that_was_back_for_a_moment_is_believed_again_at_once() {
        check(&[(0, 0, true), (1, -10 * DAY, true), (2, 0, true), (3, 0, true)]);
        // Ahead of what it was before is a jump like any other.
        check(&[(0, 0, true), (1, -10 * DAY, true), (2, DAY, false), (3, 0, true)]);
    }

    #[test]
    fn a_clock_set_back_is_told_once() {
        let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut watch = ClockWatch::default();
        watch.judge(start, Duration::ZERO);
        let back = start - TimeDelta::days(5);
        assert!(matches!(watch.judge(back, Duration::from_secs(1)), Verdict::WentBack { .. }));
        assert_eq!(watch.judge(back + TimeDelta::seconds(1), Duration::from_secs(2)), Verdict::Plan);
    }

    #[test]
    fn a_boot_in_1970_plans_nothing_until_the_time_is_set() {
        let mut watch = ClockWatch::default();
        assert_eq!(watch.judge(DateTime::UNIX_EPOCH, Duration::ZERO), Verdict::NotSet);
        let set: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(watch.judge(set, Duration::from_secs(3)), Verdict::Plan);
    }
}
