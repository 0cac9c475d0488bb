//! What comes in headers is continued: in this process, after the caller, and when the caller is stored already.

use std::collections::HashMap;
use std::thread;

use spanloom::propagation::{extract, inject};
use spanloom::{SpanContext, SpanId, Trace, TraceId, TraceState, current_span, start_span};
use spanloom_testing::{SpanTree, TestSink};

use crate::universe::{PATIENCE, Universe};

/// The headers that a call would have from here.
fn headers() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    inject(&mut headers);
    headers
}

fn foreign(sampled: bool) -> HashMap<String, String> {
    let flags = if sampled { "01" } else { "00" };
    let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    HashMap::from([("Traceparent".to_owned(), parent)])
}

fn foreign_ids() -> (TraceId, SpanId) {
    ("0af7651916cd43dd8448eb211c80319c".parse().expect("hex"), "b7ad6b7169203331".parse().expect("hex"))
}

const ONE_TREE: &str = r#"
    caller OK
        call OK
            handler OK
                work OK
"#;

/// A handler that has only the headers, on a thread of its own.
fn handle(universe: &Universe, headers: &HashMap<String, String>) -> TraceId {
    thread::scope(|scope| {
        let handler = scope.spawn(|| {
            assert!(current_span().is_none());
            let handler = universe.root_span("handler").remote_parent(extract(headers)).enter();
            start_span("work").set_attribute("lane", "another");
            handler.trace_id()
        });
        handler.join().expect("it does not panic")
    })
}

#[track_caller]
fn assert_one_tree(trace: &Trace) {
    let mut trace = trace.clone();
    trace.data.spans.iter_mut().for_each(|span| span.attributes.retain(|(key, _)| key != "lane"));
    SpanTree::of(&trace).assert_is(ONE_TREE);
}

#[test]
fn a_caller_and_its_handler_in_one_process_are_one_trace() {
    let universe = Universe::new();
    let trace = universe.trace_of(|root| {
        let _call = root.child("call").enter();
        assert_eq!(handle(&universe, &headers()), root.trace_id());
    });
    let mut named = trace;
    named.data.spans[0].name = "caller".to_owned();
    assert_one_tree(&named);
    let counts = universe.settled();
    assert_eq!((counts.traces.started, counts.spans.started), (1, 4));
}

#[test]
fn a_handler_that_outlives_its_caller_is_waited_for() {
    let universe = Universe::new();
    let caller = universe.root_span("caller").enter();
    let call = caller.child("call").enter();
    let handler = universe.root_span("handler").remote_parent(extract(&headers())).start();
    let id = caller.trace_id();
    drop(call);
    drop(caller);
    universe.flush_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!(universe.trace(id).info.state, TraceState::InProgress);
    handler.child("work").start();
    drop(handler);
    assert_one_tree(&universe.trace(id));
}

#[test]
fn a_trace_that_is_stored_takes_in_what_continues_it() {
    let (sink, received) = TestSink::new("s");
    let universe = Universe::with(|builder| builder.sink(sink));
    let caller = universe.root_span("caller").enter();
    caller.set_inputs("question");
    let call = caller.child("call").enter();
    let (id, headers) = (caller.trace_id(), headers());
    drop((call, caller));
    let before = universe.trace(id);
    assert_eq!(handle(&universe, &headers), id);
    let mut after = universe.trace(id);
    assert_eq!(after.info.request_time_unix_nano, before.info.request_time_unix_nano);
    assert_eq!(after.info.request_preview, before.info.request_preview);
    assert_eq!(after.info.tags["mlflow.traceName"], "caller");
    assert!(after.info.trace_metadata["mlflow.trace.sizeStats"].contains("\"num_spans\": 4"), "{:?}", after.info);
    let sent = received.wait_for(2, PATIENCE);
    assert_eq!((sent[0].data.spans.len(), &sent[1]), (2, &after), "a destination gets the whole");
    after.data.spans[0].attributes.retain(|(key, _)| key != "mlflow.spanInputs");
    assert_one_tree(&after);
    universe.settled();
}

