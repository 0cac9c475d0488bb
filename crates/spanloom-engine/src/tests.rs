//! Engines as wholes, where a test must reach inside.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanloom_api::{Span, SpanBuilder};
use spanloom_core::DropReason;

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
