//! A function that gives an iterator: the span lasts from the first item to the last.
//!
//! `cargo run -p spanloom-examples --example streaming_default` prints
//!
//! ```text
//! traced so far: None
//! items [0, 1, 2, 3, 4]
//! stream_data (UNKNOWN) OK: {} => [0, 1, 2, 3, 4]
//!     ! 5 chunks, the first 0
//! items [0, 1]
//! stream_data (UNKNOWN) OK: {} => [0, 1]
//!     spanloom.stream.abandoned = true
//!     ! 2 chunks, the first 0
//! ```

use shared::show;

// 1. Nothing starts with the call. The span starts when the first item is asked for; each item is an event; the outputs
//    are the list of all items.
#[spanloom::trace]
fn stream_data() -> impl Iterator<Item = i32> {
    0..5
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    let items = stream_data();
    println!("traced so far: {:?}", spanloom::last_active_trace_id());
    println!("items {:?}", items.collect::<Vec<_>>());
    show::last_trace(&loom)?;

    // 2. Who stops early leaves a span that says so, with what there was.
    println!("items {:?}", stream_data().take(2).collect::<Vec<_>>());
    show::last_trace(&loom)?;
    Ok(())
}
