//! One question to several models; the reducer compares their answers.
//!
//! `cargo run -p spanloom-examples --example streaming_multi_model` prints
//!
//! ```text
//! {"model":"gpt-4o-mini","response":"42","latency":0.25}
//! {"model":"claude","response":"42","latency":0.125}
//! {"note":"ignored"}
//! ask_models (UNKNOWN) OK: {"question": "meaning of life?"} => {"responses": {"gpt-4o-mini": "42", "claude"…
//!     ! 3 chunks, the first {"model": "gpt-4o-mini", "response": "42", "…
//! fastest: "claude"
//! ```

use serde_json::{Map, Value, json};
use shared::show;

// 1. Chunks that are not answers are left out, the rest is grouped by model.
fn compare(chunks: Vec<Value>) -> Value {
    let answers: Vec<&Value> = chunks.iter().filter(|chunk| chunk["model"].is_string()).collect();
    let by_model = |field: &str| -> Map<String, Value> {
        let pair = |answer: &&Value| (answer["model"].as_str().unwrap_or_default().to_owned(), answer[field].clone());
        answers.iter().map(pair).collect()
    };
    let latency = |answer: &Value| answer["latency"].as_f64().unwrap_or(f64::INFINITY);
    let fastest = answers.iter().min_by(|a, b| latency(a).total_cmp(&latency(b)));
    let consensus = answers.iter().all(|answer| answer["response"] == answers[0]["response"]);
    json!({
        "responses": by_model("response"),
        "latencies": by_model("latency"),
        "fastest_model": fastest.map(|answer| &answer["model"]),
        "consensus": consensus,
    })
}

#[spanloom::trace(output_reducer = compare)]
fn ask_models(question: &str) -> impl Iterator<Item = Value> {
    [
        json!({"model": "gpt-4o-mini", "response": "42", "latency": 0.25}),
        json!({"model": "claude", "response": "42", "latency": 0.125}),
        json!({"note": "ignored"}),
    ]
    .into_iter()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    for answer in ask_models("meaning of life?") {
        println!("{answer}");
    }
    let trace = show::last_trace(&loom)?;
    println!("fastest: {}", trace.data.spans[0].outputs().unwrap_or_default()["fastest_model"]);
    Ok(())
}
