//! OpenAI's chunks as one completion, which a viewer shows as a chat.
//!
//! `cargo run -p spanloom-examples --example streaming_openai_reducer` prints
//!
//! ```text
//! Hello! How can I help?
//! predict (UNKNOWN) OK: {"messages": [{"role": "user", "content": "H… => {"id": "chatcmpl-fake", "object": "chat.comp…
//!     ! 7 chunks, the first {"id": "chatcmpl-fake", "choices": [{"delta"…
//! asked Some("Hello"), answered Some("Hello! How can I help?")
//! predict_and_fail_to_reduce (UNKNOWN) OK: {"messages": [{"role": "user", "content": "H… => [{"id": "chatcmpl-fake", "choices": [{"delta…
//!     ! 7 chunks, the first {"id": "chatcmpl-fake", "choices": [{"delta"…
//! 7 chunks
//! ```

use serde_json::{Value, json};
use shared::openai::{Client, Server};
use shared::show;

/// One completion, in the shape of OpenAI's answers that are not streamed.
fn aggregate_chunks(chunks: Vec<Value>) -> Value {
    let content: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    let message = json!({"role": "assistant", "content": content});
    json!({"id": chunks[0]["id"], "object": "chat.completion", "model": chunks[0]["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
}

// 1. A parameter called `messages` and outputs with `choices` are a chat: previews show the last words.
#[spanloom::trace(output_reducer = aggregate_chunks, skip(client))]
fn predict(client: Client, messages: Vec<Value>) -> impl Iterator<Item = Value> {
    let request = json!({"model": "gpt-4o-mini", "messages": messages, "stream": true});
    client.chat_stream(&request).into_iter().flatten()
}

// 2. A reducer that fails loses nothing: the outputs are the list of the chunks.
#[spanloom::trace(output_reducer = |_: Vec<Value>| Err::<Value, _>("no choice in it"), skip(client))]
fn predict_and_fail_to_reduce(client: Client, messages: Vec<Value>) -> impl Iterator<Item = Value> {
    let request = json!({"model": "gpt-4o-mini", "messages": messages, "stream": true});
    client.chat_stream(&request).into_iter().flatten()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    let client = Client::new(server.url());
    let messages = vec![json!({"role": "user", "content": "Hello"})];

    for chunk in predict(client.clone(), messages.clone()) {
        print!("{}", chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
    }
    println!();
    let trace = show::last_trace(&loom)?;
    println!("asked {:?}, answered {:?}", trace.info.request_preview, trace.info.response_preview);

    predict_and_fail_to_reduce(client, messages).count();
    let trace = show::last_trace(&loom)?;
    println!("{} chunks", trace.data.spans[0].outputs().unwrap_or_default().as_array().map_or(0, Vec::len));
    Ok(())
}
