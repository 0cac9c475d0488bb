//! Engines of one process share threads and rings, and nothing that their users see.

use std::thread;

use spanloom::{Spanloom, start_span};
use spanloom_testing::assert_tree;

use crate::alone::alone;
use crate::universe::{PATIENCE, Universe};

/// The names of all spans of an engine, sorted.
fn names(universe: &Universe) -> Vec<String> {
    let traces = universe.all_traces();
    let mut names: Vec<_> = traces.iter().flat_map(|trace| &trace.data.spans).map(|span| span.name.clone()).collect();
    names.sort();
    names
}

#[test]
fn two_engines_do_not_see_each_others_traces() {
    let (left, right) = (Universe::new(), Universe::new());
    let of_left = left.trace_of(|_| drop(start_span("left child")));
    let of_right = right.trace_of(|_| drop(start_span("right child")));
    assert_eq!(names(&left), ["left child", "root"]);
    assert_eq!(names(&right), ["right child", "root"]);
    assert_eq!(left.get_trace_blocking(&of_right.info.trace_id).expect("the store can be read"), None);
    assert_eq!(right.get_trace_blocking(&of_left.info.trace_id).expect("the store can be read"), None);
    let _open = left.root_span("open").start();
    right.flush_blocking(PATIENCE).expect("there is a minute for it");
    assert!(right.live_traces().is_empty());
}

#[test]
fn the_spans_of_a_thread_may_alternate_between_engines() {
    let engines: Vec<_> = (0..3).map(|_| Universe::new()).collect();
    let roots: Vec<_> = engines.iter().map(|engine| engine.root_span("root").start()).collect();
    for round in 0..100 {
        let root = roots[round % 3].enter();
        root.child("child").start().set_inputs(round);
        drop(start_span("block"));
    }
    let ids: Vec<_> = roots.iter().map(|root| root.trace_id()).collect();
    drop(roots);
    for (number, (engine, id)) in engines.iter().zip(ids).enumerate() {
        let trace = engine.trace(id);
        let inputs = trace.data.spans.iter().filter_map(|span| span.inputs()?.as_u64());
        assert!(inputs.eq((number as u64..100).step_by(3)));
        assert_eq!(engine.settled().traces.stored, 1);
    }
}

#[test]
fn a_current_span_decides_the_engine() {
    let (left, right) = (Universe::new(), Universe::new());
    let trace = left.trace_of(|_| {
        let inside = right.trace_of(|_| drop(start_span("of the right")));
        assert_eq!(inside.data.spans.len(), 2);
        drop(start_span("of the left"));
    });
    assert_tree(
        &trace,
        "
            root OK
                of the left OK
        ",
    );
}

#[test]
fn the_shutdown_of_one_leaves_the_others() {
    let (stays, goes) = (Universe::new(), Universe::new());
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            for _ in 0..2_000 {
                stays.root_span("root").start().child("child").start().set_inputs(1);
            }
        });
        let open = goes.root_span("open").start();
        goes.shutdown_blocking(PATIENCE).expect("there is a minute for it");
        drop(open);
        worker.join().expect("it does not panic");
    });
    let counts = stays.settled();
    assert_eq!((counts.traces.started, counts.traces.live), (2_000, 0), "{counts:?}");
    let after = stays.trace_of(|_| drop(start_span("child")));
    assert_eq!(after.data.spans.len(), 2);
}

#[test]
fn a_handle_of_an_engine_that_was_shut_down_records_into_no_other() {
    for _ in 0..20 {
        let stopped = Universe::new();
        let parent = stopped.root_span("root").start();
        stopped.shutdown_blocking(PATIENCE).expect("there is a minute for it");
        let next = Universe::new();
        assert!(!stopped.root_span("strays").start().is_recording());
        drop(parent.child("strays too").start());
        drop(parent);
        let counts = next.settled();
        assert_eq!((counts.spans.started, counts.traces.started), (0, 0), "{counts:?}");
    }
}

#[test]
fn engines_that_start_while_others_record_take_their_first_trace() {
    let busy = Universe::new();
    thread::scope(|scope| {
        scope.spawn(|| (0..20_000).for_each(|_| drop(busy.root_span("busy").start())));
        for _ in 0..50 {
            assert_eq!(Universe::new().trace_of(|_| ()).data.spans.len(), 1);
        }
    });
}

#[test]
fn the_last_handle_of_an_engine_stores_everything_before_it_goes() {
    let directory = tempfile::TempDir::new().expect("there is room for a directory");
    let open =
        || Spanloom::builder().store(directory.path().join("traces.db")).start().expect("the store can be opened");
    let first = open();
    let (clone, id) = (first.clone(), first.root_span("root").start().trace_id());
    drop(first);
    assert!(clone.root_span("another").start().is_recording(), "one handle is left");
    drop(clone);
    let again = open();
    assert!(again.get_trace_blocking(&id).expect("the store can be read").is_some());
    assert_eq!(
        again.search_traces_blocking(spanloom::SearchTraces::new()).expect("the question is right").traces.len(),
        2
    );
}

/// Threads and open files of this process.
#[cfg(target_os = "linux")]
fn held() -> (usize, usize) {
    let count = |directory: &str| std::fs::read_dir(directory).expect("the system tells").count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[cfg(target_os = "linux")]
#[test]
fn two_hundred_engines_one_after_another_leave_no_thread_and_no_file() {
    alone("tenants::two_hundred_engines_one_after_another_leave_no_thread_and_no_file", || {
        let directory = tempfile::TempDir::new().expect("there is room for a directory");
        let cycle = || {
            let (sink, _received) = spanloom_testing::TestSink::new("s");
            let store = directory.path().join("traces.db");
            let loom = Spanloom::builder().store(store).sink(sink).start().expect("the store can be opened");
            loom.root_span("root").start().child("child").start().set_inputs(1);
            assert_eq!(
                loom.search_traces_blocking(spanloom::SearchTraces::new().max_results(1)).map(|p| p.traces.len()).ok(),
                Some(1)
            );
            loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
        };
        cycle();
        let before = held();
        (0..200).for_each(|_| cycle());
        // A thread that was told to end may need a moment for it.
        let after = crate::universe::eventually("the end of all threads", || Some(held()).filter(|now| *now <= before));
        assert!(after <= before, "{before:?} {after:?}");
    });
}
