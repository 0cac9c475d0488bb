//! Blocks as closures, around awaits, and the methods of a session.
//!
//! `cargo run -p spanloom-examples --example closures_and_methods` prints
//!
//! ```text
//! sum 3
//! MySpan (UNKNOWN) OK: {"x": 1, "y": 2} => 3
//! Summarization Pipeline (UNKNOWN) OK: {"document": "A document about many things, … => "9 words, be brief"
//! Some("Instr: be brief"), Some("Summary: 9 words, be brief")
//! start (LLM) OK: {} => null
//!   User (UNKNOWN) OK: {"messages": 0} => {"userInput": "Hello"}
//!   Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "max_tokens": 100, … => {"id": "chatcmpl-fake", "choices": [{"finish…
//!       model = "gpt-4o-mini"
//!       max_tokens = 100
//! ```

use serde_json::{Value, json};
use shared::openai::{BadRequestError, Client, Server, TracedClient};
use shared::show;
use spanloom::SpanType;

struct Session {
    client: TracedClient,
    messages: Vec<Value>,
}

impl Session {
    #[spanloom::trace(name = "Summarization Pipeline")]
    fn summarize_document(&self, document: &str, instructions: &str) -> String {
        let summary = format!("{} words, {instructions}", document.split(' ').count());
        spanloom::update_current_trace(|trace| {
            trace.request_preview(format!("Instr: {instructions}")).response_preview(format!("Summary: {summary}"))
        });
        summary
    }

    #[spanloom::trace(span_type = SpanType::Llm, skip_all)]
    async fn start(&mut self, said: &[&str]) -> Result<(), BadRequestError> {
        for input in said {
            // 2. The closure gets the span, as a handle. What it took and gave is ours to set.
            let messages = &mut self.messages;
            spanloom::with_span("User", async |span| {
                span.set_inputs(json!({"messages": messages.len()}));
                messages.push(json!({"role": "user", "content": input}));
                span.set_outputs(json!({"userInput": input}));
            })
            .await;
            self.client.chat(&json!({"model": "gpt-4o-mini", "max_tokens": 100, "messages": self.messages}))?;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    // 1. A block around awaits: the span is current whenever the closure's future is polled.
    let sum = spanloom::with_span("MySpan", async |span| {
        span.set_inputs(json!({"x": 1, "y": 2}));
        tokio::task::yield_now().await;
        span.set_outputs(3);
        3
    });
    println!("sum {}", sum.await);
    show::last_trace(&loom)?;

    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    let mut session = Session { client, messages: Vec::new() };
    session.summarize_document("A document about many things, and then some more.", "be brief");
    let trace = show::last_trace(&loom)?;
    println!("{:?}, {:?}", trace.info.request_preview, trace.info.response_preview);

    session.start(&["Hello"]).await?;
    show::last_trace(&loom)?;
    Ok(())
}
