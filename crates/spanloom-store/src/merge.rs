//! What a trace is after more of it came: an amendment, a repetition, or the part that another process recorded.
//!
//! Spans are told apart by their id. A piece that begins with the span's start is the whole span and replaces what was
//! there; any other piece is added to it, and so are the pieces of a span that was paused and resumed. The same pieces once
//! more change nothing.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use spanloom_core::restate::{is_paused, restate, times_resumed};
use spanloom_core::{
    CodecError, SealedTrace, SpanId, SpanPart, SpanRecord, Trace, TraceInfo, TraceState, assemble,
    attribute_key as key, codec,
};

/// The stored trace with the incoming one in it, or `None` when it is the same as before.
///
/// # Errors
/// When one of the bodies is damaged.
pub(crate) fn merge(stored: &SealedTrace, incoming: &SealedTrace) -> Result<Option<SealedTrace>, CodecError> {
    let before = spans(stored, parts(&stored.body)?);
    let order = Order::of(&before, &spans(incoming, parts(&incoming.body)?));
    let after = spans(stored, order.put_together(parts(&stored.body)?, parts(&incoming.body)?));
    let changed = !same(&before, &after);
    let (mut info, is_changed) = if incoming.amends {
        (amended_info(stored, &after), changed || after.iter().any(is_paused))
    } else {
        (merge_info(stored, incoming, &order), changed)
    };
    if is_changed || info.trace_metadata.contains_key(key::PAUSED) {
        restate(&mut info, &after);
    }
    if info == stored.info && !changed {
        return Ok(None);
    }
    Ok(Some(SealedTrace::from_trace(&Trace::new(info, after))))
}

/// How the pieces of each span that both have follow each other. A span that was paused has a piece from each time that it
/// ran; they count up how often it was resumed.
struct Order {
    /// Whole spans that take the place of what is stored.
    replaced: HashSet<SpanId>,
    /// Spans whose stored piece is the later one.
    stored_is_later: HashSet<SpanId>,
    /// Spans that were resumed twice from one token.
    resumed_twice: usize,
}

impl Order {
    fn of(stored: &[SpanRecord], incoming: &[SpanRecord]) -> Self {
        let times: HashMap<SpanId, u64> = stored.iter().map(|span| (span.span_id, times_resumed(span))).collect();
        let mut order = Self { replaced: HashSet::new(), stored_is_later: HashSet::new(), resumed_twice: 0 };
        for span in incoming {
            let Some(there) = times.get(&span.span_id) else { continue };
            match times_resumed(span).cmp(there) {
                Ordering::Greater => {}
                Ordering::Less => drop(order.stored_is_later.insert(span.span_id)),
                Ordering::Equal if *there == 0 => drop(order.replaced.insert(span.span_id)),
                Ordering::Equal => order.resumed_twice += 1,
            }
        }
        order
    }

    fn put_together<'a>(&self, mut stored: Vec<SpanPart<'a>>, incoming: Vec<SpanPart<'a>>) -> Vec<SpanPart<'a>> {
        // A piece without the start adds to the span, whatever else is known of it.
        let whole: HashSet<SpanId> =
            incoming.iter().filter(|part| part.start.is_some()).map(|part| part.span_id).collect();
        stored.retain(|part| !(whole.contains(&part.span_id) && self.replaced.contains(&part.span_id)));
        let (later, mut all): (Vec<_>, Vec<_>) =
            stored.into_iter().partition(|part| self.stored_is_later.contains(&part.span_id));
        all.extend(incoming);
        all.extend(later);
        all
    }
}

/// A trace of which every span has ended after all is not incomplete any more, unless spans of it were dropped.
fn amended_info(stored: &SealedTrace, spans: &[SpanRecord]) -> TraceInfo {
    let mut info = stored.info.clone();
    let closed =
        |span: &SpanRecord| span.attribute_text(key::SPAN_INCOMPLETE).is_some_and(|text| text.as_str() == "true");
    if !info.trace_metadata.contains_key(key::DROPPED_SPANS) && !spans.iter().any(closed) {
        info.trace_metadata.remove(key::INCOMPLETE);
    }
    info
}

fn parts(body: &[u8]) -> Result<Vec<SpanPart<'_>>, CodecError> {
    codec::decode_parts(body).collect()
}

fn spans(of: &SealedTrace, parts: Vec<SpanPart<'_>>) -> Vec<SpanRecord> {
    assemble::spans(of.info.trace_id, parts)
}

/// Spans that start at the same moment may have changed places.
fn same(before: &[SpanRecord], after: &[SpanRecord]) -> bool {
    let sorted = |spans: &[SpanRecord]| {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|&index| spans[index].span_id);
        order
    };
    before.len() == after.len()
        && sorted(before).into_iter().zip(sorted(after)).all(|(old, new)| before[old] == after[new])
}

