//! A handle goes anywhere, and the work there hangs under it.

use std::sync::mpsc;
use std::thread;

use spanloom::{Span, SpanType, current_span, start_span};
use spanloom_testing::{SpanTree, assert_tree};

use crate::universe::Universe;

#[spanloom::trace]
fn worker(question: &str) -> usize {
    question.len()
}

#[test]
fn a_thread_with_a_cloned_handle_continues_the_trace() {
    let trace = Universe::new().trace_of(|root| {
        let here = root.clone();
        let thread = thread::spawn(move || {
            assert!(current_span().is_none(), "a new thread has no current span");
            let _active = here.enter();
            worker("why")
        });
        assert_eq!(thread.join().expect("it does not panic"), 3);
    });
    assert_tree(
        &trace,
        r#"
            root OK
                worker OK
                    = inputs {"question": "why"}
                    = outputs 3
        "#,
    );
}

#[test]
fn scoped_threads_share_a_handle() {
    let universe = Universe::new();
    let root = universe.root_span("main").span_type(SpanType::Chain).start();
    let id = root.trace_id();
    let questions = ["a", "bb", "ccc"];
    thread::scope(|scope| {
        for question in &questions {
            let root = root.clone();
            scope.spawn(move || {
                let _active = root.enter();
                worker(question);
                root.child("part").attribute("shard", question.len()).start();
            });
        }
    });
    drop(root);
    SpanTree::of(&universe.trace(id)).sorted().assert_is(
        r#"
            main CHAIN OK
                part OK
                    = shard 1
                part OK
                    = shard 2
                part OK
                    = shard 3
                worker OK
                    = inputs {"question": "a"}
                    = outputs 1
                worker OK
                    = inputs {"question": "bb"}
                    = outputs 2
                worker OK
                    = inputs {"question": "ccc"}
                    = outputs 3
        "#,
    );
}

#[test]
fn workers_behind_a_channel_take_spans_of_many_traces_in_turn() {
    let universe = Universe::new();
    let (jobs, queue) = mpsc::channel::<Span>();
    let worker = thread::spawn(move || {
        for span in queue {
            let _active = span.enter();
            drop(start_span("job"));
        }
    });
    let ids: Vec<_> = (0..10)
        .map(|_| {
            let root = universe.root_span("request").start();
            jobs.send(root.child("queued").start()).expect("the worker lives");
            root.trace_id()
        })
        .collect();
    drop(jobs);
    worker.join().expect("it does not panic");
    for id in ids {
        assert_tree(
            &universe.trace(id),
            "
                request OK
                    queued OK
                        job OK
            ",
        );
    }
}

#[test]
fn a_span_may_be_written_to_and_ended_on_any_thread() {
    let trace = Universe::new().trace_of(|root| {
        let span = root.child("travels").start();
        span.set_attribute("first", 1);
        let elsewhere = span.clone();
        let writer = thread::spawn(move || {
            elsewhere.set_attribute("second", 2);
            elsewhere.set_outputs("done");
            elsewhere.end();
        });
        writer.join().expect("it does not panic");
    });
    assert_tree(
        &trace,
        r#"
            root OK
                travels OK
                    = first 1
                    = second 2
                    = outputs "done"
        "#,
    );
}
