//! That nothing is kept for longer than it must be, whatever becomes of its trace.

use std::time::{Duration, Instant};

use spanloom_api::{Span, SpanBuilder};
use spanloom_core::{Limits, TraceId};

use super::Ending;
use crate::engine::Engine;
use crate::engine_config::EngineConfig;
use crate::registry::find::Found;

const PATIENCE: Duration = Duration::from_secs(30);

fn engine(limits: Limits) -> Engine {
    Engine::start(EngineConfig { limits, ..EngineConfig::default() }).expect("threads can be had")
}

fn begin(engine: &Engine, text: &str) -> Span {
    let id = TraceId::derived_from(text);
    let reservation = engine.kept().reserve(id).expect("the id is not in use");
    assert!(engine.kept().reserve(id).is_none());
    let root = SpanBuilder::unplaced("root".into()).place_root(Some(engine.tenant())).trace_id(id).start();
    reservation.fill(root)
}

fn child(engine: &Engine, parent: &Span) -> Span {
    let builder = SpanBuilder::unplaced("child".into());
    let started = engine.kept().with(parent.trace_id(), |trace| trace.start(parent.span_id(), builder).ok());
    started.flatten().expect("the parent is kept")
}

fn end(engine: &Engine, span: &Span) -> Option<Ending> {
    engine.kept().with(span.trace_id(), |trace| trace.end(span.span_id(), Span::end))
}

#[track_caller]
fn settle(engine: &Engine, kept: usize) {
    engine.flush_blocking(PATIENCE).expect("there is time");
    assert_eq!(engine.kept().len(), kept);
}

#[test]
fn a_trace_leaves_when_it_is_stored_and_no_earlier() {
    let engine = engine(Limits::default());
    let root = begin(&engine, "one");
    let child = child(&engine, &root);
    assert_eq!(end(&engine, &root), Some(Ending::Ended));
    settle(&engine, 1);
    assert_eq!(end(&engine, &child), Some(Ending::Ended));
    settle(&engine, 0);
    assert_eq!(end(&engine, &child), None);
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_trace_whose_spans_were_ended_by_their_handles_leaves_too() {
    let engine = engine(Limits::default());
    let root = begin(&engine, "one");
    child(&engine, &root).end();
    root.end();
    settle(&engine, 0);
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_trace_that_is_closed_with_open_spans_stays_and_leaves_with_their_late_ends() {
    let engine = engine({
        let mut limits = Limits::default();
        limits.linger = Duration::ZERO;
        limits
    });
    let root = begin(&engine, "one");
    let child = child(&engine, &root);
    end(&engine, &root);
    let begun = Instant::now();
    while engine.health().conservation.spans.stored < 2 {
        assert!(begun.elapsed() < PATIENCE, "it is closed");
        engine.flush_blocking(PATIENCE).expect("there is time");
    }
    settle(&engine, 1);
    assert_eq!(end(&engine, &child), Some(Ending::Ended));
    settle(&engine, 0);
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_trace_that_is_dropped_leaves_with_the_last_of_its_ends() {
    let engine = engine({
        let mut limits = Limits::default();
        limits.trace_bytes = 1_000;
        limits
    });
    let root = begin(&engine, "one");
    let before = child(&engine, &root);
    root.set_inputs("x".repeat(2_000));
    settle(&engine, 1);
    let after = child(&engine, &before);
    for span in [&before, &after, &root] {
        assert_eq!(end(&engine, span), Some(Ending::Ended));
    }
    settle(&engine, 0);
    let report = engine.shutdown_blocking(PATIENCE).expect("there is time");
    assert_eq!((report.stored, report.lost.values().sum::<u64>()), (0, 3));
}

#[test]
fn spans_in_traces_of_others_are_kept_while_they_are_open() {
    let engine = engine(Limits::default());
    let root = SpanBuilder::root_of(Some(engine.tenant()), "root".into()).start();
    let (found, pin) = engine.find_and_pin(root.trace_id(), root.span_id(), PATIENCE).expect("there is time");
    let Found::Span(parent, false) = found else { panic!("{found:?}") };
    root.end();
    let span = engine.kept().keep(parent.place(SpanBuilder::unplaced("child".into())).start());
    drop(pin);
    settle(&engine, 1);
    assert_eq!(end(&engine, &span), Some(Ending::Ended));
    assert_eq!(engine.kept().len(), 0);
    settle(&engine, 0);
    assert_eq!(engine.conservation().spans.stored, 2);
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_trace_that_is_pinned_is_not_complete() {
    let engine = engine(Limits::default());
    let root = SpanBuilder::root_of(Some(engine.tenant()), "root".into()).start();
    let (found, pin) = engine.find_and_pin(root.trace_id(), root.span_id(), PATIENCE).expect("there is time");
    let Found::Span(parent, _) = found else { panic!("{found:?}") };
    drop(root);
    engine.flush_blocking(PATIENCE).expect("there is time");
    assert_eq!(engine.conservation().spans.stored, 0);
    let late = parent.place(SpanBuilder::unplaced("late".into())).start();
    drop(pin);
    engine.flush_blocking(PATIENCE).expect("there is time");
    assert_eq!(engine.conservation().spans.stored, 0, "the late span is open");
    drop(late);
    settle(&engine, 0);
    let spans = engine.conservation().spans;
    assert_eq!((spans.stored, spans.dropped_total()), (2, 0));
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn nothing_is_kept_after_a_shutdown() {
    let engine = engine(Limits::default());
    let root = begin(&engine, "one");
    child(&engine, &root);
    assert_eq!(engine.shutdown_blocking(PATIENCE).expect("there is time").stored, 2);
    assert_eq!(engine.kept().len(), 0);
}
