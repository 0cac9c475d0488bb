//! What the registry's actor knows of one engine: where its traces go, and who reads its counts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use dashmap::DashMap;
use spanloom_api::carried::CarriedRoots;
use spanloom_api::raw_id::RawId;
use spanloom_api::tenant::{Gate, Tenant};
use spanloom_core::{DropReason, Limits, TraceId};

use super::log::LogPart;
use super::state::CompletedTrace;
use crate::clock::{Anchor, TickClock};
use crate::kept::KeptSpans;
use crate::ledger::Ledger;
use crate::writer::WriterMessage;
use crate::writer::sealer::Environment;

/// A live trace, as readers see it without asking the registry. At most 25 ms old.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveTrace {
    /// Its identity.
    pub trace_id: TraceId,
    /// Spans that have not ended.
    pub open_spans: u64,
    /// Spans that were started.
    pub spans: u64,
    /// Age of the oldest open span.
    pub oldest_open: Duration,
    /// When the oldest open span began, in nanoseconds since the Unix epoch.
    pub oldest_open_unix_nano: u64,
}

/// The live traces of one engine.
pub(crate) type LiveIndex = Arc<DashMap<TraceId, LiveTrace>>;

/// What happened in a live trace since its journal was written last.
#[derive(Debug)]
pub(crate) struct JournalRequest {
    pub(crate) trace_id: TraceId,
    pub(crate) root: RawId,
    pub(crate) carried: CarriedRoots,
    pub(crate) anchor: Anchor,
    pub(crate) clock: TickClock,
    pub(crate) part: LogPart,
    pub(crate) sequence: u64,
    pub(crate) open_spans: u64,
    pub(crate) span_count: u64,
    pub(crate) oldest_open_unix_nano: Option<u64>,
}

/// One engine.
#[derive(Debug)]
pub(crate) struct TenantLink {
    pub(crate) number: u8,
    pub(crate) limits: Limits,
    pub(crate) writer: Sender<WriterMessage>,
    pub(crate) live: LiveIndex,
    pub(crate) ledger: Arc<Ledger>,
    /// What the low-level client keeps open.
    pub(crate) kept: Arc<KeptSpans>,
    /// Bytes on their way to the store.
    pub(crate) in_flight: Arc<AtomicUsize>,
    /// Set by its engine: how names are cleaned that leave the process by another way than the writer.
    pub(crate) environment: Option<Arc<Environment>>,
    /// What the writer's queue had no room for.
    waiting: VecDeque<WriterMessage>,
}

impl TenantLink {
    pub(crate) fn new(
        number: u8,
        limits: Limits,
        writer: Sender<WriterMessage>,
        live: LiveIndex,
        ledger: Arc<Ledger>,
        in_flight: Arc<AtomicUsize>,
    ) -> Self {
        let (kept, environment, waiting) = (Arc::default(), None, VecDeque::new());
        Self { number, limits, writer, live, ledger, kept, in_flight, environment, waiting }
    }

    /// A name without secrets.
    pub(crate) fn clean(&self, name: &str) -> String {
        let redactor = self.environment.as_ref().map(|environment| &environment.redactor);
        redactor.map_or_else(String::new, |redactor| redactor.redact_text(name, &mut Default::default()).into_owned())
    }

    /// Sends a completed trace to the writer.
    pub(crate) fn complete(&mut self, clock: TickClock, trace: CompletedTrace) {
        self.in_flight.fetch_add(trace.log.size(), Ordering::AcqRel);
        self.send(WriterMessage::Complete(clock, trace));
    }

    /// Sends what is new in a live trace to the writer.
    pub(crate) fn journal(&mut self, request: JournalRequest) {
        self.in_flight.fetch_add(request.part.size(), Ordering::AcqRel);
        self.send(WriterMessage::Journal(request));
    }

    /// Sends a message behind everything that was sent before.
    pub(crate) fn send(&mut self, message: WriterMessage) {
        self.waiting.push_back(message);
        self.pump();
    }

    /// Moves what waits into the writer's queue, as far as there is room.
    pub(crate) fn pump(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            match self.writer.try_send(message) {
                Ok(()) => {}
                Err(TrySendError::Full(message)) => {
                    self.waiting.push_front(message);
                    return;
                }
                // The writer has gone; whoever waits for a reply sees the channel close.
                Err(TrySendError::Disconnected(message)) => self.give_up(&message),
            }
        }
    }

    /// Counts a trace that no writer will take.
    fn give_up(&self, message: &WriterMessage) {
        if let WriterMessage::Complete(_, trace) = message {
            self.ledger.with_writer(|book| {
                *book.dropped_spans.entry(DropReason::StoreError).or_default() += trace.spans;
                *book.dropped_traces.entry(DropReason::StoreError).or_default() += u64::from(!trace.amends);
            });
        }
    }

    /// Whether something waits for room in the writer's queue.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the way to the store is fuller than it may be.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) > self.limits.in_flight_bytes
    }

    /// Closes the gate for new roots while the store, or the registry, is at its high-water mark.
    pub(crate) fn adjust_gate(&self, registry_bytes: usize) {
        let registry_high = self.limits.registry_bytes / 4 * 3;
        let in_flight = self.in_flight.load(Ordering::Acquire);
        let gate = if in_flight > 2 * self.limits.in_flight_bytes {
            Gate::Barred
        } else if in_flight > self.limits.in_flight_bytes || registry_bytes > registry_high {
            Gate::Closed
        } else {
            Gate::Open
        };
        Tenant::get(self.number).set_gate(gate);
    }
}
