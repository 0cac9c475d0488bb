//! One turn of a chat with everything that can be said about a block: event, attributes, inputs, outputs, tags.
//!
//! `cargo run -p spanloom-examples --example chat_iteration` prints
//!
//! ```text
//! I like blue.
//! chat_iteration (CHAIN) OK: {"messages": [{"role": "system", "content": … => "I like blue."
//!   User (CHAIN) OK: {"messages": [{"role": "system", "content": … => "What is your favorite color?"
//!       messages_length = 1
//!       environment = "production"
//!       custom_metadata = {"key": "value"}
//!       ! processing_started stage="initialization" memory_usage_mb=256
//!   Completions (CHAT_MODEL) OK: {"model": "databricks-claude-sonnet-4-5", "m… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!       model = "databricks-claude-sonnet-4-5"
//!       max_tokens = 100
//! session session-1
//! ```

use serde_json::{Value, json};
use shared::openai::{BadRequestError, Client, Server, TracedClient};
use shared::show;
use spanloom::{SpanEvent, SpanType};

#[spanloom::trace(span_type = SpanType::Chain, skip(client))]
fn chat_iteration(
    client: &TracedClient,
    mut messages: Vec<Value>,
    user_input: &str,
) -> Result<String, BadRequestError> {
    // 1. A block for the user's part.
    {
        let user = spanloom::span("User").span_type(SpanType::Chain).enter();
        let started = SpanEvent::new("processing_started").attribute("stage", "initialization");
        user.add_event(started.attribute("memory_usage_mb", 256));
        user.set_inputs(json!({"messages": messages}));
        user.set_attribute("messages_length", messages.len());
        user.set_attributes([("environment", json!("production")), ("custom_metadata", json!({"key": "value"}))]);
        user.set_outputs(user_input);
    }
    messages.push(json!({"role": "user", "content": user_input}));

    // 2. The client's call hangs below the iteration, beside the block.
    let request = json!({"model": "databricks-claude-sonnet-4-5", "max_tokens": 100, "messages": messages});
    let answer = client.chat(&request)?;

    // 3. The trace as a whole.
    spanloom::update_current_trace(|trace| trace.tag("environment", "production").session("session-1"));
    Ok(answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned())
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    let messages = vec![json!({"role": "system", "content": "You are a friendly chat bot"})];
    println!("{}", chat_iteration(&client, messages, "What is your favorite color?")?);

    let trace = show::last_trace(&loom)?;
    println!("session {}", trace.info.trace_metadata["mlflow.trace.session"]);
    Ok(())
}
