//! The low-level client: its verbs, its errors, and what is never lost by them.

mod accounting;
mod errors;
mod ids;
mod tags;
mod verbs;

use spanloom::{Span, Trace};

use crate::universe::Universe;

/// A trace of the client that is complete, as it is stored.
#[track_caller]
fn stored(universe: &Universe, root: &Span) -> Trace {
    universe.flush_blocking(crate::universe::PATIENCE).expect("there is a minute for it");
    let trace = universe.trace(root.trace_id());
    assert!(trace.info.execution_duration_ms.is_some(), "it is complete: {:?}", trace.info);
    trace
}
