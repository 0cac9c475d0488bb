//! The writer: one thread an engine, which makes completed traces into what is stored, and stores them.
//!
//! ```text
//!  registry ──queue──► gather ──► seal (fold, limits, redaction, encode) ──► commit ──► exporters' hand-off
//!                                                                             └─ fsync each second, and at a barrier
//! ```
//! User code runs here (values that are serialised in the background), and may panic. SQLite and compression block here.
//!
//! # Invariants
//! - Messages are handled in the order in which they were sent: a barrier covers everything before it.
//! - A trace counts as stored only after the commit that holds it.

pub(crate) mod assess;
mod batch;
mod capture;
mod fold;
mod held;
mod owed;
pub(crate) mod processors;
mod retag;
mod seal;
pub(crate) mod sealer;
pub(crate) mod thread;
mod upkeep;
pub(crate) mod wishes;

use spanloom_core::{Retagged, StoreError, TraceId};

use crate::clock::TickClock;
use crate::registry::state::CompletedTrace;
use crate::registry::tenant_link::JournalRequest;

/// The answer to a barrier.
pub(crate) type BarrierReply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The answer to a change of a tag; without an outcome the trace was live.
pub(crate) type RetagReply = Box<dyn FnOnce(Result<Option<Retagged>, StoreError>) + Send>;

/// What the writer is told.
pub(crate) enum WriterMessage {
    /// A trace is complete. From the registry; no reply.
    Complete(TickClock, CompletedTrace),
    /// A live trace has news. From the registry; no reply.
    Journal(JournalRequest),
    /// A live trace was dropped. From the registry; no reply.
    Abandon(TraceId),
    /// Answer when everything before is committed, and with `sync` on the disk. From the registry.
    Barrier {
        /// Whether to wait for the disk.
        sync: bool,
        /// Called on the writer's thread.
        reply: BarrierReply,
    },
    /// Look at the [`wishes`]. From exporters; not missed when there is no room for it.
    Called,
    /// Change the assessments of a trace. Through the registry; the reply comes after the commit.
    Assess(Box<assess::AssessJob>),
    /// Set a tag of a completed trace, or with `None` take it away. From the registry.
    Retag {
        /// The trace.
        trace_id: TraceId,
        /// Of the tag.
        key: String,
        /// The tag, not redacted.
        value: Option<String>,
        /// Called on the writer's thread.
        reply: RetagReply,
    },
    /// Nothing comes after this. From the registry, when its engine goes.
    Stop,
}

impl std::fmt::Debug for WriterMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Complete(..) => "Complete",
            Self::Journal(_) => "Journal",
            Self::Abandon(_) => "Abandon",
            Self::Barrier { .. } => "Barrier",
            Self::Called => "Called",
            Self::Assess(_) => "Assess",
            Self::Retag { .. } => "Retag",
            Self::Stop => "Stop",
        })
    }
}
