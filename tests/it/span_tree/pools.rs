//! What is current reaches every pool, one line each; and what happens where nothing is.

use std::sync::mpsc;
use std::thread;

use actix::prelude::*;
use rayon::prelude::*;
use spanloom::{Carried, Carry, InSpan, SpanType, Trace, carry, current_span, in_current, start_span};
use spanloom_testing::{SpanTree, assert_tree};

use crate::universe::Universe;

#[spanloom::trace]
fn worker(n: u8) -> u8 {
    n * 2
}

/// Has three calls of `worker` made for 1 to 3 below a root, by whatever means.
#[track_caller]
fn check(hand_over: impl FnOnce()) {
    let trace = Universe::new().trace_of(|root| {
        hand_over();
        assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id()));
    });
    SpanTree::of(&trace).sorted().assert_is(
        r#"
            root OK
                worker OK
                    = inputs {"n": 1}
                    = outputs 2
                worker OK
                    = inputs {"n": 2}
                    = outputs 4
                worker OK
                    = inputs {"n": 3}
                    = outputs 6
        "#,
    );
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime").block_on(work)
}

#[test]
fn threads() {
    check(|| {
        let threads: Vec<_> = (1..=3).map(|n| thread::spawn(in_current(move || worker(n)))).collect();
        assert_eq!(threads.into_iter().filter_map(|thread| thread.join().ok()).sum::<u8>(), 12);
    });
}

#[test]
fn scoped_threads() {
    check(|| thread::scope(|scope| (1..=3).for_each(|n| drop(scope.spawn(in_current(move || worker(n)))))));
}

#[test]
fn crossbeam_scopes() {
    check(|| {
        let here = carry();
        let all = crossbeam::scope(|scope| {
            for n in 1..=3 {
                let here = &here;
                scope.spawn(move |_| here.run(|| worker(n)));
            }
        });
        all.expect("they do not panic");
    });
}

#[test]
fn rayon_iterators() {
    check(|| {
        let here = carry();
        assert_eq!([1, 2, 3].into_par_iter().map(|n| here.run(|| worker(n))).sum::<u8>(), 12);
    });
}

#[test]
fn rayon_joins_scopes_and_spawned_work() {
    check(|| {
        rayon::join(in_current(|| worker(1)), in_current(|| worker(2)));
        let here = carry();
        rayon::scope(|scope| scope.spawn(|_| assert_eq!(here.run(|| worker(3)), 6)));
    });
    check(|| {
        let (done, is_done) = mpsc::channel();
        for n in 1..=3 {
            let done = done.clone();
            rayon::spawn(in_current(move || done.send(worker(n)).expect("the test waits")));
        }
        assert_eq!(is_done.iter().take(3).sum::<u8>(), 12);
    });
}

#[test]
fn tokio_tasks_blocking_tasks_and_join_sets() {
    check(|| {
        block_on(async {
            let task = tokio::spawn(async { worker(1) }.in_current_span());
            let blocking = tokio::task::spawn_blocking(in_current(|| worker(2)));
            let mut set = tokio::task::JoinSet::new();
            set.spawn(async { worker(3) }.in_current_span());
            assert_eq!((task.await.ok(), blocking.await.ok(), set.join_all().await), (Some(2), Some(4), vec![6]));
        });
    });
}

#[test]
fn messages_of_channels() {
    check(|| {
        let (jobs, queue) = mpsc::channel();
        let pool = thread::spawn(move || queue.into_iter().map(|job: Carried<u8>| job.run(worker)).sum::<u8>());
        (1..=3).for_each(|n| jobs.send(Carried::new(n)).expect("the pool lives"));
        drop(jobs);
        assert_eq!(pool.join().ok(), Some(12));
    });
}

struct Doubler;

impl Actor for Doubler {
    type Context = Context<Self>;
}

/// A message that says where it comes from.
#[derive(Message)]
#[rtype(result = "u8")]
struct Double {
    n: u8,
    from: Carry,
}

impl Handler<Double> for Doubler {
    type Result = ResponseFuture<u8>;

    fn handle(&mut self, message: Double, _: &mut Self::Context) -> Self::Result {
        if message.n == 1 {
            let _active = message.from.enter();
            let doubled = worker(message.n);
            return Box::pin(async move { doubled });
        }
        let _active = message.from.enter();
        Box::pin(async move { worker(message.n) }.in_current_span())
    }
}

#[test]
fn actix_actors_and_arbiters() {
    check(|| {
        let here = carry();
        System::new().block_on(here.run(|| {
            async move {
                let arbiter = Arbiter::new();
                let doubler = Doubler::start_in_arbiter(&arbiter.handle(), |_| Doubler);
                for n in [1, 2] {
                    assert_eq!(doubler.send(Double { n, from: carry() }).await.ok(), Some(n * 2));
                }
                let (done, is_done) = tokio::sync::oneshot::channel();
                arbiter.spawn(async { done.send(worker(3)).expect("the test waits") }.in_current_span());
                assert_eq!(is_done.await, Ok(6));
                arbiter.stop();
                arbiter.join().expect("it does not panic");
            }
            .in_current_span()
        }));
    });
}

#[test]
fn a_bound_closure_runs_in_its_span_and_ends_it() {
    let trace = Universe::new().trace_of(|root| {
        let part = root.child("part").span_type(SpanType::Task).start().bind(|| worker(1));
        assert_eq!(thread::spawn(part).join().ok(), Some(2));
    });
    assert_tree(
        &trace,
        r#"
            root OK
                part TASK OK
                    worker OK
                        = inputs {"n": 1}
                        = outputs 2
        "#,
    );
}

#[test]
fn what_a_thread_is_doing_itself_is_hidden_from_what_it_is_given() {
    let universe = Universe::new();
    let here = universe.trace_of(|_| ());
    let nothing = carry();
    let trace = universe.trace_of(|root| {
        let inside = carry();
        let other = universe.root_span("other").enter();
        nothing.run(|| assert!(current_span().is_none() && !start_span("nothing is installed").is_recording()));
        inside.run(|| assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id())));
        assert_eq!(current_span().map(|span| span.span_id()), Some(other.span_id()));
    });
    assert_eq!((here.data.spans.len(), trace.data.spans.len()), (1, 1));
}

#[test]
fn what_is_not_recorded_here_is_not_recorded_there() {
    let universe = Universe::with(|builder| builder.sampling_ratio(0.0));
    let root = universe.root_span("sampled out").enter();
    thread::spawn(in_current(|| assert!(!start_span("child").is_recording()))).join().expect("it is not");
    drop(root);
    assert_eq!(universe.settled().spans.started, 0);
}

#[test]
fn a_carry_keeps_its_span_open_and_no_longer() {
    let universe = Universe::new();
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    let kept = {
        let _active = root.enter();
        (carry(), carry().clone())
    };
    drop(root);
    assert_eq!(universe.settled().traces.live, 1);
    drop(kept);
    assert_eq!(universe.settled().traces.live, 0);
    let _: Trace = universe.trace(id);
}
