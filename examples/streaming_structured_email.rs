//! An asynchronous stream over a model's tokens, one that succeeds and one whose model is broken.
//!
//! `cargo run -p spanloom-examples --example streaming_structured_email` prints
//!
//! ```text
//! gpt-4o-mini: 17 chunks
//!   Ok, "success": null
//!   subject "Damaged item", trace known: true
//! broken-model: 1 chunks
//!   Ok, "error": ["OpenAI API error: Error code: 400 - model exploded"]
//!   subject null, trace known: false
//! ```

use futures::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use shared::openai::{Client, Server};

// 1. The letter is whole with the last token: then it is parsed. Errors are told apart.
fn letter(chunks: Vec<Value>) -> Value {
    let raw: String = chunks.iter().filter_map(|chunk| chunk["content"].as_str()).collect();
    let trace = chunks.iter().find(|chunk| chunk["type"] == "trace_info").map(|chunk| &chunk["trace_id"]);
    match chunks.iter().find(|chunk| chunk["type"] == "error") {
        Some(error) => json!({"status": "error", "errors": [error["message"]], "trace_id": trace}),
        None => json!({"status": "success", "data": serde_json::from_str::<Value>(&raw).ok(), "trace_id": trace}),
    }
}

// 2. What stands before the first item runs inside the span, too: `once` makes it wait for the first poll.
#[spanloom::trace(output_reducer = letter, skip(client))]
fn generate_customer_email(client: Client, model: &str, name: &str, issue: &str) -> impl Stream<Item = Value> {
    let system = json!({"role": "system", "content": "You are a customer service assistant who answers in JSON."});
    let user = json!({"role": "user", "content": format!("{name}: {issue}")});
    let request = json!({"model": model, "messages": [system, user], "stream": true});
    stream::once(async move {
        let tokens: Vec<Value> = match client.chat_stream(&request) {
            Ok(chunks) => chunks.filter_map(token).chain([trace_info()]).collect(),
            Err(error) => vec![json!({"type": "error", "message": format!("OpenAI API error: {error}")})],
        };
        stream::iter(tokens)
    })
    .flatten()
}

fn token(chunk: Value) -> Option<Value> {
    let content = chunk["choices"][0]["delta"]["content"].as_str().filter(|content| !content.is_empty())?;
    Some(json!({"type": "token", "content": content}))
}

fn trace_info() -> Value {
    json!({"type": "trace_info", "trace_id": spanloom::current_span().map(|span| span.trace_id())})
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    for model in ["gpt-4o-mini", "broken-model"] {
        let client = Client::new(server.url());
        let chunks: Vec<_> =
            generate_customer_email(client, model, "John Doe", "Product arrived damaged").collect().await;
        println!("{model}: {} chunks", chunks.len());

        // 3. Both streams came to their end, so both spans are OK; what went wrong is in the outputs.
        let id = spanloom::last_active_trace_id().expect("a root has ended");
        let trace = loom.get_trace(&id).await?.expect("it is stored");
        let outputs = trace.data.spans[0].outputs().unwrap_or_default();
        println!("  {:?}, {}: {}", trace.info.state, outputs["status"], outputs["errors"]);
        println!("  subject {}, trace known: {}", outputs["data"]["subject"], outputs["trace_id"] == id.to_string());
    }
    Ok(())
}
