//! What an exporter needs of the writer thread, as functions: neither side knows the other's type.

use std::fmt;
use std::sync::Arc;

use spanloom_core::{Cursor, SealedTrace, StoreError};

/// A completed trace, and its position in the store.
pub(crate) type Stored = (Cursor, Arc<SealedTrace>);

/// Takes the answer to a fetch; called at most once, on any thread. Dropping it uncalled counts as a failed fetch.
pub(crate) type FetchReply = Box<dyn FnOnce(Result<Vec<Stored>, StoreError>) + Send>;

/// Asks for traces after a position, at most so many, of about so many bytes, at least one if there is one.
pub(crate) type FetchFn = Box<dyn Fn(Cursor, usize, usize, FetchReply) + Send + Sync>;

/// What became of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    /// Some of its spans were refused.
    Partial,
    Refused,
}

/// A trace that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettledTrace {
    pub(crate) cursor: Cursor,
    pub(crate) outcome: Outcome,
    /// Spans that it stands for.
    pub(crate) spans: u64,
    /// Spans that the destination has of it.
    pub(crate) delivered: u64,
}

/// Everything up to a position is settled: by these traces, since the acknowledgement before, or because it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acknowledgement {
    pub(crate) upto: Cursor,
    pub(crate) settled: Vec<SettledTrace>,
}

impl Acknowledgement {
    /// Spans that the destination has of these traces.
    pub(crate) fn delivered_spans(&self) -> u64 {
        self.settled.iter().map(|trace| trace.delivered).sum()
    }
}

/// Says what a destination has acknowledged since the call before.
pub(crate) type AcknowledgeFn = Box<dyn Fn(&str, Acknowledgement) + Send + Sync>;

/// The way to the writer thread. Called on the exporter's thread; must not wait.
pub(crate) struct OutboxLinks {
    /// Reads from the store.
    pub(crate) fetch: FetchFn,
    /// Moves the destination's cursor. A position may come again after an exporter was restarted; the highest counts.
    pub(crate) acknowledge: AcknowledgeFn,
}

impl fmt::Debug for OutboxLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxLinks").finish_non_exhaustive()
    }
}
