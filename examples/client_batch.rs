//! A batch: a span for each item, and below it one for each step.
//!
//! `cargo run -p spanloom-examples --example client_batch` prints
//!
//! ```text
//! batch_processing (UNKNOWN) OK: {"batch_size": 2} => {"processed_count": 1, "success_rate": 0.5}
//!   process_item_0 (UNKNOWN) OK: {"item_id": 1} => -
//!     validate (UNKNOWN) OK: - => {"is_valid": true}
//!     transform (UNKNOWN) OK: - => {"transformed": {"id": 1, "value": 10}}
//!   process_item_1 (UNKNOWN) OK: {"item_id": 2} => -
//!     validate (UNKNOWN) OK: - => {"is_valid": false}
//! ```

use serde_json::{Value, json};
use shared::show;
use spanloom::{Client, EndSpan, EndTrace, Span, StartSpan, StartTrace};

/// A step of an item: what it does is its output.
fn step(client: &Client, name: &'static str, item: &Span, outputs: Value) -> Result<Value, spanloom::Error> {
    let step = client.start_span(StartSpan::new(name, item.trace_id(), item.span_id()))?;
    client.end_span(EndSpan::new(step.trace_id(), step.span_id()).outputs(&outputs))?;
    Ok(outputs)
}

fn process(client: &Client, root: &Span, at: usize, item: &Value) -> Result<Option<Value>, spanloom::Error> {
    // 1. Names may be made at run time.
    let start = StartSpan::new(format!("process_item_{at}"), root.trace_id(), root.span_id());
    let span = client.start_span(start.inputs(json!({"item_id": item["id"]})))?;

    // 2. The steps hang below the item.
    let validated = step(client, "validate", &span, json!({"is_valid": item["value"].is_i64()}))?;
    let result = match validated["is_valid"] == true {
        true => Some(step(client, "transform", &span, json!({"transformed": item}))?),
        false => None,
    };
    client.end_span(EndSpan::new(span.trace_id(), span.span_id()))?;
    Ok(result)
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();
    let items = [json!({"id": 1, "value": 10}), json!({"id": 2, "value": "ten"})];

    let root = client.start_trace(StartTrace::new("batch_processing").inputs(json!({"batch_size": items.len()})))?;
    let mut done = 0;
    for (at, item) in items.iter().enumerate() {
        done += usize::from(process(&client, &root, at, item)?.is_some());
    }
    // 3. The whole.
    let outputs = json!({"processed_count": done, "success_rate": done as f64 / items.len() as f64});
    client.end_trace(EndTrace::new(root.trace_id()).outputs(outputs))?;
    show::last_trace(&loom)?;
    Ok(())
}
