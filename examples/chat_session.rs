//! A chat: blocks for what the user says, automatic spans for what the model answers, all in one trace.
//!
//! `cargo run -p spanloom-examples --example chat_session` prints
//!
//! ```text
//! user: Hello, model: Hello! How can I help?
//! start_session (CHAIN) OK: {} => null
//!   User (UNKNOWN) OK: [{"role": "system", "content": "You are a fr… => "Hello"
//!   Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "max_tokens": 100, … => {"id": "chatcmpl-fake", "choices": [{"finish…
//!       model = "gpt-4o-mini"
//!       max_tokens = 100
//!   User (UNKNOWN) OK: [{"role": "system", "content": "You are a fr… => "BYE"
//! tokens: {"input_tokens": 12, "output_tokens": 8, "total_tokens": 20}
//! ```

use serde_json::{Value, json};
use shared::openai::{Client, Server, TracedClient};
use shared::show;
use spanloom::SpanType;

// 1. The session is the root.
#[spanloom::trace(span_type = SpanType::Chain, skip_all)]
fn start_session(client: &TracedClient, said: &[&str]) -> anyhow::Result<()> {
    let mut messages = vec![json!({"role": "system", "content": "You are a friendly chat bot"})];
    for input in said {
        // 2. What the user does is a block. Values are kept as they are now: the list may grow afterwards.
        let user = spanloom::start_span("User");
        user.set_inputs(&messages);
        user.set_outputs(input);
        drop(user);
        if *input == "BYE" {
            break;
        }
        messages.push(json!({"role": "user", "content": input}));

        // 3. The client traces its calls: name, model, tokens.
        let answer = client.chat(&json!({"model": "gpt-4o-mini", "max_tokens": 100, "messages": messages}))?;
        let text: &Value = &answer["choices"][0]["message"]["content"];
        println!("user: {input}, model: {}", text.as_str().unwrap_or_default());
        messages.push(json!({"role": "assistant", "content": text}));
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    start_session(&TracedClient::new(Client::new(server.url())), &["Hello", "BYE"])?;

    // 4. Tokens are summed over the trace.
    let trace = show::last_trace(&loom)?;
    println!("tokens: {}", trace.info.trace_metadata["mlflow.trace.tokenUsage"]);
    Ok(())
}
