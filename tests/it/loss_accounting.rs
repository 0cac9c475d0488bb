//! Whatever is not stored is counted, under its reason, and the trace it belonged to is not stored in part.

use std::thread;
use std::time::Duration;

use spanloom::{Conservation, DropReason, Overflow, Trace, TraceState};

use crate::universe::{PATIENCE, Universe};

const CHILDREN: usize = 4;

/// On each of four threads this many traces of five spans, with values of this size; the root says how many spans.
fn load(universe: &Universe, traces_per_thread: usize, value_bytes: usize) {
    let value = "v".repeat(value_bytes);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..traces_per_thread {
                    let root = universe.root_span("root").start();
                    root.set_attribute("spans", CHILDREN + 1);
                    for _ in 0..CHILDREN {
                        root.child("child").start().set_inputs(&value);
                    }
                }
            });
        }
    });
}

/// Whether it has as many spans as its root says.
fn is_whole(trace: &Trace) -> bool {
    trace.data.spans[0].attribute("spans") == Some(trace.data.spans.len().into())
}

/// Checks that what is stored is what is counted as stored, every trace whole, and gives the counts.
#[track_caller]
fn check(universe: &Universe, traces: u64) -> Conservation {
    let counts = universe.settled();
    assert_eq!(counts.traces.started, traces, "{counts:?}");
    assert_eq!((counts.traces.live, counts.spans.live), (0, 0), "{counts:?}");
    let stored = universe.all_traces();
    assert!(stored.iter().all(is_whole), "a trace is stored in part");
    let spans: usize = stored.iter().map(|trace| trace.data.spans.len()).sum();
    assert_eq!((stored.len() as u64, spans as u64), (counts.traces.stored, counts.spans.stored), "{counts:?}");
    counts
}

#[test]
fn under_normal_load_nothing_is_lost() {
    let universe = Universe::new();
    // What a thread does between two of its traces, here a flush, takes longer than recording one.
    for _ in 0..50 {
        load(&universe, 10, 50);
        universe.flush_blocking(PATIENCE).expect("there is a minute for it");
    }
    let counts = check(&universe, 2_000);
    assert_eq!((counts.spans.stored, counts.spans.dropped_total()), (10_000, 0), "{counts:?}");
}

#[test]
fn with_too_little_memory_whole_traces_are_dropped_and_counted() {
    let universe = Universe::with(|builder| builder.memory_limit(192 << 10));
    load(&universe, 1_000, 2_000);
    let counts = check(&universe, 4_000);
    assert!(counts.traces.dropped_total() > 0, "the load was too small for this test: {counts:?}");
    let reasons = [DropReason::ChannelFull, DropReason::RegistryFull];
    assert!(counts.traces.dropped.keys().all(|reason| reasons.contains(reason)), "{counts:?}");
    assert_eq!(counts.spans.started, 5 * 4_000, "{counts:?}");
}

#[test]
fn with_full_rings_whole_traces_are_dropped_and_counted() {
    let universe = Universe::new();
    load(&universe, 20_000, 10);
    let counts = check(&universe, 80_000);
    assert_eq!(counts.spans.started, 5 * 80_000, "{counts:?}");
}

#[test]
fn who_waits_for_room_loses_nothing() {
    let universe = Universe::with(|builder| builder.overflow(Overflow::Block { deadline: PATIENCE }));
    load(&universe, 5_000, 100);
    let counts = check(&universe, 20_000);
    assert_eq!((counts.spans.stored, counts.spans.dropped_total()), (100_000, 0), "{counts:?}");
}

#[test]
fn who_waits_too_short_a_time_loses_whole_traces_and_counts_them() {
    let block = Overflow::Block { deadline: Duration::from_micros(100) };
    let universe = Universe::with(|builder| builder.overflow(block).memory_limit(192 << 10));
    load(&universe, 1_000, 2_000);
    let counts = check(&universe, 4_000);
    assert_eq!(counts.spans.started, 5 * 4_000, "{counts:?}");
}

#[test]
fn spans_beyond_the_limit_of_a_trace_are_dropped_and_the_trace_says_so() {
    let universe = Universe::with(|builder| builder.max_spans_per_trace(10));
    let trace = universe.trace_of(|root| (0..14).for_each(|_| drop(root.child("child").start())));
    assert_eq!(trace.data.spans.len(), 10);
    assert_eq!(trace.info.trace_metadata["spanloom.incomplete"], "true");
    assert_eq!(trace.info.trace_metadata["spanloom.dropped_spans"], "5");
    let counts = universe.settled();
    assert_eq!((counts.spans.started, counts.spans.stored, counts.traces.stored), (15, 10, 1), "{counts:?}");
    assert_eq!(counts.spans.dropped, [(DropReason::TraceTooLarge, 5)].into());
}

#[test]
fn a_trace_with_too_many_bytes_is_dropped_whole() {
    let universe = Universe::with(|builder| builder.max_trace_bytes(10_000));
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    for _ in 0..4 {
        root.child("child").start().set_inputs("x".repeat(4_000));
    }
    drop(root);
    universe.trace_of(|_| ());
    assert_eq!(universe.get_trace_blocking(&id).expect("the store can be read"), None);
    let counts = universe.settled();
    assert_eq!(counts.spans.dropped, [(DropReason::TraceTooLarge, 5)].into(), "{counts:?}");
    assert_eq!((counts.traces.dropped_total(), counts.traces.stored), (1, 1), "{counts:?}");
}

#[test]
fn traces_beyond_the_limit_of_live_ones_are_dropped_whole() {
    let universe = Universe::with(|builder| builder.max_live_traces(3));
    let roots: Vec<_> = (0..5).map(|_| universe.root_span("root").start()).collect();
    roots.iter().for_each(|root| drop(root.child("child").start()));
    drop(roots);
    let counts = universe.settled();
    assert_eq!((counts.traces.stored, counts.spans.stored), (3, 6), "{counts:?}");
    assert_eq!(counts.spans.dropped, [(DropReason::RegistryFull, 4)].into());
    assert_eq!(counts.traces.dropped, [(DropReason::RegistryFull, 2)].into());
}

#[test]
fn at_shutdown_open_spans_are_stored_and_marked_incomplete() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let (id, child) = (root.trace_id(), root.child("child").start());
    root.child("ended").start().end();
    let report = universe.shutdown_blocking(PATIENCE).expect("there is a minute for it");
    assert_eq!((report.stored, report.synced, report.lost.len()), (3, 3, 0), "{report:?}");
    let trace = universe.trace(id);
    assert_eq!(trace.info.trace_metadata["spanloom.incomplete"], "true");
    let open = trace.data.spans.iter().filter(|span| span.attribute("spanloom.incomplete") == Some(true.into()));
    assert_eq!(open.map(|span| span.name.as_str()).collect::<Vec<_>>(), ["root", "child"]);
    assert_ne!(trace.info.state, TraceState::InProgress);
    child.set_outputs("ignored");
    drop((root, child));
    assert!(!universe.root_span("too late").start().is_recording());
    assert_eq!(universe.conservation().spans.dropped, [(DropReason::AfterShutdown, 1)].into());
}

#[test]
fn sampled_out_traces_are_not_counted_and_the_others_are_kept_whole() {
    let universe = Universe::with(|builder| builder.sampling_ratio(0.5));
    load(&universe, 250, 10);
    let counts = universe.settled();
    assert!((300..700).contains(&counts.traces.started), "{counts:?}");
    check(&universe, counts.traces.started);
}
