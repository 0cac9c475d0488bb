//! What a list shows of a trace: the start of the inputs and outputs, or what the program says instead.
//!
//! `cargo run -p spanloom-examples --example request_response_preview` prints
//!
//! ```text
//! request:  Doc: This is a very long document t... Instr: Focus on the key takeaways reg...
//! response: Summary: Summary of document starting with 'This is a very ...
//! 1000 characters, the last "S MANY ..."
//! of 1580 characters
//! ```

use spanloom::{Spanloom, Trace};

#[spanloom::trace(name = "Summarization Pipeline")]
fn summarize_document(document_content: &str, user_instructions: &str) -> String {
    let start: String = document_content.chars().take(20).collect();
    let summary = format!("Summary of document starting with '{start}...' based on '{user_instructions}'");

    // 1. Previews for people who look through many traces. They are kept as they are.
    let document: String = document_content.chars().take(30).collect();
    let instructions: String = user_instructions.chars().take(30).collect();
    let short: String = summary.chars().take(50).collect();
    spanloom::update_current_trace(|trace| {
        trace
            .request_preview(format!("Doc: {document}... Instr: {instructions}..."))
            .response_preview(format!("Summary: {short}..."))
    });
    summary
}

// 2. Without them, previews are the JSON of inputs and outputs, cut to 1,000 characters.
#[spanloom::trace]
fn shout(document_content: &str) -> String {
    document_content.to_uppercase()
}

fn last(loom: &Spanloom) -> anyhow::Result<Trace> {
    let id = spanloom::last_active_trace_id().unwrap_or(spanloom::TraceId::INVALID);
    Ok(loom.get_trace_blocking(&id)?.expect("a trace was just recorded"))
}

fn main() -> anyhow::Result<()> {
    let loom = Spanloom::builder().in_memory().install()?;
    let long = "This is a very long document that contains many details about various topics...";

    summarize_document(&long.repeat(10), "Focus on the key takeaways regarding topic X.");
    let info = last(&loom)?.info;
    println!("request:  {}", info.request_preview.unwrap_or_default());
    println!("response: {}", info.response_preview.unwrap_or_default());

    shout(&long.repeat(20));
    let trace = last(&loom)?;
    let preview = trace.info.response_preview.clone().unwrap_or_default();
    println!("{} characters, the last {:?}", preview.chars().count(), &preview[preview.len() - 10..]);

    // 3. The span has everything.
    let outputs = trace.data.spans[0].outputs().unwrap_or_default();
    println!("of {} characters", outputs.as_str().unwrap_or_default().chars().count());
    Ok(())
}
