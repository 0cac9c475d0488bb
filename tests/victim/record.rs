//! Recording a planned trace.

use spanloom::{Span, SpanEvent, Spanloom, TraceId};

use crate::plan::{ATTRIBUTE, PlannedSpan, checksum, planned};
use crate::say::say;

/// Announces and records trace `number`, from first to last span. `None` when it was refused.
///
/// It is announced before it ends, so that no complete trace can be in a store without its line.
pub(crate) fn record(loom: &Spanloom, seed: u64, number: u64, bytes: usize) -> Option<TraceId> {
    let plan = planned(seed, number, bytes);
    let mut spans: Vec<Span> = Vec::with_capacity(plan.len());
    for planned in &plan {
        let span = match planned.parent {
            None => loom.root_span(planned.name.clone()).start(),
            Some(parent) => spans[parent].child(planned.name.clone()).start(),
        };
        if spans.is_empty() {
            if !span.is_recording() {
                return None;
            }
            say(&format!("ISSUE {} {number} {} {:016x}", span.trace_id(), plan.len(), checksum(&plan)));
        }
        fill(&span, planned);
        spans.push(span);
    }
    let id = spans[0].trace_id();
    spans.iter().rev().for_each(Span::end);
    Some(id)
}

fn fill(span: &Span, planned: &PlannedSpan) {
    span.set_inputs(&planned.inputs);
    span.set_attribute(ATTRIBUTE, &planned.attribute);
    span.add_event(SpanEvent::new(ATTRIBUTE).attribute(ATTRIBUTE, &planned.event));
    // Moved, so that the background serialisation is in play too.
    span.set_outputs_owned(planned.outputs.clone());
    if let Some(error) = &planned.error {
        span.set_status(spanloom::SpanStatus::error(error));
    }
}
