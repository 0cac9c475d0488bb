//! What the four verbs record.

use std::sync::{Arc, Mutex};

use serde_json::json;
use spanloom::{
    EndSpan, EndTrace, Error, Link, LogLevel, Span, SpanStatus, SpanType, StartSpan, StartTrace, TraceId, TraceState,
    current_span, start_span,
};

use super::stored;
use crate::universe::{PATIENCE, Universe, eventually};

#[test]
fn attributes_of_start_and_end_come_together_in_one_tree() {
    let universe = Universe::new();
    let client = universe.client();
    let start = StartTrace::new("my_application_flow").inputs(json!({"user_id": "123"})).attribute("version", "1.0.0");
    let root = client.start_trace(start.span_type(SpanType::Chain).tag("fruit", "apple").user("u-1")).expect("begins");
    let start = StartSpan::new("fetch_user_data", root.trace_id(), root.span_id()).inputs(json!({"id": 7}));
    let link = Link::new(root.trace_id(), root.span_id());
    let start = start.attributes([("query_type", "select")]).description("why").log_level(LogLevel::Warning).link(link);
    let data = client.start_span(start).expect("begins");
    let end = EndSpan::new(data.trace_id(), data.span_id()).outputs(json!({"count": 42})).attribute("ms", 150);
    client.end_span(end).expect("ends");
    let end = EndTrace::new(root.trace_id()).outputs(json!({"url": "x"})).attributes([("status", "success")]);
    client.end_trace(end).expect("ends");

    let trace = stored(&universe, &root);
    assert_eq!(trace.info.state, TraceState::Ok);
    assert_eq!(trace.info.tags["fruit"], "apple");
    assert_eq!(trace.info.trace_metadata["mlflow.trace.user"], "u-1");
    let [root, data] = &trace.data.spans[..] else { panic!("two spans: {trace:?}") };
    assert_eq!((root.name.as_str(), &root.span_type, root.parent_id), ("my_application_flow", &SpanType::Chain, None));
    assert_eq!((root.inputs(), root.outputs()), (Some(json!({"user_id": "123"})), Some(json!({"url": "x"}))));
    assert_eq!((root.attribute("version"), root.attribute("status")), (Some(json!("1.0.0")), Some(json!("success"))));
    assert_eq!((data.parent_id, &data.status), (Some(root.span_id), &SpanStatus::Ok));
    assert_eq!((data.attribute("query_type"), data.attribute("ms")), (Some(json!("select")), Some(json!(150))));
    assert_eq!(data.attribute("mlflow.spanDescription"), Some(json!("why")));
    assert_eq!((data.attribute("mlflow.spanLogLevel"), data.links.len()), (Some(json!(30)), 1));
    assert_eq!(data.attribute("mlflow.spanStartTimeNs"), None, "no start was given");
}

#[test]
fn dropping_what_a_start_returns_ends_nothing() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    let (trace_id, root_id) = (root.trace_id(), root.span_id());
    let child = client.start_span(StartSpan::new("child", trace_id, root_id)).expect("begins").span_id();
    drop(root);
    let live = universe.trace(trace_id);
    assert_eq!(live.info.state, TraceState::InProgress);
    assert!(live.data.spans.iter().all(|span| span.end_time_unix_nano.is_none()), "{live:?}");
    client.end_span(EndSpan::new(trace_id, child)).expect("ends");
    client.end_trace(EndTrace::new(trace_id)).expect("ends");
    assert_eq!(universe.settled().spans.stored, 2);
}

#[test]
fn spans_may_end_and_begin_in_any_order_as_long_as_one_is_open() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    let id = root.trace_id();
    let begin = |name, parent: &Span| client.start_span(StartSpan::new(name, id, parent.span_id())).expect("begins");
    let end = |span: &Span| client.end_span(EndSpan::new(id, span.span_id())).expect("ends");
    let parent = begin("parent", &root);
    let child = begin("child", &parent);
    end(&parent);
    client.end_trace(EndTrace::new(id)).expect("ends");
    let under_ended = begin("under an ended span", &parent);
    let after_root = begin("after the root", &root);
    end(&child);
    assert_eq!(universe.trace(id).info.execution_duration_ms, None, "the trace waits for its open spans");
    end(&after_root);
    end(&under_ended);
    let trace = stored(&universe, &root);
    let parent_of = |name: &str| trace.data.spans.iter().find(|span| span.name == name).and_then(|span| span.parent_id);
    assert_eq!(parent_of("under an ended span"), Some(parent.span_id()));
    assert_eq!(parent_of("after the root"), Some(root.span_id()));
    assert_eq!(trace.info.trace_metadata.get("spanloom.incomplete"), None);
    assert_eq!(universe.settled().spans.stored, 5);
}

