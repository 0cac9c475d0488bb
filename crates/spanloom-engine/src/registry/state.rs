//! The registry as a pure state machine: what every live trace is, and when it is complete.
//!
//! It hears records, in rounds: one round reads every ring once. It knows neither actors nor clocks nor rings; what it
//! decides comes out as [`Effect`]s.
//!
//! # When a trace is complete
//! Its root has ended, no span of it is open, and since the last of them ended a *full further round* was read. What
//! happened before that end, on any thread, was written to its ring before the end was, so it is visible to that
//! further round: nothing has to be guessed with a timer. (The rule and its test come from the prototype: without it,
//! 97 % of 120,000 stress traces were incomplete.)
//!
//! | state | input | next |
//! |---|---|---|
//! | open | root ends, others are open | lingering: waits for them |
//! | open, lingering | last open span ends in round *n* | closing |
//! | closing | round > *n* is over, still nothing open | complete: handed on |
//! | closing | a handle turns up, a span starts | open or lingering again |
//! | lingering | `linger` is over | handed on with its open spans marked incomplete |
//! | handed on | handles are left | remnant: what comes is handed on as an amendment |
//! | handed on, remnant | no handle is left | forgotten |
//! | any | a message was lost, or a limit was passed | doomed: dropped whole, counted, forgotten with its handles |

use std::collections::VecDeque;
use std::time::Instant;

use spanloom_api::carried::CarriedRoots;
use spanloom_api::raw_id::{MAX_TENANTS, RawId};
use spanloom_api::record::Record;
use spanloom_core::{DropReason, Limits, TraceId};

use super::book::Book;
use super::deferred::{Deferred, Waiting};
use super::join::TraceIndex;
use super::live_trace::LiveTrace;
use super::log::{LogPool, TraceLog};
use super::span_table::SpanTable;
use crate::clock::{Anchor, TickClock};
use crate::names::{Interner, Names};

/// What the registry decided.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A trace goes to its engine's writer.
    Complete(u8, CompletedTrace),
    /// A live trace was dropped; if it was journalled, its journal goes.
    Abandon { tenant: u8, trace_id: TraceId, journaled: bool },
    /// A root came after the end of its engine.
    Refuse { tenant: u8 },
}

/// A trace as the registry hands it on.
#[derive(Debug)]
pub(crate) struct CompletedTrace {
    pub(crate) trace_id: TraceId,
    pub(crate) root: RawId,
    pub(crate) carried: CarriedRoots,
    pub(crate) anchor: Anchor,
    pub(crate) log: TraceLog,
    /// Spans that begin in the log.
    pub(crate) spans: u64,
    /// When spans that are still open were closed for it.
    pub(crate) closed_at_ticks: u64,
    /// Some span is still open.
    pub(crate) incomplete: bool,
    /// It adds to a trace that was handed on before.
    pub(crate) amends: bool,
    pub(crate) dropped_spans: u64,
    pub(crate) truncated: u64,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(super) spans: SpanTable,
    pub(super) traces: Vec<Option<LiveTrace>>,
    pub(super) vacant: Vec<u32>,
    /// `None` until a root comes that continues a trace.
    pub(super) by_id: Option<TraceIndex>,
    pub(super) names: Interner,
    pub(super) books: Vec<Option<Book>>,
    pub(super) clock: TickClock,
    pub(super) round: u64,
    /// As of the last round.
    pub(super) now: Instant,
    pub(super) closing: Vec<u32>,
    pub(super) deferred: Deferred,
    /// Traces whose root has ended while others are open, with the end of their patience.
    pub(super) lingering: VecDeque<(Instant, u32, TraceId)>,
    /// Spans without handles, to be forgotten when a further round has found none.
    pub(super) leaving: Vec<(u64, RawId)>,
    pub(super) spare_logs: LogPool,
    pub(super) effects: Vec<Effect>,
    /// Whose message is being handled: what a panic costs.
    pub(super) handling: RawId,
}

impl Registry {
    pub(crate) fn new(names: Names, spare_logs: LogPool, clock: TickClock, now: Instant) -> Self {
        Self {
            spans: SpanTable::default(),
            traces: Vec::new(),
            vacant: Vec::new(),
            by_id: None,
            names: Interner::new(names),
            books: (0..MAX_TENANTS).map(|_| None).collect(),
            clock,
            round: 1,
            now,
            closing: Vec::new(),
            deferred: Deferred::default(),
            lingering: VecDeque::new(),
            leaving: Vec::new(),
            spare_logs,
            effects: Vec::new(),
            handling: RawId::NONE,
        }
    }

    /// Takes in an engine.
    pub(crate) fn add_tenant(&mut self, tenant: u8, limits: Limits) {
        self.books[usize::from(tenant)] = Some(Book::new(limits));
    }

