//! How a schedule reads: the common shapes as a sentence of the locales (`schedule-…`), anything else as its cron line.

use std::collections::BTreeMap;

use super::calendar::{Calendar, Edge, Expression};
use crate::problem::Sentence;

/// Names of weekdays and of their usual spans, by the cron's weekday field; the locales select by them.
const WEEKDAYS: [(&str, &str); 23] = [
    ("0", "sunday"),
    ("1", "monday"),
    ("2", "tuesday"),
    ("3", "wednesday"),
    ("4", "thursday"),
    ("5", "friday"),
    ("6", "saturday"),
    ("7", "sunday"),
    ("SUN", "sunday"),
    ("MON", "monday"),
    ("TUE", "tuesday"),
    ("WED", "wednesday"),
    ("THU", "thursday"),
    ("FRI", "friday"),
    ("SAT", "saturday"),
    ("1-5", "workdays"),
    ("MON-FRI", "workdays"),
    ("0,6", "weekend"),
    ("6,0", "weekend"),
    ("6,7", "weekend"),
    ("6-7", "weekend"),
    ("SAT,SUN", "weekend"),
    ("SAT-SUN", "weekend"),
];

impl Calendar {
    /// The schedule as a sentence.
    pub fn words(&self) -> Sentence {
        match self.expression() {
            Expression::Hours { edge, minutes, time } => by_hours(*edge, *minutes, time.format("%H:%M").to_string()),
            Expression::Cron(fields) => by_cron(fields).unwrap_or_else(|| sentence("schedule-other", [("cron", fields.clone())])),
        }
    }
}

fn sentence<const N: usize>(key: &str, args: [(&str, String); N]) -> Sentence {
    let args: BTreeMap<String, String> = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Sentence { plugin: None, key: key.to_owned(), args }
}

fn by_hours(edge: Edge, minutes: i64, time: String) -> Sentence {
    let edge = match edge {
        Edge::Opens => "opens",
        Edge::Closes => "closes",
    };
    let side = match minutes {
        0 => "at",
        ..0 => "before",
        _ => "after",
    };
    sentence(&format!("schedule-{side}-{edge}"), [("minutes", minutes.abs().to_string()), ("time", time)])
}

fn by_cron(fields: &str) -> Option<Sentence> {
    let upper = fields.to_uppercase();
    let [second, minute, hour, day, month, weekday] = upper.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let is_any = |field: &str| field == "*" || field == "?";
    let every_day = is_any(day) && is_any(month) && is_any(weekday);
    if second != "0" {
        return None;
    }
    if every_day && is_any(hour) {
        return by_minute(minute);
    }
    let time = times(hour, minute)?;
    match (day, month, weekday) {
        _ if every_day => Some(sentence("schedule-daily", [("time", time)])),
        (day, month, weekday) if is_any(day) && is_any(month) => by_weekday(weekday, time),
        ("L", month, weekday) if is_any(month) && is_any(weekday) => Some(sentence("schedule-month-end", [("time", time)])),
        (day, month, weekday) if is_any(month) && is_any(weekday) => {
            Some(sentence("schedule-monthly", [("day", number(day)?.to_string()), ("time", time)]))
        }
        (day, month, weekday) if is_any(weekday) => {
            let (day, month) = (number(day)?.to_string(), number(month)?.to_string());
            Some(sentence("schedule-yearly", [("day", day), ("month", month), ("time", time)]))
        }
        _ => None,
    }
}

fn by_minute(minute: &str) -> Option<Sentence> {
    if minute == "*" {
        return Some(sentence("schedule-every-minutes", [("n", "1".to_owned())]));
    }
    if let Some(step) = minute.strip_prefix("*/") {
        // Steps that do not divide the hour start anew in each: "every 45 minutes" would be untrue.
        let step = number(step).filter(|step| *step > 0 && 60 % step == 0)?;
        return Some(sentence("schedule-every-minutes", [("n", step.to_string())]));
    }
    Some(sentence("schedule-hourly", [("minute", format!("{:02}", number(minute)?))]))
}

fn by_weekday(weekday: &str, time: String) -> Option<Sentence> {
    let named = |field: &str| WEEKDAYS.iter().find(|(spelled, _)| *spelled == field).map(|(_, name)| (*name).to_owned());
    let single = |field: &str| named(field).filter(|name| name != "workdays" && name != "weekend");
    if let Some((day, nth)) = weekday.split_once('#') {
        let nth = if nth == "L" { "last".to_owned() } else { number(nth)?.to_string() };
        return Some(sentence("schedule-nth-weekday", [("nth", nth), ("day", single(day)?), ("time", time)]));
    }
    if let Some(day) = weekday.strip_suffix('L') {
        return Some(sentence("schedule-nth-weekday", [("nth", "last".to_owned()), ("day", single(day)?), ("time", time)]));
    }
    Some(sentence("schedule-weekly", [("day", named(weekday)?), ("time", time)]))
}

/// `02:30`, or `09:00, 21:00` for a list of hours.
fn times(hour: &str, minute: &str) -> Option<String> {
    let minute = number(minute)?;
    let times: Option<Vec<String>> = hour.split(',').map(|hour| Some(format!("{:02}:{minute:02}", number(hour)?))).collect();
    times.map(|times| times.join(", "))
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::i18n::I18n;
    use crate::jobs::calendar::tests::calendar;

    fn check(cron: &str, zh: &str, en: &str) {
        let words = calendar(cron, "Asia/Shanghai").words();
        let i18n = I18n::new();
        assert_eq!(i18n.sentence(&words, "zh-CN"), zh, "{cron}");
        assert_eq!(i18n.sentence(&words, "en"), en, "{cron}");
    }

    #[test]
    fn common_schedules_read_as_people_say_them() {
        check("0 30 2 * * *", "每天 02:30", "every day at 02:30");
        check("0 0 9,21 * * *", "每天 09:00, 21:00", "every day at 09:00, 21:00");
        check("0 0 9 25 * *", "每月25日 09:00", "on day 25 of each month at 09:00");
        check("0 0 9 L * *", "每月最后一天 09:00", "on the last day of each month at 09:00");
        check("0 0 9 1 3 *", "每年3月1日 09:00", "each year on 1/3 (day/month) at 09:00");
        check("0 0 9 * * MON", "每周一 09:00", "every Monday at 09:00");
        check("0 0 9 * * 1-5", "周一至周五 09:00", "Monday to Friday at 09:00");
        check("0 0 9 * * SAT,SUN", "周六、周日 09:00", "Saturday and Sunday at 09:00");
        check("0 0 9 * * FRI#2", "每月第2个周五 09:00", "on the second Friday of each month at 09:00");
        check("0 0 9 * * 5L", "每月最后一个周五 09:00", "on the last Friday of each month at 09:00");
        check("0 */15 * * * *", "每15分钟", "every 15 minutes");
        check("0 * * * * *", "每分钟", "every minute");
        check("0 5 * * * *", "每小时第05分", "every hour at minute 05");
        check("@opens", "每天开店时（10:00）", "every day at opening (10:00)");
        check("@opens-15m", "每天开店前15分钟（09:45）", "every day 15 minutes before opening (09:45)");
        check("@closes+60m", "每天关店后60分钟（23:00）", "every day 60 minutes after closing (23:00)");
    }

    #[test]
    fn anything_else_is_shown_as_it_is_written() {
        check("0 */45 * * * *", "按 cron：0 */45 * * * *", "by cron: 0 */45 * * * *");
        check("30 0 2 1-7 * MON", "按 cron：30 0 2 1-7 * MON", "by cron: 30 0 2 1-7 * MON");
    }
}
