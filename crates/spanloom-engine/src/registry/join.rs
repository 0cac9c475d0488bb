//! Roots that go on with a trace which is live already: a caller and its receiver in one process, a span that is resumed.
//!
//! A program that never does that has no index of trace ids to keep: it is made when the first such root comes.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use spanloom_api::carried::{self, Carried};
use spanloom_api::raw_id::RawId;
use spanloom_api::record::Text;
use spanloom_core::TraceId;

use super::hear::SPAN_BYTES;
use super::state::Registry;

/// Traces that are not handed on yet, by engine and id. Those that are doomed stay until they are forgotten: what joins them
/// shares their fate.
pub(super) type TraceIndex = FxHashMap<(u8, TraceId), u32>;

impl Registry {
    /// The slot of the trace that a new root goes on with. The root that was there first may be heard last, as rings are read
    /// one after another; so from the first continuing root on, every root is looked up.
    pub(super) fn continued(&mut self, tenant: u8, id: TraceId, carries: bool) -> Option<u32> {
        if self.by_id.is_none() && !carries {
            return None;
        }
        let traces = &self.traces;
        let index = self.by_id.get_or_insert_with(|| {
            let slots = (0..).zip(traces).filter_map(|(slot, trace)| Some((slot, trace.as_ref()?)));
            slots
                .filter(|(_, trace)| !trace.emitted)
                .map(|(slot, trace)| ((trace.tenant, trace.trace_id), slot))
                .collect()
        });
        index.get(&(tenant, id)).copied()
    }

    pub(super) fn index(&mut self, tenant: u8, id: TraceId, slot: u32) {
        if let Some(index) = &mut self.by_id {
            index.insert((tenant, id), slot);
        }
    }

    /// Says that nothing can join the trace in this slot any more.
    pub(super) fn unindex(&mut self, slot: u32) {
        let Some(key) = self.trace(slot).map(|trace| (trace.tenant, trace.trace_id)) else { return };
        if let Some(index) = &mut self.by_id
            && index.get(&key) == Some(&slot)
        {
            index.remove(&key);
        }
    }

    /// Takes a root into a trace that is live, as one more span of it.
    pub(super) fn join(&mut self, slot: u32, span: RawId, ticks: u64, name: Text<'_>, carries: Option<Arc<Carried>>) {
        let Some(trace) = self.trace_mut(slot) else { return };
        let is_first = carries.is_none() && trace.carried.iter().any(|(root, _)| *root == trace.root);
        // The one without a caller is the root of the whole, whichever was heard first.
        let joined = if is_first { std::mem::replace(&mut trace.root, span) } else { span };
        trace.joined.push(joined);
        trace.root_ended &= !is_first;
        trace.carried.extend(carries.map(|carries| (span, carries)));
        let is_admitted = self.admit(span, slot);
        let Some(trace) = self.traces[slot as usize].as_mut() else { return };
        if is_admitted {
            let before = trace.log.size();
            trace.log.start(&mut self.names, span, RawId::NONE, ticks, name);
            let added = trace.log.size() - before + SPAN_BYTES;
            self.charge(slot, added);
        } else {
            // What is started under it must find it, and be dropped with it.
            trace.members.push(span);
        }
    }

    /// Lets go of what the roots of a trace carry, with the last handle of the trace.
    pub(super) fn forget_carried(&mut self, slot: u32) {
        let Some(trace) = self.trace(slot) else { return };
        for root in [trace.root].iter().chain(&trace.joined) {
            carried::forget(*root);
        }
    }
}
