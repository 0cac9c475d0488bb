//! Any filter finds in the store what it finds in memory, in the same order, page by page.

use proptest::prelude::*;
use spanloom_core::question::{Question, answer};
use spanloom_core::{Assessment, SearchTraces, SpanStatus, Trace, TraceState, TraceStore, attribute_key as key};
use spanloom_store::{Reader, Store};

use crate::example::*;

/// Few values, so that they meet; among them long ones that no label holds whole, and a NUL.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["", "a", "A", "ab", "größe", "a\0b", "5", "%", "1.0"]).prop_map(str::to_owned),
        (505usize..520, prop::sample::select(vec!["", "x", "y"])).prop_map(|(n, end)| "a".repeat(n) + end),
    ]
}

#[derive(Clone, Debug)]
struct Made {
    tags: Vec<(String, String)>,
    metadata: Vec<(String, String)>,
    request: Option<String>,
    duration: Option<u64>,
    ms: u64,
    state: TraceState,
    spans: Vec<(String, String, u8, String)>,
    open: bool,
    scores: Vec<(String, bool)>,
}

fn made() -> impl Strategy<Value = Made> {
    let tag = (prop::sample::select(vec!["t", "u", key::TRACE_NAME]), value()).prop_map(|(k, v)| (k.to_owned(), v));
    let metadata = (prop::sample::select(vec!["m", key::SOURCE_RUN, key::TRACE_INPUTS]), value())
        .prop_map(|(k, v)| (k.to_owned(), v));
    let span = (value(), prop::sample::select(vec!["LLM", "TOOL", "a"]), 0u8..3, value())
        .prop_map(|(name, kind, status, text)| (name, kind.to_owned(), status, text));
    let state = prop::sample::select(vec![TraceState::Ok, TraceState::Error, TraceState::Unspecified]);
    let parts = (
        prop::collection::vec(tag, 0..4),
        prop::collection::vec(metadata, 0..3),
        prop::option::of(value()),
        prop::option::of(0u64..5),
        0u64..6,
        state,
        prop::collection::vec(span, 1..4),
        prop::bool::weighted(0.3),
        prop::collection::vec((value(), any::<bool>()), 0..3),
    );
    parts.prop_map(|(tags, metadata, request, duration, ms, state, spans, open, scores)| Made {
        tags,
        metadata,
        request,
        duration,
        ms,
        state,
        spans,
        open,
        scores,
    })
}

fn trace_of(number: u128, made: &Made) -> Trace {
    let mut trace = trace(number, 0);
    trace.info.tags = made.tags.iter().cloned().collect();
    trace.info.trace_metadata = made.metadata.iter().cloned().collect();
    trace.info.client_request_id.clone_from(&made.request);
    trace.info.execution_duration_ms = made.duration;
    trace.info.request_time_unix_nano = T0 + made.ms * 500_000;
    trace.info.state = made.state;
    for (n, (value, is_valid)) in (number * 10..).zip(&made.scores) {
        let json = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::from(value.as_str()));
        let mut made = Assessment::feedback("f", json).trace_id(trace.info.trace_id);
        made.assessment_id = format!("a-{n:032x}");
        made.valid = Some(*is_valid);
        trace.info.assessments.push(made);
    }
    for (n, (name, kind, status, text)) in (1..).zip(&made.spans) {
        let mut span = record(trace.info.trace_id, n);
        span.name.clone_from(name);
        span.span_type = kind.clone().into();
        span.set_attribute(key::SPAN_TYPE, kind);
        span.set_attribute("k", text);
        span.status = match status {
            0 => SpanStatus::Unset,
            1 => SpanStatus::Ok,
            _ => SpanStatus::error("bad"),
        };
        trace.data.spans.push(span);
    }
    trace
}

/// Completed ones, and open ones as their journal has them: a type and an error that came after the start.
fn stored(all: &[Made]) -> (Store, Reader) {
    let mut store = Store::in_memory().expect("memory");
    for (number, made) in (1..).zip(all) {
        let trace = trace_of(number, made);
        if !made.open {
            store.commit(&completed(&[trace])).expect("commits");
            continue;
        }
        let mut first = chunk(number, 0, 1..=1);
        first.info = trace.info.clone();
        first.info.state = TraceState::InProgress;
        first.info.execution_duration_ms = None;
        let mut second = first.clone();
        second.sequence = 1;
        second.body.clear();
        for span in &trace.data.spans {
            spanloom_core::codec::encode_part(&spanloom_core::SpanPart::from_record(span), &mut second.body);
        }
        store.commit(&journal([first])).expect("commits");
        store.commit(&journal([second])).expect("commits");
    }
    let reader = store.reader().expect("reads");
    (store, reader)
}

