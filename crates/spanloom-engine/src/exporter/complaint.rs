//! Failures that are worth a log line, and how many of them are logged.

use std::time::{Duration, Instant};

/// A failure to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) kind: ComplaintKind,
    pub(super) text: String,
}

/// What failed. Each kind is logged at most once a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComplaintKind {
    /// An attempt that will be repeated.
    Retry,
    /// The destination takes nothing.
    Suspect,
    /// The destination refused traces.
    Refused,
    /// The sink panicked.
    Panic,
    /// The store could not be read.
    Fetch,
}

impl ComplaintKind {
    const COUNT: usize = 5;
}

/// One limit for each kind.
#[derive(Debug, Default)]
pub(super) struct ComplaintLimits([LogLimit; ComplaintKind::COUNT]);

impl ComplaintLimits {
    /// Whether to log this kind now.
    pub(super) fn allow(&mut self, kind: ComplaintKind, now: Instant) -> bool {
        self.0[kind as usize].allow(now)
    }
}

/// Lets one line a minute through.
#[derive(Debug, Default)]
pub(crate) struct LogLimit(Option<Instant>);

impl LogLimit {
    const INTERVAL: Duration = Duration::from_secs(60);

    /// Whether to log now.
    pub(crate) fn allow(&mut self, now: Instant) -> bool {
        let allowed = self.0.is_none_or(|last| now.saturating_duration_since(last) >= Self::INTERVAL);
        if allowed {
            self.0 = Some(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_logged_once_a_minute() {
        let (mut limits, t0) = (ComplaintLimits::default(), Instant::now());
        assert!(limits.allow(ComplaintKind::Retry, t0));
        assert!(!limits.allow(ComplaintKind::Retry, t0 + Duration::from_secs(59)));
        assert!(limits.allow(ComplaintKind::Fetch, t0 + Duration::from_secs(59)));
        assert!(limits.allow(ComplaintKind::Retry, t0 + Duration::from_secs(60)));
    }
}
