//! Spans of model calls carry what MLflow's viewer draws, and the trace sums it up.

use serde_json::json;
use spanloom::{
    Chat, ChatCompletion, ChatMessage, LlmCost, SpanType, TokenUsage, ToolCall, ToolDefinition, attribute_key as key,
};

use crate::universe::Universe;

#[test]
fn a_chat_is_drawn_as_one_and_its_tokens_and_costs_are_summed() {
    let usage = TokenUsage::new(12, 8).cache_read(4);
    let trace = Universe::new().trace_of(|root| {
        for _ in 0..2 {
            let call = root.child("complete").span_type(SpanType::ChatModel).start();
            let tool = ToolDefinition::function("look_up").parameter("city", json!({"type": "string"}), true);
            call.set_chat(&Chat::new().model("small").user("Zürich?").tool(tool));
            let answer = ChatMessage::calling([ToolCall::new("call_1", "look_up", json!({"city": "Zürich"}))]);
            call.set_chat_completion(&ChatCompletion::new(answer).model("small-2").usage(usage));
            call.set_cost(LlmCost::new(0.25, 0.5));
            call.set_provider("local");
            // Counted already where it was paid.
            call.child("attempt").start().set_token_usage(usage);
        }
    });
    let call = &trace.search_spans(spanloom::SpanQuery::new().name("complete"))[0];
    assert_eq!(call.attribute(key::MESSAGE_FORMAT), Some(json!("openai")));
    assert_eq!(call.attribute(key::CHAT_TOOLS).expect("set")[0]["function"]["name"], json!("look_up"));
    assert_eq!(
        (call.model().as_deref(), call.token_usage(), call.cost()),
        (Some("small-2"), Some(usage), Some(LlmCost::new(0.25, 0.5)))
    );
    assert_eq!(call.inputs().expect("set")["messages"][0], json!({"role": "user", "content": "Zürich?"}));
    assert_eq!(call.outputs().expect("set")["choices"][0]["message"]["tool_calls"][0]["id"], json!("call_1"));
    assert_eq!(
        trace.info.trace_metadata[key::TRACE_TOKEN_USAGE],
        r#"{"input_tokens": 24, "output_tokens": 16, "total_tokens": 40, "cache_read_input_tokens": 8}"#
    );
    assert_eq!(
        trace.info.trace_metadata[key::TRACE_COST],
        r#"{"input_cost": 0.5, "output_cost": 1.0, "total_cost": 1.5}"#
    );
    assert_eq!(
        (trace.info.token_usage().map(|sum| sum.total_tokens), trace.info.cost()),
        (Some(40), Some(LlmCost::new(0.5, 1.0)))
    );
}

#[test]
fn malformed_usage_leaves_the_sum_out_and_nothing_else() {
    let trace = Universe::new().trace_of(|root| {
        root.child("good").start().set_token_usage(TokenUsage::new(1, 2));
        root.child("bad").start().set_attribute(key::TOKEN_USAGE, "many");
    });
    assert_eq!(trace.info.token_usage(), None);
    assert_eq!(trace.data.spans.len(), 3);
}

/// A root with children of these names, one after the other.
fn names(universe: &Universe, children: &[&'static str]) -> spanloom::Trace {
    universe.trace_of(|root| children.iter().for_each(|name| drop(root.child(*name).start())))
}

#[test]
fn repeated_names_are_shown_with_numbers_and_stay_as_they_were_given() {
    let trace = names(&Universe::new(), &["step", "plan", "step"]);
    assert_eq!(trace.display_names(), ["root", "step_1", "plan", "step_2"]);
    let given: Vec<&str> = trace.data.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(given, ["root", "step", "plan", "step"]);
    assert_eq!(trace.display_name(trace.data.spans[3].span_id).as_deref(), Some("step_2"));
}

#[test]
fn unique_span_names_are_stored_where_that_was_asked_for() {
    let universe = Universe::with(|builder| builder.unique_span_names(true));
    let trace = names(&universe, &["step", "root", "step"]);
    let stored: Vec<&str> = trace.data.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(stored, ["root_1", "step_1", "root_2", "step_2"]);
    assert_eq!(trace.display_names(), stored);
    assert_eq!(trace.info.tags["mlflow.traceName"], "root", "the trace keeps the name of its root");
}
