//! Reducers: what a stream's outputs are when they are not the list of its items.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use spanloom::Spanloom;

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("11-streaming-token-aggregation", tokens),
    ("12-streaming-metrics-aggregation", metrics),
    ("13-streaming-error-collection", error_collection),
    ("18-streaming-multi-model-reducer", models),
    ("19-streaming-reducer-unit-cases", unit_cases),
];

#[test]
fn reduced_streams_are_recorded_as_by_mlflow() {
    stage::replay("golden::reducers::reduced_streams_are_recorded_as_by_mlflow", REPLAYS);
}

fn tokens(_: &Spanloom) -> Value {
    #[spanloom::trace(output_reducer = |tokens: Vec<&'static str>| tokens.concat())]
    fn stream_text() -> impl Iterator<Item = &'static str> {
        ["Hello", " ", "World", "!"].into_iter()
    }

    json!({"chunks": stream_text().collect::<Vec<_>>()})
}

fn metrics(_: &Spanloom) -> Value {
    fn summary(chunks: Vec<Value>) -> Value {
        let values: Vec<i64> = chunks.iter().filter_map(|chunk| chunk["value"].as_i64()).collect();
        let sum: i64 = values.iter().sum();
        json!({"count": values.len(), "sum": sum, "average": sum as f64 / values.len() as f64,
            "max": values.iter().max(), "min": values.iter().min()})
    }

    #[spanloom::trace(output_reducer = summary)]
    fn stream_metrics() -> impl Iterator<Item = Value> {
        (0..10).map(|i| json!({"value": 2 * i, "timestamp": 1_700_000_000.5}))
    }

    assert_eq!(stream_metrics().count(), 10);
    json!({})
}

fn error_collection(_: &Spanloom) -> Value {
    fn collect_results_and_errors(chunks: Vec<Value>) -> Value {
        let errors: Vec<_> = chunks.iter().filter_map(|chunk| chunk.get("error")).collect();
        let results: Vec<_> = chunks.iter().filter(|chunk| chunk.get("error").is_none()).map(|c| &c["data"]).collect();
        json!({"results": results, "errors": errors, "success_rate": results.len() as f64 / chunks.len() as f64,
            "has_errors": !errors.is_empty()})
    }

    #[spanloom::trace(output_reducer = collect_results_and_errors)]
    fn stream_results() -> impl Iterator<Item = Value> {
        [json!({"data": "a"}), json!({"error": "timeout"}), json!({"data": {"n": 2}}), json!({"data": null})]
            .into_iter()
    }

    assert_eq!(stream_results().count(), 4);
    json!({})
}

fn models(_: &Spanloom) -> Value {
    fn by_model(chunks: Vec<Value>) -> Value {
        let answers: Vec<_> = chunks.iter().filter(|chunk| chunk.get("model").is_some()).collect();
        let field = |field: &str| -> Map<String, Value> {
            let name = |answer: &Value| answer["model"].as_str().unwrap_or_default().to_owned();
            answers.iter().map(|answer| (name(answer), answer[field].clone())).collect()
        };
        let latency = |answer: &&&Value| answer["latency"].as_f64().unwrap_or(f64::INFINITY);
        let fastest = answers.iter().min_by(|a, b| latency(a).total_cmp(&latency(b)));
        let consensus = answers.windows(2).all(|pair| pair[0]["response"] == pair[1]["response"]);
        json!({"responses": field("response"), "latencies": field("latency"),
            "fastest_model": fastest.map(|answer| &answer["model"]), "consensus": consensus})
    }

    #[spanloom::trace(output_reducer = by_model, skip(answers))]
    fn ask_models(question: &str, answers: Vec<Value>) -> impl Iterator<Item = Value> {
        assert_eq!(question, "meaning of life?");
        answers.into_iter()
    }

    let answers = vec![
        json!({"model": "gpt-4o-mini", "response": "42", "latency": 0.25}),
        json!({"model": "claude", "response": "42", "latency": 0.125}),
        json!({"note": "ignored"}),
    ];
    assert_eq!(ask_models("meaning of life?", answers).count(), 3);
    json!({})
}

fn unit_cases(_: &Spanloom) -> Value {
    fn reduce(chunks: Vec<Value>) -> Value {
        if chunks.is_empty() {
            return json!({"status": "empty", "total": 0});
        }
        let total: i64 = chunks.iter().filter_map(|chunk| chunk["value"].as_i64()).sum();
        let errors = chunks.iter().filter(|chunk| chunk.get("error").is_some()).count();
        json!({"status": if errors > 0 { "error" } else { "success" }, "total": total, "count": chunks.len(),
            "average": total as f64 / chunks.len() as f64, "error_count": errors})
    }

    #[spanloom::trace(output_reducer = reduce)]
    fn stream(case: &'static str, chunks: Vec<Value>) -> impl Iterator<Item = Value> {
        assert!(!case.is_empty());
        chunks.into_iter()
    }

    let cases = [
        ("normal", vec![json!({"value": 10}), json!({"value": 20}), json!({"value": 30})]),
        ("empty", vec![]),
        ("error", vec![json!({"value": 10}), json!({"error": "Network timeout"}), json!({"value": 20})]),
        ("missing", vec![json!({"value": 10}), json!({"metadata": "some info"}), json!({"value": 20})]),
    ];
    let direct: BTreeMap<_, _> = cases.iter().map(|(case, chunks)| (*case, reduce(chunks.clone()))).collect();
    for (case, chunks) in cases {
        assert_eq!(stream(case, chunks.clone()).collect::<Vec<_>>(), chunks);
    }
    json!({"direct_calls": direct})
}
