//! Engines as wholes, where a test must reach inside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanloom_api::plane;
use spanloom_api::tenant::{Gate, Tenant};
use spanloom_api::{Overflow, Span, SpanBuilder};
use spanloom_core::{Batch, DropReason, ExportFuture, Sink};

use crate::engine::Engine;
use crate::engine_config::EngineConfig;
use crate::error::EngineError;
use crate::registry::actor::Run;

mod shelf;

use shelf::{Act, Shelf};

const PATIENCE: Duration = Duration::from_secs(30);

/// The process has one set of rings and one engine thread: tests that use them run one after another.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn root(engine: &Engine) -> Span {
    SpanBuilder::root_of(Some(engine.tenant()), "root".into()).start()
}

/// Asks again and again until it is so.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn a_registry_actor_that_dies_of_a_panic_is_replaced_and_no_trace_is_lost() {
    let _alone = alone();
    let engine = Engine::start(EngineConfig::default()).expect("threads can be had");
    let root = root(&engine);
    engine.flush_blocking(PATIENCE).expect("there is time");
    let before = engine.health().registry_restarts;

    engine.post(Run(Box::new(|| panic!("a handler panics")))).expect("the engine runs");

    root.child("after the panic").start().end();
    drop(root);
    // Whoever asks while the actor is gone is told so; a new one comes within a second.
    eventually("a new actor", || engine.flush_blocking(PATIENCE).is_ok());
    let health = engine.health();
    assert!(health.registry_restarts > before);
    assert_eq!((health.conservation.spans.stored, health.conservation.spans.dropped_total()), (2, 0));
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_flush_hears_of_a_write_that_failed_before_it_and_the_next_one_does_not() {
    let _alone = alone();
    let (shelf, _) = Shelf::new([Act::Fail]);
    let engine = Engine::start(EngineConfig { store: Some(shelf), ..EngineConfig::default() }).expect("it starts");
    drop(root(&engine));
    let lost = || engine.conservation().spans.dropped.get(&DropReason::StoreError).copied();
    eventually("the write that fails", || lost() == Some(1));
    let heard = engine.flush_blocking(PATIENCE);
    assert!(matches!(heard, Err(EngineError::Store(_))), "{heard:?}");
    drop(root(&engine));
    engine.flush_blocking(PATIENCE).expect("the store works again");
    let report = engine.shutdown_blocking(PATIENCE).expect("there is time");
    assert_eq!((report.stored, lost()), (1, Some(1)));
}

#[test]
fn a_flush_behind_a_store_that_hangs_ends_at_its_deadline_and_nothing_is_lost() {
    let _alone = alone();
    let (release, hung) = crossbeam_channel::bounded(0);
    let (shelf, commits) = Shelf::new([Act::Block(hung)]);
    let engine = Engine::start(EngineConfig { store: Some(shelf), ..EngineConfig::default() }).expect("it starts");
    drop(root(&engine));
    eventually("the commit that hangs", || commits.load(Ordering::Acquire) == 1);
    let asked = engine.flush_blocking(Duration::from_millis(20));
    assert!(matches!(asked, Err(EngineError::TimedOut { .. })), "{asked:?}");
    drop(release);
    engine.flush_blocking(PATIENCE).expect("the store goes on");
    let report = engine.shutdown_blocking(PATIENCE).expect("there is time");
    assert_eq!((report.stored, report.lost.len()), (1, 0));
}

/// Everything that was recorded, as an engine counts it: (stored, lost), which add up.
#[track_caller]
fn accounted(engine: &Engine) -> (u64, u64) {
    let counts = engine.conservation();
    assert!(counts.spans.balanced() && counts.traces.balanced(), "{counts:?}");
    assert_eq!((counts.spans.live, counts.spans.completed_pending), (0, 0), "{counts:?}");
    assert_eq!((counts.traces.live, counts.traces.completed_pending), (0, 0), "{counts:?}");
    (counts.spans.stored, counts.spans.dropped_total())
}

