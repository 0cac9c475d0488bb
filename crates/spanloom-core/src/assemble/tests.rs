use super::*;
use crate::StatusPart;

fn trace() -> TraceId {
    TraceId::from_u128(1).expect("not zero")
}

fn id(number: u64) -> SpanId {
    SpanId::from_u64(number).expect("not zero")
}

fn started(span: u64, parent: u64, start_unix_nano: u64) -> SpanPart<'static> {
    let mut part = SpanPart::new(id(span));
    let name = format!("s{span}").into();
    part.start = Some(PartStart { parent_id: SpanId::from_u64(parent), name, start_unix_nano });
    part
}

fn with_attributes(span: u64, attributes: &[(&'static str, &'static str)]) -> SpanPart<'static> {
    let mut part = SpanPart::new(id(span));
    part.attributes = attributes.iter().map(|(key, text)| ((*key).into(), (*text).into())).collect();
    part
}

fn names(spans: &[SpanRecord]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

fn texts(span: &SpanRecord) -> Vec<(&str, &str)> {
    span.attributes.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect()
}

#[test]
fn later_parts_win_and_a_key_set_again_moves_to_the_end() {
    let mut end = with_attributes(1, &[("a", "3")]);
    end.end_unix_nano = Some(9);
    end.status = Some(StatusPart::Error("late".into()));
    let parts = [started(1, 0, 5), with_attributes(1, &[("a", "1"), ("b", "2")]), end.clone(), end];
    let spans = spans(trace(), parts);
    assert_eq!(texts(&spans[0]), [("b", "2"), ("a", "3")]);
    assert_eq!(spans[0].end_time_unix_nano, Some(9));
    assert_eq!(spans[0].status, SpanStatus::error("late"));
}

#[test]
fn ok_stays_ok_over_later_parts() {
    let status = |status| SpanPart { status: Some(status), ..SpanPart::new(id(1)) };
    let parts = [started(1, 0, 5), status(StatusPart::Ok), status(StatusPart::Error("late".into()))];
    assert_eq!(spans(trace(), parts)[0].status, SpanStatus::Ok);
}

#[test]
fn many_attributes_keep_the_same_rule() {
    let keys: Vec<String> = (0..60).map(|n| format!("k{}", n % 40)).collect();
    let mut part = started(1, 0, 5);
    part.attributes = keys.iter().enumerate().map(|(n, key)| (key.as_str().into(), n.to_string().into())).collect();
    let spans = spans(trace(), [part]);
    let expected: Vec<(String, String)> = (20..60).map(|n: usize| (format!("k{}", n % 40), n.to_string())).collect();
    assert_eq!(texts(&spans[0]), expected.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>());
}

#[test]
fn roots_come_first_then_orphans_then_children_by_start() {
    let parts = [started(4, 1, 7), started(3, 99, 1), started(1, 0, 5), started(2, 1, 3), started(5, 1, 7)];
    assert_eq!(names(&spans(trace(), parts)), ["s1", "s3", "s2", "s4", "s5"]);
}

#[test]
fn a_span_without_a_start_is_flagged_and_no_root() {
    let mut end = with_attributes(2, &[("a", "1")]);
    end.end_unix_nano = Some(3);
    let spans = spans(trace(), [end, started(1, 0, 5)]);
    assert_eq!(names(&spans), ["s1", ""]);
    assert_eq!(spans[1].start_time_unix_nano, 3);
    assert_eq!(texts(&spans[1]), [("a", "1"), (key::SPAN_INCOMPLETE, "true")]);
}

#[test]
fn the_type_is_read_from_its_attribute() {
    let span_type = |text: &'static str| {
        let parts = [started(1, 0, 5), with_attributes(1, &[(key::SPAN_TYPE, text)])];
        spans(trace(), parts).remove(0).span_type
    };
    assert_eq!(span_type("\"LLM\""), SpanType::Llm);
    assert_eq!(span_type("\"a \\\"b\\\"\""), SpanType::from("a \"b\""));
    assert_eq!(span_type("null"), SpanType::Unknown);
}

#[test]
fn a_type_that_is_only_a_field_comes_back() {
    let mut record = SpanRecord::new(trace(), id(1), "s1", 5);
    record.span_type = SpanType::Tool;
    let again = spans(trace(), [SpanPart::from_record(&record)]).remove(0);
    assert_eq!(again.span_type, SpanType::Tool);
    assert_eq!(texts(&again), [(key::SPAN_TYPE, "\"TOOL\"")]);
}

#[test]
fn a_chain_of_many_spans_takes_no_stack_and_circles_end() {
    let chain = (1..=100_000).map(|n| started(n, n - 1, n));
    assert_eq!(spans(trace(), chain).len(), 100_000);
    assert_eq!(spans(trace(), [started(1, 2, 1), started(2, 1, 1)]).len(), 2);
}
