//! What stands at the far end of every engine: it counts spans, and takes its time over them if told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::clock;

/// Between two looks at the counter: far below what is measured, and too seldom to add to it.
const GLANCE: Duration = Duration::from_micros(100);
/// After this long without a span no more will come.
const STALLED: Duration = Duration::from_secs(1);

/// What stands at the far end of every engine. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandIn {
    received: Arc<AtomicU64>,
    burn_ns_per_span: u64,
}

impl StandIn {
    /// One that uses the CPU for this long per span.
    pub(crate) fn burning(burn_ns_per_span: u64) -> Self {
        Self { received: Arc::default(), burn_ns_per_span }
    }

    /// Takes a batch of so many spans.
    pub(crate) fn receive(&self, spans: u64) {
        if self.burn_ns_per_span > 0 {
            clock::burn(Duration::from_nanos(self.burn_ns_per_span * spans));
        }
        self.received.fetch_add(spans, Ordering::Relaxed);
    }

    /// Waits until so many spans have been received, or nothing comes any more.
    pub(crate) fn wait_for(&self, spans: u64) {
        let (mut received, mut since) = (self.received(), Instant::now());
        while received < spans && since.elapsed() < STALLED {
            clock::rest(GLANCE);
            if self.received() != received {
                (received, since) = (self.received(), Instant::now());
            }
        }
    }

    /// Spans received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}