#[test]
fn while_it_continues_a_stored_trace_is_read_with_what_is_stored_of_it() {
    let universe = Universe::new();
    let caller = universe.root_span("caller").enter();
    let (id, headers) = (caller.trace_id(), headers());
    drop(caller);
    universe.trace(id);
    let handler = universe.root_span("handler").remote_parent(extract(&headers)).start();
    let live = universe.trace(id);
    assert_eq!(live.data.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["caller", "handler"]);
    assert_eq!((live.data.spans[0].end_time_unix_nano.is_some(), live.data.spans[1].end_time_unix_nano), (true, None));
    drop(handler);
}

#[test]
fn the_caller_of_another_process_is_the_parent_of_what_begins_here() {
    let universe = Universe::new();
    let headers: Vec<(String, String)> = foreign(true).into_iter().collect();
    let handler = universe.root_span("handler").remote_parent(extract(&headers)).start();
    assert!(handler.is_recording());
    let (trace_id, caller) = foreign_ids();
    assert_eq!(handler.trace_id(), trace_id);
    handler.child("work").start();
    drop(handler);
    let trace = universe.trace(trace_id);
    assert_eq!((trace.data.spans[0].name.as_str(), trace.data.spans[0].parent_id), ("handler", Some(caller)));
    assert_eq!(trace.data.spans[1].parent_id, Some(trace.data.spans[0].span_id));
    assert_eq!(trace.info.state, TraceState::Ok);
}

#[test]
fn without_headers_of_the_form_a_new_trace_begins() {
    let universe = Universe::new();
    let none = HashMap::from([("traceparent".to_owned(), "00-0-0-01".to_owned())]);
    assert_eq!(extract(&none), None);
    let span = universe.root_span("handler").remote_parent(extract(&none)).start();
    let id = span.trace_id();
    drop(span);
    assert_eq!(universe.trace(id).data.spans[0].parent_id, None);
}

#[test]
fn what_came_along_goes_on_with_every_call_below() {
    let universe = Universe::new();
    let mut came = foreign(true);
    came.insert("tracestate".to_owned(), "congo=t61rcWkgMzE".to_owned());
    came.insert("baggage".to_owned(), "tenant=acme%20corp".to_owned());
    let handler = universe.root_span("handler").remote_parent(extract(&came)).enter();
    let inner = start_span("deep");
    let mut sent = http::HeaderMap::new();
    inject(&mut sent);
    let next = extract(&sent).expect("it was written");
    assert_eq!((next.trace_id(), next.span_id()), (handler.trace_id(), inner.span_id()));
    assert_eq!(next.tracestate(), Some("congo=t61rcWkgMzE"));
    assert_eq!(next.baggage_value("tenant").as_deref(), Some("acme corp"));
    assert_eq!(handler.context().map(|context| context.with_span(inner.span_id())), Some(next));
    let other = universe.root_span("other").start();
    assert_eq!(other.context().expect("it records").tracestate(), None);
}

#[test]
fn without_a_current_span_nothing_is_written() {
    assert_eq!(headers(), HashMap::new());
    assert_eq!(spanloom::Span::none().context(), None);
}

#[test]
fn a_wish_of_the_caller_is_obeyed_only_when_it_is_trusted() {
    let [all, none] = [1.0, 0.0].map(|ratio| Universe::with(|builder| builder.sampling_ratio(ratio)));
    let records = |universe: &Universe, caller: Option<SpanContext>| {
        universe.root_span("handler").remote_parent(caller).start().is_recording()
    };
    let trusted = |sampled| extract(&foreign(sampled)).map(SpanContext::trusted);
    assert!(records(&all, extract(&foreign(false))) && !records(&none, extract(&foreign(true))));
    assert!(!records(&all, trusted(false)) && records(&none, trusted(true)));
}
