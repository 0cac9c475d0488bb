use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::{
    JsonText, Link, SealedTrace, SpanEvent, SpanId, SpanPart, SpanRecord, SpanStatus, Trace, TraceId, TraceInfo,
    TraceState,
};

fn trace_id() -> TraceId {
    TraceId::from_u128(0x0123_4567_89ab_cdef_0011_2233_4455_6677).expect("not zero")
}

fn span_id(bits: u64) -> SpanId {
    SpanId::from_u64(bits).expect("not zero")
}

fn example() -> Trace {
    let mut info = TraceInfo::new(trace_id(), 1_700_000_000_014_123_456);
    info.state = TraceState::Ok;
    info.execution_duration_ms = Some(3);
    info.tags.insert("mlflow.traceName".into(), "Zürich".into());
    let mut root = SpanRecord::new(trace_id(), span_id(1), "Zürich", 1_700_000_000_014_123_456);
    root.end_time_unix_nano = Some(1_700_000_000_017_200_000);
    root.status = SpanStatus::Ok;
    root.set_attribute("x", serde_json::json!({"q": "ü"}));
    root.events.push(SpanEvent::new("seen").at_unix_nanos(5).attribute("n", 1).attribute("s", "ü"));
    let mut child = SpanRecord::new(trace_id(), span_id(2), "child", 1_700_000_000_015_000_000);
    child.parent_id = Some(span_id(1));
    child.status = SpanStatus::error("no");
    child.links.push(Link::new(trace_id(), span_id(1)));
    Trace::new(info, vec![root, child])
}

const EXAMPLE: &str = concat!(
    r#"{"info": {"trace_id": "tr-0123456789abcdef0011223344556677", "trace_location": {"type": "MLFLOW_EXPERIMENT", "#,
    r#""mlflow_experiment": {"experiment_id": "0"}}, "request_time": "2023-11-14T22:13:20.014Z", "state": "OK", "#,
    r#""tags": {"mlflow.traceName": "Z\u00fcrich"}, "execution_duration_ms": 3}, "data": {"spans": ["#,
    r#"{"trace_id": "ASNFZ4mrze8AESIzRFVmdw==", "span_id": "AAAAAAAAAAE=", "parent_span_id": null, "name": "Z\u00fcrich", "#,
    r#""start_time_unix_nano": 1700000000014123456, "end_time_unix_nano": 1700000000017200000, "#,
    r#""events": [{"name": "seen", "time_unix_nano": 5, "attributes": {"n": 1, "s": "\u00fc"}}], "#,
    r#""status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": {"x": "{\"q\": \"\u00fc\"}"}, "links": []}, "#,
    r#"{"trace_id": "ASNFZ4mrze8AESIzRFVmdw==", "span_id": "AAAAAAAAAAI=", "parent_span_id": "AAAAAAAAAAE=", "#,
    r#""name": "child", "start_time_unix_nano": 1700000000015000000, "end_time_unix_nano": null, "events": [], "#,
    r#""status": {"code": "STATUS_CODE_ERROR", "message": "no"}, "attributes": {}, "links": "#,
    r#"[{"trace_id": "tr-0123456789abcdef0011223344556677", "span_id": "0000000000000001", "attributes": null}]}]}}"#,
);

#[test]
fn a_trace_has_the_json_of_mlflow_and_comes_back() {
    assert_eq!(example().to_json(), EXAMPLE);
    assert_eq!(Trace::from_json(EXAMPLE).expect("a trace"), example());
}

#[test]
fn info_alone_is_utf_8_and_says_interrupted() {
    let mut info = example().info;
    info.interrupted = true;
    let json = info.to_json();
    assert!(json.contains("Zürich") && json.ends_with(", \"interrupted\": true}"), "{json}");
    assert!(Trace::from_json(&Trace::new(info, vec![]).to_json()).expect("a trace").info.interrupted);
}

