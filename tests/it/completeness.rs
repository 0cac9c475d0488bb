//! A trace is stored when it is whole: whatever thread its spans ended on, and whenever.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use spanloom::{Overflow, Span, SpanStatus, Trace, TraceState, start_span};
use spanloom_testing::assert_tree;

use crate::universe::{PATIENCE, Universe, eventually};

/// An engine whose spans wait for room as long as that takes.
fn patient() -> Universe {
    Universe::with(|builder| builder.overflow(Overflow::Block { deadline: PATIENCE }))
}

fn is_flagged(trace: &Trace) -> bool {
    trace.info.trace_metadata.contains_key("spanloom.incomplete")
}

/// Ends the spans it is sent, and says so.
fn end_spans(queue: Receiver<(Span, Sender<()>)>) {
    for (span, ended) in queue {
        span.end();
        drop(span);
        ended.send(()).expect("the driver waits");
    }
}

/// Opens roots with a child on each of two workers, and ends each root as soon as it was told that both have ended.
fn drive(universe: &Universe, workers: [&Sender<(Span, Sender<()>)>; 2], traces: usize) {
    let (done, is_done) = channel();
    for _ in 0..traces {
        let root = universe.root_span("root").start();
        for worker in workers {
            worker.send((root.child("child").start(), done.clone())).expect("the worker lives");
        }
        workers.iter().for_each(|_| is_done.recv().expect("the worker answers"));
        root.end();
    }
}

#[test]
fn children_that_end_on_other_threads_just_before_the_root_are_in_its_trace() {
    const DRIVERS: usize = 4;
    const TRACES: usize = 2_500;
    let universe = patient();
    thread::scope(|scope| {
        let (workers, queues): (Vec<_>, Vec<_>) = (0..DRIVERS).map(|_| channel()).unzip();
        queues.into_iter().for_each(|queue| drop(scope.spawn(|| end_spans(queue))));
        for driver in 0..DRIVERS {
            let (left, right) = (workers[driver].clone(), workers[(driver + 1) % DRIVERS].clone());
            let universe = &universe;
            scope.spawn(move || drive(universe, [&left, &right], TRACES));
        }
    });
    let counts = universe.settled();
    assert_eq!(counts.traces.stored as usize, DRIVERS * TRACES, "{counts:?}");
    let is_whole = |trace: &&Trace| trace.data.spans.len() == 3 && !is_flagged(trace);
    let whole = universe.all_traces().iter().filter(is_whole).count();
    assert_eq!(whole, DRIVERS * TRACES);
}

/// Makes children of another thread's root, more than the registry keeps together, and then a root of its own.
fn help_then_begin(universe: &Universe, foreign: &Span) {
    const CHILDREN: usize = 600;
    (0..CHILDREN).for_each(|_| drop(foreign.child("child").start()));
    let own = universe.root_span("own").start();
    (0..CHILDREN).for_each(|_| drop(own.child("child").start()));
}

#[test]
fn children_that_are_seen_before_their_root_are_in_its_trace() {
    const ROUNDS: usize = 50;
    let universe = patient();
    for _ in 0..ROUNDS {
        // Whichever ring is read first, the children in one of them come before the root in the other.
        let (to_left, from_right) = channel();
        let (to_right, from_left) = channel();
        thread::scope(|scope| {
            for (to_other, from_other) in [(to_right, from_right), (to_left, from_left)] {
                let universe = &universe;
                scope.spawn(move || {
                    let root = universe.root_span("shared").start();
                    to_other.send(root.clone()).expect("the other thread takes it");
                    let foreign: Span = from_other.recv().expect("the other thread sends it");
                    help_then_begin(universe, &foreign);
                });
            }
        });
    }
    let counts = universe.settled();
    assert_eq!((counts.traces.stored, counts.traces.live), (4 * ROUNDS as u64, 0), "{counts:?}");
    let traces = universe.all_traces();
    let partial: Vec<_> = traces.iter().filter(|trace| trace.data.spans.len() != 601).collect();
    assert!(partial.is_empty(), "{} of {} traces are not whole", partial.len(), traces.len());
}

#[test]
fn a_root_that_ends_first_waits_for_its_children() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let (id, child) = (root.trace_id(), root.child("child").start());
    root.end();
    assert_eq!(universe.settled().traces.live, 1);
    assert_tree(
        &universe.trace(id),
        "
            root OK
                child UNSET open
        ",
    );
    drop(child);
    assert_eq!(universe.settled().traces.stored, 1);
    let trace = universe.trace(id);
    assert_tree(
        &trace,
        "
            root OK
                child OK
        ",
    );
    assert_eq!((trace.info.state, is_flagged(&trace)), (TraceState::Ok, false));
}

#[test]
fn a_child_that_starts_after_the_root_s_end_belongs_to_the_trace_while_another_is_open() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let (id, first) = (root.trace_id(), root.child("first").start());
    root.end();
    drop(first.child("second").start());
    drop(first);
    assert_tree(
        &universe.trace(id),
        "
            root OK
                first OK
                    second OK
        ",
    );
}

