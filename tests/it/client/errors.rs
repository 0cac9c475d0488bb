//! What is refused, with the id that is wrong.

use spanloom::{EndSpan, EndTrace, Error, Span, SpanId, StartSpan, StartTrace, TraceId};

use super::stored;
use crate::universe::Universe;

fn unknown_trace() -> TraceId {
    TraceId::derived_from("no trace has this id")
}

fn unknown_span() -> SpanId {
    "0123456789abcdef".parse().expect("of the right form")
}

#[test]
fn unknown_traces_and_spans_are_named() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    let id = root.trace_id();
    let (no_trace, no_span) = (unknown_trace(), unknown_span());
    let start = |trace, parent| client.start_span(StartSpan::new("span", trace, parent)).map(drop);
    for parent in [root.span_id(), no_span] {
        assert!(matches!(start(no_trace, parent), Err(Error::UnknownTrace(id)) if id == no_trace));
    }
    assert!(matches!(start(id, no_span), Err(Error::UnknownSpan(span)) if span == no_span));
    assert!(matches!(start(id, SpanId::INVALID), Err(Error::UnknownSpan(SpanId::INVALID))));
    let end = |trace, span| client.end_span(EndSpan::new(trace, span));
    assert!(matches!(end(id, no_span), Err(Error::UnknownSpan(span)) if span == no_span));
    assert!(matches!(end(no_trace, no_span), Err(Error::UnknownTrace(id)) if id == no_trace));
    assert!(matches!(client.end_trace(EndTrace::new(no_trace)), Err(Error::UnknownTrace(id)) if id == no_trace));
    let text = end(id, no_span).expect_err("is wrong").to_string();
    assert!(text.contains("0123456789abcdef"), "{text}");
    client.end_trace(EndTrace::new(id)).expect("ends");
    assert_eq!(stored(&universe, &root).data.spans.len(), 1);
}

/// Ends a span and its trace twice, and once more when the trace is stored.
#[track_caller]
fn check_ended_twice(universe: &Universe, root: &Span, child: &Span) {
    let client = universe.client();
    let id = root.trace_id();
    let end_child = || client.end_span(EndSpan::new(id, child.span_id()));
    let end_trace = || client.end_trace(EndTrace::new(id));
    end_child().expect("ends");
    assert!(matches!(end_child(), Err(Error::AlreadyEnded(span)) if span == child.span_id()));
    end_trace().expect("ends");
    for _ in 0..20 {
        assert!(matches!(end_trace(), Err(Error::AlreadyEnded(span)) if span == root.span_id()));
        assert!(matches!(end_child(), Err(Error::AlreadyEnded(span)) if span == child.span_id()));
    }
    universe.settled();
    assert!(matches!(end_trace(), Err(Error::AlreadyEnded(span)) if span == root.span_id()));
    assert!(matches!(end_child(), Err(Error::AlreadyEnded(span)) if span == child.span_id()));
    let unknown = client.end_span(EndSpan::new(id, unknown_span()));
    assert!(matches!(unknown, Err(Error::UnknownSpan(span)) if span == unknown_span()));
    let late = client.start_span(StartSpan::new("late", id, child.span_id()));
    assert!(matches!(late, Err(Error::UnknownTrace(trace)) if trace == id), "{late:?}");
}

#[test]
fn a_second_end_is_refused_while_the_trace_is_live_and_when_it_is_stored() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    let child = client.start_span(StartSpan::new("child", root.trace_id(), root.span_id())).expect("begins");
    check_ended_twice(&universe, &root, &child);
}

#[test]
fn a_second_end_is_refused_of_spans_that_were_made_otherwise() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let child = root.child("child").start();
    check_ended_twice(&universe, &root, &child);
}

#[test]
fn a_span_that_its_handle_has_ended_is_known_to_be_when_its_trace_is_stored() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    root.end();
    stored(&universe, &root);
    let twice = client.end_trace(EndTrace::new(root.trace_id()));
    assert!(matches!(twice, Err(Error::AlreadyEnded(span)) if span == root.span_id()), "{twice:?}");
}

#[test]
fn a_parent_in_another_trace_is_named() {
    let universe = Universe::new();
    let client = universe.client();
    let one = client.start_trace(StartTrace::new("one")).expect("begins");
    let other = client.start_trace(StartTrace::new("other")).expect("begins");
    let foreign = universe.root_span("foreign").start();
    for (trace, parent) in [(&one, &other), (&one, &foreign), (&foreign, &one)] {
        let started = client.start_span(StartSpan::new("span", trace.trace_id(), parent.span_id()));
        assert!(matches!(started, Err(Error::ParentInOtherTrace(span)) if span == parent.span_id()), "{started:?}");
    }
    let end = client.end_span(EndSpan::new(one.trace_id(), other.span_id()));
    assert!(matches!(end, Err(Error::UnknownSpan(span)) if span == other.span_id()));
    for root in [one, other] {
        client.end_trace(EndTrace::new(root.trace_id())).expect("ends");
    }
}

#[test]
fn traces_of_another_engine_are_unknown() {
    let (mine, theirs) = (Universe::new(), Universe::new());
    let root = theirs.root_span("root").start();
    let started = mine.client().start_span(StartSpan::new("span", root.trace_id(), root.span_id()));
    assert!(matches!(started, Err(Error::UnknownTrace(id)) if id == root.trace_id()));
    let own = mine.root_span("root").start();
    let started = mine.client().start_span(StartSpan::new("span", own.trace_id(), root.span_id()));
    assert!(matches!(started, Err(Error::UnknownSpan(id)) if id == root.span_id()));
}
