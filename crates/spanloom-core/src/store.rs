//! What a store must promise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::{AssessError, Assessment, AssessmentChange, Conservation, DropReason, JournalChunk, SealedTrace, TraceId};

/// A position in the order in which a store took completed traces; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub u64);

/// One group commit: all of it is stored, or none.
#[derive(Clone, Debug, Default)]
pub struct StoreBatch {
    /// Completed traces and amendments, in the order in which they completed. A completed trace ends its live journal.
    pub completed: Vec<Arc<SealedTrace>>,
    /// What happened in live traces.
    pub journal: Vec<JournalChunk>,
    /// Live traces that were dropped: their journal goes.
    pub abandoned: Vec<TraceId>,
    /// How far each destination has acknowledged, by its name.
    pub acknowledged: BTreeMap<String, Cursor>,
    /// What became of the traces that each destination has acknowledged with this.
    pub settled: BTreeMap<String, Settlement>,
    /// The writer's counters, as of this commit.
    pub counters: Option<WriterCounters>,
}

impl StoreBatch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.completed.is_empty()
            && self.journal.is_empty()
            && self.abandoned.is_empty()
            && self.acknowledged.is_empty()
            && self.settled.is_empty()
            && self.counters.is_none()
    }
}

/// What became of traces that a destination was owed, in traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Taken by the destination.
    pub delivered: u64,
    /// Refused for what they are.
    pub dead_lettered: u64,
    /// Taken in part.
    pub partial_rejected: u64,
    /// Those among them that had been counted as lost while they were on their way, and are not.
    pub reprieved: Evicted,
}

/// Traces that a destination lost before it got them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evicted {
    /// Because too much was waiting.
    pub cap: u64,
    /// Because they had waited too long.
    pub age: u64,
    /// Because they were deleted.
    pub purge: u64,
}

/// A destination is owed nothing any more up to a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The destination.
    pub destination: String,
    /// The position.
    pub upto: Cursor,
    /// [`SpoolCap`](DropReason::SpoolCap) or [`SpoolAge`](DropReason::SpoolAge).
    pub reason: DropReason,
    /// The traces it lost.
    pub traces: u64,
    /// Their spans.
    pub spans: u64,
}

/// What a store did to stay within its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// What destinations have lost since the upkeep before, also in commits.
    pub evictions: Vec<Eviction>,
    /// When there is more to do, though nothing is written until then.
    pub again_after: Option<Duration>,
}

/// What one writing process counted; a store keeps the newest of each writer, so that sums survive it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterCounters {
    /// The conservation equations.
    pub conservation: Conservation,
    /// Values cut by a limit.
    pub truncated: u64,
    /// Values redacted.
    pub redacted: u64,
    /// Handlers that panicked.
    pub panics: u64,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room: the disk is full, or the store is at its limit. Worth another attempt when there is room.
    #[error("no room in the store `{path}`")]
    Full {
        /// The store's file.
        path: String,
        /// What the store's engine said.
        #[source]
        source: crate::BoxError,
    },
    /// Someone else held it longer than the store waits. Worth another attempt.
    #[error("the store `{path}` was locked by another process for too long")]
    Busy {
        /// The store's file.
        path: String,
        /// What the store's engine said.
        #[source]
        source: crate::BoxError,
    },
    /// A read, a write or a sync failed. Worth another attempt, with everything that was written since the last
    /// [`sync`](TraceStore::sync) that returned `Ok`: it may not be on the disk.
    #[error("the store `{path}` could not be read or written")]
    Io {
        /// The store's file.
        path: String,
        /// What the store's engine said.
        #[source]
        source: crate::BoxError,
    },
    /// A trace does not fit into the store, however much is removed. Nothing of its batch was written.
    #[error("trace `{trace}` of {bytes} bytes is too large for the store `{path}`: raise `store_limit`")]
    TooLarge {
        /// The store's file.
        path: String,
        /// The trace.
        trace: TraceId,
        /// Its bytes in the store.
        bytes: u64,
    },
    /// What it holds cannot be read.
    #[error("the store `{path}` is damaged: {what}")]
    Corrupt {
        /// The store's file.
        path: String,
        /// What was found.
        what: String,
    },
    /// Anything else: the file cannot be opened, is no store, or is of a newer version.
    #[error("the store `{path}` cannot be used: {what}")]
    Unusable {
        /// The store's file.
        path: String,
        /// What was found, and what to do.
        what: String,
        /// What the store's engine said, if it said something.
        #[source]
        source: Option<crate::BoxError>,
    },
}

