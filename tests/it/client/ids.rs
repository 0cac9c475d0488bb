//! Trace ids of the program's own.

use spanloom::{EndTrace, Error, SearchTraces, StartTrace, TraceId};

use super::stored;
use crate::universe::{Universe, in_directory};

#[test]
fn a_trace_gets_the_id_that_it_is_given() {
    let universe = Universe::new();
    let client = universe.client();
    let id: TraceId = "tr-0123456789abcdef0123456789abcdef".parse().expect("of the right form");
    let root = client.start_trace(StartTrace::new("root").trace_id(id)).expect("begins");
    assert_eq!(root.trace_id(), id);
    client.end_trace(EndTrace::new(id)).expect("ends");
    assert_eq!(stored(&universe, &root).info.trace_id, id);
}

#[test]
fn a_text_of_ones_own_stands_for_an_id_and_is_searched() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root").custom_trace_id("order-4711 ✓")).expect("begins");
    let id = TraceId::derived_from("order-4711 ✓");
    assert_eq!(root.trace_id(), id);
    client.end_trace(EndTrace::new(id)).expect("ends");
    assert_eq!(universe.trace(id).data.spans.len(), 1);
    let search = SearchTraces::new().filter("metadata.`spanloom.custom_trace_id` = 'order-4711 ✓'");
    let page = universe.search_traces_blocking(search).expect("the question is right");
    assert_eq!(page.traces.iter().map(|trace| trace.info.trace_id).collect::<Vec<_>>(), [id]);
}

/// Checks that an id is refused, whoever has it.
#[track_caller]
fn check_in_use(universe: &Universe, id: TraceId) {
    for _ in 0..10 {
        let twice = universe.client().start_trace(StartTrace::new("again").trace_id(id));
        assert!(matches!(twice, Err(Error::TraceIdInUse(used)) if used == id), "{twice:?}");
    }
}

#[test]
fn an_id_in_use_is_refused_while_its_trace_is_live_and_when_it_is_stored() {
    let universe = Universe::new();
    let client = universe.client();
    let id = TraceId::derived_from("one");
    client.start_trace(StartTrace::new("root").trace_id(id)).expect("begins");
    check_in_use(&universe, id);
    client.end_trace(EndTrace::new(id)).expect("ends");
    check_in_use(&universe, id);
    let foreign = universe.root_span("root").start();
    check_in_use(&universe, foreign.trace_id());
    foreign.end();
    check_in_use(&universe, foreign.trace_id());
    assert_eq!(universe.settled().traces.stored, 2);
}

#[test]
fn an_id_in_use_is_refused_after_the_store_was_opened_again() {
    let directory = tempfile::tempdir().expect("there is room");
    let id = TraceId::derived_from("one");
    {
        let universe = Universe::with(|_| in_directory(&directory));
        universe.client().start_trace(StartTrace::new("root").trace_id(id)).expect("begins");
        universe.client().end_trace(EndTrace::new(id)).expect("ends");
    }
    check_in_use(&Universe::with(|_| in_directory(&directory)), id);
}

#[test]
fn one_of_many_that_begin_with_one_id_gets_it() {
    let universe = Universe::new();
    let id = TraceId::derived_from("one");
    let begin = |_| {
        let client = universe.client();
        move || client.start_trace(StartTrace::new("root").trace_id(id)).is_ok()
    };
    let begun: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(begin).map(|begin| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("it does not panic"))).sum()
    });
    assert_eq!(begun, 1);
    universe.client().end_trace(EndTrace::new(id)).expect("ends");
}
