//! What each record changes.

use spanloom_api::carried;
use spanloom_api::lane::owned_value_taken;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Text, Time, Value};
use spanloom_core::{DropReason, TraceId};

use super::deferred::Waiting;
use super::live_trace::LiveTrace;
use super::log::TraceLog;
use super::span_table::SpanState;
use super::state::{Effect, Registry};

/// What a span takes beside its log: its place in the table, and in the list of its trace.
pub(super) const SPAN_BYTES: usize = size_of::<SpanState>() + size_of::<RawId>();

impl Registry {
    pub(super) fn hear_root(&mut self, span: RawId, [high, low]: [u64; 2], ticks: u64, name: Text<'_>) {
        self.handling = span;
        let tenant = span.tenant();
        let live = self.books[usize::from(tenant)].as_ref().map(|book| (book.traces.live, book.limits.live_traces));
        let Some((live, allowed)) = live else {
            carried::forget(span);
            self.effects.push(Effect::Refuse { tenant });
            return self.spans.skip(span);
        };
        let id = TraceId::from_u128(u128::from(high) << 64 | u128::from(low)).unwrap_or(TraceId::INVALID);
        let carries = carried::of(span);
        if let Some(slot) = self.continued(tenant, id, carries.is_some()) {
            return self.join(slot, span, ticks, name, carries);
        }
        let mut log = self.fresh_log();
        log.start(&mut self.names, span, RawId::NONE, ticks, name);
        let mut trace = LiveTrace::new(tenant, id, span, self.clock.anchor(ticks), log);
        (trace.spans, trace.total_spans, trace.open, trace.handles) = (1, 1, 1, 1);
        trace.members.push(span);
        trace.carried.extend(carries.map(|carries| (span, carries)));
        let bytes = trace.log.size() + SPAN_BYTES;
        trace.charged = bytes;
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.traces.push(None);
            self.traces.len() as u32 - 1
        });
        self.traces[slot as usize] = Some(trace);
        self.index(tenant, id, slot);
        self.spans.insert(span, SpanState::begun(slot));
        let book = self.book_mut(tenant).expect("the book was there above");
        book.traces.begin();
        book.spans.begin();
        book.bytes += bytes;
        if live as usize >= allowed {
            self.doom(slot, DropReason::RegistryFull);
        }
    }

    pub(super) fn hear_start(&mut self, span: RawId, root: RawId, parent: RawId, ticks: u64, name: Text<'_>) {
        self.handling = root;
        let Some(slot) = self.spans.get(root).map(|state| state.slot()) else {
            let mut fragment = TraceLog::default();
            fragment.start(&mut self.names, span, parent, ticks, name);
            return self.deferred.push(self.round, Waiting::Start { span, root, fragment });
        };
        if self.admit(span, slot) {
            let trace = self.traces[slot as usize].as_mut().expect("spans in the table have a trace");
            let before = trace.log.size();
            trace.log.start(&mut self.names, span, parent, ticks, name);
            let added = trace.log.size() - before + SPAN_BYTES;
            self.charge(slot, added);
        }
    }

    /// Takes a span into its trace, or counts it as dropped. True when it is to be logged.
    pub(super) fn admit(&mut self, span: RawId, slot: u32) -> bool {
        let Some(trace) = self.traces[slot as usize].as_mut() else { return false };
        trace.handles += 1;
        let mut state = SpanState::begun(slot);
        let book = self.books[usize::from(trace.tenant)].as_mut();
        let too_many = book.as_ref().is_some_and(|book| trace.total_spans >= book.limits.spans_per_trace as u64);
        let refusal = trace.doomed.or(too_many.then_some(DropReason::TraceTooLarge));
        match (refusal, book) {
            (Some(reason), book) => {
                state.ghost = true;
                trace.dropped_spans += u64::from(trace.doomed.is_none());
                if let Some(book) = book {
                    book.spans.refuse(reason);
                }
            }
            (None, book) => {
                trace.members.push(span);
                trace.spans += 1;
                trace.total_spans += 1;
                trace.open += 1;
                if let Some(book) = book {
                    book.spans.begin();
                }
            }
        }
        self.spans.insert(span, state);
        refusal.is_none()
    }

    pub(super) fn hear_end(&mut self, span: RawId, lane: u32, ticks: u64, release: bool) {
        self.handling = span;
        let Some(state) = self.spans.get(span) else {
            return self.deferred.push(self.round, Waiting::End { span, lane, ticks, release });
        };
        state.handles -= i32::from(release);
        let was = *state;
        (state.ended, state.ended_for_good) = (true, true);
        let slot = was.slot();
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        trace.handles -= i64::from(release);
        let leaves = was.handles <= 0 && (was.ghost || !trace.is_live());
        if was.ended_for_good || was.handed_on {
            self.count_late(span);
        } else if !was.ghost {
            trace.log.end(span, lane, ticks, true);
            if !was.ended {
                self.span_closed(slot, span);
            }
        }
        if leaves {
            self.leaving.push((self.round, span));
        }
    }

    pub(super) fn hear_release(&mut self, span: RawId, lane: u32, ticks: u64) {
        self.handling = span;
        let Some(state) = self.spans.get(span) else {
            return self.deferred.push(self.round, Waiting::Release { span, lane, ticks });
        };
        state.handles -= 1;
        state.latest_release = state.latest_release.max(ticks);
        let was = *state;
        state.ended |= was.handles <= 0;
        let slot = was.slot();
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        trace.handles -= 1;
        if was.handles > 0 {
            return;
        }
        let leaves = was.ghost || !trace.is_live();
        if !was.ended_for_good && !was.ghost {
            trace.log.end(span, lane, was.latest_release, false);
            if !was.ended {
                self.span_closed(slot, span);
            }
        }
        if leaves {
            self.leaving.push((self.round, span));
        }
    }

    pub(super) fn hear_retain(&mut self, span: RawId) {
        self.handling = span;
        let Some(state) = self.spans.get(span) else {
            return self.deferred.push(self.round, Waiting::Retain { span });
        };
        state.handles += 1;
        let was = *state;
        let reopened = was.handles > 0 && was.ended && !was.ended_for_good && !was.ghost;
        state.ended &= !reopened;
        state.handed_on &= !reopened;
        let Some(trace) = self.traces[was.slot() as usize].as_mut() else { return };
        trace.handles += 1;
        if reopened {
            trace.open += 1;
            trace.log.reopen(span);
            if trace.root == span {
                trace.root_ended = false;
            }
        }
    }

    pub(super) fn hear_data(
        &mut self,
        span: RawId,
        lane: u32,
        field: Field,
        key: Text<'_>,
        value: Value<'_>,
        time: Time,
    ) {
        self.handling = span;
        if let Value::Owned(payload) = &value {
            owned_value_taken(payload.len());
        }
        let Some(state) = self.spans.get(span).copied() else {
            let mut fragment = TraceLog::default();
            fragment.data(&mut self.names, span, lane, field, key, value, time);
            return self.deferred.push(self.round, Waiting::Data { span, fragment });
        };
        if state.ghost {
            return;
        }
        let slot = state.slot();
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        if state.handed_on {
            return self.count_late(span);
        }
        let before = trace.log.size();
        trace.log.data(&mut self.names, span, lane, field, key, value, time);
        let added = trace.log.size() - before;
        self.charge(slot, added);
    }

    /// A span of a trace is no longer open.
    pub(super) fn span_closed(&mut self, slot: u32, span: RawId) {
        let round = self.round;
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        trace.open -= 1;
        if trace.root == span {
            trace.root_ended = true;
        }
        if trace.is_quiet() {
            trace.quiet_since = round;
            if !trace.closing {
                trace.closing = true;
                self.closing.push(slot);
            }
        } else if trace.root == span {
            self.start_lingering(slot);
        }
    }

    /// Books bytes that a trace grew by; a trace beyond a limit is dropped.
    pub(super) fn charge(&mut self, slot: u32, added: usize) {
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        let size = trace.log.size();
        trace.charged += added;
        let Some(book) = self.books[usize::from(trace.tenant)].as_mut() else { return };
        book.bytes += added;
        let reason = if size > book.limits.trace_bytes {
            DropReason::TraceTooLarge
        } else if book.bytes > book.limits.registry_bytes {
            DropReason::RegistryFull
        } else {
            return;
        };
        self.doom(slot, reason);
    }

    pub(super) fn count_late(&mut self, span: RawId) {
        if let Some(book) = self.book_mut(span.tenant()) {
            book.late += 1;
        }
    }
}