#[test]
fn older_forms_are_read() {
    let json = r#"{"info": {"request_id": "0123456789abcdef0011223344556677", "timestamp_ms": 1700000000014, "experiment_id": "7",
        "execution_time_ms": 3, "status": "ERROR", "request_metadata": {"k": "v"}}, "data": {"request": "x", "spans": [
        {"trace_id": "tr-0123456789abcdef0011223344556677", "span_id": "0000000000000001", "parent_span_id": null, "name": "v3",
         "start_time_unix_nano": 1, "end_time_unix_nano": 2, "status": {"code": "ERROR", "message": "m"}, "attributes": {"native": [1,2]}},
        {"name": "v2", "context": {"span_id": "0x0000000000000002", "trace_id": "0x0123456789abcdef0011223344556677"},
         "parent_id": "0x0000000000000001", "start_time": 3, "end_time": 4, "status_code": "OK", "status_message": "",
         "attributes": {"k": "1"}, "events": [{"name": "e", "timestamp": 5, "attributes": {}}]}]}}"#;
    let trace = Trace::from_json(json).expect("a trace");
    assert_eq!(trace.info.trace_id, trace_id());
    assert_eq!((trace.info.experiment_id.as_str(), trace.info.state), ("7", TraceState::Error));
    assert_eq!((trace.info.timestamp_ms(), trace.info.execution_duration_ms), (1_700_000_000_014, Some(3)));
    assert_eq!(trace.info.trace_metadata["k"], "v");
    let [v3, v2] = &trace.data.spans[..] else { panic!("two spans") };
    assert_eq!(v3.status, SpanStatus::error("m"));
    assert_eq!(v3.attribute_text("native").map(JsonText::as_str), Some("[1, 2]"));
    assert_eq!((v2.span_id, v2.parent_id), (span_id(2), Some(span_id(1))));
    assert_eq!((v2.end_time_unix_nano, &v2.status), (Some(4), &SpanStatus::Ok));
    assert_eq!(v2.events[0].time_unix_nano, Some(5));
}

#[test]
fn errors_say_which_part_is_wrong() {
    let check = |text: &str, expected: &str| {
        let error = Trace::from_json(text).expect_err("no trace");
        let chain = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        assert!(chain.contains(expected), "{chain}");
    };
    check("", "no JSON");
    check("{\"info\": ", "no JSON");
    check("[]", "`trace` is missing");
    check("{\"data\": {\"spans\": []}}", "`info` is missing");
    check("{\"info\": {}}", "`data` is missing");
    check("{\"info\": {}, \"data\": []}", "`data` is missing");
    check("{\"info\": {}, \"data\": {\"spans\": 1}}", "`data.spans` is missing");
    check("{\"info\": {}, \"data\": {\"spans\": []}}", "`info` is not that of a trace: `trace_id` is missing");
    check(&EXAMPLE.replace("2023-11-14T22", "yesterday"), "`request_time`: `yesterday");
    check(&EXAMPLE.replace("STATUS_CODE_ERROR", "FINE"), "`data.spans[1]` is no span: the status code is `FINE`");
    check(&EXAMPLE.replace("AAAAAAAAAAI=", "AAAAAAAAAAA="), "`AAAAAAAAAAA=` is not a span id");
}

#[test]
fn nesting_is_no_danger() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let json = EXAMPLE.replace("{\"n\": 1,", &format!("{{\"n\": {deep},"));
    let trace = Trace::from_json(&json).expect("a trace");
    assert_eq!(trace.data.spans[0].events[0].attributes[0].1.as_str(), deep);
    assert!(Trace::from_json(&"[".repeat(200_000)).is_err());
    assert!(Trace::from_json(&"{\"info\":".repeat(200_000)).is_err());
}

#[test]
fn a_cut_value_of_an_event_becomes_a_string_and_numbers_keep_their_digits() {
    let mut trace = example();
    let texts = ["{\"cut", "123456789012345678901234567890", "1.50", "NaN", "[-Infinity, \"NaN\"]"];
    trace.data.spans[0].events[0].attributes =
        texts.map(|text| (Cow::Borrowed("k"), JsonText::from_encoded(text))).to_vec();
    let again = Trace::from_json(&trace.to_json()).expect("a trace");
    let read = again.data.spans[0].events[0].attributes.iter().map(|(_, text)| text.as_str());
    assert_eq!(read.collect::<Vec<_>>(), ["\"{\\\"cut\"", texts[1], texts[2], texts[3], texts[4]]);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => any::<String>(), 1 => Just("\u{7f}\"\\\n日😀".to_owned())]
}

fn json() -> impl Strategy<Value = JsonText> {
    prop_oneof![
        text().prop_map(|s| JsonText::string(&s)),
        any::<i64>().prop_map(|n| JsonText::capture(&n)),
        any::<f64>().prop_map(|f| JsonText::capture(&[f]))
    ]
}

