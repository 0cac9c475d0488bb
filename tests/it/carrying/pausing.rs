//! A span is put down and taken up again: by this engine, by the next one on the file, while its trace runs or long after.

use spanloom::{Error, SearchTraces, Span, SpanStatus, Spanloom, Trace, TraceState, current_span, start_span};
use spanloom_testing::{TestSink, assert_tree};
use tempfile::TempDir;

use crate::universe::{PATIENCE, Universe, in_directory};

/// What a first part leaves behind: a root with a child, put down.
fn first_part(loom: &Spanloom) -> (Span, String) {
    let root = loom.root_span("approval").span_type("AGENT").attribute("order", 7).enter();
    root.set_inputs("please");
    start_span("ask").set_outputs("a person");
    let token = root.detach();
    (current_span().expect("the guard is still there"), token)
}

fn second_part(span: &Span) {
    let _active = span.enter();
    start_span("decide").set_attribute("by", "a person");
    span.set_outputs("granted");
    span.set_attribute("order", 8);
}

const WHOLE: &str = r#"
    approval AGENT OK
        = inputs "please"
        = outputs "granted"
        = order 8
        ask OK
            = outputs "a person"
        decide OK
            = by "a person"
"#;

/// Without what says that there was a pause.
fn unmarked(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    for span in &mut trace.data.spans {
        span.attributes.retain(|(key, _)| !key.starts_with("spanloom."));
    }
    trace
}

#[track_caller]
fn assert_paused(trace: &Trace) {
    assert_eq!((trace.info.state, trace.info.interrupted), (TraceState::InProgress, false));
    assert_eq!(trace.info.trace_metadata.get("spanloom.paused").map(String::as_str), Some("true"));
    assert_eq!(trace.info.execution_duration_ms, None);
}

#[track_caller]
fn assert_whole(trace: &Trace) {
    assert_tree(&unmarked(trace), WHOLE);
    assert_eq!(trace.info.state, TraceState::Ok);
    assert!(!trace.info.trace_metadata.contains_key("spanloom.paused"), "{:?}", trace.info);
    assert!(trace.info.trace_metadata["mlflow.trace.sizeStats"].contains("\"num_spans\": 3"), "{:?}", trace.info);
    assert_eq!(trace.info.request_preview.as_deref(), Some("\"please\""));
    assert_eq!(trace.info.response_preview.as_deref(), Some("\"granted\""));
    assert_eq!(trace.info.tags["mlflow.traceName"], "approval");
    assert!(trace.info.execution_duration_ms.is_some());
}

#[test]
fn a_span_goes_on_as_the_same_span_of_the_same_trace() {
    let (sink, received) = TestSink::new("s");
    let universe = Universe::with(|builder| builder.sink(sink));
    let (before, token) = first_part(&universe);
    before.set_attribute("too", "late");
    before.end();
    let paused = universe.trace(before.trace_id());
    assert_paused(&paused);
    assert_eq!((paused.data.spans.len(), paused.data.spans[0].end_time_unix_nano), (2, None));
    let span = universe.resume(&token).expect("nobody else has it");
    assert_eq!((span.trace_id(), span.span_id()), (before.trace_id(), before.span_id()));
    let running = universe.trace(span.trace_id());
    assert_eq!((running.info.state, running.data.spans.len()), (TraceState::InProgress, 2));
    second_part(&span);
    span.end();
    let whole = universe.trace(span.trace_id());
    assert_whole(&whole);
    assert_eq!(whole.data.spans[0].attribute("too"), None);
    assert_eq!(whole.data.spans[0].attribute("spanloom.resumed"), Some(1.into()));
    assert_eq!(received.wait_for(2, PATIENCE).last(), Some(&whole), "a destination gets the whole at the end");
    assert_eq!(universe.all_traces().len(), 1);
}

#[test]
fn the_next_engine_on_the_file_goes_on_where_the_first_one_ended() {
    let directory = TempDir::new().expect("there is room for a directory");
    let first = in_directory(&directory).start().expect("the store can be opened");
    let (before, token) = first_part(&first);
    let (trace_id, span_id) = (before.trace_id(), before.span_id());
    drop(before);
    first.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    drop(first);
    let second = in_directory(&directory).start().expect("the store can be opened");
    let read = || second.get_trace_blocking(&trace_id).expect("the store can be read").expect("it is there");
    assert_paused(&read());
    let found = second.search_traces_blocking(SearchTraces::new()).expect("the question is right").traces;
    assert_paused(&found[0]);
    let span = second.resume(&token).expect("nobody else has it");
    assert_eq!((span.trace_id(), span.span_id()), (trace_id, span_id));
    second_part(&span);
    drop(span);
    assert_whole(&read());
}

