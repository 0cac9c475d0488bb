//! What the traces of a scope begin with, and what is not recorded in one.

use std::collections::BTreeMap;

use spanloom::{InScope, InSpan, Span, Spanloom, TraceId, current_span, scope, start_span, update_current_trace};

use crate::alone::alone;
use crate::universe::{PATIENCE, Universe};

/// The tags and metadata of a trace that this test set.
fn labels(universe: &Universe, id: TraceId) -> BTreeMap<String, String> {
    let info = universe.trace(id).info;
    let own = |(key, _): &(String, String)| !key.starts_with("mlflow.") || key.starts_with("mlflow.trace.session");
    info.tags.into_iter().chain(info.trace_metadata).filter(own).collect()
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_traces_of_a_scope_begin_with_its_defaults_and_inner_scopes_win() {
    let universe = Universe::new();
    let outer = scope(|d| d.tag("t", 1).tag("only", "outer").metadata("foo", "bar").session("S1"));
    let first = universe.root_span("root").start();
    let inner = scope(|d| d.tag("t", 2).session("S2"));
    let second = universe.root_span("root").start();
    drop(inner);
    let third = universe.root_span("root").start();
    drop(outer);
    let fourth = universe.root_span("root").start();
    let ids = [&first, &second, &third, &fourth].map(Span::trace_id);
    drop((first, second, third, fourth));
    let outer = map(&[("t", "1"), ("only", "outer"), ("foo", "bar"), ("mlflow.trace.session", "S1")]);
    let both = map(&[("t", "2"), ("only", "outer"), ("foo", "bar"), ("mlflow.trace.session", "S2")]);
    assert_eq!(ids.map(|id| labels(&universe, id)), [outer.clone(), both, outer, map(&[])]);
}

#[test]
fn a_scope_leaves_running_traces_and_names_alone_and_later_words_win() {
    let universe = Universe::new();
    let running = universe.root_span("running").enter();
    let _scope = scope(|d| d.tag("t", 1).tag("mlflow.traceName", "not taken").user("U1"));
    let child = start_span("child");
    let fresh = universe.root_span("fresh").enter();
    update_current_trace(|t| t.tag("t", "later"));
    let ids = [running.trace_id(), fresh.trace_id()];
    drop((fresh, child, running));
    assert_eq!(labels(&universe, ids[0]), map(&[]));
    assert_eq!(labels(&universe, ids[1]), map(&[("t", "later")]));
    let info = universe.trace(ids[1]).info;
    assert_eq!(info.tags["mlflow.traceName"], "fresh");
    assert_eq!(info.trace_metadata["mlflow.trace.user"], "U1");
}

#[test]
fn scopes_that_drop_out_of_order_leave_what_stands() {
    let universe = Universe::new();
    let outer = scope(|d| d.tag("outer", 1));
    let inner = scope(|d| d.tag("inner", 1));
    drop(outer);
    let root = universe.root_span("root").start();
    drop(inner);
    let id = root.trace_id();
    drop(root);
    assert_eq!(labels(&universe, id), map(&[("inner", "1")]));
}

#[test]
fn a_scope_that_is_off_records_nothing_and_keeps_the_current_span() {
    let universe = Universe::new();
    let trace = universe.trace_of(|root| {
        let off = scope(|d| d.enabled(false));
        assert!(!start_span("nothing").is_recording());
        assert!(!universe.root_span("nothing").start().is_recording());
        let nothing = start_span("nothing");
        assert!(!start_span("below nothing").is_recording());
        assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id()), "it is hidden, not replaced");
        update_current_trace(|t| t.tag("seen", "through"));
        {
            let _on = scope(|d| d.enabled(true));
            drop(start_span("under the root"));
            let _off = scope(|d| d.enabled(false).tag("no", "matter"));
            assert!(!start_span("nothing").is_recording());
            let _inherits = scope(|d| d.tag("no", "matter"));
            assert!(!start_span("nothing").is_recording());
        }
        assert!(!start_span("nothing").is_recording());
        drop((nothing, off));
        drop(start_span("after it"));
    });
    let names: Vec<_> = trace.data.spans.iter().map(|span| (span.name.as_str(), span.parent_id.is_some())).collect();
    assert_eq!(names, [("root", false), ("under the root", true), ("after it", true)]);
    assert_eq!(trace.info.tags["seen"], "through");
    assert_eq!(universe.settled().spans.started, 3, "what is switched off is not counted as lost");
}

#[test]
fn an_inner_scope_that_is_on_begins_traces_where_nothing_was_current() {
    alone("scope::an_inner_scope_that_is_on_begins_traces_where_nothing_was_current", || {
        let loom = Spanloom::builder().in_memory().install().expect("nothing is installed");
        let _off = scope(|d| d.enabled(false));
        assert_eq!(current_span().map(|span| span.span_id()), None);
        assert!(!start_span("nothing").is_recording());
        {
            let _on = scope(|d| d.enabled(true).tag("on", 1));
            assert!(current_span().is_none());
            let root = start_span("root");
            let id = root.trace_id();
            drop((start_span("child"), root));
            let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
            assert_eq!((trace.data.spans.len(), trace.info.tags["on"].as_str()), (2, "1"));
        }
        assert_eq!(loom.shutdown_blocking(PATIENCE).expect("there is a minute for it").stored, 2);
    });
}

#[test]
fn a_trace_that_was_sampled_out_stays_out_whatever_a_scope_says() {
    let universe = Universe::with(|builder| builder.sampling_ratio(0.0));
    let _root = universe.root_span("root").enter();
    let _off = scope(|d| d.enabled(false));
    let _on = scope(|d| d.enabled(true));
    assert!(!start_span("child").is_recording());
}

#[tokio::test]
async fn a_future_has_its_scope_wherever_it_is_polled() {
    let universe = Universe::new();
    let loom = universe.clone();
    let task = async move {
        let mut ids = Vec::new();
        for _ in 0..3 {
            tokio::task::yield_now().await;
            let root = loom.root_span("root").start();
            ids.push(root.trace_id());
            async { drop(start_span("child")) }.in_span(root).await;
            tokio::task::yield_now().await;
        }
        ids
    };
    let quiet = async { assert!(!start_span("nothing").is_recording()) }.in_scope(|d| d.enabled(false));
    let task = tokio::spawn(task.in_scope(|d| d.session("S1")));
    quiet.await;
    let outside = universe.root_span("root").start();
    let ids = task.await.expect("it does not panic");
    assert_eq!(universe.fetch(outside.trace_id()).await.info.trace_metadata.get("mlflow.trace.session"), None);
    for id in ids {
        assert_eq!(universe.fetch(id).await.info.trace_metadata["mlflow.trace.session"], "S1");
    }
}
