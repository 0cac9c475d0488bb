//! How an exporter batches and tries again.

use std::time::Duration;

const MIB: usize = 1 << 20;

/// How an exporter batches and tries again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExporterConfig {
    /// Spans in one batch. Default [`Self::BATCH_SPANS`]. A trace is never split: a larger one is a batch of its own.
    pub(crate) batch_spans: u64,
    /// Bytes in one batch. Default [`Self::BATCH_BYTES`]; larger traces as above.
    pub(crate) batch_bytes: usize,
    /// Traces that may wait in the hand-off. Default [`Self::HANDOFF_TRACES`]; what does not fit is read from the store.
    pub(crate) handoff_traces: usize,
    /// Bytes that may wait in the hand-off. Default [`Self::HANDOFF_BYTES`].
    pub(crate) handoff_bytes: usize,
    /// How long one attempt may take. Default [`Self::REQUEST_TIMEOUT`]. A sink that blocks its thread is not
    /// interrupted; its answer counts when it comes.
    pub(crate) request_timeout: Duration,
    /// Wait after the first failure; each further one doubles it, give or take half. Default [`Self::BACKOFF_FIRST`].
    pub(crate) backoff_first: Duration,
    /// Longest such wait, before the half is added or taken. Default [`Self::BACKOFF_LONGEST`].
    pub(crate) backoff_longest: Duration,
    /// Longest wait that a destination may ask for. Default [`Self::RETRY_AFTER_LONGEST`].
    pub(crate) retry_after_longest: Duration,
    /// Time between attempts while the destination is suspect. Default [`Self::PROBE_INTERVAL`].
    pub(crate) probe_interval: Duration,
}

impl ExporterConfig {
    /// As OpenTelemetry's batch processor.
    pub(crate) const BATCH_SPANS: u64 = 512;
    /// A fifth of the 20 MiB that OTLP receivers take, because JSON and protobuf of a span are larger than its record.
    pub(crate) const BATCH_BYTES: usize = 4 * MIB;
    /// Two batches of the smallest traces.
    pub(crate) const HANDOFF_TRACES: usize = 1_024;
    /// A quarter of what all traces in flight may take.
    pub(crate) const HANDOFF_BYTES: usize = 16 * MIB;
    /// Longer than the 20 s for which an MLflow server waits on its own locked database.
    pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
    /// Long enough for a server that is being restarted.
    pub(crate) const BACKOFF_FIRST: Duration = Duration::from_secs(1);
    /// A destination that is back is noticed within about a minute.
    pub(crate) const BACKOFF_LONGEST: Duration = Duration::from_secs(60);
    /// A destination cannot silence an exporter for longer with one answer.
    pub(crate) const RETRY_AFTER_LONGEST: Duration = Duration::from_secs(600);
    /// Wrong credentials are put right by people: often enough to notice, too seldom to be locked out.
    pub(crate) const PROBE_INTERVAL: Duration = Duration::from_secs(30);
}

impl Default for ExporterConfig {
    fn default() -> Self {
        Self {
            batch_spans: Self::BATCH_SPANS,
            batch_bytes: Self::BATCH_BYTES,
            handoff_traces: Self::HANDOFF_TRACES,
            handoff_bytes: Self::HANDOFF_BYTES,
            request_timeout: Self::REQUEST_TIMEOUT,
            backoff_first: Self::BACKOFF_FIRST,
            backoff_longest: Self::BACKOFF_LONGEST,
            retry_after_longest: Self::RETRY_AFTER_LONGEST,
            probe_interval: Self::PROBE_INTERVAL,
        }
    }
}
