//! Whether the wall clock can be trusted to say how old something is.
//!
//! A machine that wakes up with a wrong date must not take everything for old. So ages count only when the wall clock has
//! gone with the monotonic one for a while.

use std::time::Duration;

/// A larger difference between the two clocks is a jump.
const JUMP_MS: u64 = 5 * 60 * 1_000;
/// For so long there must not have been one.
const STEADY_AFTER: Duration = Duration::from_secs(600);

/// The two clocks at one moment: time since some start, and milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    pub(crate) monotonic: Duration,
    pub(crate) unix_ms: i64,
}

/// Watches the two clocks.
#[derive(Debug)]
pub(crate) struct ClockWatch {
    last: Now,
    steady_since: Duration,
}

impl ClockWatch {
    pub(crate) fn new(now: Now) -> Self {
        Self { last: now, steady_since: now.monotonic }
    }

    /// Compares how far both clocks have gone since the look before.
    pub(crate) fn look(&mut self, now: Now) {
        let gone = now.monotonic.saturating_sub(self.last.monotonic);
        let gone = i64::try_from(gone.as_millis()).unwrap_or(i64::MAX);
        if now.unix_ms.abs_diff(self.last.unix_ms.saturating_add(gone)) > JUMP_MS {
            self.steady_since = now.monotonic;
        }
        self.last = now;
    }

    /// How long until ages count, as of the last look; zero when they do.
    pub(crate) fn until_steady(&self) -> Duration {
        (self.steady_since + STEADY_AFTER).saturating_sub(self.last.monotonic)
    }

    /// Before when something is older than `age`; `None` while that cannot be said.
    pub(crate) fn cutoff_ms(&self, age: Duration) -> Option<i64> {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        self.until_steady().is_zero().then(|| self.last.unix_ms.saturating_sub(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_MS: i64 = 1_780_000_000_000;

    /// Looks at these moments, given as seconds of the monotonic clock and of the wall clock since the start.
    #[track_caller]
    fn check(looks: &[(u64, i64)], until_steady: u64) {
        let at = |(monotonic, wall): (u64, i64)| Now {
            monotonic: Duration::from_secs(monotonic),
            unix_ms: START_MS.saturating_add(wall.saturating_mul(1_000)),
        };
        let mut watch = ClockWatch::new(at((0, 0)));
        looks.iter().for_each(|look| watch.look(at(*look)));
        assert_eq!(watch.until_steady(), Duration::from_secs(until_steady), "{looks:?}");
        assert_eq!(watch.cutoff_ms(Duration::ZERO).is_some(), until_steady == 0);
    }

    #[test]
    fn ages_count_after_ten_minutes_without_a_jump() {
        check(&[], 600);
        check(&[(599, 599)], 1);
        check(&[(600, 600)], 0);
        check(&[(300, 300), (900, 900)], 0);
    }

    #[test]
    fn a_jump_of_more_than_five_minutes_starts_the_wait_anew() {
        const TEN_YEARS: i64 = 10 * 365 * 86_400;
        check(&[(700, 700), (701, 701 + TEN_YEARS)], 600);
        check(&[(700, 700), (701, 701 - TEN_YEARS)], 600);
        check(&[(700, 700), (701, i64::MAX / 1_000)], 600);
        check(&[(700, 700), (701, 1_002)], 600);
        check(&[(700, 700), (701, 1_001)], 0);
        check(&[(700, 1_100), (1_299, 1_699)], 1);
        check(&[(700, 1_100), (1_300, 1_700)], 0);
    }

    #[test]
    fn a_slow_drift_is_no_jump() {
        let looks: Vec<_> = (1..100).map(|n| (n * 60, n as i64 * 62)).collect();
        check(&looks, 0);
    }

    #[test]
    fn an_age_beyond_all_time_cuts_nothing_off() {
        let mut watch = ClockWatch::new(Now { monotonic: Duration::ZERO, unix_ms: 0 });
        watch.look(Now { monotonic: STEADY_AFTER, unix_ms: 600_000 });
        assert_eq!(watch.cutoff_ms(Duration::MAX), Some(600_000 - i64::MAX));
        assert_eq!(watch.cutoff_ms(Duration::from_secs(1)), Some(599_000));
    }
}
