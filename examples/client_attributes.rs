//! Attributes that mean something: typed values, which can be read back and searched for.
//!
//! `cargo run -p spanloom-examples --example client_attributes` prints
//!
//! ```text
//! root (UNKNOWN) OK: - => -
//!   llm_call (UNKNOWN) OK: - => -
//!       model = "gpt-4"
//!       temperature = 0.7
//!       max_tokens = 1000
//!       prompt_template = "rag_v2"
//!       sampling = {"temperature": 0.7, "max_tokens": 1000}
//!     process (UNKNOWN) OK: - => -
//!         step = 1
//!         data = "some data"
//! Some(1000)
//! ```

use serde::Serialize;
use shared::show;
use spanloom::{EndSpan, EndTrace, SpanQuery, StartSpan, StartTrace};

/// 1. Any `Serialize` is a value.
#[derive(Serialize)]
struct Sampling {
    temperature: f64,
    max_tokens: u32,
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();
    let root = client.start_trace(StartTrace::new("root"))?;

    // 2. Numbers stay numbers, texts stay texts.
    let call = client.start_span(
        StartSpan::new("llm_call", root.trace_id(), root.span_id())
            .attribute("model", "gpt-4")
            .attribute("temperature", 0.7)
            .attribute("max_tokens", 1000)
            .attribute("prompt_template", "rag_v2")
            .attribute("sampling", Sampling { temperature: 0.7, max_tokens: 1000 }),
    )?;
    let process = client.start_span(
        StartSpan::new("process", root.trace_id(), call.span_id()).attribute("step", 1).attribute("data", "some data"),
    )?;

    // 3. Ends come in any order.
    client.end_span(EndSpan::new(call.trace_id(), call.span_id()))?;
    client.end_span(EndSpan::new(process.trace_id(), process.span_id()))?;
    client.end_trace(EndTrace::new(root.trace_id()))?;

    let trace = show::last_trace(&loom)?;
    let call = trace.search_spans(SpanQuery::new().name("llm_call"))[0];
    println!("{:?}", call.attribute("max_tokens").and_then(|tokens| tokens.as_u64()));
    Ok(())
}
