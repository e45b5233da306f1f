//! The agenda: when each schedule is due next, by the cursors as the ledger last showed them.
//!
//! It is kept from one second to the next, because ten thousand schedules are too many to ask the ledger about each time.
//! Not here: what is decided about an occurrence (`planner`), moving a cursor (`store::jobs`).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::schedule::{Schedule, Schedules};
use crate::store::jobs::{Cursor, LAG};

/// The schedules in force, each with its next occurrence.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    schedules: Arc<Schedules>,
    /// In the order of the schedules.
    entries: Vec<Entry>,
}

/// What is known of one schedule; nothing, until its cursor was seen.
#[derive(Debug, Clone, Default)]
struct Entry {
    cursor: Option<Cursor>,
    /// The first occurrence after the cursor; none for a job that is paused or off.
    next: Option<DateTime<Utc>>,
}

impl Agenda {
    /// Takes up the schedules in force; `true` when they are others than before, whose cursors have not been seen.
    pub(super) fn follow(&mut self, schedules: Arc<Schedules>) -> bool {
        if Arc::ptr_eq(&self.schedules, &schedules) {
            return false;
        }
        self.entries = vec![Entry::default(); schedules.len()];
        self.schedules = schedules;
        true
    }

    /// Takes up cursors that the ledger shows; those of other hosts' jobs say nothing here.
    pub(super) fn see(&mut self, cursors: Vec<Cursor>) {
        for cursor in cursors {
            let Some(index) = self.schedules.position(&cursor.job, &cursor.site) else { continue };
            let entry = &mut self.entries[index];
            if entry.cursor.as_ref() == Some(&cursor) {
                continue;
            }
            let schedule = &self.schedules[index];
            let is_on = schedule.enabled && cursor.enabled && !cursor.paused;
            entry.next = if is_on { schedule.rule.calendar.next_after(cursor.at) } else { None };
            entry.cursor = Some(cursor);
        }
    }

    /// The schedules that have an occurrence by now.
    pub(super) fn due(&self, now: DateTime<Utc>) -> Vec<Schedule> {
        self.schedules_where(|entry| entry.next.is_some_and(|next| next <= now))
    }

    /// The schedules that have none, but whose cursor lags too far behind.
    pub(super) fn lagging(&self, now: DateTime<Utc>) -> Vec<Schedule> {
        let lags = |entry: &Entry| entry.cursor.as_ref().is_some_and(|cursor| now - cursor.at >= LAG);
        self.schedules_where(|entry| lags(entry) && entry.next.is_some_and(|next| next > now))
    }

    /// The soonest occurrence of the schedules that are wanted.
    pub(super) fn next_where(&self, is_wanted: impl Fn(&Schedule) -> bool) -> Option<DateTime<Utc>> {
        self.entries().filter(|(schedule, _)| is_wanted(schedule)).filter_map(|(_, entry)| entry.next).min()
    }

    fn schedules_where(&self, is_wanted: impl Fn(&Entry) -> bool) -> Vec<Schedule> {
        self.entries().filter(|(_, entry)| is_wanted(entry)).map(|(schedule, _)| schedule.clone()).collect()
    }

    fn entries(&self) -> impl Iterator<Item = (&Schedule, &Entry)> {
        self.schedules.iter().zip(&self.entries)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    use super::*;
    use crate::diagnostic::Source;
    use crate::jobs::calendar::tests::hours;
    use crate::jobs::schedule::{PluginJobs, SiteClock, read};

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-24T{text}Z").parse().unwrap_or_else(|_| panic!("{text}"))
    }

    /// Two jobs, each day at 13:00 and at 14:00 UTC.
    fn schedules() -> Arc<Schedules> {
        let text = "[[job]]\njob = \"a\"\ncron = \"0 0 13 * * *\"\n[[job]]\njob = \"b\"\ncron = \"0 0 14 * * *\"\n";
        let letters = PluginJobs {
            plugin: "letters".into(),
            jobs: vec!["a".into(), "b".into()],
            shipped: Some(Source::new("schedules/letters.toml", text)),
            store: None,
        };
        let site = SiteClock { id: "main".into(), zone: Tz::UTC, hours: hours() };
        Arc::new(Schedules::new(read(&[letters], &[site]).schedules))
    }

