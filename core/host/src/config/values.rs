//! The kinds of values that settings have beyond text, numbers and yes or no.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::section::Setting;
use crate::diagnostic::nearest;

impl Setting for Tz {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["Asia/Shanghai"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let name = String::read(value)?;
        name.parse().map_err(|_| match nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(zone) => format!("a time zone of the IANA list; did you mean \"{zone}\"?"),
            None => "a time zone of the IANA list like \"Asia/Shanghai\"".to_owned(),
        })
    }

    fn show(&self) -> Value {
        self.name().into()
    }
}

/// A time of day in the site's zone, `"21:30"`.
impl Setting for NaiveTime {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = match value {
            DeValue::Datetime(time) if time.date.is_none() => time.to_string(),
            _ => String::read(value).unwrap_or_default(),
        };
        let time = NaiveTime::parse_from_str(&text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M:%S"));
        time.map_err(|_| "a time of day between 00:00 and 23:59 like \"21:30\"".into())
    }

    fn show(&self) -> Value {
        self.format("%H:%M").to_string().into()
    }
}

impl Setting for SocketAddr {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["127.0.0.1:8080"] })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = String::read(value)?.replace("localhost:", "127.0.0.1:");
        text.parse().map_err(|_| "an address with a port like \"127.0.0.1:8080\"".into())
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

/// A span of time as people write it: `"500ms"`, `"5s"`, `"10m"`, `"2h"`.
impl Setting for Duration {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" })
    }

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        parse_duration(value.as_str().unwrap_or_default())
    }

    fn show(&self) -> Value {
        show_duration(*self).into()
    }
}

/// Reads a span of time; the error says what it must be.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let wanted = || "a span of time like \"500ms\", \"5s\", \"10m\" or \"2h\"".to_owned();
    let number: u64 = text[..split].parse().map_err(|_| wanted())?;
    let millis_each = match text[split..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wanted()),
    };
    let millis = number.checked_mul(millis_each).filter(|millis| *millis > 0).ok_or_else(wanted)?;
    Ok(Duration::from_millis(millis))
}

fn show_duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 3_600_000 == 0 => format!("{}h", millis / 3_600_000),
        millis if millis % 60_000 == 0 => format!("{}m", millis / 60_000),
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}

/// Makes an enum of words a setting: its variants, in the order they are named to the reader.
macro_rules! words {
    ($type:ty { $($word:literal => $value:expr),+ $(,)? }) => {
        impl $crate::config::section::Setting for $type {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),+] })
            }

            fn read(value: &toml::de::DeValue<'_>) -> Result<Self, String> {
                let words = [$($word),+];
                match value.as_str().unwrap_or_default() {
                    $($word => Ok($value),)+
                    other => Err(match $crate::diagnostic::nearest(other, words) {
                        Some(word) => format!("one of {}; did you mean \"{word}\"?", words.join(", ")),
                        None => format!("one of {}", words.join(", ")),
                    }),
                }
            }

            fn show(&self) -> serde_json::Value {
                $(if *self == $value { return $word.into(); })+
                serde_json::Value::Null
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_read_as_people_write_them() {
        fn check(text: &str, expected: Option<u64>) {
            assert_eq!(parse_duration(text).ok(), expected.map(Duration::from_millis), "{text}");
        }
        check("500ms", Some(500));
        check("5s", Some(5_000));
        check("10m", Some(600_000));
        check("2h", Some(7_200_000));
        check("0s", None);
        check("5", None);
        check("5 years", None);
        check("99999999999999999999s", None);
    }
}