#[test]
fn parents_may_be_spans_that_were_made_otherwise() {
    let universe = Universe::new();
    let client = universe.client();
    let trace = universe.trace_of(|root| {
        let id = root.trace_id();
        let guard = start_span("guard");
        let handle = root.child("handle").start();
        let ended = root.child("ended").start();
        ended.end();
        for parent in [root.span_id(), guard.span_id(), handle.span_id(), ended.span_id()] {
            let start = StartSpan::new(format!("under {parent}"), id, parent);
            let span = client.start_span(start).expect("begins");
            client.end_span(EndSpan::new(id, span.span_id())).expect("ends");
        }
    });
    let under = |parent: &str| trace.data.spans.iter().filter(|span| span.name == format!("under {parent}")).count();
    let counts: Vec<_> = ["root", "guard", "handle", "ended"]
        .map(|name| trace.data.spans.iter().find(|span| span.name == name).map(|span| under(&span.span_id.to_string())))
        .into();
    assert_eq!(counts, [Some(1); 4]);
    assert_eq!(universe.settled().spans.stored, 8);
}

#[test]
fn spans_of_the_client_are_never_current_and_take_children_of_their_handles() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    assert!(current_span().is_none());
    let handle = root.child("handle").start();
    let under = client.start_span(StartSpan::new("under it", root.trace_id(), handle.span_id())).expect("begins");
    drop(handle);
    client.end_span(EndSpan::new(root.trace_id(), under.span_id())).expect("ends");
    client.end_trace(EndTrace::new(root.trace_id())).expect("ends");
    assert_eq!(stored(&universe, &root).data.spans.len(), 3);
}

#[test]
fn the_client_ends_spans_and_traces_that_were_made_otherwise() {
    let universe = Universe::new();
    let client = universe.client();
    let root = universe.root_span("root").start();
    let child = root.child("child").start();
    client.end_span(EndSpan::new(root.trace_id(), child.span_id()).outputs(1)).expect("ends");
    client.end_trace(EndTrace::new(root.trace_id()).outputs(2)).expect("ends");
    let trace = stored(&universe, &root);
    assert_eq!(
        trace.data.spans.iter().map(|span| span.outputs()).collect::<Vec<_>>(),
        [Some(json!(2)), Some(json!(1))]
    );
}

#[test]
fn the_status_stays_unless_one_is_given() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    let id = root.trace_id();
    for (before, given) in [
        (None, None),
        (Some(SpanStatus::error("no")), None),
        (Some(SpanStatus::error("no")), Some(SpanStatus::Ok)),
        (None, Some(SpanStatus::error("late"))),
    ] {
        let span = client.start_span(StartSpan::new("span", id, root.span_id())).expect("begins");
        before.into_iter().for_each(|status| span.set_status(status));
        let end = EndSpan::new(id, span.span_id());
        client.end_span(given.into_iter().fold(end, EndSpan::status)).expect("ends");
    }
    client.end_trace(EndTrace::new(id)).expect("ends");
    let trace = stored(&universe, &root);
    let statuses: Vec<_> = trace.data.spans[1..].iter().map(|span| span.status.clone()).collect();
    assert_eq!(statuses, [SpanStatus::Ok, SpanStatus::error("no"), SpanStatus::Ok, SpanStatus::error("late")]);
    assert_eq!(trace.info.state, TraceState::Ok, "only the root's status counts");
}

#[test]
fn times_are_taken_as_they_are_given() {
    let universe = Universe::new();
    let client = universe.client();
    let t = 1_700_000_000_123_456_789;
    let root = client.start_trace(StartTrace::new("root").at_unix_nanos(t)).expect("begins");
    let id = root.trace_id();
    let child = client.start_span(StartSpan::new("child", id, root.span_id()).at_unix_nanos(t + 5)).expect("begins");
    client.end_span(EndSpan::new(id, child.span_id()).at_unix_nanos(t + 2)).expect("ends");
    client.end_trace(EndTrace::new(id).at_unix_nanos(t + 20_999_999)).expect("ends");
    let trace = stored(&universe, &root);
    let times: Vec<_> = trace.data.spans.iter().map(|s| (s.start_time_unix_nano, s.end_time_unix_nano)).collect();
    assert_eq!(times, [(t, Some(t + 20_999_999)), (t + 5, Some(t + 2))]);
    assert_eq!((trace.info.request_time_unix_nano, trace.info.execution_duration_ms), (t, Some(20)));
    assert_eq!(trace.data.spans[1].attribute("mlflow.spanStartTimeNs"), Some(json!(t + 5)));
}

