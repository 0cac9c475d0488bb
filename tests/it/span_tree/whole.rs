//! What is said about the trace as a whole, and what follows from its root.

use serde_json::json;
use spanloom::{start_span, update_current_trace};

use crate::universe::Universe;

#[test]
fn the_trace_is_changed_from_any_depth_and_the_last_word_counts() {
    let trace = Universe::new().trace_of(|_| {
        update_current_trace(|t| t.tag("fruit", "pear").metadata("release", "1.4"));
        let _inner = start_span("inner");
        update_current_trace(|t| t.tag("fruit", "apple").tag("count", 3).session("s-1").user("u-1"));
        update_current_trace(|t| t.client_request_id("req-9").model_id("m-123"));
    });
    let info = &trace.info;
    assert_eq!((info.tags["fruit"].as_str(), info.tags["count"].as_str()), ("apple", "3"));
    assert_eq!(info.tags["mlflow.traceName"], "root");
    assert_eq!(info.client_request_id.as_deref(), Some("req-9"));
    let metadata = |key: &str| info.trace_metadata.get(key).map(String::as_str);
    assert_eq!(metadata("release"), Some("1.4"));
    assert_eq!(metadata("mlflow.trace.session"), Some("s-1"));
    assert_eq!(metadata("mlflow.trace.user"), Some("u-1"));
    assert_eq!(metadata("mlflow.modelId"), Some("m-123"));
}

#[test]
fn without_a_current_span_the_update_is_not_called() {
    update_current_trace(|_| panic!("there is no trace to update"));
}

#[test]
fn previews_are_the_root_s_inputs_and_outputs() {
    let trace = Universe::new().trace_of(|root| {
        root.set_inputs(json!({"q": "why"}));
        root.set_outputs("because");
        start_span("child").set_inputs("not in the preview");
    });
    assert_eq!(trace.info.request_preview.as_deref(), Some(r#"{"q": "why"}"#));
    assert_eq!(trace.info.response_preview.as_deref(), Some(r#""because""#));
    assert_eq!(trace.info.trace_metadata["mlflow.traceInputs"], r#"{"q": "why"}"#);
}

#[test]
fn previews_of_a_chat_are_its_last_words() {
    let trace = Universe::new().trace_of(|root| {
        let system = json!({"role": "system", "content": "be brief"});
        root.set_inputs(json!({"messages": [system, {"role": "user", "content": "why?"}]}));
        root.set_outputs(json!({"choices": [{"message": {"role": "assistant", "content": "because"}}]}));
    });
    assert_eq!(trace.info.request_preview.as_deref(), Some("why?"));
    assert_eq!(trace.info.response_preview.as_deref(), Some("because"));
}

#[test]
fn long_previews_are_cut_and_those_the_program_gives_are_not() {
    let long = "x".repeat(5_000);
    let trace = Universe::new().trace_of(|root| {
        root.set_inputs(&long);
        root.set_outputs(&long);
        update_current_trace(|t| t.response_preview(&long).request_preview(""));
    });
    let preview = trace.info.request_preview.expect("there are inputs");
    assert_eq!((preview.len(), preview.ends_with("...")), (1_000, true));
    assert_eq!(trace.info.response_preview.as_deref(), Some(long.as_str()));
}

#[test]
fn a_root_without_inputs_and_outputs_has_no_previews() {
    let info = Universe::new().trace_of(|_| ()).info;
    assert_eq!((info.request_preview, info.response_preview), (None, None));
    assert_eq!(info.experiment_id, "0");
    assert!(info.execution_duration_ms.is_some());
    assert_eq!(info.trace_metadata["mlflow.trace_schema.version"], "3");
}

#[test]
fn the_experiment_of_the_settings_is_the_trace_s() {
    assert_eq!(
        Universe::with(|builder| builder.experiment("my-agent")).trace_of(|_| ()).info.experiment_id,
        "my-agent"
    );
}
