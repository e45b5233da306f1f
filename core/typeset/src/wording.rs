//! Words, days, times and money as they are printed, in one language.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;
use deskbell_locale::Messages;
use deskbell_proto::typeset::{Complaint, Wording};

use crate::complaint;

/// The words of one paper.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    messages: Messages,
    is_chinese: bool,
    zone: Tz,
}

/// How long a day is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// `2026-11-24`, for columns.
    Short,
    /// `2026年11月24日`, for heads and sentences.
    Long,
    /// `2026年11月24日 星期二`.
    Weekday,
    /// `2026年11月`, for what a whole month is about.
    Month,
}

impl Words {
    pub(crate) fn new(wording: &Wording, zone: &str) -> Result<Self, Complaint> {
        let mut messages = Messages::new(&wording.language);
        for layer in &wording.layers {
            messages = messages.layer(&layer.file, &layer.text).map_err(|error| complaint(&layer.file, error.to_string()))?;
        }
        let zone = zone
            .parse()
            .map_err(|_| complaint("the site", format!("{zone:?} is no time zone: expected Asia/Shanghai or the like")))?;
        Ok(Words { messages, is_chinese: wording.language.starts_with("zh"), zone })
    }

    /// Typst's language and region, which choose the shapes of glyphs and punctuation.
    pub(crate) fn language(&self) -> (&'static str, Option<&'static str>) {
        if self.is_chinese { ("zh", Some("CN")) } else { ("en", None) }
    }

    pub(crate) fn get(&self, key: &str, args: &BTreeMap<String, String>) -> Option<String> {
        self.messages.get(key, args)
    }

    /// A sentence of the core's; a gap prints its key, which is seen and hides nothing.
    pub(crate) fn core<const N: usize>(&self, key: &str, args: [(&str, String); N]) -> String {
        self.messages.get_or_key(key, &args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// All keys, to name the nearest.
    pub(crate) fn keys(&self) -> std::collections::BTreeSet<&str> {
        self.messages.keys()
    }

    /// Spells a day, `2026-11-24`; `None` when it is none.
    pub(crate) fn day(&self, text: &str, length: Length) -> Option<String> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(self.spell_day(day, length))
    }

    /// Spells an instant in the site's zone, to the minute.
    pub(crate) fn instant(&self, text: &str, length: Length) -> Option<String> {
        let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&self.zone);
        Some(format!("{} {}", self.spell_day(at.date_naive(), length), at.format("%H:%M")))
    }

    fn spell_day(&self, day: NaiveDate, length: Length) -> String {
        match (length, self.is_chinese) {
            (Length::Short, _) => day.to_string(),
            (Length::Long, true) => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            (Length::Long, false) => day.format("%-d %B %Y").to_string(),
            (Length::Weekday, true) => format!("{} {}", self.spell_day(day, Length::Long), weekday_in_chinese(day.weekday())),
            (Length::Weekday, false) => day.format("%A, %-d %B %Y").to_string(),
            (Length::Month, true) => format!("{}年{}月", day.year(), day.month()),
            (Length::Month, false) => day.format("%B %Y").to_string(),
        }
    }
}

fn weekday_in_chinese(day: Weekday) -> &'static str {
    ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"][day.num_days_from_monday() as usize]
}

/// Spells fen as yuan, `1,234.50`. Exact: nothing is rounded, since nothing is divided.
pub(crate) fn money(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(fen / 100), fen % 100)
}

fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(language: &str) -> Words {
        Words::new(&Wording { language: language.into(), layers: Vec::new() }, "Asia/Shanghai").unwrap()
    }

    #[test]
    fn fen_are_spelled_as_yuan_without_rounding() {
        let check = |fen, expected: &str| assert_eq!(money(fen), expected);
        check(0, "0.00");
        check(5, "0.05");
        check(-5, "-0.05");
        check(123_450, "1,234.50");
        check(99_999_999_999_999_999, "999,999,999,999,999.99");
    }

    #[test]
    fn days_and_instants_follow_the_language_and_the_sites_zone() {
        let (zh, en) = (words("zh-CN"), words("en"));
        assert_eq!(zh.day("2026-11-04", Length::Long).unwrap(), "2026年11月4日");
        assert_eq!(zh.day("2026-11-04", Length::Weekday).unwrap(), "2026年11月4日 星期三");
        assert_eq!(en.day("2026-11-04", Length::Weekday).unwrap(), "Wednesday, 4 November 2026");
        assert_eq!(zh.day("2026-11-04", Length::Month).unwrap(), "2026年11月");
        assert_eq!(en.day("2026-11-04", Length::Month).unwrap(), "November 2026");
        assert_eq!(en.day("2026-11-04", Length::Short).unwrap(), "2026-11-04");
        assert_eq!(zh.instant("2026-11-24T17:30:00.000Z", Length::Short).unwrap(), "2026-11-25 01:30");
        assert_eq!(zh.day("yesterday", Length::Long), None);
    }
}
