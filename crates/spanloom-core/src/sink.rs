//! What a destination of traces must promise.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::SealedTrace;

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The unit of delivery: completed traces, in the order in which they completed.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Shared with the store's writer and with the other destinations.
    pub traces: Vec<Arc<SealedTrace>>,
}

impl Batch {
    /// How many spans it holds.
    pub fn span_count(&self) -> u64 {
        self.traces.iter().map(|trace| trace.span_count).sum()
    }
}

/// Why a batch did not reach its destination.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Worth another attempt: the network, a time-out, an answer that says "later".
    #[error("export to `{sink}` failed, {} traces can be tried again", rest.traces.len())]
    Retryable {
        /// The destination.
        sink: &'static str,
        /// The part that the destination has not accepted.
        rest: Batch,
        /// How long the destination asks to be left alone.
        retry_after: Option<Duration>,
        /// What went wrong.
        #[source]
        source: BoxError,
    },
    /// Nothing is wrong with the batch, but with the destination: credentials, address, permission. The queue is kept and
    /// the destination is tried again now and then.
    #[error("`{sink}` cannot take anything at present")]
    DestinationSuspect {
        /// The destination.
        sink: &'static str,
        /// The whole batch.
        rest: Batch,
        /// What went wrong.
        #[source]
        source: BoxError,
    },
    /// The destination refused the batch, perhaps for what is in it: parts of it are tried by themselves, and a trace that
    /// is refused again and again, while others pass, is set aside.
    #[error("`{sink}` refused {} traces", rest.traces.len())]
    PayloadSuspect {
        /// The destination.
        sink: &'static str,
        /// The part that the destination has not accepted.
        rest: Batch,
        /// What went wrong.
        #[source]
        source: BoxError,
    },
    /// The destination took the batch but for some spans, and must not be sent those again.
    #[error("`{sink}` rejected {rejected_spans} spans of a batch that it took")]
    PartlyTaken {
        /// The destination.
        sink: &'static str,
        /// How many spans it does not have.
        rejected_spans: u64,
        /// What it said.
        #[source]
        source: BoxError,
    },
    /// The destination refused these traces for what they are; sending them again cannot help.
    #[error("`{sink}` rejected {} traces", dropped.traces.len())]
    Permanent {
        /// The destination.
        sink: &'static str,
        /// What it refused.
        dropped: Batch,
        /// What it accepted no answer for yet, and is to be sent again.
        rest: Batch,
        /// What went wrong.
        #[source]
        source: BoxError,
    },
}

/// The future of one export attempt.
pub type ExportFuture<'a> = Pin<Box<dyn Future<Output = Result<(), ExportError>> + Send + 'a>>;

/// One destination. Runs on a thread of its own, with a tokio runtime, so it may block without delaying anything else.
///
/// # Promises
/// - `Ok` means the destination has the whole batch.
/// - Delivery is at least once: the same trace may come again after a failure or a restart, so a sink addresses its
///   destination by trace and span ids.
pub trait Sink: Send + fmt::Debug + 'static {
    /// The name under which the store keeps this destination's cursor; constant, unique within an engine.
    fn name(&self) -> &str;

    /// Delivers a batch. Called again only when the future before has completed.
    fn export(&mut self, batch: Batch) -> ExportFuture<'_>;
}
