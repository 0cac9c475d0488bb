use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Trace, TraceInfo};

/// As MLflow's server gives them back, and as its client writes them.
const RECORDED: [&str; 6] = [
    r#"{"assessment_id": "a-27891131d3574f4fa80996579c895d4c", "assessment_name": "correct", "trace_id": "tr-f5057fee4c3ef45902dd21250b729601", "span_id": "b7b3ff7b623dd8df", "source": {"source_type": "HUMAN", "source_id": "alice@example.com"}, "create_time": "2026-11-21T03:34:06.373Z", "last_update_time": "2026-11-21T03:34:07.974Z", "feedback": {"value": false}, "rationale": "changed my mind", "metadata": {"k": "v", "k2": "v2"}, "valid": true}"#,
    r#"{"assessment_id": "a-c99318d0a3484cfa99996fcdfad1b7b7", "assessment_name": "score", "trace_id": "tr-f5057fee4c3ef45902dd21250b729601", "source": {"source_type": "LLM_JUDGE", "source_id": "judge-1"}, "create_time": "2026-11-21T03:34:06.625Z", "last_update_time": "2026-11-21T03:34:06.625Z", "feedback": {"value": 0.75}, "valid": true}"#,
    r#"{"assessment_id": "a-fd0cd5c8a77740d19b189a66beefd5f1", "assessment_name": "judge_failed", "trace_id": "tr-f5057fee4c3ef45902dd21250b729601", "source": {"source_type": "CODE", "source_id": "f"}, "create_time": "2026-11-21T03:34:06.859Z", "last_update_time": "2026-11-21T03:34:06.859Z", "feedback": {"value": null, "error": {"error_code": "RATE_LIMIT_EXCEEDED", "error_message": "too fast", "stack_trace": "Traceback"}}, "valid": true}"#,
    r#"{"assessment_id": "a-ae646827ee2a422f8e60c7aa51571ebf", "assessment_name": "expected_obj", "trace_id": "tr-f5057fee4c3ef45902dd21250b729601", "source": {"source_type": "HUMAN", "source_id": "alice@example.com"}, "create_time": "2026-11-21T03:34:07.200Z", "last_update_time": "2026-11-21T03:34:07.200Z", "expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": "{\"temp\": 21.5}"}}, "valid": true}"#,
    r#"{"assessment_name": "pii", "trace_id": "tr-f5057fee4c3ef45902dd21250b729601", "source": {"source_type": "SOURCE_TYPE_UNSPECIFIED"}, "create_time": "2026-11-21T03:34:07.200123Z", "issue": {"issue_name": "leak"}, "overrides": "a-1", "valid": false}"#,
    r#"{"assessment_name": "new", "verdict": {"of": [1, 2.50]}, "votes": null}"#,
];

fn trace_id() -> TraceId {
    TraceId::from_u128(7).expect("not zero")
}

#[test]
fn what_mlflow_wrote_is_written_again_to_the_byte() {
    for text in RECORDED {
        let read = Assessment::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_json(), text);
    }
    let kinds = RECORDED.map(|text| Assessment::from_json(text).expect("readable").kind().as_str());
    assert_eq!(kinds, ["feedback", "feedback", "feedback", "expectation", "issue", "other"]);
}

