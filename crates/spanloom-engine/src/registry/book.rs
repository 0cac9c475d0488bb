//! What the registry counts for one engine.

use spanloom_core::{DropReason, Limits};

/// One side of a conservation equation, in the registry's hands: `begun = live + completed + sum(dropped)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) begun: u64,
    pub(crate) live: u64,
    /// Handed to the writer since the engine started.
    pub(crate) completed: u64,
    pub(crate) dropped: [u64; DropReason::ALL.len()],
}

impl Tally {
    /// Something began and is live.
    pub(crate) fn begin(&mut self) {
        self.begun += 1;
        self.live += 1;
    }

    /// Something began and is dropped at once.
    pub(crate) fn refuse(&mut self, reason: DropReason) {
        self.begun += 1;
        self.dropped[reason.index()] += 1;
    }

    pub(crate) fn complete(&mut self, count: u64) {
        self.live -= count;
        self.completed += count;
    }

    pub(crate) fn drop(&mut self, count: u64, reason: DropReason) {
        self.live -= count;
        self.dropped[reason.index()] += count;
    }
}

/// What the registry counts for one engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) limits: Limits,
    pub(crate) spans: Tally,
    pub(crate) traces: Tally,
    /// Bytes of the logs of its live traces.
    pub(crate) bytes: usize,
    /// Messages about spans that are unknown or have ended.
    pub(crate) late: u64,
    /// Messages whose handling panicked.
    pub(crate) panics: u64,
}

impl Book {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}
