//! Functions of the program see each span before anyone else does.

use serde_json::json;
use spanloom::{DropReason, SpanEvent, SpanRecord, SpanStatus, SpanType, start_span};
use spanloom_testing::{TestSink, assert_tree};
use tempfile::TempDir;

use super::redaction::bytes_of;
use crate::universe::{PATIENCE, Universe, in_directory};

#[test]
fn what_functions_write_is_what_there_is_in_the_order_of_the_functions() {
    let (sink, received) = TestSink::new("s");
    let universe = Universe::with(|builder| {
        let builder = builder.sink(sink).span_processor(|span: &mut SpanRecord| span.set_outputs("[REDACTED]"));
        builder.span_processor(|span: &mut SpanRecord| {
            assert!(span.end_time_unix_nano.is_some() && span.status != SpanStatus::Unset, "a span is seen at its end");
            let outputs = span.outputs().map(|value| json!({"was": value}));
            span.set_outputs(outputs);
            span.set_attribute("seen", span.name.len());
            span.name = span.name.to_uppercase();
            span.events.push(SpanEvent::new("seen"));
            if span.parent_id.is_some() {
                span.span_type = SpanType::Tool;
            }
        })
    });
    let trace = universe.trace_of(|root| {
        root.set_inputs("in");
        root.set_outputs("secret");
        start_span("child").record_error("broken");
    });
    assert_tree(
        &trace,
        r#"
            ROOT OK
                = inputs "in"
                = outputs {"was": "[REDACTED]"}
                = seen 4
                ! seen
                CHILD TOOL ERROR "Exception: broken"
                    = outputs {"was": "[REDACTED]"}
                    = seen 5
                    ! exception {"exception.message": "broken", "exception.type": "Exception", "exception.stacktrace": "…"}
                    ! seen
        "#,
    );
    assert_eq!(trace.info.response_preview.as_deref(), Some(r#"{"was": "[REDACTED]"}"#));
    assert_eq!(trace.info.trace_metadata["mlflow.traceOutputs"], r#"{"was": "[REDACTED]"}"#);
    assert_eq!(trace.info.tags["mlflow.traceName"], "ROOT");
    assert_eq!(received.wait_for(1, PATIENCE), [trace]);
}

#[test]
fn what_a_function_puts_in_is_redacted_like_everything_else() {
    let leak = |span: &mut SpanRecord| span.set_attribute("note", json!({"password": "hunter2"}));
    let universe = Universe::with(|builder| builder.span_processor(leak));
    let trace = universe.trace_of(|_| {});
    assert_eq!(trace.data.spans[0].attribute("note"), Some(json!({"password": "[redacted:key]"})));
}

#[test]
fn a_function_that_panics_is_passed_over_and_counted() {
    let universe = Universe::with(|builder| {
        let builder = builder.span_processor(|span: &mut SpanRecord| {
            span.set_attribute("half", true);
            assert!(span.name != "child", "on purpose");
        });
        builder.span_processor(|span: &mut SpanRecord| span.set_attribute("second", true))
    });
    let trace = universe.trace_of(|_| {
        start_span("child").set_outputs("kept");
    });
    let (root, child) = (&trace.data.spans[0], &trace.data.spans[1]);
    assert_eq!((root.attribute("half"), root.attribute("second")), (Some(true.into()), Some(true.into())));
    assert_eq!((child.attribute("half"), child.attribute("second")), (None, Some(true.into())));
    assert_eq!(child.outputs(), Some("kept".into()));
    assert_eq!(universe.health().map(|health| health.panics), Some(1));
}

#[test]
fn the_children_of_a_discarded_span_go_to_its_parent_and_the_loss_is_counted() {
    let universe = Universe::with(|builder| {
        builder.span_processor(|span: &mut SpanRecord| {
            if span.name != "kept" {
                span.discard();
            }
        })
    });
    let trace = universe.trace_of(|_| {
        let _noise = start_span("noise");
        let _more = start_span("more noise");
        drop(start_span("kept"));
    });
    assert_tree(&trace, "root OK\n    kept OK\n");
    let counts = universe.settled();
    assert_eq!((counts.spans.stored, counts.spans.dropped[&DropReason::Discarded]), (2, 2));
    assert_eq!(counts.traces.dropped.get(&DropReason::Discarded), None);
    assert!(trace.info.trace_metadata["mlflow.trace.sizeStats"].contains("\"num_spans\": 2"));
}

#[cfg(unix)]
#[test]
fn nothing_that_functions_have_not_seen_is_shown_or_stored() {
    let directory = TempDir::new().expect("there is room for a directory");
    let clean = |span: &mut SpanRecord| {
        span.set_inputs("clean");
        span.events.clear();
        span.status = SpanStatus::Ok;
    };
    let loom = in_directory(&directory).span_processor(clean).start().expect("the store can be opened");
    let root = loom.root_span("root").enter();
    root.set_inputs("qdirty one");
    let child = start_span("child");
    child.add_event(SpanEvent::new("e").attribute("k", "qdirty two"));
    child.set_status(SpanStatus::error("qdirty three"));
    drop(child);
    let open = start_span("open");
    let live = loom.get_trace_blocking(&root.trace_id()).expect("the store can be read").expect("it runs");
    loom.flush_blocking(PATIENCE).expect("there is a minute for it");
    let names: Vec<_> = live.data.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["root", "child", "open"], "that they are there is shown");
    let mut seen = format!("{live:?}").into_bytes();
    seen.extend(bytes_of(directory.path()));
    let id = root.trace_id();
    drop((open, root));
    loom.flush_blocking(PATIENCE).expect("there is a minute for it");
    let stored = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    assert!(stored.data.spans.iter().all(|span| span.inputs() == Some("clean".into())));
    seen.extend(bytes_of(directory.path()));
    assert!(!seen.windows(6).any(|window| window == b"qdirty"));
}
