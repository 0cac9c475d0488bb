//! The answers of a real MLflow 3.17.2 server to the same questions about the same traces.
//!
//! What differs on purpose is listed here with our answer, and explained in `docs/reference/differences.md`. An entry
//! that does not differ any more is an error too.

use std::collections::BTreeMap;

use serde_json::Value;
use spanloom_core::question::{Question, answer};
use spanloom_core::{
    Assessment, SearchTraces, SpanEvent, SpanId, SpanRecord, SpanStatus, Trace, TraceInfo, TracePage, TraceState,
    TraceStore, attribute_key as key,
};
use spanloom_store::{Reader, Store};

use crate::example::{completed, span_id};

/// Our answer, where it is another one; `None` for an error.
const DIFFERENT: &[(&str, Option<&str>)] = &[
    // An attribute is compared with its value, not with the JSON of its span.
    ("span.attributes.region = 'eu-west-1'", Some("A")),
    ("span.attributes.region LIKE 'eu%'", Some("A")),
    ("span.attributes.region != 'eu-west-1'", Some("E")),
    ("span.attributes.n = '5'", Some("A")),
    ("span.attributes.model = 'gpt-4'", Some("B")),
    ("span.attributes.flag = 'true'", Some("A")),
    ("span.attributes.ratio RLIKE '0.5'", Some("A")),
    // Tags, metadata and assessments may have any name.
    ("tags.name = 'checkout'", Some("")),
    ("metadata.name = 'checkout'", Some("")),
    ("feedback.name = 'checkout'", Some("")),
    ("tags.Name = 'checkout'", Some("")),
    ("tags.text LIKE '%Hello%'", Some("")),
    ("tags.text = 'x'", Some("")),
    ("tags.prompt = 'x'", Some("")),
    ("metadata.run_id = '{run}'", Some("")),
    // Links of traces to runs are made on a server; a trace knows its own run.
    ("run_id = '{run}'", Some("A")),
    ("trace.run_id = '{run}'", Some("A")),
    ("attribute.run_id = '{run}'", Some("A")),
    ("metadata.`mlflow.sourceRun` = '{run}'", Some("A")),
    // The server's own tags and metadata.
    ("metadata.`mlflow.trace.infoFinalized` = 'true'", Some("")),
    ("tags.`mlflow.trace.spansLocation` = 'TRACKING_STORE'", Some("")),
    // Errors instead of silence.
    ("issue.id = 'x'", None),
    ("issue.name = 'x'", None),
    ("status IN ('OK' 'ERROR')", None),
];

const DIFFERENT_ORDERS: &[(&str, &str)] = &[("end_time_ms DESC", "EDBCA"), ("end_time ASC", "ACDBE")];

struct Recorded {
    json: Value,
    traces: Vec<Trace>,
    reader: Reader,
    _store: Store,
}

fn recorded() -> Recorded {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/wire/search-conformance.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the fixture")).expect("JSON");
    let mut traces: Vec<Trace> = json["dataset"].as_array().expect("a list").iter().map(trace).collect();
    for (number, assessed) in (1..).zip(json["assessments"].as_array().expect("a list")) {
        let dataset = json["dataset"].as_array().expect("a list");
        let of = dataset.iter().position(|json| json["key"] == assessed["trace"]).expect("of the dataset");
        let trace = &mut traces[of].info;
        let (name, value) = (text(&assessed["name"]), &assessed["value"]);
        let made = match assessed["kind"].as_str() {
            Some("expectation") => Assessment::expectation(name, value),
            _ => Assessment::feedback(name, value),
        };
        let mut made = made.trace_id(trace.trace_id);
        made.assessment_id = format!("a-{number:032x}");
        trace.assessments.push(made);
    }
    let mut store = Store::in_memory().expect("memory");
    store.commit(&completed(&traces)).expect("commits");
    let reader = store.reader().expect("reads");
    Recorded { json, traces, reader, _store: store }
}

fn text(json: &Value) -> String {
    json.as_str().expect("a text").to_owned()
}

