//! A traced function with a name, a type and attributes of its own.
//!
//! `cargo run -p spanloom-examples --example decorator_custom_span` prints
//!
//! ```text
//! returned "gpt-4o-mini says: Hi"
//! call-local-llm (LLM) OK: {"prompt": "Hi"} => "gpt-4o-mini says: Hi"
//!     model = "gpt-4o-mini"
//! the function is "invoke"
//! returned 3
//! count_words (TOOL) OK: {"prompt": "one two three"} => 3
//!     prompt.length = 13
//! ```

use shared::show;
use spanloom::SpanType;

// 1. The name may differ from the function's. `SpanType` has MLflow's types; any text is one too.
#[spanloom::trace(name = "call-local-llm", span_type = SpanType::Llm, attributes(model = "gpt-4o-mini"))]
fn invoke(prompt: &str) -> String {
    format!("gpt-4o-mini says: {prompt}")
}

// 2. The value of an attribute is any expression over the arguments, evaluated before the body.
#[spanloom::trace(span_type = SpanType::Tool, attributes(prompt.length = prompt.len()))]
fn count_words(prompt: &str) -> usize {
    prompt.split(' ').count()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    println!("returned {:?}", invoke("Hi"));
    let trace = show::last_trace(&loom)?;

    // 3. The function's own name is kept beside that of the span.
    println!("the function is {}", trace.data.spans[0].attribute("mlflow.spanFunctionName").unwrap_or_default());

    println!("returned {}", count_words("one two three"));
    show::last_trace(&loom)?;
    Ok(())
}