#[test]
fn a_trace_that_is_never_ended_is_live_until_the_shutdown_closes_it() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root")).expect("begins");
    client.start_span(StartSpan::new("child", root.trace_id(), root.span_id())).expect("begins");
    let live = || universe.live_traces().pop().filter(|live| live.open_spans == 2);
    assert_eq!(eventually("the trace is seen with both", live).trace_id, root.trace_id());
    let report = universe.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!(report.stored, 2);
    let trace = universe.trace(root.trace_id());
    assert_eq!(trace.info.trace_metadata["spanloom.incomplete"], "true");
    assert!(!client.start_trace(StartTrace::new("after it")).expect("is no error").is_recording());
}

/// A runtime of one thread has no other that could go on while a verb waits.
#[tokio::test(flavor = "current_thread")]
async fn verbs_that_look_something_up_may_be_called_in_any_runtime() {
    let universe = Universe::new();
    let client = universe.client();
    let foreign = universe.root_span("root").start();
    let span = client.start_span(StartSpan::new("span", foreign.trace_id(), foreign.span_id())).expect("begins");
    client.set_trace_tag(foreign.trace_id(), "k", "v").expect("is there");
    client.end_trace(EndTrace::new(foreign.trace_id())).expect("ends");
    client.end_span(EndSpan::new(foreign.trace_id(), span.span_id())).expect("ends");
    assert_eq!(universe.fetch(foreign.trace_id()).await.info.tags["k"], "v");
}

/// Lets a thread of the engine call the client: it serialises what was moved.
#[derive(Clone)]
struct Meddler(spanloom::Client, spanloom::TraceId, Arc<Mutex<Vec<String>>>);

impl serde::Serialize for Meddler {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(client, trace, said) = self;
        let outcomes = [
            client.set_trace_tag(*trace, "k", "v"),
            client.end_trace(EndTrace::new(TraceId::derived_from("unknown"))),
            client
                .start_trace(StartTrace::new("here"))
                .and_then(|root| client.end_trace(EndTrace::new(root.trace_id()))),
        ];
        let text = |outcome: Result<(), Error>| outcome.map_or_else(|error| error.to_string(), |()| "done".to_owned());
        said.lock().expect("no holder panics").extend(outcomes.map(text));
        serializer.serialize_unit()
    }
}

#[test]
fn on_a_thread_of_the_engine_what_would_wait_is_refused_and_the_rest_is_done() {
    let universe = Universe::new();
    let said = Arc::default();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    root.set_outputs_owned(Meddler(universe.client(), id, Arc::clone(&said)));
    drop(root);
    // What is begun while something is written is behind it.
    universe.flush_blocking(PATIENCE).expect("there is a minute for it");
    universe.settled();
    let said = std::mem::take(&mut *said.lock().expect("no holder panics"));
    assert!(said[0].contains("own thread") && said[1].contains("own thread"), "{said:?}");
    assert_eq!(said[2], "done");
    assert_eq!(universe.all_traces().len(), 2);
}

#[test]
fn what_is_not_recorded_is_ended_without_an_error() {
    let universe = Universe::with(|builder| builder.sampling_ratio(0.0));
    let client = universe.client();
    let own = "tr-ffffffffffffffffffffffffffffffff".parse().expect("of the right form");
    for start in [StartTrace::new("root"), StartTrace::new("root").trace_id(own)] {
        let root = client.start_trace(start).expect("is no error");
        assert!(!root.is_recording());
        for id in [root.trace_id(), own] {
            let child = client.start_span(StartSpan::new("child", id, root.span_id())).expect("is no error");
            client.end_span(EndSpan::new(id, child.span_id()).outputs(1)).expect("is no error");
            client.end_trace(EndTrace::new(id)).expect("is no error");
            client.set_trace_tag(id, "k", "v").expect("is no error");
        }
    }
    assert_eq!(universe.settled().spans.started, 0);
}
