//! From ticks of the hot path to nanoseconds since the Unix epoch.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use spanloom_api::ring::ticks;

/// Maps ticks to Unix time by an anchor, where both clocks were read, and the length of a tick, which is measured over
/// all the time since the first anchor. The anchor is read anew at every [`refresh`](Self::refresh), so that a trace
/// that begins later follows a wall clock that was set; within a trace all times hang on the anchor of its root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickClock {
    first_ticks: u64,
    first_instant: Instant,
    anchor_ticks: u64,
    anchor_unix_ns: u64,
    /// Nanoseconds of a tick, 32.32 fixed point.
    ns_per_tick: u64,
}

/// The moment a trace began, on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) ticks: u64,
    pub(crate) unix_ns: u64,
}

/// The first length of a tick is measured over this; it is exact to about 50 parts in a million and gets better.
const FIRST_MEASUREMENT_NS: u128 = 1_000_000;

impl TickClock {
    /// Reads both clocks and measures a tick for one millisecond.
    pub(crate) fn start() -> Self {
        let (first_instant, first_ticks) = (Instant::now(), ticks::now());
        while first_instant.elapsed().as_nanos() < FIRST_MEASUREMENT_NS {
            std::hint::spin_loop();
        }
        let mut clock =
            Self { first_ticks, first_instant, anchor_ticks: first_ticks, anchor_unix_ns: 0, ns_per_tick: 1 << 32 };
        clock.refresh();
        clock
    }

    /// Reads both clocks again.
    pub(crate) fn refresh(&mut self) {
        let ticks = ticks::now();
        let elapsed_ns = self.first_instant.elapsed().as_nanos();
        let elapsed_ticks = u128::from(ticks.saturating_sub(self.first_ticks));
        if ticks::is_counter() && elapsed_ticks > 0 {
            self.ns_per_tick = u64::try_from((elapsed_ns << 32) / elapsed_ticks).unwrap_or(1 << 32);
        }
        self.anchor_ticks = ticks;
        self.anchor_unix_ns = unix_now_ns();
    }

    /// The anchor of a trace whose root began at these ticks.
    pub(crate) fn anchor(&self, ticks: u64) -> Anchor {
        Anchor { ticks, unix_ns: self.shift(self.anchor_unix_ns, self.anchor_ticks, ticks) }
    }

    /// A moment of a trace with this anchor.
    pub(crate) fn unix_ns(&self, anchor: Anchor, ticks: u64) -> u64 {
        self.shift(anchor.unix_ns, anchor.ticks, ticks)
    }

    fn shift(&self, unix_ns: u64, from: u64, to: u64) -> u64 {
        let ns = |ticks: u64| ((u128::from(ticks) * u128::from(self.ns_per_tick)) >> 32) as u64;
        if to >= from { unix_ns.saturating_add(ns(to - from)) } else { unix_ns.saturating_sub(ns(from - to)) }
    }
}

/// The wall clock. A clock before 1970 reads as 0.
#[expect(clippy::disallowed_methods, reason = "the one place where the engine reads the wall clock")]
pub(crate) fn unix_now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_trace_keep_their_order_and_follow_the_wall_clock() {
        let clock = TickClock::start();
        let (wall, begin) = (unix_now_ns(), ticks::now());
        let anchor = clock.anchor(begin);
        assert!(anchor.unix_ns.abs_diff(wall) < 50_000_000, "{} {wall}", anchor.unix_ns);
        assert_eq!(clock.unix_ns(anchor, begin), anchor.unix_ns);
        assert!(clock.unix_ns(anchor, begin + 1_000_000) > anchor.unix_ns);
        assert!(clock.unix_ns(anchor, begin - 1_000_000) < anchor.unix_ns);
    }
}
