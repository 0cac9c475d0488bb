//! Times in milliseconds, asked of a column in nanoseconds.

use spanloom_core::filter::NumberOrder as Order;

const NS_PER_MS: f64 = 1e6;

/// The nanoseconds whose whole milliseconds compare so with a number: from the first, up to before the second.
/// `None` where there is no bound. With [`Order::NotEqual`] it is the range that must not be.
pub(crate) fn range_ns(order: Order, ms: f64) -> (Option<i64>, Option<i64>) {
    let (low, high) = (ms.floor(), ms.ceil());
    match order {
        Order::Greater => (Some(ns(low + 1.0)), None),
        Order::GreaterOrEqual => (Some(ns(high)), None),
        Order::Less => (None, Some(ns(high))),
        Order::LessOrEqual => (None, Some(ns(low + 1.0))),
        // Broken milliseconds equal nothing: the range is empty.
        Order::Equal | Order::NotEqual => (Some(ns(high)), Some(ns(low + 1.0))),
    }
}

/// Cut to what a column holds.
#[expect(clippy::cast_possible_truncation, reason = "a cast from a float is cut to the range of the integer")]
fn ns(ms: f64) -> i64 {
    // Whole milliseconds up to 2^53 are exact in a float, nanoseconds are not.
    (ms.clamp(i64::MIN as f64 / NS_PER_MS, i64::MAX as f64 / NS_PER_MS) as i64).saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(order: Order, ms: f64, expected: (Option<i64>, Option<i64>)) {
        assert_eq!(range_ns(order, ms), expected);
    }

    #[test]
    fn whole_and_broken_milliseconds_become_ranges_of_nanoseconds() {
        const T: i64 = 1_780_000_001_000;
        let (t, at) = (T as f64, |ms: i64| Some(ms * 1_000_000));
        check(Order::Greater, t, (at(T + 1), None));
        check(Order::Greater, t + 0.5, (at(T + 1), None));
        check(Order::GreaterOrEqual, t, (at(T), None));
        check(Order::GreaterOrEqual, t + 0.5, (at(T + 1), None));
        check(Order::Less, t, (None, at(T)));
        check(Order::Less, t + 0.5, (None, at(T + 1)));
        check(Order::LessOrEqual, t, (None, at(T + 1)));
        check(Order::Equal, t, (at(T), at(T + 1)));
        check(Order::Equal, t + 0.5, (at(T + 1), at(T + 1)));
    }

    #[test]
    fn numbers_beyond_the_column_are_cut() {
        let (from, _) = range_ns(Order::Greater, 1e300);
        assert!(from.is_some_and(|from| from > i64::MAX - 2_000_000));
        let (_, to) = range_ns(Order::Less, -1e300);
        assert!(to.is_some_and(|to| to < i64::MIN + 2_000_000));
    }
}
