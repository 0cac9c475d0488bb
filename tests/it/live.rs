//! A trace can be seen while it runs.

use std::time::Duration;

use spanloom::{SearchTraces, TraceState, start_span, update_current_trace};
use spanloom_testing::assert_tree;

use crate::universe::{PATIENCE, Universe, eventually};

#[test]
fn live_traces_are_listed_with_what_is_open() {
    let universe = Universe::new();
    let first = universe.root_span("first").start();
    let second = universe.root_span("second").start();
    let children: Vec<_> = (0..3).map(|_| second.child("child").start()).collect();
    children[0].end();
    universe.flush_blocking(PATIENCE).expect("there is a minute for it");
    let live: Vec<_> = universe.live_traces().iter().map(|t| (t.trace_id, t.open_spans, t.spans)).collect();
    assert_eq!(live, [(first.trace_id(), 1, 1), (second.trace_id(), 3, 4)]);
}

#[test]
fn a_listed_trace_grows_older_without_being_touched() {
    let universe = Universe::new();
    let _root = universe.root_span("root").start();
    let age = || universe.live_traces().first().map(|trace| trace.oldest_open);
    let young = eventually("the listing", age);
    eventually("its ageing", || age().filter(|age| *age > young + Duration::from_millis(100)));
}

#[test]
fn a_running_trace_is_read_as_far_as_it_has_come() {
    let universe = Universe::new();
    let root = universe.root_span("agent").span_type("AGENT").enter();
    root.set_inputs("question");
    update_current_trace(|t| t.tag("fruit", "apple"));
    drop(start_span("done"));
    let _running = start_span("running");
    let trace = universe.trace(root.trace_id());
    assert_tree(
        &trace,
        r#"
            agent AGENT UNSET open
                = inputs "question"
                done OK
                running UNSET open
        "#,
    );
    assert_eq!((trace.info.state, trace.info.execution_duration_ms), (TraceState::InProgress, None));
    assert_eq!(trace.info.tags["fruit"], "apple");
    assert_eq!(trace.info.request_preview.as_deref(), Some(r#""question""#));
}

#[test]
fn a_running_trace_is_found_by_a_search() {
    let universe = Universe::new();
    let root = universe.root_span("running").enter();
    universe.root_span("done").start().end();
    update_current_trace(|t| t.tag("fruit", "apple"));
    drop(start_span("child"));
    for filter in
        ["trace.status = 'IN_PROGRESS'", "tags.fruit = 'apple'", "trace.name = 'running'", "span.name = 'child'"]
    {
        let page = universe.search_traces_blocking(SearchTraces::new().filter(filter)).expect("the filter is right");
        let found: Vec<_> = page.traces.iter().map(|trace| trace.info.trace_id).collect();
        assert_eq!(found, [root.trace_id()], "{filter}");
        assert_tree(
            &page.traces[0],
            "
                running UNSET open
                    child OK
            ",
        );
    }
}

#[test]
fn what_was_seen_running_is_stored_once_when_it_is_complete() {
    let universe = Universe::new();
    let root = universe.root_span("root").enter();
    let id = root.trace_id();
    for round in 0..5 {
        start_span("child").set_attribute("round", round);
        // Each read moves what is new to the journal.
        let page = universe.search_traces_blocking(SearchTraces::new()).expect("the question is right");
        assert_eq!(page.traces[0].data.spans.len(), round + 2);
    }
    drop(root);
    let trace = universe.trace(id);
    assert_eq!((trace.info.state, trace.data.spans.len()), (TraceState::Ok, 6));
    assert!(universe.live_traces().is_empty());
    assert_eq!(universe.all_traces(), [trace]);
    assert_eq!(universe.settled().spans.stored, 6);
}

#[test]
fn reading_a_trace_while_it_runs_does_not_change_what_is_stored() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let tool = root.child("tool").span_type("TOOL").start();
    let level = || {
        let page = universe.search_traces_blocking(SearchTraces::new()).expect("the question is right");
        page.traces[0].data.spans[1].attribute("mlflow.spanLogLevel")
    };
    assert_eq!(level(), None);
    tool.end();
    assert!(level().is_none_or(|level| level == 20), "a piece of a span tells no wrong level");
    drop(root);
    assert_eq!(level(), Some(20.into()));
}