/// An engine whose store hangs, with more traces behind it than the writer's queue takes.
fn overrun(traces: u64) -> (Engine, crossbeam_channel::Sender<()>) {
    let (release, hung) = crossbeam_channel::bounded(0);
    let (shelf, commits) = Shelf::new([Act::Block(hung)]);
    let overflow = Overflow::Block { deadline: PATIENCE };
    let config = EngineConfig { store: Some(shelf), overflow, ..EngineConfig::default() };
    let engine = Engine::start(config).expect("it starts");
    drop(root(&engine));
    eventually("the commit that hangs", || commits.load(Ordering::Acquire) == 1);
    (1..traces).for_each(|_| drop(root(&engine)));
    eventually("the completion of all", || engine.conservation().traces.completed_pending == traces);
    (engine, release)
}

#[test]
fn a_shutdown_past_its_deadline_counts_what_the_store_did_not_take_in_time() {
    let _alone = alone();
    let (engine, release) = overrun(6_000);
    let ended = engine.shutdown_blocking(Duration::from_millis(10));
    assert!(matches!(ended, Err(EngineError::TimedOut { .. })), "{ended:?}");
    let report = engine.shutdown_blocking(PATIENCE).expect("a second call gives the report");
    assert_eq!((report.stored, report.lost), (0, [(DropReason::StoreError, 6_000)].into()));
    assert_eq!(accounted(&engine), (0, 6_000));
    // What a store takes after all is not lost.
    drop(release);
    eventually("the commit that hung", || accounted(&engine).0 > 0);
    let (stored, lost) = accounted(&engine);
    assert_eq!(stored + lost, 6_000);
}

#[test]
fn a_writer_that_is_stopped_before_it_was_told_everything_leaves_nothing_uncounted() {
    let _alone = alone();
    let (engine, release) = overrun(6_000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            eventually("the end of the deadline", || engine.hurry.load(Ordering::Acquire));
            // Now the registry and the shutdown both have something for the writer, and it makes room.
            drop(release);
        });
        let ended = engine.shutdown_blocking(Duration::from_millis(10));
        assert!(matches!(ended, Err(EngineError::TimedOut { .. })), "{ended:?}");
    });
    let report = engine.shutdown_blocking(PATIENCE).expect("a second call gives the report");
    assert_eq!(report.stored + report.lost.values().sum::<u64>(), 6_000, "{report:?}");
    let (stored, lost) = accounted(&engine);
    assert_eq!(stored + lost, 6_000);
}

const ROUNDS: usize = 50;

/// Threads begin roots while their engine is shut down; however each of them is met, it is counted.
#[track_caller]
fn shut_down_while_roots_begin() {
    let engine = Engine::start(EngineConfig::default()).expect("it starts");
    let (over, ready) = (AtomicBool::new(false), Barrier::new(3));
    let begun: u64 = std::thread::scope(|scope| {
        let recording = || {
            let mut begun = 0_u64;
            ready.wait();
            while !over.load(Ordering::Acquire) {
                drop(root(&engine));
                begun += 1;
                // On few processors the shutdown is to come to its turn, too.
                if begun.is_multiple_of(8) {
                    std::thread::yield_now();
                }
            }
            begun
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(recording)).collect();
        ready.wait();
        engine.shutdown_blocking(PATIENCE).expect("there is time");
        over.store(true, Ordering::Release);
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
    });
    // Where other engines go on, their registry reads what came last.
    eventually("the count of all", || engine.conservation().traces.started >= begun);
    assert_eq!(engine.conservation().traces.started, begun, "{:?}", engine.conservation());
    let (stored, lost) = accounted(&engine);
    assert_eq!(stored + lost, begun);
}

#[test]
fn every_root_that_is_begun_while_the_last_engine_is_shut_down_is_counted() {
    let _alone = alone();
    (0..ROUNDS).for_each(|_| shut_down_while_roots_begin());
}

#[test]
fn every_root_that_is_begun_while_one_of_two_engines_is_shut_down_is_counted() {
    let _alone = alone();
    let other = Engine::start(EngineConfig::default()).expect("it starts");
    (0..ROUNDS).for_each(|_| shut_down_while_roots_begin());
    assert_eq!(accounted(&other), (0, 0), "nothing of theirs is in it");
    other.shutdown_blocking(PATIENCE).expect("there is time");
}