/// The part with the root of the whole says what the trace is; without one, the part that began first. Tags and metadata
/// of the other are added where there are none.
fn merge_info(stored: &SealedTrace, incoming: &SealedTrace, order: &Order) -> TraceInfo {
    let incoming_is_first = match (has_root(incoming), has_root(stored)) {
        (true, false) => true,
        (false, true) => false,
        _ => incoming.info.request_time_unix_nano < stored.info.request_time_unix_nano,
    };
    let (first, second) = if incoming_is_first { (incoming, stored) } else { (stored, incoming) };
    let (later, earlier) = if order.stored_is_later.is_empty() { (incoming, stored) } else { (stored, incoming) };
    let mut info = first.info.clone();
    // They have rows of their own.
    info.assessments.clone_from(&stored.info.assessments);
    for (key, text) in &second.info.extra {
        if !info.extra.iter().any(|(kept, _)| kept == key) {
            info.extra.push((key.clone(), text.clone()));
        }
    }
    for (key, value) in &second.info.tags {
        info.tags.entry(key.clone()).or_insert_with(|| value.clone());
    }
    for (key, value) in &second.info.trace_metadata {
        info.trace_metadata.entry(key.clone()).or_insert_with(|| value.clone());
    }
    if earlier.info.trace_metadata.contains_key(key::PAUSED) {
        go_on(&mut info, later);
    }
    if order.resumed_twice > 0 {
        let count = info.trace_metadata.entry(key::RESUMED_TWICE.to_owned()).or_default();
        *count = (count.parse().unwrap_or(0) + order.resumed_twice).to_string();
    }
    info
}

/// What was said of a paused trace when it went on.
fn go_on(info: &mut TraceInfo, later: &SealedTrace) {
    (info.state, info.execution_duration_ms) = match has_root(later) {
        true => (later.info.state, later.info.execution_duration_ms),
        false => (TraceState::InProgress, None),
    };
    if later.info.response_preview.is_some() && has_root(later) {
        info.response_preview.clone_from(&later.info.response_preview);
    }
    if let Some(id) = &later.info.client_request_id {
        info.client_request_id = Some(id.clone());
    }
    let of_program = |(key, _): &(&String, &String)| !key.starts_with("mlflow.") && !key.starts_with("spanloom.");
    let copied = |(key, value): (&String, &String)| (key.clone(), value.clone());
    info.tags.extend(later.info.tags.iter().filter(of_program).map(copied));
    info.trace_metadata.extend(later.info.trace_metadata.iter().filter(of_program).map(copied));
}

/// Whether a part has the span that has no parent.
fn has_root(part: &SealedTrace) -> bool {
    let is_root = |part: SpanPart<'_>| part.start.is_some_and(|start| start.parent_id.is_none());
    codec::decode_parts(&part.body).flatten().any(is_root)
}

#[cfg(test)]
mod tests {
    use spanloom_core::{TraceId, TraceState};

    use super::*;

    fn record(span: u64, name: &str, end: Option<u64>) -> SpanRecord {
        let id = TraceId::from_u128(1).expect("not zero");
        let mut record = SpanRecord::new(id, SpanId::from_u64(span).expect("not zero"), name.to_owned(), 100 + span);
        record.parent_id = (span > 1).then(|| SpanId::from_u64(1).expect("not zero"));
        record.end_time_unix_nano = end;
        record
    }

    fn sealed(start: u64, spans: Vec<SpanRecord>) -> SealedTrace {
        let mut info = TraceInfo::new(TraceId::from_u128(1).expect("not zero"), start);
        info.state = TraceState::Ok;
        SealedTrace::from_trace(&Trace::new(info, spans))
    }

    fn names(of: Option<SealedTrace>) -> Vec<String> {
        let trace = of.expect("changed").to_trace().expect("undamaged");
        trace.data.spans.into_iter().map(|span| format!("{} {:?}", span.name, span.end_time_unix_nano)).collect()
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let one = sealed(0, vec![record(1, "root", Some(200)), record(2, "child", None)]);
        assert_eq!(merge(&one, &one).expect("undamaged"), None);
    }

    #[test]
    fn an_amendment_replaces_and_adds_spans_and_leaves_the_rest_of_the_trace_alone() {
        let stored = sealed(0, vec![record(1, "root", Some(200)), record(2, "child", None)]);
        let mut amendment = sealed(999, vec![record(2, "child", Some(300)), record(3, "late", Some(400))]);
        amendment.amends = true;
        amendment.info.tags.insert("not".to_owned(), "taken".to_owned());
        let merged = merge(&stored, &amendment).expect("undamaged");
        assert_eq!(merged.as_ref().map(|trace| &trace.info), Some(&stored.info));
        assert_eq!(names(merged), ["root Some(200)", "child Some(300)", "late Some(400)"]);
    }

