//! Where a span hangs.

use spanloom::{current_span, start_span};
use spanloom_testing::assert_tree;

use crate::universe::Universe;

#[spanloom::trace]
fn outer(depth: u32) -> u32 {
    if depth == 0 { 0 } else { 1 + outer(depth - 1) }
}

#[test]
fn child_hangs_under_its_handle_whatever_is_current() {
    let trace = Universe::new().trace_of(|root| {
        let a = root.child("a").start();
        let _b = start_span("b");
        a.child("under a").start();
    });
    assert_tree(
        &trace,
        "
            root OK
                a OK
                    under a OK
                b OK
        ",
    );
}

#[test]
fn blocks_and_traced_functions_hang_under_the_current_span() {
    let trace = Universe::new().trace_of(|_| {
        let _block = start_span("block");
        outer(1);
        spanloom::span("handle").start();
    });
    assert_tree(
        &trace,
        r#"
            root OK
                block OK
                    outer OK
                        = inputs {"depth": 1}
                        = outputs 1
                        outer OK
                            = inputs {"depth": 0}
                            = outputs 0
                    handle OK
        "#,
    );
}

#[test]
fn root_span_begins_a_trace_of_its_own_inside_another() {
    let universe = Universe::new();
    let mut inner = None;
    let outer = universe.trace_of(|_| {
        let root = universe.root_span("inner").enter();
        inner = Some(root.trace_id());
        drop(start_span("inside"));
    });
    assert_tree(&outer, "root OK");
    let inner = universe.trace(inner.expect("the body ran"));
    assert_tree(
        &inner,
        "
            inner OK
                inside OK
        ",
    );
}

#[test]
fn without_current_span_and_without_installed_engine_nothing_is_recorded() {
    let universe = Universe::new();
    assert!(current_span().is_none());
    let span = start_span("nowhere");
    assert!(!span.is_recording());
    assert_eq!(outer(2), 2);
    drop(span);
    assert_eq!(universe.settled().spans.started, 0);
}

#[test]
fn under_a_span_that_does_not_record_nothing_does() {
    let universe = Universe::with(|builder| builder.sampling_ratio(0.0));
    let root = universe.root_span("sampled out").enter();
    assert!(!root.is_recording() && current_span().is_none());
    assert!(!root.child("child").start().is_recording());
    assert_eq!(outer(2), 2);
    drop(root);
    assert_eq!(universe.settled().spans.started, 0);
}

#[test]
fn the_current_span_is_the_innermost_that_was_entered() {
    let universe = Universe::new();
    universe.trace_of(|root| {
        let current = || current_span().map(|span| span.span_id());
        assert_eq!(current(), Some(root.span_id()));
        let handle = root.child("handle").start();
        assert_eq!(current(), Some(root.span_id()));
        let entered = handle.enter();
        assert_eq!(current(), Some(handle.span_id()));
        drop(entered);
        assert_eq!(current(), Some(root.span_id()));
    });
    assert!(current_span().is_none());
}
