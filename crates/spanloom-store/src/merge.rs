//! What a trace is after more of it came: an amendment, a repetition, or the part that another process recorded.
//!
//! Spans are told apart by their id. A piece that begins with the span's start is the whole span and replaces what was
//! there; any other piece is added to it. The same pieces once more change nothing.

use std::collections::HashSet;

use spanloom_core::{
    CodecError, SealedTrace, SpanId, SpanPart, SpanRecord, Trace, TraceInfo, assemble, attribute_key as key, codec,
};

/// The stored trace with the incoming one in it, or `None` when it is the same as before.
///
/// # Errors
/// When one of the bodies is damaged.
pub(crate) fn merge(stored: &SealedTrace, incoming: &SealedTrace) -> Result<Option<SealedTrace>, CodecError> {
    let before = spans(stored, parts(&stored.body)?);
    let added = parts(&incoming.body)?;
    let replaced: HashSet<SpanId> = added.iter().filter(|part| part.start.is_some()).map(|part| part.span_id).collect();
    let mut kept = parts(&stored.body)?;
    kept.retain(|part| !replaced.contains(&part.span_id));
    kept.extend(added);
    let after = spans(stored, kept);
    let info = if incoming.amends { amended_info(stored, &after) } else { merge_info(&stored.info, &incoming.info) };
    if info == stored.info && same(&before, &after) {
        return Ok(None);
    }
    Ok(Some(SealedTrace::from_trace(&Trace::new(info, after))))
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

/// The trace began where the earlier root did; tags and metadata of the other are added where there are none.
fn merge_info(stored: &TraceInfo, incoming: &TraceInfo) -> TraceInfo {
    let incoming_is_first = incoming.request_time_unix_nano < stored.request_time_unix_nano;
    let (first, second) = if incoming_is_first { (incoming, stored) } else { (stored, incoming) };
    let mut info = first.clone();
    // They have rows of their own.
    info.assessments.clone_from(&stored.assessments);
    for (key, text) in &second.extra {
        if !info.extra.iter().any(|(kept, _)| kept == key) {
            info.extra.push((key.clone(), text.clone()));
        }
    }
    for (key, value) in &second.tags {
        info.tags.entry(key.clone()).or_insert_with(|| value.clone());
    }
    for (key, value) in &second.trace_metadata {
        info.trace_metadata.entry(key.clone()).or_insert_with(|| value.clone());
    }
    info
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
}