fn texts(json: &Value) -> BTreeMap<String, String> {
    json.as_object().expect("an object").iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

fn trace(json: &Value) -> Trace {
    let id = text(&json["trace_id"]).parse().expect("a trace id");
    let spans: Vec<_> =
        (1..).zip(json["spans"].as_array().expect("a list")).map(|(n, json)| span(id, n, json)).collect();
    let mut info = TraceInfo::new(id, spans[0].start_time_unix_nano);
    info.experiment_id = text(&json["experiment"]);
    info.state = TraceState::Ok;
    info.execution_duration_ms = spans[0].duration_ns().map(|ns| ns.unsigned_abs() / 1_000_000);
    let start = &json["start_trace"];
    if start.is_object() {
        info.state = match start["state"].as_str() {
            Some("OK") => TraceState::Ok,
            Some("ERROR") => TraceState::Error,
            _ => TraceState::InProgress,
        };
        info.request_time_unix_nano = start["request_time_ms"].as_u64().expect("a time") * 1_000_000;
        info.execution_duration_ms = start["execution_duration_ms"].as_u64();
        info.client_request_id = start["client_request_id"].as_str().map(str::to_owned);
        info.tags = texts(&start["tags"]);
        info.tags.insert(key::TRACE_NAME.to_owned(), text(&start["trace_name"]));
        info.trace_metadata = texts(&start["trace_metadata"]);
    }
    if let Some(usage) = spans.iter().find_map(|span| span.attribute_text(key::TOKEN_USAGE)) {
        info.trace_metadata.insert(key::TRACE_TOKEN_USAGE.to_owned(), usage.as_str().to_owned());
    }
    Trace::new(info, spans)
}

fn span(id: spanloom_core::TraceId, number: u64, json: &Value) -> SpanRecord {
    let own: SpanId = span_id(number);
    let mut span = SpanRecord::new(id, own, text(&json["name"]), json["start_ns"].as_u64().expect("a time"));
    span.parent_id = (number > 1).then(|| span_id(1));
    span.end_time_unix_nano = json["end_ns"].as_u64();
    span.span_type = text(&json["type"]).into();
    span.set_attribute(key::SPAN_TYPE, &json["type"]);
    span.status = match json["status"].as_str() {
        Some("OK") => SpanStatus::Ok,
        Some("ERROR") => SpanStatus::error(""),
        _ => SpanStatus::Unset,
    };
    for (name, value) in json["attributes"].as_object().expect("an object") {
        span.set_attribute(name.clone(), value);
    }
    for event in json["events"].as_array().expect("a list") {
        let mut made = SpanEvent::new(text(&event["name"])).at_unix_nanos(event["time_ns"].as_u64().expect("a time"));
        for (name, value) in event["attributes"].as_object().expect("an object") {
            made = made.attribute(name.clone(), value);
        }
        span.events.push(made);
    }
    span
}

impl Recorded {
    /// The keys of the traces that are found, the same in memory as from the store; `None` for an error.
    fn ask(&self, search: &SearchTraces) -> Option<String> {
        let stored = self.reader.search(search);
        let in_memory = Question::of(search).map(|question| answer(question, self.traces.clone()));
        match (stored, in_memory) {
            (Ok(stored), Ok(in_memory)) => {
                assert_eq!(self.keys(&stored), self.keys(&in_memory), "{search:?}");
                Some(self.keys(&stored))
            }
            (Err(stored), Err(in_memory)) => {
                assert_eq!(stored.to_string(), in_memory.to_string());
                None
            }
            (stored, in_memory) => panic!("{search:?}: {stored:?} from the store, {in_memory:?} in memory"),
        }
    }

    fn keys(&self, page: &TracePage) -> String {
        let key = |trace: &Trace| {
            let same = |json: &&Value| json["trace_id"] == trace.info.trace_id.to_string();
            text(&self.json["dataset"].as_array().expect("a list").iter().find(same).expect("of the dataset")["key"])
        };
        page.traces.iter().map(key).collect()
    }

    fn question(&self) -> SearchTraces {
        SearchTraces::new().experiment("main")
    }

    fn filled(&self, filter: &str) -> String {
        let id = |index: usize| text(&self.json["dataset"][index]["trace_id"]);
        filter.replace("{A}", &id(0)).replace("{B}", &id(1))
    }
}

#[test]
fn what_differs_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/differences.md");
    let text = std::fs::read_to_string(path).expect("the table");
    let listed = DIFFERENT.iter().map(|(filter, _)| filter).chain(DIFFERENT_ORDERS.iter().map(|(order, _)| order));
    let missing: Vec<_> = listed.filter(|question| !text.contains(&format!("`{question}`"))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What the server answered; `None` for an error, whatever its code.
fn expected(case: &Value) -> Option<String> {
    case["result"].as_str().map(str::to_owned)
}

#[test]
fn filters_are_answered_as_the_server_answered_them() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for case in recorded.json["filters"].as_array().expect("a list") {
        let filter = case["filter"].as_str().unwrap_or_default();
        let ours = recorded.ask(&recorded.question().filter(recorded.filled(filter)));
        let theirs = expected(case);
        let different = DIFFERENT.iter().find(|(text, _)| *text == filter);
        if different.is_some_and(|(_, ours)| ours.map(str::to_owned) == theirs) {
            wrong.push(format!("{filter}: is listed as different, and is not"));
        }
        let expected = different.map_or(theirs, |(_, ours)| ours.map(str::to_owned));
        if ours != expected {
            wrong.push(format!("{filter}: {ours:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn orders_are_those_of_the_server() {
    let recorded = recorded();
    for case in recorded.json["order_by"].as_array().expect("a list") {
        let keys: Vec<String> = case["order_by"].as_array().expect("a list").iter().map(text).collect();
        let search = keys.iter().fold(recorded.question(), |search, key| search.order_by(key));
        let different = DIFFERENT_ORDERS.iter().find(|(key, _)| [*key] == keys[..]).map(|(_, ours)| (*ours).to_owned());
        assert_eq!(recorded.ask(&search), different.or(expected(case)), "{keys:?}");
    }
}

#[test]
fn pages_are_refused_where_the_server_refuses_them() {
    let recorded = recorded();
    assert_eq!(recorded.ask(&recorded.question().max_results(0)), None);
    assert_eq!(recorded.ask(&recorded.question().max_results(500)).as_deref(), Some("EDCBA"));
    for token in ["abc", "!!", "eyJ4IjogMX0="] {
        assert_eq!(recorded.ask(&recorded.question().page_token(token)), None, "{token}");
    }
    assert_eq!(recorded.ask(&recorded.question().page_token("")).as_deref(), Some("EDCBA"));
    let first = recorded.reader.search(&recorded.question().max_results(1)).expect("finds");
    let rest = SearchTraces::new().page_token(first.next_page_token.expect("more")).max_results(10);
    assert_eq!(recorded.ask(&rest).as_deref(), Some("DCBA"));
}
