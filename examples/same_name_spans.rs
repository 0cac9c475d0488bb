//! Spans of one name: each keeps it, and can still be told apart.
//!
//! `cargo run -p spanloom-examples --example same_name_spans` prints
//!
//! ```text
//! pipeline (UNKNOWN) OK: {} => [0, 10, 20]
//!   step (UNKNOWN) OK: {"i": 0} => 0
//!   step (UNKNOWN) OK: {"i": 1} => 10
//!   step (UNKNOWN) OK: {"i": 2} => 20
//! shown as pipeline, step_1, step_2, step_3
//! 3 steps
//! the second gave 10
//! ```

use shared::show;
use spanloom::SpanQuery;

#[spanloom::trace]
fn step(i: i64) -> i64 {
    i * 10
}

#[spanloom::trace]
fn pipeline() -> Vec<i64> {
    (0..3).map(step).collect()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    pipeline();

    // 1. Names are kept as they are given; where they are shown, those that repeat are numbered.
    let trace = show::last_trace(&loom)?;

    println!("shown as {}", trace.display_names().join(", "));

    // 2. A name finds them all, in order; an id finds one.
    let steps = trace.search_spans(SpanQuery::new().name("step"));
    println!("{} steps", steps.len());
    let second = trace.search_spans(SpanQuery::new().span_id(steps[1].span_id));
    println!("the second gave {}", second[0].outputs().unwrap_or_default());
    Ok(())
}
