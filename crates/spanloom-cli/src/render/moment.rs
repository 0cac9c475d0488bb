//! Durations and moments as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A duration with three digits and the unit that fits it: `840 ns`, `12.4 ms`, `1.25 s`, `2 m 05 s`.
pub(crate) fn duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let text = match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..999_500 => three_digits(ns, 1_000, "µs"),
        999_500..999_500_000 => three_digits(ns, 1_000_000, "ms"),
        999_500_000..60_000_000_000 => three_digits(ns, 1_000_000_000, "s"),
        _ => minutes(ns / 1_000_000_000),
    };
    format!("{sign}{text}")
}

fn three_digits(ns: u64, unit_ns: u64, unit: &str) -> String {
    let value = ns as f64 / unit_ns as f64;
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$} {unit}")
}

fn minutes(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago a moment was, with one unit: `now`, `12s ago`, `3h ago`.
pub(crate) fn ago(unix_nano: u64, now_unix_nano: u64) -> String {
    let seconds = now_unix_nano.saturating_sub(unix_nano) / 1_000_000_000;
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds}s ago"),
        60..3_600 => format!("{}m ago", seconds / 60),
        3_600..86_400 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// A moment in a time zone, to the millisecond: `2026-03-01 14:05:09.250 +01:00`.
pub(crate) fn date_time(unix_nano: u64, zone: &TimeZone) -> String {
    match Timestamp::from_nanosecond(i128::from(unix_nano)) {
        Ok(timestamp) => timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %:z").to_string(),
        Err(_) => format!("{unix_nano} ns after 1970"),
    }
}

/// This moment, in nanoseconds since the Unix epoch.
pub(crate) fn now_unix_nano() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_fitting_unit() {
        for (ns, expected) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_340, "12.3 µs"),
            (999_499, "999 µs"),
            (999_600, "1.00 ms"),
            (12_449_000, "12.4 ms"),
            (999_600_000, "1.00 s"),
            (59_900_000_000, "59.9 s"),
            (125_000_000_000, "2 m 05 s"),
            (3_720_000_000_000, "1 h 02 m"),
            (180_000_000_000_000, "2 d 02 h"),
            (-5_000_000, "-5.00 ms"),
        ] {
            assert_eq!(duration(ns), expected);
        }
        assert!(duration(i64::MIN).starts_with('-'));
    }

    #[test]
    fn ages_have_one_unit_and_the_future_is_now() {
        let second = 1_000_000_000;
        for (age, expected) in [(0, "now"), (12, "12s ago"), (200, "3m ago"), (7_300, "2h ago"), (900_000, "10d ago")] {
            assert_eq!(ago(1_000_000 * second, (1_000_000 + age) * second), expected);
        }
        assert_eq!(ago(9 * second, second), "now");
    }

    #[test]
    fn moments_show_their_offset() {
        assert_eq!(date_time(1_700_000_000_020_000_000, &TimeZone::UTC), "2023-11-14 22:13:20.020 +00:00");
        assert!(date_time(u64::MAX, &TimeZone::UTC).starts_with("2554-"));
    }
}