    fn cursor(job: &str, time: &str) -> Cursor {
        Cursor { job: format!("letters.{job}"), site: "main".into(), at: at(time), paused: false, enabled: true }
    }

    /// The agenda at noon.
    fn agenda() -> Agenda {
        let mut agenda = Agenda::default();
        assert!(agenda.follow(schedules()));
        agenda.see(vec![cursor("a", "12:00:00"), cursor("b", "12:00:00")]);
        agenda
    }

    fn names(schedules: Vec<Schedule>) -> Vec<String> {
        schedules.into_iter().map(|schedule| schedule.job).collect()
    }

    #[test]
    fn a_schedule_is_due_from_its_occurrence_until_its_cursor_has_moved() {
        let mut agenda = agenda();
        assert_eq!(names(agenda.due(at("12:59:59"))), Vec::<String>::new());
        assert_eq!(names(agenda.due(at("13:00:00"))), ["letters.a"]);
        assert_eq!(names(agenda.due(at("14:00:00"))), ["letters.a", "letters.b"]);
        agenda.see(vec![cursor("a", "13:00:00")]);
        assert_eq!(names(agenda.due(at("14:00:00"))), ["letters.b"]);
        assert_eq!(agenda.next_where(|_| true), Some(at("14:00:00")));
        assert_eq!(agenda.next_where(|schedule| schedule.job == "letters.a"), Some(at("13:00:00") + TimeDelta::days(1)));
    }

    #[test]
    fn what_is_paused_or_off_is_not_due_until_it_goes_on() {
        let mut agenda = agenda();
        agenda
            .see(vec![Cursor { paused: true, ..cursor("a", "12:00:00") }, Cursor { enabled: false, ..cursor("b", "12:00:00") }]);
        assert_eq!(names(agenda.due(at("15:00:00"))), Vec::<String>::new());
        assert_eq!(names(agenda.lagging(at("15:00:00"))), Vec::<String>::new());
        agenda.see(vec![cursor("a", "12:30:00"), cursor("b", "14:30:00")]);
        assert_eq!(names(agenda.due(at("15:00:00"))), ["letters.a"]);
    }

    #[test]
    fn a_cursor_ahead_of_a_clock_that_was_set_back_is_left_alone() {
        let mut agenda = agenda();
        agenda.see(vec![cursor("a", "13:00:00"), cursor("b", "14:00:00")]);
        assert_eq!(names(agenda.due(at("12:59:59"))), Vec::<String>::new());
        assert_eq!(names(agenda.lagging(at("12:59:59"))), Vec::<String>::new());
    }

    #[test]
    fn a_cursor_lags_after_five_minutes_with_nothing_due() {
        let agenda = agenda();
        assert_eq!(names(agenda.lagging(at("12:04:59"))), Vec::<String>::new());
        assert_eq!(names(agenda.lagging(at("12:05:00"))), ["letters.a", "letters.b"]);
        assert_eq!(names(agenda.lagging(at("13:00:00"))), ["letters.b"], "the other is due");
    }

    #[test]
    fn nothing_is_known_of_other_schedules_and_of_other_hosts_jobs() {
        let mut agenda = agenda();
        agenda.see(vec![Cursor { site: "north".into(), ..cursor("a", "11:00:00") }]);
        assert_eq!(agenda.next_where(|_| true), Some(at("13:00:00")));
        assert!(agenda.follow(schedules()), "read anew");
        assert_eq!(agenda.next_where(|_| true), None);
        assert_eq!(names(agenda.due(at("15:00:00"))), Vec::<String>::new());
    }
}