    /// Hands on what an engine has, with open spans marked incomplete, and lets go of it. Gives its last counts.
    pub(crate) fn remove_tenant(&mut self, tenant: u8, now_ticks: u64) -> Option<Book> {
        for slot in 0..self.traces.len() as u32 {
            if self.trace(slot).is_some_and(|trace| trace.tenant == tenant) {
                self.hand_on(slot, now_ticks);
                self.unindex(slot);
                if let Some(trace) = self.trace_mut(slot) {
                    trace.tenant = 0;
                }
                self.doom(slot, DropReason::AfterShutdown);
            }
        }
        self.books[usize::from(tenant)].take()
    }

    /// Says with which number a ring goes on that is read for the first time.
    pub(crate) fn begin_lane(&mut self, lane: u32, next_sequence: u64) {
        self.spans.begin_lane(lane, next_sequence);
    }

    /// The counts of an engine.
    pub(crate) fn book(&self, tenant: u8) -> Option<&Book> {
        self.books[usize::from(tenant)].as_ref()
    }

    pub(super) fn book_mut(&mut self, tenant: u8) -> Option<&mut Book> {
        self.books[usize::from(tenant)].as_mut()
    }

    /// The clock that maps ticks to Unix time.
    pub(crate) fn clock(&self) -> &TickClock {
        &self.clock
    }

    /// Reads both clocks again.
    pub(crate) fn refresh_clock(&mut self) {
        self.clock.refresh();
    }

    /// Hears a record. `lane` is the ring it came from; a root or a start has the next number of that ring.
    #[inline]
    pub(crate) fn hear(&mut self, lane: u32, number: RawId, record: Record<'_>) {
        match record {
            Record::Root { name, tenant, trace_id, ticks } => {
                self.hear_root(number.of_tenant(RawId::shed(tenant)), trace_id, ticks, name);
            }
            Record::Start { name, root, parent, ticks } => {
                self.hear_start(number.of_tenant(root), root, parent, ticks, name);
            }
            Record::End { span, ticks, release } => self.hear_end(span, lane, ticks, release),
            Record::Retain { span } => self.hear_retain(span),
            Record::Release { span, ticks } => self.hear_release(span, lane, ticks),
            Record::Data { span, field, key, value, time } => self.hear_data(span, lane, field, key, value, time),
        }
    }

    /// Hears that a message of a trace was lost on its way.
    pub(crate) fn hear_loss(&mut self, root: RawId) {
        match self.spans.get(root).map(|state| state.slot()) {
            Some(slot) => self.doom(slot, DropReason::ChannelFull),
            None => self.deferred.push(self.round, Waiting::Doom { root }),
        }
    }

    /// Hears that handling a message panicked: its trace is dropped.
    pub(crate) fn hear_panic(&mut self) {
        let span = self.handling;
        if let Some(book) = self.book_mut(span.tenant()) {
            book.panics += 1;
        }
        if let Some(slot) = self.spans.get(span).map(|state| state.slot()) {
            self.doom(slot, DropReason::Panic);
        }
    }

    /// Ends a round: every ring was read once since the last call.
    pub(crate) fn end_round(&mut self, now: Instant, now_ticks: u64) {
        self.now = now;
        self.retry_deferred();
        self.complete_closing(now_ticks);
        self.give_up_lingering(now, now_ticks);
        self.forget_leaving();
        self.round += 1;
    }

    /// Whether a further round may complete something.
    pub(crate) fn wants_round(&self) -> bool {
        !self.closing.is_empty() || !self.deferred.is_empty()
    }

    /// Whether anything is open or closing. What is only kept for its handles does not count.
    pub(crate) fn has_open(&self) -> bool {
        self.wants_round() || self.traces.iter().flatten().any(|trace| trace.open > 0)
    }

    /// Whether handles are about of traces that were handed on: what they still do is to be heard in time.
    pub(crate) fn has_remnants(&self) -> bool {
        self.traces.len() > self.vacant.len()
    }

    /// What was decided since the last call.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Every trace that is to be seen, with its slot.
    pub(crate) fn live_traces(&mut self) -> impl Iterator<Item = &mut LiveTrace> {
        self.traces.iter_mut().flatten().filter(|trace| trace.is_live())
    }

    /// The live trace of this id.
    pub(crate) fn find(&self, tenant: u8, id: TraceId) -> Option<&LiveTrace> {
        self.traces.iter().flatten().find(|trace| trace.trace_id == id && trace.tenant == tenant && trace.is_live())
    }

    /// An empty log, with the memory of one that was written if there is one.
    pub(super) fn fresh_log(&self) -> TraceLog {
        self.spare_logs.pop().unwrap_or_default()
    }

    pub(super) fn trace(&self, slot: u32) -> Option<&LiveTrace> {
        self.traces.get(slot as usize)?.as_ref()
    }

    pub(super) fn trace_mut(&mut self, slot: u32) -> Option<&mut LiveTrace> {
        self.traces.get_mut(slot as usize)?.as_mut()
    }
}
