//! What is judged of a trace is read with it, searched by name, and changed by those who judged.

use serde_json::json;
use spanloom::{
    AssessError, Assessment, AssessmentError, AssessmentKind, AssessmentQuery, AssessmentSource, Error, Trace, TraceId,
};

use crate::universe::Universe;

#[tokio::test]
async fn feedback_on_a_stored_trace_comes_back_with_it_in_mlflow_s_form() {
    let loom = Universe::new();
    let trace = loom.trace_of(|root| root.set_outputs("Paris"));
    let id = trace.info.trace_id;
    let span = trace.data.spans[0].span_id;
    let logged = loom
        .log_assessment(
            Assessment::feedback("relevance", json!(0.9))
                .trace_id(id)
                .span_id(span)
                .source(AssessmentSource::human("reviewer-1"))
                .rationale("cites the right page"),
        )
        .await
        .expect("the trace is there");
    assert!(logged.assessment_id.len() == 34 && logged.assessment_id.starts_with("a-"), "{}", logged.assessment_id);
    let read = loom.fetch(id).await;
    assert_eq!(read.info.assessments, std::slice::from_ref(&logged));
    let json: serde_json::Value = serde_json::from_str(&read.to_json()).expect("JSON");
    let written = &json["info"]["assessments"][0];
    assert_eq!(written["source"], json!({"source_type": "HUMAN", "source_id": "reviewer-1"}));
    assert_eq!((&written["feedback"], &written["valid"]), (&json!({"value": 0.9}), &json!(true)));
    assert_eq!(written["span_id"], json!(span.to_string()));
    assert_eq!(Trace::from_json(&read.to_json()).expect("a trace").info.assessments, [logged]);
}

#[test]
fn a_live_trace_is_judged_through_its_current_span_and_keeps_it_when_it_ends() {
    let loom = Universe::new();
    let root = loom.root_span("root").enter();
    let id = root.trace_id();
    let made = Assessment::expectation("answer", json!(["Paris"])).metadata("set", 7);
    let logged = loom.log_assessment_blocking(made).expect("a span is current");
    assert_eq!(logged.trace_id, Some(id));
    assert_eq!(loom.trace(id).info.assessments, std::slice::from_ref(&logged));
    drop(root);
    assert_eq!(loom.trace(id).info.assessments, [logged]);
}

#[test]
fn an_override_an_update_and_a_deletion_are_seen() {
    let loom = Universe::new();
    let id = loom.trace_of(|_| ()).info.trace_id;
    let first = loom.log_assessment_blocking(Assessment::feedback("correct", true).trace_id(id)).expect("stored");
    let failed = Assessment::feedback("correct", 0).error(AssessmentError::new("TIMEOUT", "too slow"));
    let second = loom.override_assessment_blocking(id, &first.assessment_id, failed).expect("stored");
    let valid = |trace: &Trace| trace.search_assessments(AssessmentQuery::new().name("correct")).len();
    let trace = loom.trace(id);
    assert_eq!((valid(&trace), trace.info.assessments.len()), (1, 2));
    assert_eq!(trace.search_assessments(AssessmentQuery::new())[0].assessment_id, second.assessment_id);
    let with = Assessment::feedback("correct", false).rationale("now it came");
    let changed = loom.update_assessment_blocking(id, &second.assessment_id, with).expect("stored");
    assert_eq!((changed.value(), changed.kind()), (Some(json!(false)), AssessmentKind::Feedback));
    assert_eq!(loom.get_assessment_blocking(id, &second.assessment_id).expect("readable"), Some(changed));
    assert!(loom.delete_assessment_blocking(id, &second.assessment_id).expect("stored"));
    assert!(!loom.delete_assessment_blocking(id, &second.assessment_id).expect("once more is no error"));
    assert_eq!(loom.trace(id).info.assessments, [first]);
}

#[test]
fn what_is_not_there_is_a_typed_error_that_names_it() {
    let loom = Universe::new();
    let id = loom.trace_of(|_| ()).info.trace_id;
    let unknown: TraceId = "tr-0123456789abcdef0123456789abcdef".parse().expect("of the right form");
    let refused = loom.log_assessment_blocking(Assessment::feedback("f", 1).trace_id(unknown));
    assert!(matches!(refused, Err(Error::UnknownTrace(id)) if id == unknown), "{refused:?}");
    let refused = loom.log_assessment_blocking(Assessment::feedback("f", 1));
    assert!(matches!(refused, Err(Error::UnknownTrace(TraceId::INVALID))), "no span is current: {refused:?}");
    let refused = loom.update_assessment_blocking(id, "a-1", Assessment::feedback("f", 1)).expect_err("none is there");
    assert!(matches!(&refused, Error::Assess(AssessError::UnknownAssessment { .. })), "{refused:?}");
    assert!(refused.to_string().contains("`a-1`"), "{refused}");
    let without = Universe::with(|builder| builder.no_store());
    let refused = without.log_assessment_blocking(Assessment::feedback("f", 1).trace_id(id));
    assert!(matches!(refused, Err(Error::NoStore)), "{refused:?}");
}

#[test]
fn secrets_in_an_assessment_are_redacted() {
    let loom = Universe::new();
    let id = loom.trace_of(|_| ()).info.trace_id;
    let secret = "sk-ant-api03-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghij";
    let made = Assessment::feedback("leak", json!({"api_key": secret})).rationale(format!("it says {secret}"));
    let logged = loom.log_assessment_blocking(made.metadata("password", secret).trace_id(id)).expect("stored");
    assert!(!format!("{logged:?}").contains("ABCDEFGHIJKL"), "{logged:?}");
    assert_eq!(loom.trace(id).info.assessments, [logged]);
}
