//! Reducers are plain functions: tested alone first, then as a part of a stream.
//!
//! `cargo run -p spanloom-examples --example streaming_reducer_tests` prints
//!
//! ```text
//! stream (UNKNOWN) OK: {"case": "normal"} => {"status": "success", "total": 60, "count": …
//!     ! 3 chunks, the first {"value": 10}
//! stream (UNKNOWN) OK: {"case": "empty"} => {"status": "empty", "total": 0}
//! stream (UNKNOWN) OK: {"case": "error"} => {"status": "error", "total": 30, "count": 3,…
//!     ! 3 chunks, the first {"value": 10}
//! stream (UNKNOWN) OK: {"case": "missing"} => {"status": "success", "total": 30, "count": …
//!     ! 3 chunks, the first {"value": 10}
//! ```

use serde_json::{Value, json};
use shared::show;

fn reduce(chunks: Vec<Value>) -> Value {
    if chunks.is_empty() {
        return json!({"status": "empty", "total": 0});
    }
    let total: i64 = chunks.iter().filter_map(|chunk| chunk["value"].as_i64()).sum();
    let errors = chunks.iter().filter(|chunk| chunk.get("error").is_some()).count();
    let status = if errors > 0 { "error" } else { "success" };
    json!({"status": status, "total": total, "count": chunks.len(), "error_count": errors})
}

#[spanloom::trace(output_reducer = reduce, skip(chunks))]
fn stream(case: &str, chunks: Vec<Value>) -> impl Iterator<Item = Value> {
    chunks.into_iter()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let cases = [
        ("normal", vec![json!({"value": 10}), json!({"value": 20}), json!({"value": 30})], 60),
        ("empty", vec![], 0),
        ("error", vec![json!({"value": 10}), json!({"error": "Network timeout"}), json!({"value": 20})], 30),
        ("missing", vec![json!({"value": 10}), json!({"metadata": "some info"}), json!({"value": 20})], 30),
    ];
    for (case, chunks, total) in cases {
        // 1. Directly: in a real program this is a unit test.
        let expected = reduce(chunks.clone());
        assert_eq!(expected["total"], total);

        // 2. As a part of the stream. An empty stream calls it, too.
        stream(case, chunks).for_each(drop);
        let trace = show::last_trace(&loom)?;
        assert_eq!(trace.data.spans[0].outputs(), Some(expected));
    }
    Ok(())
}
