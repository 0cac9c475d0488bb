//! Engines as wholes, where a test must reach inside.

use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::engine_config::EngineConfig;
use crate::registry::actor::Run;

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_registry_actor_that_dies_of_a_panic_is_replaced_and_no_trace_is_lost() {
    let engine = Engine::start(EngineConfig::default()).expect("threads can be had");
    let root = spanloom_api::SpanBuilder::root_of(Some(engine.tenant()), "root".into()).start();
    engine.flush_blocking(PATIENCE).expect("there is time");
    let before = engine.health().registry_restarts;

    engine.post(Run(Box::new(|| panic!("a handler panics")))).expect("the engine runs");

    root.child("after the panic").start().end();
    drop(root);
    let begun = Instant::now();
    // Whoever asks while the actor is gone is told so; a new one comes within a second.
    while engine.flush_blocking(PATIENCE).is_err() {
        assert!(begun.elapsed() < PATIENCE, "no new actor came");
        std::thread::yield_now();
    }
    let health = engine.health();
    assert!(health.registry_restarts > before);
    assert_eq!((health.conservation.spans.stored, health.conservation.spans.dropped_total()), (2, 0));
    engine.shutdown_blocking(PATIENCE).expect("there is time");
}
