//! Moments as RFC 3339 texts in UTC. Twenty lines of calendar are less than a calendar library.

use std::fmt::Write;

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// `2023-11-14T22:13:20.014Z`: milliseconds, rounded down, and left out when they are zero.
pub(crate) fn write(out: &mut String, unix_nano: u64) {
    write_exact(out, unix_nano / NANOS_PER_MILLI * NANOS_PER_MILLI);
}

/// The same with all digits: three, six or nine, as many as it takes.
pub(crate) fn write_exact(out: &mut String, unix_nano: u64) {
    let seconds = (unix_nano / 1_000_000_000) as i64;
    let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    put(out, format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
    match unix_nano % 1_000_000_000 {
        0 => out.push('Z'),
        nanos if nanos % 1_000_000 == 0 => put(out, format_args!(".{:03}Z", nanos / 1_000_000)),
        nanos if nanos % 1_000 == 0 => put(out, format_args!(".{:06}Z", nanos / 1_000)),
        nanos => put(out, format_args!(".{nanos:09}Z")),
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a `String` takes any text");
}

/// Nanoseconds since the Unix epoch of an RFC 3339 text with any offset and up to nine digits of fraction (further ones
/// are ignored); `None` when it is none, or outside the years 1970 to 2554.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let has_form = text.is_ascii() && bytes.len() >= 20 && marks.iter().all(|(at, mark)| bytes[*at] == *mark);
    if !has_form || !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?);
    // 60 is a leap second.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !is_time || !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let (nanos, zone) = fraction(&text[19..])?;
    let days = days_from_civil(year, month, day);
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second - offset_seconds(zone)?;
    u64::try_from(i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos)).ok()
}

fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The nanoseconds in front, and what follows them.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, text)) };
    let len = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = rest.split_at(len);
    let nanos: String = digits.chars().chain("000000000".chars()).take(9).collect();
    (len > 0).then_some((number(&nanos)?, zone))
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let is_offset = zone.len() == 6 && hours < 24 && minutes < 60;
    is_offset.then_some(sign * (hours * 3_600 + minutes * 60))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in 400 years, after which the calendar repeats, and from 1 March of year 0 to the Unix epoch.
const DAYS_PER_ERA: i64 = 146_097;
const EPOCH_DAYS: i64 = 719_468;

/// Years begin in March here, so that the leap day is their last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = days.div_euclid(DAYS_PER_ERA) * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unix_nano: u64, text: &str) {
        let mut written = String::new();
        write(&mut written, unix_nano);
        assert_eq!(written, text);
        assert_eq!(parse(text), Some(unix_nano / NANOS_PER_MILLI * NANOS_PER_MILLI));
    }

    #[test]
    fn moments_have_milliseconds_unless_those_are_zero() {
        check(0, "1970-01-01T00:00:00Z");
        check(1_700_000_000_000_000_000, "2023-11-14T22:13:20Z");
        check(1_700_000_000_014_999_999, "2023-11-14T22:13:20.014Z");
        check(951_782_400_000_000_000, "2000-02-29T00:00:00Z");
        check(4_107_542_399_999_000_000, "2100-02-28T23:59:59.999Z");
        check(u64::MAX, "2554-07-21T23:34:33.709Z");
    }

    #[test]
    fn every_day_comes_back() {
        for day in (0..213_503).step_by(7) {
            let (year, month, of_month) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, of_month), day);
            assert!(of_month <= days_in_month(year, month));
        }
    }

    #[test]
    fn offsets_and_finer_fractions_are_read() {
        let noon = parse("2024-05-01T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(parse("2024-05-01T14:00:00+02:00"), noon);
        assert_eq!(parse("2024-05-01t06:30:00-05:30"), noon);
        assert_eq!(parse("1970-01-01T00:00:00.123456789Z"), Some(123_456_789));
        assert_eq!(parse("1970-01-01T00:00:00.5Z"), Some(500_000_000));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T12:00:00",
            "2024-13-01T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "2024-05-01T24:00:00Z",
            "2024-05-01T12:00:00.Z",
            "2024-05-01T12:00:00+2:00",
            "1969-12-31T23:59:59Z",
            "2024-05-01T12:00:00Zé",
            "+024-05-01T12:00:00Z",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
