//! Filters find what they say.

use spanloom_core::{SearchTraces, SpanStatus, Trace, TraceState, TraceStore, attribute_key};
use spanloom_store::{Reader, Store};

use crate::example::*;

/// Five traces, named after the letters of the answers below; E has neither name nor tags and runs.
fn reader() -> Reader {
    let mut store = Store::in_memory().expect("memory");
    let mut a = trace(0xa, 0);
    a.info = info(
        &a,
        0,
        "checkout",
        TraceState::Ok,
        Some(100),
        &[("env", "prod"), ("team", "Alpha"), ("user id", "spacey")],
    );
    a.info.trace_metadata =
        [("release", "1.0"), ("mlflow.trace.session", "s1")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    a.info.client_request_id = Some("req-1".to_owned());
    a.data.spans = vec![span(&a, 1, "root", "AGENT", false), span(&a, 2, "search_tool", "TOOL", false)];
    let mut b = trace(0xb, 0);
    b.info = info(&b, 1_000, "refund", TraceState::Error, Some(2_000), &[("env", "dev"), ("team", "alpha")]);
    b.info.trace_metadata =
        [("release", "1.1"), ("mlflow.trace.session", "s1")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    b.info.client_request_id = Some("req-2".to_owned());
    b.data.spans = vec![span(&b, 1, "root", "CHAIN", true), span(&b, 2, "llm", "CHAT_MODEL", true)];
    let mut c = trace(0xc, 0);
    c.info = info(&c, 2_000, "Checkout", TraceState::Ok, Some(50), &[("env", "prod"), ("weird.key-1", "w[*]?")]);
    c.data.spans = vec![span(&c, 1, "root", "LLM", false)];
    let mut d = trace(0xd, 0);
    d.info = info(&d, 3_000, "größe", TraceState::Unspecified, Some(10), &[("env", "dev")]);
    d.info.experiment_id = "other".to_owned();
    let mut e = chunk(0xe, 0, 1..=1);
    e.info = info(&trace(0xe, 0), 4_000, "", TraceState::InProgress, None, &[]);
    e.info.tags.clear();
    store.commit(&completed(&[a, b, c, d])).expect("commits");
    store.commit(&journal([e])).expect("commits");
    let reader = store.reader().expect("reads");
    // The store must stay open: E would else be interrupted, which is not the point here.
    std::mem::forget(store);
    reader
}

fn info(
    of: &Trace,
    ms: u64,
    name: &str,
    state: TraceState,
    duration: Option<u64>,
    tags: &[(&str, &str)],
) -> spanloom_core::TraceInfo {
    let mut info = of.info.clone();
    info.request_time_unix_nano = T0 + ms * 1_000_000;
    info.state = state;
    info.execution_duration_ms = duration;
    info.trace_metadata.clear();
    info.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    info.tags.insert(attribute_key::TRACE_NAME.to_owned(), name.to_owned());
    info
}

fn span(of: &Trace, number: u64, name: &str, span_type: &str, error: bool) -> spanloom_core::SpanRecord {
    let mut span = record(of.info.trace_id, number);
    span.name = name.to_owned();
    span.span_type = span_type.to_owned().into();
    span.set_attribute(attribute_key::SPAN_TYPE, span_type);
    if error {
        span.status = SpanStatus::error("it failed");
    }
    span
}

/// The letters of what a filter finds, the newest first.
#[track_caller]
fn check(reader: &Reader, filter: &str, expected: &str) {
    let page = reader.search(&SearchTraces::new().filter(filter)).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let found: String = page.traces.iter().map(|trace| format!("{:X}", trace.info.trace_id.to_u128())).collect();
    assert_eq!(found, expected, "{filter}");
}

#[test]
fn attributes_of_the_trace() {
    let reader = reader();
    for (filter, expected) in [
        ("", "EDCBA"),
        ("status = 'OK'", "CA"),
        ("trace.status = 'ERROR'", "B"),
        ("status = 'IN_PROGRESS'", "E"),
        ("status = 'STATE_UNSPECIFIED'", "D"),
        ("attributes.status != 'OK'", "EDB"),
        ("status IN ('OK','ERROR')", "CBA"),
        ("status NOT IN ('OK')", "EDB"),
        ("status LIKE 'O%'", "CA"),
        ("status ILIKE 'ok'", "CA"),
        ("status = 'ok'", ""),
        ("name = 'checkout'", "A"),
        ("name ILIKE 'checkout'", "CA"),
        ("name LIKE '%out'", "CA"),
        ("name LIKE 'check%'", "A"),
        ("name LIKE 'che_kout'", "A"),
        ("name ILIKE 'größe'", "D"),
        ("name != 'checkout'", "DCB"),
        ("name IS NULL", "E"),
        ("name IS NOT NULL", "DCBA"),
        ("tags.`mlflow.traceName` = 'refund'", "B"),
        ("request_id = 'tr-0000000000000000000000000000000a'", "A"),
        ("request_id IN ('tr-0000000000000000000000000000000a', 'x')", "A"),
        ("request_id LIKE '%b'", "B"),
        ("request_id = 'x'", ""),
        ("client_request_id LIKE 'req-%'", "BA"),
        ("client_request_id != 'req-1'", "B"),
    ] {
        check(&reader, filter, expected);
    }
}

#[test]
fn times_in_milliseconds() {
    let reader = reader();
    for (filter, expected) in [
        ("timestamp_ms > 1780000001000", "EDC"),
        ("timestamp_ms >= 1780000001000", "EDCB"),
        ("timestamp > 1780000001000 AND timestamp <= 1780000003000", "DC"),
        ("timestamp_ms = 1780000002000", "C"),
        ("timestamp_ms != 1780000002000", "EDBA"),
        ("timestamp_ms > '1780000001000.5'", "EDC"),
        ("timestamp_ms > -1", "EDCBA"),
        ("timestamp_ms < 1e300", "EDCBA"),
        ("execution_time_ms > 60", "BA"),
        ("execution_time < 60.5", "DC"),
        ("execution_time_ms = 100", "A"),
        ("end_time_ms > 1780000002050", "EDB"),
        ("end_time = 1780000000100", "A"),
    ] {
        check(&reader, filter, expected);
    }
}

#[test]
fn tags_and_metadata() {
    let reader = reader();
    for (filter, expected) in [
        ("tags.env = 'prod'", "CA"),
        ("tag.env != 'prod'", "DB"),
        ("tags.env LIKE '%r_d'", "CA"),
        ("tags.env IS NULL", "E"),
        ("tags.env IS NOT NULL", "DCBA"),
        ("tags.nothing IS NULL", "EDCBA"),
        ("tags.nothing IS NOT NULL", ""),
        ("tags.ENV = 'prod'", ""),
        ("tags.team = 'alpha'", "B"),
        ("tags.team ILIKE 'alpha'", "BA"),
        ("tags.team RLIKE '^[aA]lpha$'", "BA"),
        ("tags.`user id` = 'spacey'", "A"),
        ("tags.`weird.key-1` LIKE 'w[*]?'", "C"),
        ("tags.`weird.key-1` LIKE 'w%]_'", "C"),
        ("tags.env = 'prod' AND tags.team = 'Alpha'", "A"),
        ("tags.env = 'prod' AND tags.env = 'dev'", ""),
        ("metadata.release = '1.0'", "A"),
        ("request_metadata.\"mlflow.trace.session\" = 's1'", "BA"),
        ("metadata.release IS NULL", "EDC"),
        ("metadata.release = '1.0' AND tags.env = 'prod' AND span.name = 'root'", "A"),
    ] {
        check(&reader, filter, expected);
    }
}

#[test]
fn spans() {
    let reader = reader();
    for (filter, expected) in [
        ("span.name = 'root'", "ECBA"),
        ("span.type = 'TOOL'", "A"),
        ("span.type != 'TOOL'", "ECBA"),
        ("span.type LIKE 'CHA%'", "B"),
        ("span.type IN ('TOOL', 'LLM')", "CA"),
        ("span.name = 'root' AND span.type = 'TOOL'", ""),
        ("span.name = 'root' AND span.type = 'AGENT'", "EA"),
        ("span.name = 'root' AND span.name = 'llm'", ""),
        ("span.status = 'ERROR'", "B"),
        ("span.status = 'ERROR' AND span.type = 'AGENT'", ""),
    ] {
        check(&reader, filter, expected);
    }
}

#[test]
fn an_experiment_is_asked_for_beside_the_filter() {
    let reader = reader();
    let page = reader.search(&SearchTraces::new().experiment("other")).expect("finds");
    assert_eq!(page.traces.iter().map(|trace| trace.info.trace_id).collect::<Vec<_>>(), [trace_id(0xd)]);
}

#[test]
fn what_looks_like_sql_is_a_text() {
    let reader = reader();
    for text in
        ["x' OR '1'='1", "'; DROP TABLE traces; --", "%' OR 1=1 --", "\\'; DELETE FROM traces", "?1", ":a", "$a"]
    {
        for key in [
            "name",
            "tags.env",
            "metadata.release",
            "span.name",
            "client_request_id",
            "request_id",
            "tags.`a' OR 1=1 --`",
        ] {
            let quote = if text.contains('\'') { '"' } else { '\'' };
            for comparator in ["=", "LIKE", "ILIKE"] {
                check(&reader, &format!("{key} {comparator} {quote}{text}{quote}"), "");
            }
        }
        let page = reader.search(&SearchTraces::new().experiment(text)).expect("finds");
        assert!(page.traces.is_empty());
    }
    check(&reader, "", "EDCBA");
}

#[test]
fn common_labels_are_found_as_rare_ones_are() {
    let mut store = Store::in_memory().expect("memory");
    let traces: Vec<_> = (1..=6_000).map(|number| trace(number, 1)).collect();
    store.commit(&completed(&traces)).expect("commits");
    let mut rare = trace(7_000, 1);
    rare.info.tags.insert("rare".to_owned(), "yes".to_owned());
    store.commit(&completed(&[rare])).expect("commits");
    let reader = store.reader().expect("reads");
    let count = |filter: &str| {
        let mut question = SearchTraces::new().filter(filter).max_results(10_000).include_spans(false);
        let mut count = 0;
        loop {
            let page = reader.search(&question).unwrap_or_else(|error| panic!("{filter}: {error}"));
            count += page.traces.len();
            let Some(token) = page.next_page_token else { return count };
            question = SearchTraces::new().page_token(token);
        }
    };
    assert_eq!(count("span.name = 'root'"), 6_001);
    assert_eq!(count("span.name = 'root' AND tags.rare = 'yes'"), 1);
    assert_eq!(count("span.name = 'root' AND tags.rare IS NULL"), 6_000);
    assert_eq!(count("span.type = 'AGENT' AND metadata.release = '1.1'"), 2_001);
    assert_eq!(count("name = 'trace-3' AND span.name = 'root'"), 600);
}