#[test]
fn what_a_program_makes_has_the_defaults_of_mlflow() {
    let feedback = Assessment::feedback("relevance", 0.9).trace_id(trace_id());
    assert_eq!(feedback.source, AssessmentSource::code("default"));
    assert_eq!((feedback.value(), feedback.is_valid()), (Some(json!(0.9)), true));
    let expectation = Assessment::expectation("answer", json!(["Paris"]));
    assert_eq!(expectation.source, AssessmentSource::human("default"));
    assert!(expectation.to_json().contains(r#""value": "[\"Paris\"]""#));
    let failed = Assessment::feedback("score", 1).error(AssessmentError::new("TIMEOUT", "too slow"));
    assert!(
        failed
            .to_json()
            .contains(r#"{"value": null, "error": {"error_code": "TIMEOUT", "error_message": "too slow"}}"#)
    );
}

#[test]
fn source_names_come_in_any_case_and_by_their_old_name() {
    for (name, expected) in [("human", "HUMAN"), ("Ai_Judge", "LLM_JUDGE"), ("code", "CODE"), ("Jury", "Jury")] {
        assert_eq!(AssessmentSourceType::from(name).as_str(), expected);
    }
}

#[test]
fn a_query_finds_valid_ones_by_name_span_and_kind() {
    let span = SpanId::from_u64(1).expect("not zero");
    let mut info = TraceInfo::new(trace_id(), 0);
    let mut old = Assessment::feedback("a", 1);
    old.valid = Some(false);
    info.assessments = vec![
        old,
        Assessment::feedback("a", 2).span_id(span),
        Assessment::expectation("a", 3),
        Assessment::feedback("b", 4),
    ];
    let trace = Trace::new(info, Vec::new());
    let found = |query: AssessmentQuery| -> Vec<Value> {
        trace.search_assessments(query).into_iter().filter_map(Assessment::value).collect()
    };
    assert_eq!(found(AssessmentQuery::new()), [2, 3, 4]);
    assert_eq!(found(AssessmentQuery::new().name("a").all()), [1, 2, 3]);
    assert_eq!(found(AssessmentQuery::new().kind(AssessmentKind::Feedback)), [2, 4]);
    assert_eq!(found(AssessmentQuery::new().span_id(span)), [2]);
    assert_eq!(found(AssessmentQuery::new().name("A")), [0; 0]);
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        ("[]", "an object"),
        (r#"{"span_id": "x"}"#, "`span_id`: `x` is not a span id"),
        (r#"{"create_time": "noon"}"#, "`create_time`: `noon` is no RFC 3339 time"),
        (r#"{"expectation": {}}"#, "`expectation`: it has neither"),
    ] {
        let error = Assessment::from_json(text).expect_err("no assessment");
        let source = std::error::Error::source(&error).expect("a reason").to_string();
        assert!(source.contains(expected), "{source}");
    }
}

prop_compose! {
    fn any_assessment()(
        (name, id, rationale, overrides) in (any::<String>(), any::<String>(), prop::option::of(any::<String>()), prop::option::of(any::<String>())),
        value in prop_oneof![
            any::<f64>().prop_map(|n| JsonText::capture(&[n])),
            any::<String>().prop_map(|s| JsonText::capture(&s)),
            Just(JsonText::capture(&json!({"k": [null, true]}))),
        ],
        (is_feedback, valid, times) in (any::<bool>(), prop::option::of(any::<bool>()), any::<(u64, u64)>()),
        (code, message) in (any::<String>(), prop::option::of(any::<String>())),
        (source, source_id) in ("[A-Za-z_]{0,12}", prop::option::of(any::<String>())),
        metadata in prop::collection::btree_map(any::<String>(), any::<String>(), 0..3),
        span in any::<u64>(),
    ) -> Assessment {
        let mut made = if is_feedback { Assessment::feedback(name, &value) } else { Assessment::expectation(name, &value) };
        made.assessment_id = id;
        made.source = AssessmentSource { source_type: source.as_str().into(), source_id };
        if let AssessmentValue::Feedback { error, .. } = &mut made.value {
            *error = Some(AssessmentError { error_code: code, error_message: message, stack_trace: None });
        }
        made.trace_id = Some(trace_id());
        made.span_id = SpanId::from_u64(span);
        (made.create_time_unix_nano, made.last_update_time_unix_nano) = times;
        (made.rationale, made.overrides, made.metadata, made.valid) = (rationale, overrides, metadata, valid);
        made
    }
}

proptest! {
    #[test]
    fn any_assessment_comes_back(made in any_assessment()) {
        prop_assert_eq!(Assessment::from_json(&made.to_json()).expect("readable"), made);
    }

    #[test]
    fn no_text_makes_the_reader_panic(at in 0..RECORDED[0].len(), put in "[\\[\\]{}:,\"\\\\0a]{0,5}") {
        let _ = Assessment::from_json(&format!("{put}{}", &RECORDED[0][at..]));
        let _ = Assessment::from_json(&format!("{}{put}", &RECORDED[0][..at]));
    }
}
