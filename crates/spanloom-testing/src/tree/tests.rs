use spanloom_core::{TraceId, TraceInfo};

use super::*;

fn id(span: u64) -> SpanId {
    SpanId::from_u64(span).unwrap()
}

fn span(number: u64, parent: Option<u64>, name: &str) -> SpanRecord {
    let mut span = SpanRecord::new(TraceId::from_u128(1).unwrap(), id(number), name, 10 * number);
    span.parent_id = parent.map(id);
    span.end_time_unix_nano = Some(10 * number + 5);
    span.status = SpanStatus::Ok;
    span
}

fn trace(spans: Vec<SpanRecord>) -> Trace {
    Trace::new(TraceInfo::new(TraceId::from_u128(1).unwrap(), 10), spans)
}

#[test]
fn everything_that_a_program_says_is_written_and_no_id_or_time() {
    let mut root = span(1, None, "root");
    (root.span_type, root.status) = (SpanType::Agent, SpanStatus::error("Late: by \"much\""));
    root.set_inputs(serde_json::json!({"q": 1}));
    root.set_attribute("mlflow.traceRequestId", "tr-1");
    root.set_attribute("shard", 3);
    root.events = vec![SpanEvent::new("begun"), SpanEvent::exception("Late", "by much", "at line 7")];
    let mut child = span(2, Some(1), "child");
    (child.status, child.end_time_unix_nano) = (SpanStatus::Unset, None);
    child.links = vec![
        Link::new(child.trace_id, id(1)).attribute("why", "retry"),
        Link::new(TraceId::from_u128(2).unwrap(), id(1)),
    ];
    let drawn = SpanTree::of(&trace(vec![root, child])).to_string();
    let expected = r#"root AGENT ERROR "Late: by \"much\""
    = inputs {"q": 1}
    = shard 3
    ! begun
    ! exception {"exception.message": "by much", "exception.type": "Late", "exception.stacktrace": "…"}
    child UNSET open
        > root {"why": "retry"}
        > elsewhere
"#;
    assert_eq!(drawn, expected);
}

#[test]
fn siblings_keep_their_order_unless_they_are_sorted() {
    let trace = trace(vec![span(1, None, "root"), span(2, Some(1), "b"), span(3, Some(2), "c"), span(4, Some(1), "a")]);
    assert_eq!(SpanTree::of(&trace).to_string(), "root OK\n    b OK\n        c OK\n    a OK\n");
    assert_eq!(SpanTree::of(&trace).sorted().to_string(), "root OK\n    a OK\n    b OK\n        c OK\n");
}

#[test]
fn orphans_and_cycles_are_written_once_each() {
    let spans = vec![
        span(1, None, "root"),
        span(2, Some(3), "chicken"),
        span(3, Some(2), "egg"),
        span(4, Some(9), "orphan"),
        span(5, Some(4), "its child"),
        span(6, Some(6), "own parent"),
    ];
    let expected = "root OK\n(parent unknown)\n    orphan OK\n        its child OK\n    chicken OK\n        egg OK\n    own parent OK\n";
    assert_eq!(SpanTree::of(&trace(spans)).to_string(), expected);
}