    #[test]
    fn token_usage_and_sizes_are_those_of_the_amended_trace() {
        let mut child = record(2, "child", None);
        let mut stored = sealed(0, vec![record(1, "root", Some(200)), child.clone()]);
        let spans = stored.to_trace().expect("undamaged").data.spans;
        stored.info.trace_metadata.insert(key::TRACE_SIZE_STATS.to_owned(), String::new());
        restate(&mut stored.info, &spans);
        let size = |trace: &SealedTrace| -> u64 {
            trace.info.trace_metadata[key::TRACE_SIZE_BYTES].parse().expect("a number")
        };
        assert!(!stored.info.trace_metadata.contains_key(key::TRACE_TOKEN_USAGE));
        child.end_time_unix_nano = Some(300);
        let counted = r#"{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}"#;
        child.set_attribute(key::TOKEN_USAGE, serde_json::from_str::<serde_json::Value>(counted).expect("JSON"));
        let mut amendment = sealed(999, vec![child, record(3, "late", Some(400))]);
        amendment.amends = true;
        let merged = merge(&stored, &amendment).expect("undamaged").expect("changed");
        assert_eq!(merged.info.trace_metadata[key::TRACE_TOKEN_USAGE], counted);
        assert!(merged.info.trace_metadata[key::TRACE_SIZE_STATS].contains("\"num_spans\": 3"));
        assert!(size(&merged) > size(&stored));
        assert_eq!(merge(&merged, &amendment).expect("undamaged"), None, "once more changes nothing");
    }

    #[test]
    fn parts_of_two_processes_become_one_trace_that_begins_with_the_earlier() {
        let mut here = sealed(50, vec![record(2, "remote", Some(300))]);
        here.info.tags.insert("a".to_owned(), "here".to_owned());
        let mut there = sealed(10, vec![record(1, "root", Some(400))]);
        there.info.tags.insert("a".to_owned(), "there".to_owned());
        let merged = merge(&here, &there).expect("undamaged");
        let info = merged.as_ref().map(|trace| trace.info.clone()).expect("changed");
        assert_eq!((info.request_time_unix_nano, info.tags["a"].as_str()), (10, "there"));
        assert_eq!(names(merged), ["root Some(400)", "remote Some(300)"]);
    }

    #[test]
    fn the_part_with_the_root_says_what_the_trace_is_although_its_clock_is_behind() {
        let mut caller = sealed(90, vec![record(1, "root", Some(400))]);
        caller.info.state = TraceState::Error;
        caller.info.trace_metadata.insert(key::TRACE_SIZE_STATS.to_owned(), String::new());
        let handler = sealed(50, vec![record(2, "remote", Some(300))]);
        for (first, second) in [(&caller, &handler), (&handler, &caller)] {
            let merged = merge(first, second).expect("undamaged").expect("changed");
            assert_eq!((merged.info.state, merged.info.request_time_unix_nano), (TraceState::Error, 90));
            assert!(merged.info.trace_metadata[key::TRACE_SIZE_STATS].contains("\"num_spans\": 2"));
        }
    }

    fn piece(times: u64, paused: bool, end: Option<u64>, output: &str) -> SealedTrace {
        let mut span = record(1, "root", end);
        span.set_attribute("said", output);
        span.set_attribute(key::PAUSED, paused);
        if times > 0 {
            span.set_attribute(key::RESUMED, times);
        }
        let mut part = sealed(10, vec![span]);
        let spans = part.to_trace().expect("undamaged").data.spans;
        restate(&mut part.info, &spans);
        part
    }

    #[test]
    fn the_pieces_of_a_resumed_span_are_one_span_in_whatever_order_they_come() {
        let pieces = [piece(0, true, None, "a"), piece(1, true, None, "b"), piece(2, false, Some(9_000_000), "c")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0]] {
            let merged = order
                .map(|at| &pieces[at])
                .into_iter()
                .cloned()
                .reduce(|stored, incoming| merge(&stored, &incoming).expect("undamaged").unwrap_or(stored));
            let trace = merged.expect("three").to_trace().expect("undamaged");
            assert_eq!((trace.info.state, trace.data.spans.len()), (TraceState::Ok, 1), "{order:?}");
            let span = &trace.data.spans[0];
            assert_eq!(
                (span.end_time_unix_nano, span.attribute("said")),
                (Some(9_000_000), Some("c".into())),
                "{order:?}"
            );
            assert!(!trace.info.trace_metadata.contains_key(key::PAUSED), "{order:?}");
            assert!(!trace.info.trace_metadata.contains_key(key::RESUMED_TWICE), "{order:?}");
        }
    }

    #[test]
    fn of_two_that_resumed_one_span_the_last_end_counts_and_so_does_the_fact() {
        let (paused, one, other) =
            (piece(0, true, None, "a"), piece(1, false, Some(8_000_000), "b"), piece(1, false, Some(7_000_000), "c"));
        let merged = merge(&paused, &one).expect("undamaged").expect("changed");
        let merged = merge(&merged, &other).expect("undamaged").expect("changed");
        assert_eq!(merged.info.trace_metadata[key::RESUMED_TWICE], "1");
        assert_eq!(merged.to_trace().expect("undamaged").data.spans[0].end_time_unix_nano, Some(7_000_000));
    }
}