impl StoreError {
    /// Whether the same write may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Busy { .. } | Self::Io { .. })
    }
}

/// What became of a change to a tag of a stored trace.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Retagged {
    /// It was made. The trace now has this position, from which destinations get it once more.
    Done(Cursor, Arc<SealedTrace>),
    /// There is no completed trace of this id.
    NoTrace,
    /// The trace has no such tag that could go.
    NoTag,
}

/// Keeps traces. Owned by one writer thread, which calls it; every method may block.
///
/// # Promises
/// - [`commit`](Self::commit) that returned `Ok` is *stored*: it survives the death of the process at any instant.
/// - [`sync`](Self::sync) that returned `Ok` makes every commit before it *synced*: it survives a power cut.
/// - A trace that is committed twice is stored once; an amendment is merged by span id.
pub trait TraceStore: Send {
    /// Writes a batch in one transaction. Gives the position of each completed trace, in their order.
    ///
    /// # Errors
    /// When nothing of the batch was written.
    fn commit(&mut self, batch: &StoreBatch) -> Result<Vec<Cursor>, StoreError>;

    /// Makes everything that was committed durable against a power cut.
    ///
    /// # Errors
    /// When that is not certain.
    fn sync(&mut self) -> Result<(), StoreError>;

    /// How far a destination has acknowledged; a new one starts at 0.
    ///
    /// # Errors
    /// When it cannot be read.
    fn acknowledged(&mut self, destination: &str) -> Result<Cursor, StoreError>;

    /// Completed traces after a position, in order, at most `max_traces` and about `max_bytes` (at least one, if any).
    ///
    /// # Errors
    /// When they cannot be read.
    fn fetch(
        &mut self,
        after: Cursor,
        max_traces: usize,
        max_bytes: usize,
    ) -> Result<Vec<(Cursor, Arc<SealedTrace>)>, StoreError>;

    /// Changes the assessments of a trace, stored when it returns. Gives the assessment as it then is, or was when it was
    /// removed; `None` when there was none to remove. A trace that `is_live` need not have been journalled yet.
    ///
    /// # Errors
    /// When there is no such trace or assessment, and when nothing was written. A store that keeps none says so.
    fn assess(&mut self, change: &AssessmentChange, is_live: bool) -> Result<Option<Assessment>, AssessError> {
        let _ = is_live;
        let what = "it keeps no assessments".to_owned();
        Err(StoreError::Unusable { path: change.trace_id().to_string(), what, source: None }.into())
    }

    /// The assessments of a trace, in the order in which they were logged. A store that keeps none has none.
    ///
    /// # Errors
    /// When they cannot be read.
    fn assessments(&mut self, trace: TraceId) -> Result<Vec<Assessment>, StoreError> {
        let _ = trace;
        Ok(Vec::new())
    }

    /// Sets a tag of a completed trace, or with `None` takes it away. Stored as by [`commit`](Self::commit).
    ///
    /// # Errors
    /// When nothing was written.
    fn retag(&mut self, id: TraceId, key: &str, value: Option<&str>) -> Result<Retagged, StoreError> {
        let _ = (id, key, value);
        Ok(Retagged::NoTrace)
    }

    /// Spans stored after a position: what a destination that has acknowledged so far is still owed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn spans_after(&mut self, position: Cursor) -> Result<u64, StoreError>;

    /// Does a little of what keeps the store within its limits. Called after commits, and when it has asked for it.
    ///
    /// # Errors
    /// When that could not be done; it is tried again with the next call.
    fn tidy(&mut self) -> Result<Upkeep, StoreError> {
        Ok(Upkeep::default())
    }
}
