//! When a trace is complete, given up, dropped or forgotten.

use std::time::Instant;

use rustc_hash::FxHashMap;
use spanloom_core::DropReason;

use super::deferred::Waiting;
use super::live_trace::LiveTrace;
use super::log::{Op, TraceLog};
use super::span_table::SpanState;
use super::state::{CompletedTrace, Effect, Registry};

/// How many rounds a message waits for its span: what happened before it is seen in the next one.
const PATIENCE_ROUNDS: u64 = 2;

impl Registry {
    /// Tries again until nothing is known that was not before: a message about a span may have been seen before the span's
    /// start, and that before its root. It must not wait for the next round, in which its own ring's later messages come
    /// first.
    pub(super) fn retry_deferred(&mut self) {
        let mut waiting = self.deferred.take();
        let mut before = usize::MAX;
        while !waiting.is_empty() && waiting.len() < before {
            before = waiting.len();
            waiting = waiting.into_iter().filter_map(|(since, message)| Some((since, self.retry(message)?))).collect();
        }
        for (since, message) in waiting {
            if self.round < since + PATIENCE_ROUNDS {
                self.deferred.push(since, message);
            } else {
                self.give_up(&message);
            }
        }
    }

    /// Gives a message back that still has to wait.
    fn retry(&mut self, message: Waiting) -> Option<Waiting> {
        let known = match &message {
            Waiting::Start { root, .. } | Waiting::Doom { root } => *root,
            Waiting::End { span, .. }
            | Waiting::Retain { span }
            | Waiting::Release { span, .. }
            | Waiting::Data { span, .. } => *span,
        };
        let Some(state) = self.spans.get(known).copied() else { return Some(message) };
        match message {
            Waiting::Start { span, fragment, .. } => {
                if self.admit(span, state.slot()) {
                    self.append(state.slot(), fragment);
                }
            }
            Waiting::Data { fragment, .. } if !state.ghost => self.append(state.slot(), fragment),
            Waiting::Data { .. } => {}
            Waiting::End { span, lane, ticks, release } => self.hear_end(span, lane, ticks, release),
            Waiting::Retain { span } => self.hear_retain(span),
            Waiting::Release { span, lane, ticks } => self.hear_release(span, lane, ticks),
            Waiting::Doom { .. } => self.doom(state.slot(), DropReason::ChannelFull),
        }
        None
    }

    fn append(&mut self, slot: u32, fragment: TraceLog) {
        let added = fragment.size();
        if let Some(trace) = self.trace_mut(slot) {
            trace.log.append(fragment);
            self.charge(slot, added);
        }
    }

    /// A span that was started under a trace that was forgotten is counted as dropped; anything else is late.
    fn give_up(&mut self, message: &Waiting) {
        match message {
            Waiting::Start { span, .. } => {
                self.spans.skip(*span);
                if let Some(book) = self.book_mut(span.tenant()) {
                    book.spans.refuse(DropReason::Invalid);
                }
            }
            Waiting::End { span, .. }
            | Waiting::Retain { span }
            | Waiting::Release { span, .. }
            | Waiting::Data { span, .. } => {
                self.count_late(*span);
            }
            Waiting::Doom { root } => self.count_late(*root),
        }
    }

    /// Hands on the traces for which a full round has passed since their last open span ended.
    pub(super) fn complete_closing(&mut self, now_ticks: u64) {
        for slot in std::mem::take(&mut self.closing) {
            let round = self.round;
            let Some(trace) = self.trace_mut(slot) else { continue };
            if !trace.is_quiet() || trace.doomed.is_some() {
                trace.closing = false;
                let lingers = trace.root_ended && trace.open > 0;
                if lingers {
                    self.start_lingering(slot);
                }
            } else if trace.quiet_since < round {
                trace.closing = false;
                self.hand_on(slot, now_ticks);
            } else {
                self.closing.push(slot);
            }
        }
    }

    pub(super) fn start_lingering(&mut self, slot: u32) {
        let Some(trace) = self.trace(slot) else { return };
        let Some(book) = self.book(trace.tenant) else { return };
        let entry = (self.now + book.limits.linger, slot, trace.trace_id);
        // Engines differ in patience, so that the queue is sorted by hand; it is short.
        let at = self.lingering.partition_point(|(deadline, ..)| *deadline <= entry.0);
        self.lingering.insert(at, entry);
    }

    /// Hands on traces that have waited for open spans as long as they may.
    pub(super) fn give_up_lingering(&mut self, now: Instant, now_ticks: u64) {
        let due = self.lingering.partition_point(|(deadline, ..)| *deadline <= now);
        // Without patience at all each of them is due again at once, in the next round.
        let due: Vec<_> = self.lingering.drain(..due).collect();
        for (_, slot, id) in due {
            let waits = |t: &&LiveTrace| t.trace_id == id && t.root_ended && t.open > 0;
            if self.trace(slot).filter(waits).is_some() {
                self.hand_on(slot, now_ticks);
                self.start_lingering(slot);
            }
        }
    }

