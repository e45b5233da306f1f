//! What a field can hold, and how it is spelled in JSON.

use std::fmt::{self, Display};
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use deskbell_proto::value::{FIRST_DAY, FieldKind, LAST_DAY, TEXT_MAX, instant};
use serde_json::Value;

/// A calendar day in the site's zone; ends in `_on`.
pub type Day = NaiveDate;

/// An instant, in UTC and to the millisecond; ends in `_at`.
pub type Instant = DateTime<Utc>;

/// A type that a field can have: it names its [`FieldKind`] and its one spelling in JSON.
///
/// | Rust | kind | in JSON |
/// |---|---|---|
/// | `String` | text, up to 200 characters unless `#[field(max = …)]` or `#[field(long)]` say otherwise | `"张三"` |
/// | `i64` | integer, within `#[field(min = …, max = …)]` | `3` |
/// | [`Days`], [`Hours`] | a number of days or hours, never below 0 | `7` |
/// | [`Fen`] | money in fen | `1250` is 12.50 yuan |
/// | `bool` | yes or no | `true` |
/// | [`Day`] | a calendar day at the site | `"2026-11-24"` |
/// | [`Instant`] | an instant in UTC | `"2026-11-24T01:30:00.000Z"` |
/// | an enum with [`Choice`](crate::Choice) | one of a closed list | `"printed-matter"` |
/// | [`Ref<T>`](crate::Ref) | a record of another type | its id; over the API its number |
/// | `Option<T>` | the same, but not required | `null` |
pub trait FieldType: Sized {
    /// The type without its `Option`: what the field is compared with in a query.
    type Base: FieldType;
    /// A record or call without it is refused.
    const REQUIRED: bool = true;
    /// The kind, as the host knows it.
    fn kind() -> FieldKind;
    /// The value in its one spelling.
    fn to_json(&self) -> Value;
    /// The value read back; `None` when it is not of this type.
    fn from_json(value: &Value) -> Option<Self>;
}

macro_rules! field_type {
    ($type:ty, $kind:expr, |$own:ident| $to:expr, |$json:ident| $from:expr) => {
        impl FieldType for $type {
            type Base = $type;

            fn kind() -> FieldKind {
                $kind
            }

            fn to_json(&self) -> Value {
                let $own = self;
                $to.into()
            }

            fn from_json($json: &Value) -> Option<Self> {
                $from
            }
        }
    };
}

field_type!(String, FieldKind::Text { max: TEXT_MAX, long: false }, |text| text.as_str(), |json| Some(json.as_str()?.to_owned()));
field_type!(i64, FieldKind::Integer { min: None, max: None }, |number| *number, |json| json.as_i64());
field_type!(bool, FieldKind::Bool, |yes| *yes, |json| json.as_bool());
field_type!(Fen, FieldKind::Fen, |fen| fen.0, |json| json.as_i64().map(Fen));
field_type!(Days, FieldKind::Integer { min: Some(0), max: Some(36_500) }, |days| days.0, |json| {
    json.as_i64().and_then(|days| u32::try_from(days).ok()).map(Days)
});
field_type!(Hours, FieldKind::Integer { min: Some(0), max: Some(876_000) }, |hours| hours.0, |json| {
    json.as_i64().and_then(|hours| u32::try_from(hours).ok()).map(Hours)
});
field_type!(Day, FieldKind::Day, |day| day.to_string(), |json| json.as_str()?.parse().ok());
field_type!(Instant, FieldKind::Instant, |at| instant(*at), |json| json.as_str()?.parse().ok());

impl<T: FieldType> FieldType for Option<T> {
    type Base = T::Base;
    const REQUIRED: bool = false;

    fn kind() -> FieldKind {
        T::kind()
    }

    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_json(value).map(Some) }
    }
}

/// Money in fen, a hundredth of a yuan; prints as yuan.
///
/// ```
/// use deskbell_sdk::Fen;
/// assert_eq!((Fen(1200) + Fen(50)).to_string(), "12.50");
/// assert_eq!([Fen(30), Fen(-35)].into_iter().sum::<Fen>().to_string(), "-0.05");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(pub i64);

impl Add for Fen {
    type Output = Fen;
    fn add(self, other: Fen) -> Fen {
        Fen(self.0 + other.0)
    }
}

impl Sub for Fen {
    type Output = Fen;
    fn sub(self, other: Fen) -> Fen {
        Fen(self.0 - other.0)
    }
}

impl Neg for Fen {
    type Output = Fen;
    fn neg(self) -> Fen {
        Fen(-self.0)
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Fen>>(all: I) -> Fen {
        all.fold(Fen(0), Add::add)
    }
}

impl Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// A number of calendar days, for settings and sums with a [`Day`].
///
/// ```
/// use deskbell_sdk::{Day, Days};
/// let ninth: Day = "2026-11-09".parse().unwrap();
/// assert_eq!((ninth - Days(8)).to_string(), "2026-11-01");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(pub u32);

impl Add<Days> for Day {
    type Output = Day;
    fn add(self, days: Days) -> Day {
        self.checked_add_days(chrono::Days::new(days.0.into())).unwrap_or(LAST_DAY).min(LAST_DAY)
    }
}

impl Sub<Days> for Day {
    type Output = Day;
    fn sub(self, days: Days) -> Day {
        self.checked_sub_days(chrono::Days::new(days.0.into())).unwrap_or(FIRST_DAY).max(FIRST_DAY)
    }
}

impl Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// A number of hours, for settings and sums with an [`Instant`].
///
/// ```
/// use deskbell_sdk::{Hours, Instant};
/// let nine: Instant = "2026-11-09T01:00:00Z".parse().unwrap();
/// assert_eq!((nine + Hours(4) - nine).num_minutes(), 240);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours(pub u32);

impl Add<Hours> for Instant {
    type Output = Instant;
    fn add(self, hours: Hours) -> Instant {
        self.checked_add_signed(TimeDelta::hours(hours.0.into())).unwrap_or(Instant::MAX_UTC)
    }
}

impl Sub<Hours> for Instant {
    type Output = Instant;
    fn sub(self, hours: Hours) -> Instant {
        self.checked_sub_signed(TimeDelta::hours(hours.0.into())).unwrap_or(Instant::MIN_UTC)
    }
}

impl Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}
