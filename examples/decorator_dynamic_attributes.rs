//! A traced function adds to its span what it knows only while it runs.
//!
//! `cargo run -p spanloom-examples --example decorator_dynamic_attributes` prints
//!
//! ```text
//! returned "gpt-4o-mini says: Hi there"
//! current outside: None
//! invoke (LLM) OK: {"prompt": "Hi there"} => "gpt-4o-mini says: Hi there"
//!     model = "gpt-4o-mini"
//!     prompt.length = 8
//!     prompt.words = 2
//! ```

use shared::show;
use spanloom::SpanType;

#[spanloom::trace(span_type = SpanType::Llm)]
fn invoke(prompt: &str) -> String {
    let model = if prompt.len() < 100 { "gpt-4o-mini" } else { "gpt-4o" };
    // 1. Inside a traced function its span is the current one. There is none when nothing records.
    if let Some(span) = spanloom::current_span() {
        span.set_attribute("model", model);
        span.set_attributes([("prompt.length", prompt.len()), ("prompt.words", prompt.split(' ').count())]);
    }
    format!("{model} says: {prompt}")
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("returned {:?}", invoke("Hi there"));

    // 2. Outside nothing is current.
    println!("current outside: {:?}", spanloom::current_span().map(|span| span.span_id()));
    show::last_trace(&loom)?;
    Ok(())
}
