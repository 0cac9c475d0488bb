//! Finding a span by its identity, and holding its trace for a moment.

use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Text, Time, Value};
use spanloom_api::reference::SpanRef;
use spanloom_core::{SpanId, TraceId};

use super::state::Registry;

/// Where a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the trace, and whether it has ended.
    Span(SpanRef, bool),
    /// The trace is live, and it has no such span.
    NoSpan,
    /// The span is live, in another trace.
    InOtherTrace,
    /// No live trace has this id.
    NoTrace,
}

impl Registry {
    /// Looks for a span of a trace that was not handed on; without a span, for its root.
    pub(crate) fn find_span(&mut self, tenant: u8, id: TraceId, span: Option<SpanId>) -> Found {
        let known = |trace: &&super::live_trace::LiveTrace| trace.trace_id == id && trace.tenant == tenant;
        let Some(trace) = self.traces.iter().flatten().filter(|trace| !trace.emitted).find(known) else {
            return Found::NoTrace;
        };
        let (root, is_dropped) = (trace.root, trace.doomed.is_some());
        let wanted = match span {
            None => root,
            Some(span) => match self.member(tenant, id, span) {
                Ok(member) => member,
                Err(elsewhere) => return elsewhere,
            },
        };
        // Of a trace that was dropped it is not known; what is said about it changes nothing.
        let ended = self.spans.get(wanted).is_none_or(|state| state.ended) && !is_dropped;
        Found::Span(SpanRef::new(root, wanted, id), ended)
    }

    /// The number of a span of this trace, or where it is instead.
    fn member(&mut self, tenant: u8, id: TraceId, span: SpanId) -> Result<RawId, Found> {
        let place = RawId::place_of(span).ok_or(Found::NoSpan)?;
        let slot = self.spans.get(place).map(|state| state.slot()).ok_or(Found::NoSpan)?;
        match self.trace(slot).filter(|trace| trace.tenant == tenant) {
            None => Err(Found::NoSpan),
            Some(trace) if trace.trace_id != id => Err(Found::InOtherTrace),
            Some(trace) => Ok(place.of_tenant(trace.root)),
        }
    }

    /// Holds a trace: it is not complete before it is let go of.
    pub(crate) fn pin(&mut self, root: RawId) {
        if let Some(slot) = self.spans.get(root).map(|state| state.slot())
            && let Some(trace) = self.trace_mut(slot)
        {
            trace.pins += 1;
        }
    }

    /// Lets go of a trace that was held.
    pub(crate) fn unpin(&mut self, root: RawId) {
        let round = self.round;
        let Some(slot) = self.spans.get(root).map(|state| state.slot()) else { return };
        let Some(trace) = self.trace_mut(slot).filter(|trace| trace.pins > 0) else { return };
        trace.pins -= 1;
        if !trace.is_live() {
            return self.forget_members(slot);
        }
        if trace.is_quiet() && !trace.closing {
            (trace.closing, trace.quiet_since) = (true, round);
            self.closing.push(slot);
        }
    }

    /// Sets a tag of a live trace, or with `None` takes it away. False when no live trace has this id.
    pub(crate) fn retag(&mut self, tenant: u8, id: TraceId, key: &str, value: Option<&str>) -> bool {
        let Some(root) = self.find(tenant, id).map(|trace| trace.root) else { return false };
        let (field, value) = match value {
            Some(value) => (Field::Tag, Value::Str(Text::Copied(value))),
            None => (Field::TagRemoved, Value::None),
        };
        self.hear_data(root, 0, field, Text::Copied(key), value, Time::None);
        true
    }
}
