//! Whether a store holds what was recorded: nothing missing, altered, partial, doubled or made up.

use std::collections::BTreeSet;
use std::path::Path;

use spanloom::{JsonText, SpanRecord, SpanStatus, Trace, TraceId, TraceState};
use spanloom_store::{ListOptions, Reader};

use super::ledger::Ledger;
use super::plan::{ATTRIBUTE, PlannedSpan};

/// Marks a trace that is not whole, and a span that was closed while it ran.
const INCOMPLETE: &str = "spanloom.incomplete";

/// How many traces of a run were found, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) complete: u64,
    pub(super) interrupted: u64,
    /// Closed by a shutdown while it ran, and marked so.
    pub(super) closed: u64,
    pub(super) absent: u64,
}

/// Opens a store for reading.
#[track_caller]
pub(super) fn reader(store: &Path) -> Reader {
    Reader::open(store).expect("the store opens")
}

/// Compares every trace of a run with its plan. Complete ones are whole; acknowledged ones are complete, but for as many
/// as the run itself counted as dropped.
#[track_caller]
pub(super) fn check(reader: &Reader, ledger: &Ledger) -> Found {
    let mut found = Found::default();
    let mut missing = 0;
    for id in ledger.issued.keys() {
        let trace = reader.get(id).expect("the store is readable");
        let plan = ledger.plan(*id).expect("it was announced");
        let complete = trace.as_ref().is_some_and(is_complete);
        match trace {
            Some(trace) if is_marked_incomplete(&trace) => {
                assert_eq!(difference(&trace, &plan, false), None, "closed trace {id}");
                found.closed += 1;
            }
            Some(trace) if complete => {
                assert_eq!(difference(&trace, &plan, true), None, "complete trace {id}");
                found.complete += 1;
            }
            Some(trace) => {
                assert!(trace.info.interrupted, "trace {id} is open and its program is gone");
                assert_eq!(difference(&trace, &plan, false), None, "interrupted trace {id}");
                found.interrupted += 1;
            }
            None => found.absent += 1,
        }
        missing += u64::from(!complete && ledger.acknowledged.contains(id));
    }
    assert!(missing <= ledger.dropped, "{missing} acknowledged traces are missing, {} were dropped", ledger.dropped);
    found
}

/// Every trace in the store is there once; the complete ones are those of these runs, or `known` otherwise. Gives their
/// number and that of their spans.
#[track_caller]
pub(super) fn check_nothing_spurious(reader: &Reader, ledgers: &[Ledger], known: &[TraceId]) -> (u64, u64) {
    let (mut traces, mut spans) = (0, 0);
    let mut seen = BTreeSet::new();
    for summary in reader.summaries(&ListOptions::all()).expect("the store is readable") {
        let id = summary.info.trace_id;
        assert!(!summary.damaged, "trace {id} is damaged");
        assert!(seen.insert(id), "trace {id} is there twice");
        if summary.info.state == TraceState::InProgress {
            continue;
        }
        let announced = ledgers.iter().any(|ledger| ledger.issued.contains_key(&id)) || known.contains(&id);
        // One that was begun but not told yet when its process ended was closed for it, and says so.
        let was_cut_off = summary.info.trace_metadata.get(INCOMPLETE).is_some_and(|value| value == "true");
        assert!(announced || was_cut_off, "complete trace {id} was never begun");
        traces += 1;
        spans += summary.span_count;
    }
    (traces, spans)
}

fn is_complete(trace: &Trace) -> bool {
    trace.info.state != TraceState::InProgress && !trace.info.interrupted && !is_marked_incomplete(trace)
}

/// Half a trace is never there in silence.
fn is_marked_incomplete(trace: &Trace) -> bool {
    trace.info.trace_metadata.get(INCOMPLETE).is_some_and(|value| value == "true")
}

/// The first thing in which a trace is not as planned. A trace that is not `whole` may lack spans and what they hold.
fn difference(trace: &Trace, plan: &[PlannedSpan], whole: bool) -> Option<String> {
    let spans = &trace.data.spans;
    if whole && (spans.len() != plan.len() || trace.info.state != TraceState::Ok) {
        return Some(format!("{} of {} spans, state {:?}", spans.len(), plan.len(), trace.info.state));
    }
    let names: BTreeSet<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    if names.len() != spans.len() {
        return Some("a span is there twice".to_owned());
    }
    spans
        .iter()
        .find_map(|span| {
            let planned = plan.iter().find(|planned| planned.name == span.name);
            let what = planned.map_or(Some("span"), |planned| span_difference(span, planned, whole))?;
            Some(format!("{what} of `{}`", span.name))
        })
        .or_else(|| spans.iter().find_map(|span| parent_difference(trace, span, plan)))
}

fn span_difference(span: &SpanRecord, planned: &PlannedSpan, whole: bool) -> Option<&'static str> {
    let same = |found: Option<&JsonText>, value| match found {
        Some(found) => found.as_str() == JsonText::capture(value).as_str(),
        None => !whole,
    };
    let event = match &span.events[..] {
        [] => !whole,
        [event] => event.name == ATTRIBUTE && same(event.attributes.first().map(|(_, text)| text), &planned.event),
        _ => false,
    };
    let status = match (&span.status, &planned.error) {
        (SpanStatus::Error(text), Some(planned)) => text == planned,
        (SpanStatus::Ok, None) => true,
        // The status comes with the end, and not with being closed.
        _ => !whole && (span.end_time_unix_nano.is_none() || span.attribute(INCOMPLETE) == Some(true.into())),
    };
    let parts = [
        ("the inputs", same(span.attribute_text("mlflow.spanInputs"), &planned.inputs)),
        ("the outputs", same(span.attribute_text("mlflow.spanOutputs"), &planned.outputs)),
        ("the attribute", same(span.attribute_text(ATTRIBUTE), &planned.attribute)),
        ("the event", event),
        ("the status", status),
        ("the end", !whole || span.end_time_unix_nano.is_some()),
    ];
    parts.iter().find(|(_, same)| !same).map(|(name, _)| *name)
}

fn parent_difference(trace: &Trace, span: &SpanRecord, plan: &[PlannedSpan]) -> Option<String> {
    let planned = plan.iter().find(|planned| planned.name == span.name)?;
    let parent = planned.parent.map(|at| plan[at].name.as_str());
    let found = span.parent_id.and_then(|id| trace.data.spans.iter().find(|span| span.span_id == id));
    (found.map(|span| span.name.as_str()) != parent).then(|| format!("the parent of `{}`", span.name))
}
