//! What is said of a trace as a whole, said once more: after parts that were recorded apart have come together.

use crate::{
    JsonText, SizeStats, SpanPart, SpanRecord, SpanStatus, TraceInfo, TraceState, attribute_key as key, llm_cost,
    preview, token_usage, trace_json,
};

/// Whether a span waits for someone to resume it.
pub fn is_paused(span: &SpanRecord) -> bool {
    span.end_time_unix_nano.is_none() && says(span, key::PAUSED)
}

/// How often a span was resumed.
pub fn times_resumed(span: &SpanRecord) -> u64 {
    span.attribute_text(key::RESUMED).and_then(|text| text.as_str().parse().ok()).unwrap_or(0)
}

/// Brings what follows from the spans of a trace into line with them: token usage, sizes, whether it is paused or incomplete.
/// What follows from the root (state, duration, cuts of inputs and outputs) is stated only where `info` says that the trace
/// is in progress: else it is known. Previews that are there stay, and sizes are stated where they were before.
pub fn restate(info: &mut TraceInfo, spans: &[SpanRecord]) {
    if spans.iter().any(is_paused) {
        info.state = TraceState::InProgress;
        info.execution_duration_ms = None;
        info.trace_metadata.insert(key::PAUSED.to_owned(), "true".to_owned());
    } else {
        info.trace_metadata.remove(key::PAUSED);
        if info.state == TraceState::InProgress {
            state_root(info, spans);
        }
    }
    if !info.trace_metadata.contains_key(key::DROPPED_SPANS)
        && !spans.iter().any(|span| says(span, key::SPAN_INCOMPLETE))
    {
        info.trace_metadata.remove(key::INCOMPLETE);
    }
    if let Some(sum) = token_usage::sum(spans) {
        let json = JsonText::capture(&sum).as_str().to_owned();
        info.trace_metadata.insert(key::TRACE_TOKEN_USAGE.to_owned(), json);
    }
    if let Some(sum) = llm_cost::sum(spans) {
        let json = JsonText::capture(&sum).as_str().to_owned();
        info.trace_metadata.insert(key::TRACE_COST.to_owned(), json);
    }
    if !info.trace_metadata.contains_key(key::TRACE_SIZE_STATS) {
        return;
    }
    let lens = spans.iter().map(|span| trace_json::span_json_len(&SpanPart::from_record(span))).collect();
    SizeStats::new(lens, trace_json::empty_trace_len(info)).write_to(&mut info.trace_metadata);
}

fn says(span: &SpanRecord, key: &str) -> bool {
    span.attribute_text(key).is_some_and(|text| text.as_str() == "true")
}

fn state_root(info: &mut TraceInfo, spans: &[SpanRecord]) {
    // Spans come with their root first.
    let Some(root) = spans.first().filter(|root| root.parent_id.is_none()) else { return };
    let Some(end) = root.end_time_unix_nano else { return };
    let failed = matches!(root.status, SpanStatus::Error(_));
    info.state = if failed { TraceState::Error } else { TraceState::Ok };
    info.execution_duration_ms = Some(end.saturating_sub(root.start_time_unix_nano) / 1_000_000);
    let text = |key| root.attribute_text(key).map(JsonText::as_str);
    let (inputs, outputs) = (text(key::INPUTS), text(key::OUTPUTS));
    info.request_preview = info.request_preview.take().or_else(|| preview::request_preview(inputs));
    info.response_preview = info.response_preview.take().or_else(|| preview::response_preview(outputs));
    info.trace_metadata.insert(key::TRACE_INPUTS.to_owned(), preview::metadata_cut(inputs));
    info.trace_metadata.insert(key::TRACE_OUTPUTS.to_owned(), preview::metadata_cut(outputs));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanId, TraceId};

    fn root() -> SpanRecord {
        let (trace, span) = (TraceId::from_u128(7).expect("not zero"), SpanId::from_u64(7).expect("not zero"));
        let mut root = SpanRecord::new(trace, span, "root", 1_000_000);
        root.set_inputs("question");
        root
    }

    #[test]
    fn a_trace_is_in_progress_while_a_span_of_it_is_paused_and_follows_its_root_afterwards() {
        let mut root = root();
        let mut info = TraceInfo::new(root.trace_id, 1_000_000);
        info.state = TraceState::Ok;
        root.set_attribute(key::PAUSED, true);
        restate(&mut info, std::slice::from_ref(&root));
        assert_eq!((info.state, info.trace_metadata[key::PAUSED].as_str()), (TraceState::InProgress, "true"));
        root.end_time_unix_nano = Some(6_000_000);
        root.status = SpanStatus::Error("refused".to_owned());
        root.set_outputs("answer");
        restate(&mut info, std::slice::from_ref(&root));
        assert_eq!((info.state, info.execution_duration_ms), (TraceState::Error, Some(5)));
        assert_eq!(info.response_preview.as_deref(), Some("\"answer\""));
        assert!(!info.trace_metadata.contains_key(key::PAUSED));
    }

    #[test]
    fn what_is_known_of_the_root_stays() {
        let mut root = root();
        root.end_time_unix_nano = Some(6_000_000);
        let mut info = TraceInfo::new(root.trace_id, 1_000_000);
        info.state = TraceState::Error;
        info.request_preview = Some("given".to_owned());
        restate(&mut info, std::slice::from_ref(&root));
        assert_eq!((info.state, info.request_preview.as_deref()), (TraceState::Error, Some("given")));
        assert!(!info.trace_metadata.contains_key(key::TRACE_SIZE_BYTES));
        info.trace_metadata.insert(key::TRACE_SIZE_STATS.to_owned(), String::new());
        restate(&mut info, &[root]);
        assert!(info.trace_metadata[key::TRACE_SIZE_STATS].contains("\"num_spans\": 1"));
    }
}