fn clause() -> impl Strategy<Value = String> {
    let short = || prop::sample::select(vec!["", "a", "A", "ab", "größe", "5", "a%", "%b", "_", "%ö%", "%x", "aa%y"]);
    let text = (
        prop::sample::select(vec![
            "status",
            "name",
            "client_request_id",
            "run_id",
            "tags.t",
            "tags.u",
            "metadata.m",
            "metadata.mlflow.traceInputs",
            "span.name",
            "span.type",
            "span.attributes.k",
            "request_id",
            "feedback.f",
        ]),
        prop::sample::select(vec!["=", "!=", "LIKE", "ILIKE"]),
        prop_oneof![short().prop_map(str::to_owned), value()],
    )
        .prop_filter_map("two kinds of quotes, no wildcard too many", |(key, comparator, value)| {
            (!value.contains('\'')).then(|| format!("{key} {comparator} '{value}'"))
        });
    prop_oneof![
        6 => text,
        1 => (prop::sample::select(vec!["tags.t", "span.name", "metadata.m"]), prop::sample::select(vec!["^a", "b$", "ö", "."]))
            .prop_map(|(key, regex)| format!("{key} RLIKE '{regex}'")),
        1 => prop::sample::select(vec!["tags.t IS NULL", "name IS NOT NULL", "run_id IS NULL", "feedback.f IS NULL", "feedback.f IS NOT NULL", "feedback.f > 1.5", "feedback.f <= 1", "metadata.m IS NOT NULL"]).prop_map(str::to_owned),
        1 => (prop::sample::select(vec!["status", "span.type", "span.status", "client_request_id"]), prop::sample::select(vec!["IN", "NOT IN"]))
            .prop_map(|(key, word)| format!("{key} {word} ('OK', 'a', 'ERROR', 'LLM')")),
        2 => (prop::sample::select(vec!["timestamp_ms", "execution_time_ms", "end_time_ms"]),
              prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]), 0u32..8)
            .prop_map(|(key, order, half)| {
                let base = if key == "execution_time_ms" { 0.0 } else { T0 as f64 / 1e6 };
                format!("{key} {order} {}", base + f64::from(half) / 2.0)
            }),
        1 => prop::sample::select(vec!["trace.text LIKE '%5%'", "trace.text ILIKE '%A%b%'", "span.content LIKE '%bad%'", "span.status = 'ERROR'", "span.status = 'OK'"]).prop_map(str::to_owned),
    ]
}

fn pages(reader: &Reader, question: &SearchTraces) -> Vec<Trace> {
    let mut found = Vec::new();
    let mut page = reader.search(question).expect("finds");
    loop {
        found.extend(page.traces);
        let Some(token) = page.next_page_token else { return found };
        page = reader.search(&SearchTraces::new().page_token(token)).expect("finds");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_store_finds_what_memory_finds(
        all in prop::collection::vec(made(), 1..12),
        filters in prop::collection::vec(prop::collection::vec(clause(), 1..4), 8),
        order in prop::sample::select(vec!["timestamp_ms", "name DESC", "tags.t", "tags.u DESC", "metadata.m", "status", "execution_time_ms DESC"]),
        size in 1usize..4,
    ) {
        let (_store, reader) = stored(&all);
        let read = |number: u128| reader.get(&trace_id(number)).expect("reads").expect("is there");
        let traces: Vec<Trace> = (1..=all.len() as u128).map(read).collect();
        for clauses in filters {
            let asked = SearchTraces::new().filter(clauses.join(" AND ")).order_by(order);
            let whole = asked.clone().max_results(100);
            let in_memory = answer(Question::of(&whole).expect("understood"), traces.clone()).traces;
            prop_assert_eq!(&reader.search(&whole).expect("finds").traces, &in_memory, "{:?}", clauses);
            prop_assert_eq!(pages(&reader, &asked.max_results(size)), in_memory, "{:?} in pages", clauses);
        }
    }
}
