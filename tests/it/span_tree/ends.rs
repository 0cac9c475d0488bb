//! When a span ends, and what is written afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use spanloom::{SpanEvent, SpanStatus, current_span, span, start_span};
use spanloom_testing::assert_tree;

use crate::universe::Universe;

const PANIC: &str = "! exception {\"exception.message\": \"the thread panicked inside this span\", \
     \"exception.type\": \"panic\", \"exception.stacktrace\": \"…\"}";

#[test]
fn a_span_ends_with_its_last_handle() {
    let universe = Universe::new();
    universe.trace_of(|root| {
        let open = || universe.settled().spans.live;
        let first = root.child("handles").start();
        let (second, third) = (first.clone(), first.clone());
        assert_eq!(open(), 2);
        drop(first);
        thread::spawn(move || drop(second)).join().expect("it does not panic");
        let before = ended(&universe, root.trace_id());
        assert!(!before, "one handle is left");
        drop(third);
        assert!(ended(&universe, root.trace_id()), "no handle is left");
    });
}

fn ended(universe: &Universe, id: spanloom::TraceId) -> bool {
    universe.trace(id).data.spans[1].end_time_unix_nano.is_some()
}

#[test]
fn end_counts_whatever_handles_there_are() {
    let universe = Universe::new();
    universe.trace_of(|root| {
        let span = root.child("ended").start();
        let other = span.clone();
        span.end();
        assert!(ended(&universe, root.trace_id()));
        other.end();
        drop((span, other));
    });
}

#[test]
fn leaving_a_block_ends_its_span_whatever_clones_exist() {
    let universe = Universe::new();
    let block = universe.root_span("root").enter();
    let (id, kept) = (block.trace_id(), block.clone());
    drop(block);
    assert_tree(&universe.trace(id), "root OK");
    assert_eq!(universe.settled().traces.live, 0);
    drop(kept);
    assert_eq!(universe.settled().traces.stored, 1);
}

#[test]
fn what_the_ending_thread_writes_afterwards_is_ignored() {
    let trace = Universe::new().trace_of(|root| {
        let span = root.child("span").start();
        span.set_attribute("before", 1);
        span.end();
        span.set_attribute("after", 2);
        span.set_inputs("after");
        span.set_outputs("after");
        span.set_span_type("TOOL");
        span.add_event(SpanEvent::new("after"));
        span.set_status(SpanStatus::error("after"));
        span.end();
    });
    assert_tree(
        &trace,
        "
            root OK
                span OK
                    = before 1
        ",
    );
}

#[test]
fn the_first_end_gives_the_moment() {
    let trace = Universe::new().trace_of(|root| {
        let span = root.child("span").at_unix_nanos(2_000_000_000).start();
        span.end_at_unix_nanos(2_000_000_500);
        span.end_at_unix_nanos(9_000_000_000);
        root.child("backwards").at_unix_nanos(2_000).start().end_at_unix_nanos(1_000);
    });
    let durations: Vec<_> =
        trace.data.spans.iter().filter(|s| s.parent_id.is_some()).map(|s| s.duration_ns()).collect();
    assert_eq!(durations, [Some(-1_000), Some(500)]);
}

#[test]
fn guards_dropped_out_of_order_leave_the_right_span_current() {
    let trace = Universe::new().trace_of(|root| {
        let current = || current_span().map(|span| span.span_id());
        let (a, b, c) = (start_span("a"), start_span("b"), start_span("c"));
        let c_id = c.span_id();
        drop(b);
        assert_eq!(current(), Some(c_id));
        drop(start_span("under c"));
        drop(c);
        assert_eq!(current(), Some(a.span_id()));
        drop(start_span("under a"));
        drop(a);
        assert_eq!(current(), Some(root.span_id()));
    });
    assert_tree(
        &trace,
        "
            root OK
                a OK
                    b OK
                        c OK
                            under c OK
                    under a OK
        ",
    );
}

#[test]
fn a_panic_ends_the_blocks_it_leaves_with_an_error_and_restores_the_stack() {
    let trace = Universe::new().trace_of(|root| {
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let _outer = start_span("outer");
            let _entered = root.child("entered").start().enter();
            let _inner = start_span("inner");
            panic!("on purpose");
        }));
        assert!(panic.is_err());
        assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id()));
        drop(start_span("after"));
    });
    assert_tree(
        &trace,
        &format!(
            r#"
            root OK
                outer ERROR "panic: the thread panicked inside this span"
                    {PANIC}
                entered OK
                    inner ERROR "panic: the thread panicked inside this span"
                        {PANIC}
                after OK
            "#
        ),
    );
}

struct OpensBlockWhenDropped;

impl Drop for OpensBlockWhenDropped {
    fn drop(&mut self) {
        drop(start_span("clean-up"));
    }
}

#[test]
fn a_guard_that_is_made_while_a_panic_unwinds_is_not_at_fault() {
    let trace = Universe::new().trace_of(|_| {
        let panic = catch_unwind(|| {
            let _on_drop = OpensBlockWhenDropped;
            panic!("on purpose");
        });
        assert!(panic.is_err());
    });
    assert_tree(
        &trace,
        "
            root OK
                clean-up OK
        ",
    );
}

#[spanloom::trace]
fn panics() {
    panic!("out of range");
}

#[test]
fn a_panic_leaves_a_traced_function_with_its_text_and_goes_on() {
    let trace = Universe::new().trace_of(|_| {
        let payload = catch_unwind(panics).expect_err("it panics");
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"out of range"));
    });
    let span = &trace.data.spans[1];
    assert!(span.status.is_error(), "{span:?}");
    assert_eq!(span.events[0].get("exception.message"), Some("out of range".into()));
    assert_eq!(span.outputs(), None);
}

#[test]
fn a_builder_that_is_dropped_begins_nothing() {
    let trace = Universe::new().trace_of(|root| {
        drop(root.child("not begun").attribute("k", 1));
        drop(span("not begun either"));
    });
    assert_tree(&trace, "root OK");
}
