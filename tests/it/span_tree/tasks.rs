//! Spans around futures: current while the future is polled, and only then.

use std::future::Future;
use std::num::ParseIntError;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::executor::block_on;
use spanloom::{InSpan, Span, current_span, span, start_span, try_with_span, with_span};
use spanloom_testing::{SpanTree, assert_tree};
use tokio::sync::{Barrier, oneshot};

use crate::universe::Universe;

#[spanloom::trace]
async fn fetch(shard: u32) -> u32 {
    tokio::task::yield_now().await;
    shard * 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tasks_continue_the_trace_on_any_worker() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    let tasks: Vec<_> = (1..=3).map(|shard| tokio::spawn(fetch(shard).in_span(root.child("task").start()))).collect();
    for task in tasks {
        task.await.expect("it does not panic");
    }
    drop(root);
    let trace = universe.fetch(id).await;
    SpanTree::of(&trace).sorted().assert_is(
        r#"
            root OK
                task OK
                    fetch OK
                        = inputs {"shard": 1}
                        = outputs 10
                task OK
                    fetch OK
                        = inputs {"shard": 2}
                        = outputs 20
                task OK
                    fetch OK
                        = inputs {"shard": 3}
                        = outputs 30
        "#,
    );
}

#[test]
fn blocks_around_awaits_nest_and_give_what_the_closure_gives() {
    let trace = Universe::new().trace_of(|_| {
        let work = with_span("user", async |user| {
            user.set_inputs("q");
            let built = span("model").span_type("LLM").attribute("temperature", 0.5);
            with_span(built, async |_| fetch(4).await).await + 2
        });
        assert_eq!(block_on(work), 42);
    });
    assert_tree(
        &trace,
        r#"
            root OK
                user OK
                    = inputs "q"
                    model LLM OK
                        = temperature 0.5
                        fetch OK
                            = inputs {"shard": 4}
                            = outputs 40
        "#,
    );
}

#[test]
fn an_error_that_leaves_a_block_is_recorded_and_given_on() {
    let trace = Universe::new().trace_of(|_| {
        let result: Result<i32, ParseIntError> = block_on(try_with_span("parse", async |_| "x".parse::<i32>()));
        assert!(result.is_err());
        assert_eq!(block_on(try_with_span("again", async |_| "7".parse::<i32>())), Ok(7));
    });
    assert_tree(
        &trace,
        r#"
            root OK
                parse ERROR "ParseIntError: invalid digit found in string"
                    ! exception {"exception.message": "invalid digit found in string", "exception.type": "ParseIntError", "exception.stacktrace": "…"}
                again OK
        "#,
    );
}

/// Opens a span, waits for its turn, opens another one below whatever is current then.
async fn in_turns(mine: &'static str, turns: &Barrier) {
    for _ in 0..3 {
        turns.wait().await;
        drop(start_span(mine));
    }
}

#[test]
fn futures_that_are_polled_in_turn_on_one_thread_do_not_mix() {
    let trace = Universe::new().trace_of(|root| {
        let turns = Barrier::new(2);
        let left = in_turns("l", &turns).in_span(root.child("left").start());
        let right = in_turns("r", &turns).in_span(root.child("right").start());
        block_on(async { tokio::join!(left, right) });
        assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id()));
    });
    assert_tree(
        &trace,
        "
            root OK
                left OK
                    l OK
                    l OK
                    l OK
                right OK
                    r OK
                    r OK
                    r OK
        ",
    );
}

#[test]
fn a_span_is_current_only_while_its_future_is_polled() {
    Universe::new().trace_of(|root| {
        let current = || current_span().map(|span| span.span_id());
        let inner = root.child("inner").start();
        let inner_id = inner.span_id();
        let (answer, question) = oneshot::channel::<()>();
        let mut future = pin!(
            async {
                assert_eq!(current(), Some(inner_id));
                question.await.expect("it is answered");
                assert_eq!(current(), Some(inner_id));
            }
            .in_span(inner)
        );
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(current(), Some(root.span_id()));
        answer.send(()).expect("the future waits");
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(()));
        assert_eq!(current(), Some(root.span_id()));
    });
}

#[tokio::test]
async fn a_completed_task_lets_go_of_its_span_although_its_join_handle_is_kept() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    let (done, is_done) = oneshot::channel();
    let kept = tokio::spawn(async move { done.send(()).is_ok() }.in_span(root));
    is_done.await.expect("the task says so");
    // The handle goes when the poll is over, which the current-thread runtime has seen to before it comes back here.
    assert_eq!(universe.settled().spans.live, 0);
    assert_tree(&universe.trace(id), "root OK");
    assert!(kept.await.expect("it does not panic"));
}

#[tokio::test]
async fn a_cancelled_task_ends_its_spans_without_an_error() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    let (running, is_running) = oneshot::channel();
    let work = with_span(root.child("block"), async move |_: Span| {
        let _guard = running.send(()).is_ok();
        std::future::pending::<()>().await;
    });
    let task = tokio::spawn(work);
    is_running.await.expect("the task runs");
    task.abort();
    assert!(task.await.expect_err("it was aborted").is_cancelled());
    drop(root);
    let trace = universe.fetch(id).await;
    assert_tree(
        &trace,
        "
            root OK
                block OK
        ",
    );
}

#[tokio::test]
async fn a_panic_in_a_task_is_recorded_in_its_block() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    let task = tokio::spawn(with_span(root.child("block"), async |_| panic!("on purpose")));
    assert!(task.await.expect_err("it panics").is_panic());
    drop(root);
    let trace = universe.fetch(id).await;
    assert!(trace.data.spans[1].status.is_error(), "{:?}", trace.data.spans[1]);
    assert!(trace.data.spans[1].events[0].is_exception());
    assert!(!trace.data.spans[0].status.is_error());
}

struct RunsBlockWhenDropped;

impl Drop for RunsBlockWhenDropped {
    fn drop(&mut self) {
        block_on(with_span("clean-up", async |_| ()));
    }
}

#[test]
fn a_block_that_runs_while_a_panic_unwinds_is_not_at_fault() {
    let trace = Universe::new().trace_of(|_| {
        let panic = std::panic::catch_unwind(|| {
            let _on_drop = RunsBlockWhenDropped;
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
