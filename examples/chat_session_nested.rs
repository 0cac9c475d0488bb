//! A session of several turns: traced functions in traced functions, with automatic spans at the bottom.
//!
//! `cargo run -p spanloom-examples --example chat_session_nested` prints
//!
//! ```text
//! 5 messages
//! start_session (CHAIN) OK: {} => 5
//!   chat_iteration (CHAIN) OK: {"messages": [{"role": "system", "content": … => null
//!     User (CHAIN) OK: {"messages": 1} => "Hello"
//!     Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!         model = "gpt-4o-mini"
//!   chat_iteration (CHAIN) OK: {"messages": [{"role": "system", "content": … => null
//!     User (CHAIN) OK: {"messages": 3} => "BYE"
//!     Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!         model = "gpt-4o-mini"
//! 7 spans, tokens {"input_tokens": 24, "output_tokens": 16, "total_tokens": 40}
//! ```

use serde_json::{Value, json};
use shared::openai::{BadRequestError, Client, Server, TracedClient};
use shared::show;
use spanloom::SpanType;

// 1. A turn. Arguments are inputs as they are when the call begins, also those that the body changes.
#[spanloom::trace(span_type = SpanType::Chain, skip(client))]
fn chat_iteration(client: &TracedClient, messages: &mut Vec<Value>, user_input: &str) -> Result<(), BadRequestError> {
    let user = spanloom::span("User").span_type(SpanType::Chain).inputs(json!({"messages": messages.len()})).enter();
    user.set_outputs(user_input);
    drop(user);
    messages.push(json!({"role": "user", "content": user_input}));
    let answer = client.chat(&json!({"model": "gpt-4o-mini", "messages": messages}))?;
    messages.push(json!({"role": "assistant", "content": answer["choices"][0]["message"]["content"]}));
    Ok(())
}

// 2. The session: its turns are its children.
#[spanloom::trace(span_type = SpanType::Chain, skip_all)]
fn start_session(client: &TracedClient, said: &[&str]) -> Result<usize, BadRequestError> {
    let mut messages = vec![json!({"role": "system", "content": "You are a friendly chat bot"})];
    for input in said {
        chat_iteration(client, &mut messages, input)?;
    }
    Ok(messages.len())
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    println!("{} messages", start_session(&TracedClient::new(Client::new(server.url())), &["Hello", "BYE"])?);
    let trace = show::last_trace(&loom)?;
    println!("{} spans, tokens {}", trace.data.spans.len(), trace.info.trace_metadata["mlflow.trace.tokenUsage"]);
    Ok(())
}
