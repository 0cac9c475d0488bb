//! What files may hold beside the usual, and what writing cuts.

use serde_json::Value;

use crate::{Trace, TraceId, TraceInfo, TraceJsonError, TraceState};

/// A trace with this object as its `info`, and no spans.
fn of_info(info: &str) -> Result<Trace, TraceJsonError> {
    Trace::from_json(&format!(r#"{{"info": {info}, "data": {{"spans": []}}}}"#))
}

fn info_of(trace: &Trace) -> Value {
    serde_json::from_str::<Value>(&trace.to_json()).expect("JSON")["info"].clone()
}

const ID: &str =
    r#""trace_id": "tr-0123456789abcdef0011223344556677", "request_time": "2023-11-14T22:13:20Z", "state": "OK""#;

#[track_caller]
fn check_comes_back(rest: &str) -> Trace {
    let text = match rest.contains("\"trace_location\"") {
        true => format!("{{{ID}, {rest}}}"),
        false => format!(
            r#"{{{ID}, "trace_location": {{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {{"experiment_id": "0"}}}}, {rest}}}"#
        ),
    };
    let trace = of_info(&text).expect("a trace");
    assert_eq!(info_of(&trace), serde_json::from_str::<Value>(&text).expect("JSON"));
    assert_eq!(Trace::from_json(&trace.to_json()).expect("a trace"), trace);
    trace
}

#[test]
fn keys_that_are_not_known_are_written_back_as_they_came() {
    let trace = check_comes_back(r#""later": {"deep": [1.50, null, "ü"]}, "none": null"#);
    assert_eq!(trace.info.extra.len(), 2);
    assert!(trace.to_json().contains(r#""later": {"deep": [1.50, null, "\u00fc"]}"#), "digits stay as they are");
}

#[test]
fn what_a_field_cannot_hold_is_kept_beside_it() {
    let trace = check_comes_back(r#""trace_location": {"type": "UC_SCHEMA", "uc_schema": {"catalog_name": "c"}}"#);
    assert_eq!(trace.info.experiment_id, "0");
    let trace = check_comes_back(r#""execution_duration_ms": -3"#);
    assert_eq!(trace.info.execution_duration_ms, Some(0));
    let located = r#"{"trace_id": "trace:/main.traces/0123456789abcdef0011223344556677", "request_time": "2023-11-14T22:13:20Z"}"#;
    let trace = of_info(located).expect("a trace");
    assert_eq!(trace.info.trace_id, TraceId::from_u128(0x0123_4567_89ab_cdef_0011_2233_4455_6677).expect("not zero"));
    assert_eq!(info_of(&trace)["trace_id"], "trace:/main.traces/0123456789abcdef0011223344556677");
    for wrong in ["trace:/x", "trace://0123456789abcdef0011223344556677", "trace:/a/b/0123456789abcdef0011223344556677"]
    {
        let text = located.replace("trace:/main.traces/0123456789abcdef0011223344556677", wrong);
        assert!(of_info(&text).is_err(), "{wrong}");
    }
}

#[test]
fn assessments_come_back() {
    let trace = check_comes_back(
        r#""assessments": [{"assessment_id": "a-1", "assessment_name": "n", "source": {"source_type": "HUMAN"}, "feedback": {"value": {"k": 3.0}}, "valid": true}]"#,
    );
    assert_eq!(trace.info.assessments[0].name, "n");
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    let text = r#"{"trace_id": "tr-0123456789abcdef0011223344556677", "timestamp_ms": "1700000000014", "experiment_id": 7,
        "execution_time_ms": "3", "status": "TRACE_STATUS_UNSPECIFIED", "client_request_id": 12,
        "tags": {"n": 1.50, "t": true, "l": [1,2], "s": "x"}, "request_metadata": null}"#;
    let info = of_info(text).expect("a trace").info;
    assert_eq!((info.timestamp_ms(), info.execution_duration_ms), (1_700_000_000_014, Some(3)));
    assert_eq!((info.experiment_id.as_str(), info.state), ("7", TraceState::Unspecified));
    assert_eq!(info.client_request_id.as_deref(), Some("12"));
    let tags: Vec<_> = info.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(tags, ["l=[1, 2]", "n=1.50", "s=x", "t=true"]);
    let span = r#"{"trace_id": "ASNFZ4mrze8AESIzRFVmdw==", "span_id": "AAAAAAAAAAE=", "name": "s", "start_time_unix_nano": "5",
        "end_time_unix_nano": "6", "status": {"code": 2, "message": "m"}, "events": [{"name": "e", "time_unix_nano": "7"}]}"#;
    let whole = format!(r#"{{"info": {{{ID}}}, "data": {{"spans": [{span}]}}}}"#);
    let spans = Trace::from_json(&whole).expect("a trace").data.spans;
    assert_eq!((spans[0].start_time_unix_nano, spans[0].end_time_unix_nano), (5, Some(6)));
    assert_eq!((spans[0].status.clone(), spans[0].events[0].time_unix_nano), (crate::SpanStatus::error("m"), Some(7)));
}

#[test]
fn long_texts_are_cut_by_characters_when_they_are_written() {
    let mut info = TraceInfo::new(TraceId::from_u128(1).expect("not zero"), 0);
    let long = |count: usize| "ß".repeat(count);
    info.trace_metadata.insert(long(251), long(251));
    info.tags.insert(long(251), long(4_097));
    info.tags.insert("short".to_owned(), long(4_096));
    let written = info_of(&Trace::new(info, Vec::new()));
    assert_eq!(written["trace_metadata"], serde_json::json!({ long(250): long(250) }));
    assert_eq!(written["tags"], serde_json::json!({ long(250): long(4_096), "short": long(4_096) }));
}

#[test]
fn what_is_missing_is_said_with_what_is_there() {
    let message = |text: &str| Trace::from_json(text).expect_err("no trace").to_string();
    assert!(message(r#"{"data": {"spans": []}, "infos": {}}"#).ends_with("the keys are `data`, `infos`"));
    assert!(
        message(r#"{"info": {}, "data": {"rows": []}}"#)
            .contains("`data.spans` is missing or no such thing; the keys are `rows`")
    );
    let cause = |text: &str| {
        let error = of_info(text).expect_err("no trace");
        std::error::Error::source(&error).expect("a cause").to_string()
    };
    assert_eq!(cause(r#"{"request_time": "2023-11-14T22:13:20Z"}"#), "`trace_id` is missing");
    assert_eq!(cause(r#"{"trace_id": "tr-0123456789abcdef0011223344556677"}"#), "`request_time` is missing");
    assert!(
        cause(&format!(r#"{{{ID}, "assessments": [{{"span_id": 1}}]}}"#))
            .starts_with("`assessments`: no. 0: `span_id`")
    );
}
