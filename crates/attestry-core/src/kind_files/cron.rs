//! Computes the longest time between two runs of an AWS `cron(minutes hours day-of-month month day-of-week year)`.
//!
//! The module visits every day of 400 years. After 400 years the calendar repeats, so the result is exact. An
//! expression that the module cannot read with certainty (`W`, several `L`, a year other than `*`) has no result. This
//! module must not know what runs.

const DAY: i64 = 24 * 60;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The days on which a schedule runs.
enum Days {
    /// These days of the month.
    OfMonth(Vec<u32>),
    /// The last day of the month.
    LastOfMonth,
    /// These weekdays. 1 is Sunday.
    OfWeek(Vec<u32>),
    /// A weekday and its number in the month, such as the second Monday.
    NthOfWeek(u32, u32),
    /// The last day of the month with this weekday.
    LastOfWeek(u32),
}

/// Returns the largest number of seconds between two consecutive runs, or `None` for an expression that is not
/// supported.
pub(super) fn longest_gap(fields: &str) -> Option<i64> {
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, of_month, months, of_week, "*"] = fields.as_slice() else { return None };
    let minutes = set(minutes, 0, 59, &[])?;
    let hours = set(hours, 0, 23, &[])?;
    let months = set(months, 1, 12, &MONTHS)?;
    let days = days(of_month, of_week)?;
    let times: Vec<i64> = hours.iter().flat_map(|h| minutes.iter().map(move |m| i64::from(h * 60 + m))).collect();

    let (first, last) = (*times.first()?, *times.last()?);
    let within_a_day = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b - a).max().unwrap_or(0);
    // The times are the same on every day with a run, so only the longest distance between two such days matters.
    let between_days = most_days_between(&months, &days)? * DAY + first - last;
    Some(within_a_day.max(between_days) * 60)
}

fn days(of_month: &str, of_week: &str) -> Option<Days> {
    match (of_month, of_week) {
        ("L", "?") => Some(Days::LastOfMonth),
        (of_month, "?") => set(of_month, 1, 31, &[]).map(Days::OfMonth),
        ("?", "L") => Some(Days::OfWeek(vec![7])),
        ("?", of_week) => {
            if let Some((day, nth)) = of_week.split_once('#') {
                let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
                return Some(Days::NthOfWeek(number(day, 1, 7, &WEEKDAYS)?, nth));
            }
            if let Some(day) = of_week.strip_suffix('L') {
                return number(day, 1, 7, &WEEKDAYS).map(Days::LastOfWeek);
            }
            set(of_week, 1, 7, &WEEKDAYS).map(Days::OfWeek)
        }
        _ => None,
    }
}

fn number(text: &str, low: u32, high: u32, names: &[&str]) -> Option<u32> {
    let named = names.iter().zip(low..).find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| number);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    named.or_else(|| text.parse().ok().filter(|_| digits)).filter(|number| (low..=high).contains(number))
}

/// Reads a list of numbers, ranges and steps. Returns the numbers, sorted and without duplicates.
fn set(text: &str, low: u32, high: u32, names: &[&str]) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(number(step, 1, high, &[])?)),
            None => (item, None),
        };
        let (from, to) = match range {
            "*" => (low, high),
            // AWS writes `/4` for "every 4 hours from midnight".
            "" if step.is_some() => (low, high),
            range => match range.split_once('-') {
                Some((from, to)) => (number(from, low, high, names)?, number(to, low, high, names)?),
                None => {
                    let from = number(range, low, high, names)?;
                    (from, if step.is_some() { high } else { from })
                }
            },
        };
        if from > to {
            return None;
        }
        found.extend((from..=to).step_by(usize::try_from(step.unwrap_or(1)).ok()?));
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// Returns the largest number of days between two consecutive days with a run. The search covers a whole cycle of the
/// calendar, and the time from the last run of a cycle to the first run of the next one.
fn most_days_between(months: &[u32], days: &Days) -> Option<i64> {
    let (mut day, mut most, mut first, mut before) = (0_i64, 0, None, None);
    for year in 2000..2400 {
        for month in 1..=12 {
            let length = length(year, month);
            for date in 1..=length {
                if months.contains(&month) && fires(days, date, length, weekday(day)) {
                    most = before.map_or(most, |before: i64| most.max(day - before));
                    first = first.or(Some(day));
                    before = Some(day);
                }
                day += 1;
            }
        }
    }
    Some(most.max(first? + day - before?))
}

/// Returns the weekday of a day. 1 is Sunday. Day 0 is 2000-01-01, a Saturday.
fn weekday(day: i64) -> u32 {
    u32::try_from((day + 6).rem_euclid(7)).unwrap_or(0) + 1
}

fn length(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

fn fires(days: &Days, date: u32, length: u32, weekday: u32) -> bool {
    match days {
        Days::OfMonth(dates) => dates.contains(&date),
        Days::LastOfMonth => date == length,
        Days::OfWeek(weekdays) => weekdays.contains(&weekday),
        Days::NthOfWeek(day, nth) => weekday == *day && date.div_ceil(7) == *nth,
        Days::LastOfWeek(day) => weekday == *day && date + 7 > length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exact() {
        let days = |days: i64| Some(days * DAY * 60);
        let hours = |hours: i64| Some(hours * 3600);
        for (fields, gap) in [
            ("0 10 * * ? *", days(1)),
            ("0 /4 * * ? *", hours(4)),
            ("0 0/6 * * ? *", hours(6)),
            ("0 8,20 * * ? *", hours(12)),
            ("0 9-17 * * ? *", hours(16)),
            ("0 8 ? * * *", days(1)),
            ("0 8 1 * ? *", days(31)),
            ("0 8 1,15 * ? *", days(17)),
            ("0 8 1/15 * ? *", days(15)),
            ("0 8 1 1/3 ? *", days(92)),
            ("0 8 1 JAN,JUL ? *", days(184)),
            ("0 8 1 1 ? *", days(366)),
            ("0 8 31 * ? *", days(61)),
            ("0 8 29 2 ? *", days(2921)),
            ("0 8 L * ? *", days(31)),
            ("0 8 ? * MON *", days(7)),
            ("0 8 ? * 2-6 *", days(3)),
            ("0 8 ? * MON-FRI *", days(3)),
            ("0 8 ? * L *", days(7)),
            ("0 8 ? * SUN#1 *", days(35)),
            ("0 8 ? * 3#5 *", days(119)),
            ("0 8 ? * 6L *", days(35)),
        ] {
            assert_eq!(longest_gap(fields), gap, "{fields}");
        }
    }

    #[test]
    fn what_is_not_understood_has_no_gap() {
        for fields in [
            "",
            "0 10 * * ?",
            "0 10 * * ? 2030",
            "0 10 * * * *",
            "0 10 ? * ? *",
            "0 10 15W * ? *",
            "0 24 * * ? *",
            "0 10 0 * ? *",
            "0 10 30 2 ? *",
            "0 10 * 13 ? *",
            "0 10 ? * FRI-MON *",
            "0 10 ? * MON#6 *",
            "0 10 +1 * ? *",
            "0 1/0 * * ? *",
        ] {
            assert_eq!(longest_gap(fields), None, "{fields}");
        }
    }
}
