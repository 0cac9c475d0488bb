//! Asynchronous functions: their spans cover everything until they are done, waiting included.
//!
//! `cargo run -p spanloom-examples --example async_pipeline` prints
//!
//! ```text
//! ["Processed: item1", "Processed: item2", "Processed: item3"]
//! async_pipeline (UNKNOWN) OK: {"items": ["item1", "item2", "item3"]} => ["Processed: item1", "Processed: item2", "Pr…
//!   async_operation (UNKNOWN) OK: {"data": "item1"} => "Processed: item1"
//!   async_operation (UNKNOWN) OK: {"data": "item2"} => "Processed: item2"
//!   async_operation (UNKNOWN) OK: {"data": "item3"} => "Processed: item3"
//! waiting counts: true
//! ```

use std::time::Duration;

use shared::show;

#[spanloom::trace]
async fn async_operation(data: &str) -> String {
    tokio::time::sleep(Duration::from_millis(1)).await;
    format!("Processed: {data}")
}

// 1. What is awaited inside hangs below; the current span follows the task from thread to thread.
#[spanloom::trace]
async fn async_pipeline(items: &[&str]) -> Vec<String> {
    let mut results = Vec::new();
    for item in items {
        results.push(async_operation(item).await);
    }
    results
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("{:?}", async_pipeline(&["item1", "item2", "item3"]).await);
    let trace = tokio::task::spawn_blocking(move || show::last_trace(&loom)).await??;

    // 2. The span of an operation that waited for a millisecond has lasted for one.
    let waited = trace.data.spans.iter().all(|span| span.duration_ns() >= Some(1_000_000));
    println!("waiting counts: {waited}");
    Ok(())
}