#[test]
fn a_span_may_be_put_down_several_times_and_fail_at_last() {
    let universe = Universe::new();
    let (before, token) = first_part(&universe);
    let again = universe.resume(&token).expect("nobody else has it");
    again.set_attribute("round", 1);
    let token = again.detach();
    assert_paused(&universe.trace(before.trace_id()));
    let last = universe.resume(&token).expect("nobody else has it");
    second_part(&last);
    last.set_status(SpanStatus::error("refused"));
    drop(last);
    let trace = universe.trace(before.trace_id());
    assert_eq!((trace.info.state, trace.data.spans.len()), (TraceState::Error, 3));
    let root = &trace.data.spans[0];
    assert_eq!((root.attribute("round"), root.attribute("spanloom.resumed")), (Some(1.into()), Some(2.into())));
    assert_eq!(root.status, SpanStatus::error("refused"));
    assert_eq!(root.span_type.as_str(), "AGENT");
}

#[test]
fn a_span_within_a_trace_is_waited_for_when_the_root_has_ended() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    root.set_outputs("out");
    let step = root.child("step").span_type("TOOL").start();
    let (id, token) = (root.trace_id(), step.detach());
    drop(root);
    assert_paused(&universe.trace(id));
    let step = universe.resume(&token).expect("nobody else has it");
    step.child("inner").start();
    drop(step);
    let trace = universe.trace(id);
    assert_eq!(trace.info.state, TraceState::Ok);
    assert_eq!(trace.info.tags["mlflow.traceName"], "root");
    assert_tree(&unmarked(&trace), "root OK\n    = outputs \"out\"\n    step TOOL OK\n        inner OK\n");
}

#[test]
fn while_its_trace_runs_a_span_that_is_resumed_is_one_span_of_it() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let step = root.child("step").span_type("TOOL").attribute("half", 1).start();
    let token = step.detach();
    let step = universe.resume(&token).expect("nobody else has it");
    step.set_attribute("half", 2);
    step.record_error("broken");
    let id = root.trace_id();
    drop((step, root));
    let trace = universe.trace(id);
    let names: Vec<_> = trace.data.spans.iter().map(|span| (span.name.as_str(), span.status.code())).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(trace.data.spans[1].attribute("half"), Some(2.into()));
    assert!(trace.data.spans[1].status.is_error());
    assert_eq!(trace.data.spans[1].parent_id, Some(trace.data.spans[0].span_id));
    assert_eq!(universe.settled().traces.started, 1);
}

#[test]
fn a_span_that_goes_on_here_is_not_resumed_a_second_time() {
    let universe = Universe::new();
    let (before, token) = first_part(&universe);
    let span = universe.resume(&token).expect("nobody else has it");
    match universe.resume(&token) {
        Err(Error::AlreadyResumed(id)) => assert_eq!(id, before.span_id()),
        other => panic!("it is open: {other:?}"),
    }
    drop(span);
    let again = universe.resume(&token).expect("the other has ended");
    drop(again);
    let trace = universe.trace(before.trace_id());
    assert_eq!(trace.info.trace_metadata["spanloom.resumed_twice"], "1");
    assert_eq!(trace.data.spans.len(), 2);
}

#[test]
fn what_is_no_token_is_refused_and_a_span_that_does_not_record_goes_on_so() {
    let universe = Universe::new();
    let (_before, token) = first_part(&universe);
    let changed = format!("{}x{}", &token[..9], &token[10..]);
    for wrong in ["", "no token", &token[1..], &changed] {
        assert!(matches!(universe.resume(wrong), Err(Error::Token(_))), "{wrong}");
    }
    assert!(!token.contains("please") && token.len() < 200, "{token}");
    let none = Span::none().detach();
    assert!(!universe.resume(&none).expect("it is a token").is_recording());
    let stopped = Spanloom::builder().in_memory().start().expect("the settings are right");
    stopped.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert!(stopped.resume(&token).is_err());
}
