//! How much an engine takes before it says no.

use std::time::Duration;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: u64 = 1 << 30;
const HOUR: Duration = Duration::from_secs(3_600);

/// How much an engine takes before it says no. The defaults suit a server of a few cores; each is settable.
///
/// What a limit cuts or refuses is counted, and the trace says so in its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of live traces in the registry. Default 128 MiB.
    pub registry_bytes: usize,
    /// Bytes of completed traces on their way to the store or the sinks. Default 64 MiB.
    pub in_flight_bytes: usize,
    /// Traces that may be live at once. Default 10,000.
    pub live_traces: usize,
    /// Spans in one trace. Default 100,000; further ones are dropped and counted.
    pub spans_per_trace: usize,
    /// Bytes in one trace. Default 64 MiB; a larger one is dropped whole and counted.
    pub trace_bytes: usize,
    /// Bytes of one span's inputs, and of its outputs. Default 8 MiB; cut at a character boundary.
    pub payload_bytes: usize,
    /// Bytes of any other attribute value. Default 1 MiB.
    pub attribute_bytes: usize,
    /// Attributes of one span that the user set. Default 256; the oldest go first, reserved ones never.
    pub attributes_per_span: usize,
    /// Events of one span. Default 1,024; the oldest go first.
    pub events_per_span: usize,
    /// Links of one span. Default 128; the oldest go first.
    pub links_per_span: usize,
    /// Bytes of a span's or event's name. Default 1 KiB.
    pub name_bytes: usize,
    /// Bytes of a key. Default 256.
    pub key_bytes: usize,
    /// How long an ended root waits for its open children. Default 60 s.
    pub linger: Duration,
    /// How far the live journal may lag behind. Default 250 ms.
    pub journal_interval: Duration,
    /// How long the store may go without an fsync when there is something to sync. Default 1 s.
    pub sync_interval: Duration,
    /// Bytes of the store: its file and the log beside it. Default 2 GiB, at least [`Self::LEAST_STORE_BYTES`]; the oldest
    /// traces go first.
    pub store_bytes: u64,
    /// How long the store keeps a trace. Default 7 days.
    pub store_age: Duration,
    /// Bytes of stored traces that may wait for one destination. Default 1 GiB; beyond it the destination loses the oldest.
    pub outbox_bytes: u64,
    /// How long a stored trace may wait for a destination. Default 72 h; beyond it the destination loses it.
    pub outbox_age: Duration,
}

impl Limits {
    /// A smaller store has no room for its own tables and a few traces: 1 MiB.
    pub const LEAST_STORE_BYTES: u64 = 1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            registry_bytes: 128 * MIB,
            in_flight_bytes: 64 * MIB,
            live_traces: 10_000,
            spans_per_trace: 100_000,
            trace_bytes: 64 * MIB,
            payload_bytes: 8 * MIB,
            attribute_bytes: MIB,
            attributes_per_span: 256,
            events_per_span: 1_024,
            links_per_span: 128,
            name_bytes: KIB,
            key_bytes: 256,
            linger: Duration::from_secs(60),
            journal_interval: Duration::from_millis(250),
            sync_interval: Duration::from_secs(1),
            store_bytes: 2 * GIB,
            store_age: 7 * 24 * HOUR,
            outbox_bytes: GIB,
            outbox_age: 72 * HOUR,
        }
    }
}
