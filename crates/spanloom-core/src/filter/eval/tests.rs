use crate::{Assessment, SpanEvent, SpanId, SpanRecord, SpanStatus, Trace, TraceId, TraceInfo, TraceState};

use super::*;

fn example() -> Trace {
    let id = TraceId::from_u128(0xa).expect("not zero");
    let mut info = TraceInfo::new(id, 1_780_000_000_000_000_000);
    info.state = TraceState::Ok;
    info.execution_duration_ms = Some(100);
    info.client_request_id = Some("req-1".to_owned());
    info.tags.insert("mlflow.traceName".to_owned(), "checkout".to_owned());
    info.tags.insert("name".to_owned(), "of the tag".to_owned());
    info.tags.insert(
        "mlflow.linkedPrompts".to_owned(),
        r#"[{"name": "greet", "version": "1"}, {"name": "bye", "version": "22"}]"#.to_owned(),
    );
    info.trace_metadata.insert("mlflow.sourceRun".to_owned(), "run-1".to_owned());
    let mut replaced = Assessment::feedback("score", 0.1);
    replaced.valid = Some(false);
    info.assessments = vec![
        replaced,
        Assessment::feedback("score", 3),
        Assessment::feedback("score", "high"),
        Assessment::feedback("correct", true),
        Assessment::expectation("truth", "Paris"),
    ];
    let span = |number: u64, name: &str, span_type: &str| {
        let mut span = SpanRecord::new(id, SpanId::from_u64(number).expect("not zero"), name.to_owned(), 0);
        span.span_type = span_type.to_owned().into();
        span.status = SpanStatus::Ok;
        span
    };
    let mut root = span(1, "root", "AGENT");
    root.set_inputs(serde_json::json!({"q": "it's \"größe\""}));
    root.set_attribute("region", "eu-west-1");
    root.set_attribute("n", 5);
    root.set_attribute("flag", true);
    let mut tool = span(2, "search", "TOOL");
    tool.status = SpanStatus::error("timed out");
    tool.events.push(SpanEvent::new("exc").attribute("m", "needle"));
    Trace::new(info, vec![root, tool])
}

#[track_caller]
fn check(filter: &str, expected: bool) {
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert_eq!(filter.matches(&example()), expected, "{filter:?}");
}

#[test]
fn clauses_about_the_trace() {
    for (filter, expected) in [
        ("", true),
        ("status = 'OK' AND execution_time_ms = 100 AND end_time_ms = 1780000000100", true),
        ("status NOT IN ('OK')", false),
        ("request_id = 'tr-0000000000000000000000000000000a'", true),
        ("client_request_id RLIKE '^req-\\d$'", true),
        ("name = 'checkout' AND tags.name = 'of the tag'", true),
        ("tags.`mlflow.traceName` ILIKE 'CHECK%'", true),
        ("tags.none != 'x'", false),
        ("tags.none IS NULL AND tags.name IS NOT NULL", true),
        ("run_id = 'run-1' AND metadata.mlflow.sourceRun LIKE 'run%'", true),
        ("prompt = 'greet/1'", true),
        ("prompt = 'bye/22'", true),
        ("prompt = 'bye/2'", false),
        ("timestamp_ms > 1779999999999.5 AND timestamp_ms < 1780000000000.5", true),
    ] {
        check(filter, expected);
    }
}

#[test]
fn clauses_about_assessments_hold_for_a_valid_one() {
    for (filter, expected) in [
        ("feedback.score = '3.0' AND feedback.score = 'high'", true),
        ("feedback.score = '3'", false),
        ("feedback.score < 1", false),
        ("feedback.score >= 3", true),
        ("feedback.correct = 'true' AND feedback.correct != 'false'", true),
        ("feedback.correct > 0", false),
        ("expectation.truth LIKE 'Par%'", true),
        ("feedback.truth IS NULL AND feedback.correct IS NOT NULL", true),
        ("feedback.score IS NULL", false),
    ] {
        check(filter, expected);
    }
}

#[test]
fn clauses_about_spans_speak_of_one_span() {
    for (filter, expected) in [
        ("span.name = 'root' AND span.type = 'AGENT' AND span.status = 'OK'", true),
        ("span.name = 'root' AND span.type = 'TOOL'", false),
        ("span.name = 'search' AND span.status = 'ERROR' AND trace.text LIKE '%timed out%needle%'", true),
        ("span.name = 'root' AND trace.text LIKE '%needle%'", false),
        ("span.attributes.region = 'eu-west-1' AND span.attributes.n = '5' AND span.attributes.flag = 'true'", true),
        ("span.attributes.region LIKE 'eu%'", true),
        ("span.attributes.region != 'us'", true),
        ("span.attributes.none != 'us'", false),
        ("span.attributes.`mlflow.spanInputs` LIKE '{\"q\": %'", true),
        ("trace.text ILIKE '%IT''S%'", false),
        ("trace.text ILIKE \"%IT'S%\"", true),
        ("trace.text LIKE '%\"größe\"%'", true),
        ("span.content LIKE '%checkout%'", false),
    ] {
        check(filter, expected);
    }
}

#[test]
fn kinds_decide_what_can_be_decided_by_them() {
    let kinds = [("root".to_owned(), "AGENT".to_owned(), false), ("search".to_owned(), "TOOL".to_owned(), true)];
    for (text, decided, expected) in [
        ("span.name = 'search' AND span.status = 'ERROR'", true, true),
        ("span.type = 'AGENT' AND span.status = 'ERROR'", true, false),
        ("status = 'OK'", true, true),
        ("span.status = 'OK'", false, false),
        ("span.attributes.n = '5'", false, false),
    ] {
        let filter = Filter::parse(text).expect("understood");
        assert_eq!(filter.is_decided_by_kinds(), decided, "{text}");
        if decided {
            assert_eq!(filter.matches_kinds(&kinds), expected, "{text}");
        }
    }
}
