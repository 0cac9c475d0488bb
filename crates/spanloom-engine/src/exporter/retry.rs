//! How long to wait before the next attempt.

use std::time::Duration;

use super::config::ExporterConfig;

/// Counts failures in a row and spreads the attempts that follow them.
#[derive(Debug)]
pub(super) struct Retry {
    first: Duration,
    longest: Duration,
    longest_asked: Duration,
    failures: u32,
    random: SplitMix64,
}

impl Retry {
    /// The seed decides the spread; exporters that fail together should not come back together.
    pub(super) fn new(config: &ExporterConfig, seed: u64) -> Self {
        Self {
            first: config.backoff_first,
            longest: config.backoff_longest,
            longest_asked: config.retry_after_longest,
            failures: 0,
            random: SplitMix64(seed),
        }
    }

    /// The wait after one more failure. What the destination asked for wins, within its limit; not below half of the
    /// first wait, so that an answer of "0 seconds" does not become a busy loop.
    pub(super) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let doublings = self.failures.min(31);
        self.failures = self.failures.saturating_add(1);
        match asked {
            Some(asked) => asked.min(self.longest_asked).max(self.first / 2),
            None => {
                let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
                wait.mul_f64(0.5 + self.random.unit())
            }
        }
    }

    /// Something got through.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures since something got through.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}

/// Vigna's generator: enough for spreading, and three lines instead of a dependency.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn retry(seed: u64) -> Retry {
        Retry::new(&ExporterConfig::default(), seed)
    }

    proptest! {
        #[test]
        fn waits_double_up_to_the_longest_give_or_take_half(seed: u64) {
            let mut retry = retry(seed);
            for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0] {
                let wait = retry.failed(None).as_secs_f64();
                prop_assert!((0.5 * expected..=1.5 * expected).contains(&wait), "{wait} for {expected}");
            }
        }
    }

    #[test]
    fn success_starts_over() {
        let mut retry = retry(7);
        for _ in 0..9 {
            retry.failed(None);
        }
        retry.succeeded();
        assert_eq!(retry.failures(), 0);
        assert!(retry.failed(None) <= Duration::from_millis(1_500));
    }

    #[test]
    fn waits_of_two_exporters_differ() {
        assert_ne!(retry(1).failed(None), retry(2).failed(None));
    }

    #[test]
    fn what_the_destination_asks_for_wins_within_its_limit() {
        let mut retry = retry(7);
        assert_eq!(retry.failed(Some(Duration::from_secs(90))), Duration::from_secs(90));
        assert_eq!(retry.failed(Some(Duration::from_secs(86_400))), Duration::from_secs(600));
        assert_eq!(retry.failed(Some(Duration::ZERO)), Duration::from_millis(500));
    }

    #[test]
    fn failures_for_ever_do_not_overflow() {
        let mut retry = retry(7);
        retry.failures = u32::MAX;
        assert!(retry.failed(None) <= Duration::from_secs(90));
    }
}
