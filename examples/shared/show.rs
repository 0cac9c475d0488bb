//! Prints what was recorded, so that an example can be checked by what it prints.

use spanloom::{SpanId, SpanRecord, Spanloom, Trace};

/// Longer values are cut.
const WIDTH: usize = 44;

/// The trace whose root ended last, printed as a tree.
///
/// # Errors
/// When the store cannot be read.
pub fn last_trace(loom: &Spanloom) -> anyhow::Result<Trace> {
    let id = spanloom::last_active_trace_id().ok_or_else(|| anyhow::anyhow!("nothing was traced yet"))?;
    let trace = loom.get_trace_blocking(&id)?.ok_or_else(|| anyhow::anyhow!("there is no trace `{id}`"))?;
    tree(&trace);
    Ok(trace)
}

/// A line for each span, with its type, status, inputs and outputs; below it attributes and events; chunks
/// of a stream are counted.
pub fn tree(trace: &Trace) {
    below(trace, None, "");
}

fn below(trace: &Trace, parent: Option<SpanId>, indent: &str) {
    for span in trace.data.spans.iter().filter(|span| span.parent_id == parent) {
        line(span, indent);
        below(trace, Some(span.span_id), &format!("{indent}  "));
    }
}

fn line(span: &SpanRecord, indent: &str) {
    let status = span.status.code().trim_start_matches("STATUS_CODE_");
    let text = |key| span.attribute_text(key).map_or_else(|| "-".to_owned(), |text| cut(text.as_str()));
    let (inputs, outputs) = (text("mlflow.spanInputs"), text("mlflow.spanOutputs"));
    println!("{indent}{} ({}) {status}: {inputs} => {outputs}", span.name, span.span_type);
    for (key, value) in span.attributes.iter().filter(|(key, _)| !key.starts_with("mlflow.")) {
        println!("{indent}    {key} = {}", cut(value.as_str()));
    }
    let chunks = span.events.iter().filter_map(|event| event.get("mlflow.chunk.value")).collect::<Vec<_>>();
    if let [first, ..] = &chunks[..] {
        println!("{indent}    ! {} chunks, the first {}", chunks.len(), cut(first.as_str().unwrap_or_default()));
    }
    for event in span.events.iter().filter(|event| event.get("mlflow.chunk.value").is_none()) {
        let attributes = event.attributes.iter().filter(|(key, _)| key != "exception.stacktrace");
        let attributes = attributes.map(|(key, value)| format!(" {key}={}", cut(value.as_str())));
        println!("{indent}    ! {}{}", event.name, attributes.collect::<String>());
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    let start: String = text.chars().take(WIDTH).collect();
    format!("{start}…")
}