    /// Gives what a trace has to the writer, and keeps what its handles need.
    pub(super) fn hand_on(&mut self, slot: u32, now_ticks: u64) {
        let Some(trace) = self.trace(slot).filter(|trace| trace.doomed.is_none()) else { return };
        if !trace.log.is_empty() {
            self.emit(slot, now_ticks);
        }
        self.forget_members(slot);
    }

    fn emit(&mut self, slot: u32, now_ticks: u64) {
        self.unindex(slot);
        let spare = self.fresh_log();
        let Some(trace) = self.trace_mut(slot) else { return };
        let completed = CompletedTrace {
            trace_id: trace.trace_id,
            root: trace.root,
            carried: trace.carried.clone(),
            anchor: trace.anchor,
            log: std::mem::replace(&mut trace.log, spare),
            spans: trace.spans,
            closed_at_ticks: now_ticks,
            incomplete: trace.open > 0,
            amends: trace.emitted,
            dropped_spans: trace.dropped_spans,
            truncated: trace.truncated,
        };
        let (tenant, spans, first) = (trace.tenant, trace.spans, !trace.emitted);
        let charged = std::mem::take(&mut trace.charged);
        (trace.emitted, trace.spans, trace.journaled) = (true, 0, 0);
        if let Some(book) = self.book_mut(tenant) {
            book.bytes -= charged;
            book.spans.complete(spans);
            book.traces.complete(u64::from(first));
        }
        self.effects.push(Effect::Complete(tenant, completed));
    }

    /// Drops a trace whole. Its spans are known for their handles only, from now on.
    pub(super) fn doom(&mut self, slot: u32, reason: DropReason) {
        let Some(trace) = self.trace_mut(slot).filter(|trace| trace.doomed.is_none()) else { return };
        trace.doomed = Some(reason);
        let (tenant, id, spans, first) = (trace.tenant, trace.trace_id, trace.spans, !trace.emitted);
        let journaled = trace.journal_sequence > 0;
        trace.log = TraceLog::default();
        let bytes = std::mem::take(&mut trace.charged);
        (trace.spans, trace.open) = (0, 0);
        let members = std::mem::take(&mut trace.members);
        for span in &members {
            if let Some(state) = self.spans.get(*span) {
                (state.ghost, state.ended) = (true, true);
            }
        }
        if let Some(trace) = self.trace_mut(slot) {
            trace.members = members;
        }
        if let Some(book) = self.book_mut(tenant) {
            book.bytes -= bytes;
            book.spans.drop(spans, reason);
            book.traces.drop(u64::from(first), reason);
        }
        if first {
            self.effects.push(Effect::Abandon { tenant, trace_id: id, journaled });
        }
        self.forget_members(slot);
    }

    /// Forgets the spans of a trace that have ended and have no handle; with the last handle the trace too. The root's
    /// number stands for the trace, so it stays until then.
    pub(super) fn forget_members(&mut self, slot: u32) {
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        let all = trace.handles <= 0 && trace.open == 0 && trace.pins == 0;
        let mut members = std::mem::take(&mut trace.members);
        members.retain(|&span| {
            let is_needed = |state: &mut SpanState| state.handles > 0 || !state.ended;
            let stays = !all && (trace.is_root(span) || self.spans.get(span).is_some_and(is_needed));
            match self.spans.get(span).filter(|_| stays) {
                Some(state) => state.handed_on = state.ended,
                None => self.spans.remove(span),
            }
            stays
        });
        if all {
            self.unindex(slot);
            self.forget_carried(slot);
            self.traces[slot as usize] = None;
            self.vacant.push(slot);
        } else if let Some(trace) = self.trace_mut(slot) {
            trace.members = members;
        }
    }

    /// Forgets spans of traces that were handed on or dropped, once a full round has found no further handle.
    pub(super) fn forget_leaving(&mut self) {
        let round = self.round;
        let mut slots: Vec<u32> = Vec::new();
        for (since, span) in std::mem::take(&mut self.leaving) {
            let Some(state) = self.spans.get(span).copied() else { continue };
            let slot = state.slot();
            let Some(trace) = self.trace(slot) else { continue };
            if since >= round {
                self.leaving.push((since, span));
                continue;
            }
            let (is_root, is_live, is_empty) = (trace.is_root(span), trace.is_live(), trace.log.is_empty());
            if state.ghost && state.handles <= 0 && !is_root {
                self.spans.remove(span);
            }
            if !is_live && is_empty && !slots.contains(&slot) {
                slots.push(slot);
            }
        }
        for slot in slots {
            self.forget_members(slot);
        }
    }

    /// When the oldest open span of a live trace began, in ticks.
    pub(crate) fn oldest_open_ticks(trace: &LiveTrace) -> Option<u64> {
        if !trace.root_ended {
            return Some(trace.anchor.ticks);
        }
        let mut open = FxHashMap::default();
        for op in trace.log.ops() {
            match op {
                Op::Start { span, ticks, .. } => {
                    open.insert(span, ticks);
                }
                Op::End { span, .. } => {
                    open.remove(&span);
                }
                Op::Reopen { .. } | Op::Data { .. } => {}
            }
        }
        open.into_values().min()
    }
}
