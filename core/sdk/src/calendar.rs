//! Days that a month or a year brings round: the 25th, the last of the month, a birthday.

use std::fmt::{self, Display};

use chrono::{Datelike, Months};
use deskbell_proto::value::FieldKind;
pub use deskbell_proto::value::{FIRST_DAY, LAST_DAY};
use serde_json::Value;

use crate::field::{Day, FieldType};

/// A day of the month, for settings such as `deadline_day = 25`. A month without it closes on its last day.
///
/// ```
/// use deskbell_sdk::{Day, MonthDay};
/// let day = |text: &str| text.parse::<Day>().unwrap();
/// assert_eq!(MonthDay(25).in_month_of(day("2026-11-03")), day("2026-11-25"));
/// assert_eq!(MonthDay(31).in_month_of(day("2027-02-03")), day("2027-02-28"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay(pub u32);

impl MonthDay {
    /// The day in the month of another.
    pub fn in_month_of(self, day: Day) -> Day {
        day.with_day(self.0).unwrap_or_else(|| last_of_month(day))
    }
}

impl FieldType for MonthDay {
    type Base = MonthDay;

    fn kind() -> FieldKind {
        FieldKind::Integer { min: Some(1), max: Some(31) }
    }

    fn to_json(&self) -> Value {
        self.0.into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64().and_then(|day| u32::try_from(day).ok()).map(MonthDay)
    }
}

impl Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// When somebody born on 29 February has their birthday in a common year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeapDay {
    /// `feb-28`
    Feb28,
    /// `mar-1`
    Mar1,
}

impl LeapDay {
    const ALL: [LeapDay; 2] = [LeapDay::Feb28, LeapDay::Mar1];

    /// The value as a setting spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            LeapDay::Feb28 => "feb-28",
            LeapDay::Mar1 => "mar-1",
        }
    }
}

impl FieldType for LeapDay {
    type Base = LeapDay;

    fn kind() -> FieldKind {
        FieldKind::Choice { values: LeapDay::ALL.map(|day| day.as_str().to_owned()).into() }
    }

    fn to_json(&self) -> Value {
        self.as_str().into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        LeapDay::ALL.into_iter().find(|day| Some(day.as_str()) == value.as_str())
    }
}

/// The year of a day.
pub fn year_of(day: Day) -> i64 {
    day.year().into()
}

/// The first day of a day's month.
pub fn first_of_month(day: Day) -> Day {
    day.with_day(1).unwrap_or(day)
}

/// The last day of a day's month.
///
/// ```
/// # use deskbell_sdk::{Day, calendar::last_of_month};
/// let february: Day = "2028-02-03".parse().unwrap();
/// assert_eq!(last_of_month(february).to_string(), "2028-02-29");
/// ```
pub fn last_of_month(day: Day) -> Day {
    months_after(first_of_month(day), 1).pred_opt().unwrap_or(day)
}

/// So many months later: the same day, or the month's last where it has none such.
///
/// ```
/// # use deskbell_sdk::{Day, calendar::months_after};
/// let day: Day = "2027-01-31".parse().unwrap();
/// assert_eq!(months_after(day, 1).to_string(), "2027-02-28");
/// ```
pub fn months_after(day: Day, months: u32) -> Day {
    day.checked_add_months(Months::new(months)).unwrap_or(LAST_DAY).min(LAST_DAY)
}

/// The day in a year on which something that happened on a day comes round.
///
/// ```
/// # use deskbell_sdk::{Day, LeapDay, calendar::anniversary};
/// let born_on: Day = "2000-02-29".parse().unwrap();
/// assert_eq!(anniversary(born_on, 2027, LeapDay::Feb28).to_string(), "2027-02-28");
/// assert_eq!(anniversary(born_on, 2027, LeapDay::Mar1).to_string(), "2027-03-01");
/// assert_eq!(anniversary(born_on, 2028, LeapDay::Mar1).to_string(), "2028-02-29");
/// ```
pub fn anniversary(day: Day, year: i64, leap_day: LeapDay) -> Day {
    let year = i32::try_from(year).unwrap_or(i32::MAX);
    let kept = match leap_day {
        LeapDay::Feb28 => (2, 28),
        LeapDay::Mar1 => (3, 1),
    };
    // Only 29 February is missing in some years.
    day.with_year(year).or_else(|| Day::from_ymd_opt(year, kept.0, kept.1)).unwrap_or(day)
}