fn native() -> impl Strategy<Value = Vec<(Cow<'static, str>, JsonText)>> {
    prop::collection::vec((text().prop_map(Cow::Owned), json()), 0..3)
}

fn status() -> impl Strategy<Value = SpanStatus> {
    prop_oneof![Just(SpanStatus::Unset), Just(SpanStatus::Ok), text().prop_map(SpanStatus::Error)]
}

prop_compose! {
    fn any_span()(
        (id, parent, name) in (1..=u64::MAX, prop::option::of(1..=u64::MAX), text()),
        (start, end) in (any::<u64>(), prop::option::of(any::<u64>())),
        status in status(),
        attributes in prop::collection::btree_map(text(), json(), 0..4),
        events in prop::collection::vec((text(), any::<u64>(), native()), 0..3),
        links in prop::collection::vec((1..=u128::MAX, 1..=u64::MAX, native()), 0..3),
    ) -> SpanRecord {
        let mut span = SpanRecord::new(trace_id(), span_id(id), name, start);
        span.parent_id = parent.map(span_id);
        span.end_time_unix_nano = end;
        span.status = status;
        span.attributes = attributes.into_iter().collect();
        span.events = events
            .into_iter()
            .map(|(name, time_unix_nano, attributes)| SpanEvent { name: name.into(), time_unix_nano: Some(time_unix_nano), attributes })
            .collect();
        span.links = links
            .into_iter()
            .map(|(trace, span, attributes)| Link { trace_id: TraceId::from_u128(trace).expect("not zero"), span_id: span_id(span), attributes })
            .collect();
        span
    }
}

prop_compose! {
    fn any_trace()(
        spans in prop::collection::vec(any_span(), 0..4),
        ms in 0..u64::MAX / 1_000_000,
        (client, request, response) in (prop::option::of(text()), prop::option::of(text()), prop::option::of(text())),
        duration in prop::option::of(0..i64::MAX as u64),
        metadata in prop::collection::btree_map(text(), text(), 0..3),
        tags in prop::collection::btree_map(text(), text(), 0..3),
    ) -> Trace {
        let mut info = TraceInfo::new(trace_id(), ms * 1_000_000);
        info.client_request_id = client;
        info.request_preview = request;
        info.response_preview = response;
        info.execution_duration_ms = duration;
        info.trace_metadata = metadata;
        info.tags = tags;
        Trace::new(info, spans)
    }
}

proptest! {
    #[test]
    fn any_trace_comes_back(trace in any_trace()) {
        let json = trace.to_json();
        prop_assert!(json.is_ascii());
        prop_assert_eq!(Trace::from_json(&json).expect("a trace"), trace);
    }

    #[test]
    fn lengths_are_those_of_the_json(trace in any_trace()) {
        let spans = &trace.data.spans;
        let lens: Vec<u64> = spans.iter().map(|span| span_json_len(&SpanPart::from_record(span))).collect();
        let written: Vec<u64> = spans.iter().map(|span| span_to_json(span).len() as u64).collect();
        prop_assert_eq!(&lens, &written);
        let stats = crate::SizeStats::new(lens, empty_trace_len(&trace.info));
        prop_assert_eq!(stats.total_size_bytes, trace.to_json().len() as u64);
    }

    #[test]
    fn sealing_keeps_every_span(spans in prop::collection::vec(any_span(), 0..4)) {
        let mut spans = spans;
        let mut seen = std::collections::HashSet::new();
        spans.retain(|span| seen.insert(span.span_id));
        let trace = Trace::new(TraceInfo::new(trace_id(), 0), spans);
        let again = SealedTrace::from_trace(&trace).to_trace().expect("whole");
        let by_id = |trace: &Trace| {
            let mut spans = trace.data.spans.clone();
            spans.sort_by_key(|span| span.span_id);
            spans
        };
        prop_assert_eq!(by_id(&again), by_id(&trace));
    }

    #[test]
    fn no_text_makes_the_reader_panic(at in 0..EXAMPLE.len(), len in 0..40_usize, put in "[\\[\\]{}:,\"\\\\ua0-9NaI\\-é ]{0,9}") {
        let end = (at + len).min(EXAMPLE.len());
        let _ = Trace::from_json(&format!("{}{put}{}", &EXAMPLE[..at], &EXAMPLE[end..]));
    }
}
