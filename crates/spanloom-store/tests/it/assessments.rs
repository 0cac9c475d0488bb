//! What was judged of a trace stays with it.

use spanloom_core::{AssessError, Assessment, AssessmentChange, StoreBatch, Trace, TraceStore};
use spanloom_store::{ListOptions, Store};

use crate::example::{T0, chunk, completed, journal, span_id, trace, trace_id};

fn feedback(trace: u128, id: &str, value: impl serde::Serialize) -> Assessment {
    let mut made = Assessment::feedback("relevance", value).trace_id(trace_id(trace));
    made.assessment_id = id.to_owned();
    (made.create_time_unix_nano, made.last_update_time_unix_nano) = (T0, T0);
    made
}

fn log(assessment: Assessment) -> AssessmentChange {
    AssessmentChange::Log { assessment: Box::new(assessment) }
}

fn delete(trace: u128, id: &str) -> AssessmentChange {
    AssessmentChange::Delete { trace_id: trace_id(trace), assessment_id: id.to_owned() }
}

fn update(trace: u128, id: &str, with: Assessment) -> AssessmentChange {
    let (trace_id, assessment_id, with) = (trace_id(trace), id.to_owned(), Box::new(with));
    AssessmentChange::Update { trace_id, assessment_id, with, at_unix_nano: T0 + 5_000_000 }
}

fn with_trace(number: u128) -> Store {
    let mut store = Store::in_memory().expect("memory");
    store.commit(&completed(&[trace(number, 2)])).expect("commits");
    store
}

fn read(store: &Store, number: u128) -> Trace {
    store.reader().expect("opens").get(&trace_id(number)).expect("readable").expect("there")
}

fn validity(store: &Store, number: u128) -> Vec<(String, bool)> {
    let found = read(store, number).info.assessments;
    found.into_iter().map(|found| (found.assessment_id.clone(), found.is_valid())).collect()
}

#[test]
fn what_was_logged_is_read_with_the_trace_in_its_order() {
    let mut store = with_trace(1);
    let first = feedback(1, "a-2", 0.9).span_id(span_id(2)).rationale("cites \u{0} größe").metadata("k", 1);
    let second = feedback(1, "a-1", [1, 2]);
    for made in [&first, &second] {
        assert_eq!(store.assess(&log(made.clone()), false).expect("stored").as_ref(), Some(made));
    }
    let expected = vec![first, second];
    assert_eq!(read(&store, 1).info.assessments, expected);
    let reader = store.reader().expect("opens");
    assert_eq!(reader.assessments(&trace_id(1)).expect("readable"), expected);
    assert_eq!(reader.summaries(&ListOptions::default()).expect("readable")[0].info.assessments, expected);
    let fetched = store.fetch(Default::default(), 1, 1).expect("readable");
    assert_eq!(fetched[0].1.info.assessments, expected);
}

#[test]
fn one_that_overrides_makes_the_old_one_invalid_until_it_goes() {
    let mut store = with_trace(1);
    for made in [feedback(1, "a-1", true), feedback(1, "a-2", false).overrides("a-1")] {
        store.assess(&log(made), false).expect("stored");
    }
    assert_eq!(validity(&store, 1), [("a-1".to_owned(), false), ("a-2".to_owned(), true)]);
    let gone = store.assess(&delete(1, "a-2"), false).expect("stored").expect("it was there");
    assert_eq!(gone.assessment_id, "a-2");
    assert_eq!(validity(&store, 1), [("a-1".to_owned(), true)]);
    assert_eq!(store.assess(&delete(1, "a-2"), false).expect("once more is no error"), None);
}

#[test]
fn an_update_keeps_source_span_and_older_metadata() {
    let mut store = with_trace(1);
    let made = feedback(1, "a-1", 1).span_id(span_id(1)).rationale("first").metadata("k", "v");
    store.assess(&log(made), false).expect("stored");
    let with = Assessment::feedback("correct", 2).metadata("k2", "v2");
    let after = store.assess(&update(1, "a-1", with), false).expect("stored").expect("it is there");
    assert_eq!(
        (after.name.as_str(), after.value(), after.rationale.as_deref()),
        ("correct", Some(2.into()), Some("first"))
    );
    assert_eq!((after.span_id, after.metadata.len()), (Some(span_id(1)), 2));
    assert_eq!((after.create_time_unix_nano, after.last_update_time_unix_nano), (T0, T0 + 5_000_000));
    assert_eq!(read(&store, 1).info.assessments, [after]);
    let refused = store.assess(&update(1, "a-1", Assessment::expectation("correct", 3)), false);
    assert!(
        matches!(refused, Err(AssessError::OtherKind { is: "feedback", wanted: "expectation", .. })),
        "{refused:?}"
    );
}

#[test]
fn what_is_not_there_is_named() {
    let mut store = with_trace(1);
    let unknown_trace = store.assess(&log(feedback(2, "a-1", 1)), false);
    assert!(matches!(unknown_trace, Err(AssessError::UnknownTrace(id)) if id == trace_id(2)), "{unknown_trace:?}");
    for change in [log(feedback(1, "a-2", 1).overrides("a-1")), update(1, "a-1", feedback(1, "", 1))] {
        let refused = store.assess(&change, false);
        assert!(matches!(refused, Err(AssessError::UnknownAssessment { .. })), "{refused:?}");
    }
    assert_eq!(read(&store, 1).info.assessments, []);
}

#[test]
fn one_on_a_live_trace_is_there_before_and_after_it_completes_and_goes_with_an_abandoned_one() {
    let mut store = Store::in_memory().expect("memory");
    store.assess(&log(feedback(1, "a-1", 1)), true).expect("stored");
    store.commit(&journal([chunk(1, 0, 1..=1)])).expect("commits");
    assert_eq!(validity(&store, 1).len(), 1);
    store.commit(&completed(&[trace(1, 2)])).expect("commits");
    assert_eq!(validity(&store, 1).len(), 1);
    store.assess(&log(feedback(3, "a-1", 1)), true).expect("stored");
    store.commit(&StoreBatch { abandoned: vec![trace_id(3), trace_id(1)], ..StoreBatch::default() }).expect("commits");
    assert_eq!(store.assessments(trace_id(3)).expect("readable"), []);
    assert_eq!(validity(&store, 1).len(), 1, "a stored trace keeps its own");
}

#[test]
fn those_of_an_imported_trace_are_stored_and_an_older_import_changes_nothing() {
    let mut store = Store::in_memory().expect("memory");
    let mut imported = trace(1, 1);
    imported.info.assessments.push(feedback(1, "a-1", 1));
    store.commit(&completed(&[imported.clone()])).expect("commits");
    assert_eq!(read(&store, 1), imported);
    store.assess(&update(1, "a-1", Assessment::feedback("relevance", 2)), false).expect("stored");
    store.commit(&completed(&[imported])).expect("commits");
    assert_eq!(read(&store, 1).info.assessments[0].value(), Some(2.into()));
}