#[test]
fn a_root_that_no_round_reads_before_the_last_engine_has_ended_is_counted() {
    let _alone = alone();
    let overflow = Overflow::Block { deadline: PATIENCE };
    let engine = Engine::start(EngineConfig { overflow, ..EngineConfig::default() }).expect("it starts");
    engine.flush_blocking(PATIENCE).expect("there is time");
    let (release, held) = crossbeam_channel::bounded::<()>(0);
    engine.post(Run(Box::new(move || _ = held.recv()))).expect("the engine runs");
    // A root waits at the gate; instead of waking the registry it is overtaken by the end of its engine.
    let number = engine.tenant();
    Tenant::get(number).set_gate(Gate::Barred);
    plane::connect(move || {
        Tenant::close(number);
        Tenant::get(number).set_gate(Gate::Open);
    });
    assert!(!root(&engine).is_recording());
    assert_eq!(engine.conservation().traces.started, 0, "it is in a ring, and nobody has read it");
    engine.shutdown_blocking(Duration::ZERO).expect_err("the engine's thread is held");
    drop(release);
    eventually("the count", || engine.conservation().traces.started == 1);
    assert_eq!(accounted(&engine), (0, 1));
}

#[test]
fn a_root_that_comes_after_the_end_of_its_engine_is_counted_as_such() {
    let _alone = alone();
    let engine = Engine::start(EngineConfig::default()).expect("it starts");
    engine.shutdown_blocking(PATIENCE).expect("there is time");
    assert!(!root(&engine).is_recording());
    assert_eq!(engine.conservation().traces.dropped, [(DropReason::AfterShutdown, 1)].into());
    // Switched off, it would not have begun.
    spanloom_api::disable();
    assert!(!root(&engine).is_recording());
    spanloom_api::enable();
    assert_eq!(accounted(&engine), (0, 1));
}

/// A sink that blocks its thread with every batch until it is released.
#[derive(Debug)]
struct Blocking {
    entered: crossbeam_channel::Sender<()>,
    until: crossbeam_channel::Receiver<()>,
}

impl Sink for Blocking {
    fn name(&self) -> &str {
        "blocking"
    }

    fn export(&mut self, _: Batch) -> ExportFuture<'_> {
        self.entered.send(()).expect("the test listens");
        let _released = self.until.recv();
        Box::pin(std::future::ready(Ok(())))
    }
}

#[test]
fn an_exporter_does_not_wait_for_a_writer_that_is_stuck() {
    let _alone = alone();
    let (entered, has_entered) = crossbeam_channel::unbounded();
    let (release_sink, until) = crossbeam_channel::bounded(0);
    let (release_store, hung) = crossbeam_channel::bounded(0);
    let (shelf, commits) = Shelf::new([Act::Take, Act::Block(hung)]);
    let config = EngineConfig {
        store: Some(shelf),
        sinks: vec![Box::new(Blocking { entered, until })],
        overflow: Overflow::Block { deadline: PATIENCE },
        ..EngineConfig::default()
    };
    let engine = Engine::start(config).expect("it starts");
    drop(root(&engine));
    has_entered.recv_timeout(PATIENCE).expect("the first trace is offered");
    drop(root(&engine));
    eventually("the commit that hangs", || commits.load(Ordering::Acquire) == 2);
    // More than the writer's queue holds.
    (0..5_000).for_each(|_| drop(root(&engine)));
    eventually("the completion of all", || engine.conservation().traces.completed_pending == 5_001);
    drop(release_sink);
    let ended = engine.shutdown_blocking(Duration::from_millis(10));
    assert!(matches!(ended, Err(EngineError::TimedOut { .. })), "{ended:?}");
    let exporter = &engine.exporters[0];
    assert!(exporter.join(Instant::now() + PATIENCE), "its thread waits for room in the writer's queue");
    assert_eq!(exporter.observe().counts.delivered, 1);
    drop(release_store);
}