/// A trace whose root has ended, closed with this child open because the patience of its engine was over.
fn closed_with_open_child(universe: &Universe, child: &mut Option<Span>) -> Trace {
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    *child = Some(root.child("child").span_type("TOOL").start());
    root.end();
    eventually("the close of the trace", || {
        let trace = universe.trace(id);
        (trace.info.state != TraceState::InProgress).then_some(trace)
    })
}

fn impatient() -> Universe {
    Universe::with(|builder| builder.linger(Duration::from_millis(50)))
}

#[test]
fn after_the_linger_the_trace_is_stored_and_marked_incomplete() {
    let universe = impatient();
    let mut child = None;
    let trace = closed_with_open_child(&universe, &mut child);
    assert_tree(
        &trace,
        "
            root OK
                child TOOL UNSET
                    = spanloom.incomplete true
        ",
    );
    assert!(is_flagged(&trace));
    let counts = universe.settled();
    assert_eq!((counts.spans.stored, counts.traces.stored, counts.spans.live), (2, 1, 0), "{counts:?}");
}

#[test]
fn a_later_end_amends_the_stored_trace() {
    let universe = impatient();
    let mut child = None;
    let trace = closed_with_open_child(&universe, &mut child);
    let child = child.expect("it was made");
    let closed_at = trace.data.spans[1].end_time_unix_nano;
    child.set_outputs("late");
    child.set_status(SpanStatus::error("too late"));
    let grandchild = child.child("grandchild").start();
    drop(grandchild);
    drop(child);
    let amended = eventually("the amendment", || {
        let trace = universe.trace(trace.info.trace_id);
        (trace.data.spans[1].end_time_unix_nano != closed_at).then_some(trace)
    });
    assert_tree(
        &amended,
        r#"
            root OK
                child TOOL ERROR "too late"
                    = outputs "late"
                    = spanloom.incomplete false
                    grandchild OK
        "#,
    );
    assert_eq!(amended.data.spans[1].attribute("mlflow.spanLogLevel"), Some(20.into()));
    let counts = universe.settled();
    assert_eq!((counts.spans.stored, counts.traces.stored), (3, 1), "{counts:?}");
}

/// A thread that records one span and is gone, this many times.
fn one_span_threads(threads: usize) {
    let universe = patient();
    for _ in 0..threads / 10 {
        let root = universe.root_span("root").start();
        thread::scope(|scope| {
            (0..10).for_each(|_| drop(scope.spawn(|| drop(root.child("alone").start()))));
        });
    }
    let counts = universe.settled();
    assert_eq!(counts.spans.stored as usize, threads + threads / 10, "{counts:?}");
    assert!(universe.all_traces().iter().all(|trace| trace.data.spans.len() == 11));
}

#[test]
fn threads_that_exit_lose_nothing() {
    one_span_threads(500);
}

#[test]
#[ignore = "the long tier"]
fn ten_thousand_threads_that_exit_lose_nothing() {
    one_span_threads(10_000);
}

/// Ends its span, and records another one, when its thread exits.
struct AtExit(Span);

impl Drop for AtExit {
    fn drop(&mut self) {
        self.0.child("at exit").start().set_attribute("k", 1);
        self.0.end();
    }
}

thread_local! {
    static AT_EXIT: RefCell<Option<AtExit>> = const { RefCell::new(None) };
}

#[test]
fn spans_of_destructors_at_thread_exit_are_recorded() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    // Destructors run in the order in which their values were first used: once before, once after this library's own.
    for records_first in [false, true] {
        let span = root.child("thread").start();
        let work = move || {
            if records_first {
                let _active = span.enter();
                drop(start_span("before"));
            }
            AT_EXIT.with_borrow_mut(|slot| *slot = Some(AtExit(span)));
        };
        thread::spawn(work).join().expect("it does not panic");
    }
    drop(root);
    assert_tree(
        &universe.trace(id),
        "
            root OK
                thread OK
                    at exit OK
                        = k 1
                thread OK
                    before OK
                    at exit OK
                        = k 1
        ",
    );
}

#[test]
fn a_chain_of_ten_thousand_spans_is_read_back_whole() {
    const DEPTH: usize = 10_000;
    let universe = patient();
    let trace = universe.trace_of(|root| {
        let mut chain = vec![root.child("link").start()];
        while chain.len() < DEPTH {
            chain.push(chain[chain.len() - 1].child("link").start());
        }
    });
    assert_eq!(trace.data.spans.len(), DEPTH + 1);
    let hangs_from_the_one_before = |pair: &[spanloom::SpanRecord]| pair[1].parent_id == Some(pair[0].span_id);
    assert!(trace.data.spans.windows(2).all(hangs_from_the_one_before));
}
