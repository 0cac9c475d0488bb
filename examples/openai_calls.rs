//! Calls to OpenAI on their own: plain, streamed and failing. Each is a trace.
//!
//! `cargo run -p spanloom-examples --example openai_calls` prints
//!
//! ```text
//! Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!     model = "gpt-4o-mini"
//! tokens: {"input_tokens":12,"output_tokens":8,"total_tokens":20}
//! 7 chunks
//! Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!     model = "gpt-4o-mini"
//!     stream = true
//!     ! 7 chunks, the first {"id": "chatcmpl-fake", "choices": [{"delta"…
//! answered Some("Hello! How can I help?")
//! error: Some("Error code: 400 - model exploded")
//! Completions (CHAT_MODEL) ERROR: {"model": "broken-model", "messages": [{"rol… => -
//!     model = "broken-model"
//!     ! exception exception.message="Error code: 400 - model exploded" exception.type="BadRequestError"
//! the trace is Error
//! ```

use serde_json::json;
use shared::openai::{Client, Server, TracedClient};
use shared::show;

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    // 1. How the spans are made by hand: `examples/shared/openai/traced.rs`.
    let client = TracedClient::new(Client::new(server.url()));
    let hello = json!([{"role": "user", "content": "Hello"}]);

    // 2. A plain call: model, settings, tokens.
    client.chat(&json!({"model": "gpt-4o-mini", "messages": hello}))?;
    let trace = show::last_trace(&loom)?;
    println!("tokens: {}", trace.data.spans[0].attribute("mlflow.chat.tokenUsage").unwrap_or_default());

    // 3. A streamed one: the span lasts until the last chunk, and its outputs are the whole completion.
    let chunks = client.chat_stream(json!({"model": "gpt-4o-mini", "messages": hello, "stream": true}));
    println!("{} chunks", chunks.count());
    let trace = show::last_trace(&loom)?;
    println!("answered {:?}", trace.info.response_preview);

    // 4. One that fails.
    let error = client.chat(&json!({"model": "broken-model", "messages": hello})).err();
    println!("error: {:?}", error.map(|error| error.to_string()));
    println!("the trace is {:?}", show::last_trace(&loom)?.info.state);
    Ok(())
}
