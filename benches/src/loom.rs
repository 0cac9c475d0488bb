//! Spanloom as the benchmarks set it up.

use std::time::Duration;

use spanloom::{Batch, ExportFuture, Limits, Overflow, Sink, Spanloom};

use crate::stand_in::StandIn;

/// Longer than any measurement waits for the engine to catch up.
pub(crate) const FLUSH_DEADLINE: Duration = Duration::from_secs(120);
/// The policy of jobs that want every span: the program is slowed down to what the far end takes.
pub(crate) const EVERY_SPAN: Overflow = Overflow::Block { deadline: Duration::from_secs(30) };

/// A destination that counts.
#[derive(Debug)]
pub(crate) struct CountingSink(pub(crate) StandIn);

impl Sink for CountingSink {
    fn name(&self) -> &str {
        "stand-in"
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        self.0.receive(batch.traces.iter().map(|trace| trace.new_spans).sum());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Limits that a million live spans do not reach.
pub(crate) fn roomy_limits() -> Limits {
    let mut limits = Limits::default();
    limits.spans_per_trace = 10_000_000;
    limits.trace_bytes = 4 << 30;
    limits.registry_bytes = 4 << 30;
    limits.live_traces = 1_000_000;
    limits
}

/// Waits until everything that has ended is stored, or in the outbox in memory.
pub(crate) fn flush(loom: &Spanloom) {
    loom.flush_blocking(FLUSH_DEADLINE).expect("the far end takes everything before the deadline");
}

/// Waits until it has also been delivered, as a flush of the peers does.
pub(crate) fn flush_into(loom: &Spanloom, sink: &StandIn) {
    flush(loom);
    sink.wait_for(loom.conservation().spans.stored);
}
