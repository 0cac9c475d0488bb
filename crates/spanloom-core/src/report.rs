//! What became of everything that was recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::DropReason;

/// One conservation equation: `started = live + completed_pending + stored + sum(dropped)`.
///
/// Exact whenever no message is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Spans started, or traces opened.
    pub started: u64,
    /// Open, or ended inside a trace that is open.
    pub live: u64,
    /// In a completed trace that is not stored yet.
    pub completed_pending: u64,
    /// Committed to the store.
    pub stored: u64,
    /// Lost, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
}

impl Counts {
    /// Everything lost, whatever the reason.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether the equation holds.
    pub fn balanced(&self) -> bool {
        self.started == self.live + self.completed_pending + self.stored + self.dropped_total()
    }
}

/// The conservation equations of one engine, in spans and in traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conservation {
    /// In spans.
    pub spans: Counts,
    /// In traces.
    pub traces: Counts,
}

/// What [`shutdown`](https://docs.rs/spanloom/latest/spanloom/struct.Spanloom.html#method.shutdown) achieved. All counts are spans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Committed to the store since the engine started; they survive `kill -9`.
    pub stored: u64,
    /// Of those, the ones known to be on the disk itself; they survive a power cut.
    pub synced: u64,
    /// Acknowledged by every destination.
    pub delivered: u64,
    /// Stored, and waiting in the outbox for at least one destination.
    pub left: u64,
    /// Lost, by reason.
    pub lost: BTreeMap<DropReason, u64>,
    /// How long the shutdown took.
    pub elapsed: Duration,
}
