//! Asking for what was recorded.

use serde_json::{Value, json};
use spanloom::{SearchTraces, SpanQuery, SpanRecord, SpanType, Spanloom, Trace};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[("46-query-completed-trace", completed)];

#[test]
fn completed_traces_answer_as_mlflows_do() {
    stage::replay("golden::queries::completed_traces_answer_as_mlflows_do", REPLAYS);
}

#[spanloom::trace(span_type = SpanType::Tool)]
fn add_one(x: i64) -> i64 {
    x + 1
}

#[spanloom::trace(span_type = SpanType::Tool)]
fn add_two(x: i64) -> i64 {
    x + 2
}

#[spanloom::trace(span_type = SpanType::Chain)]
fn run(x: i64) -> i64 {
    add_two(add_one(x))
}

fn names(spans: &[&SpanRecord]) -> Vec<String> {
    spans.iter().map(|span| span.name.clone()).collect()
}

fn matching(pattern: &str) -> SpanQuery {
    SpanQuery::new().name_matching(pattern).expect("the pattern is right")
}

fn completed(loom: &Spanloom) -> Value {
    let before = spanloom::last_active_trace_id();
    run(2);
    let id = spanloom::last_active_trace_id().expect("a root has ended");
    let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    let page = loom.search_traces_blocking(SearchTraces::new()).expect("the question is right");
    let codes: Vec<_> = trace.data.spans.iter().map(|span| span.status.code().replace("STATUS_CODE_", "")).collect();
    let found = |query: SpanQuery| names(&trace.search_spans(query));
    let root = trace.root().expect("it has one");
    let missing = loom.get_trace_blocking(&"tr-00000000000000000000000000000001".parse().expect("of the right form"));
    json!({
        "last_active_before": before.is_none(),
        "trace_id_matches": page.traces.first().is_some_and(|trace| trace.info.trace_id == id),
        "statuses": codes,
        "by_type": found(SpanQuery::new().span_type(SpanType::Tool)),
        "by_name": found(SpanQuery::new().name("add_one")),
        "by_regex": found(matching("^add_")),
        "by_regex_is_search_not_match": found(matching("one")),
        "by_id": found(SpanQuery::new().span_id(root.span_id)),
        "by_name_and_type": found(SpanQuery::new().name("run").span_type(SpanType::Tool)),
        "missing_trace": missing.expect("the store can be read").map(|trace| trace.to_json()),
        "row_request_response": [root.inputs(), root.outputs()],
        "json_round_trip_equal": Trace::from_json(&trace.to_json()).expect("it is what was written") == trace,
    })
}
