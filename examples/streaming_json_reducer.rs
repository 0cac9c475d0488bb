//! Structured output in pieces: the reducer puts the JSON together, with the trace's id from inside the stream.
//!
//! `cargo run -p spanloom-examples --example streaming_json_reducer` prints
//!
//! ```text
//! "content" inside a span: false
//! "content" inside a span: false
//! "content" inside a span: false
//! "metadata" inside a span: false
//! generate_structured_output (UNKNOWN) OK: {"prompt": "make a person", "schema": {"type… => {"status": "success", "data": {"name": "John…
//!     ! 4 chunks, the first {"type": "content", "content": "{\"name\": \…
//! the id told is the trace's: true
//! ```

use serde_json::{Value, json};
use shared::show;

fn parse_json(chunks: Vec<Value>) -> Value {
    let raw: String = chunks.iter().filter_map(|chunk| chunk["content"].as_str()).collect();
    let metadata = chunks.iter().find(|chunk| chunk["type"] == "metadata").map(|chunk| chunk["data"].clone());
    match serde_json::from_str::<Value>(&raw) {
        Ok(data) => json!({"status": "success", "data": data, "model": metadata.map(|data| data["model"].clone())}),
        Err(error) => json!({"status": "error", "error": error.to_string(), "raw_content": raw}),
    }
}

#[spanloom::trace(output_reducer = parse_json)]
fn generate_structured_output(prompt: &str, schema: Value) -> impl Iterator<Item = Value> {
    let parts = ["{\"name\": \"John\", ", "\"email\": \"john@example.com\", ", "\"age\": 30}"];
    let content = parts.into_iter().map(|part| json!({"type": "content", "content": part}));
    // 1. While the body makes an item, the stream's span is current: here its trace has an id to hand on.
    let metadata = std::iter::once_with(|| {
        let trace_id = spanloom::current_span().map(|span| span.trace_id());
        json!({"type": "metadata", "data": {"trace_id": trace_id, "model": "gpt-4"}})
    });
    content.chain(metadata)
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let schema = json!({"type": "object"});
    let mut told = None;
    for chunk in generate_structured_output("make a person", schema) {
        // 2. Whoever reads the stream is not inside its span.
        println!("{} inside a span: {}", chunk["type"], spanloom::current_span().is_some());
        told = chunk["data"]["trace_id"].as_str().map(str::to_owned).or(told);
    }
    let trace = show::last_trace(&loom)?;
    println!("the id told is the trace's: {}", told == Some(trace.info.trace_id.to_string()));
    Ok(())
}
