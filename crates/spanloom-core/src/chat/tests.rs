use serde_json::{Value, json};

use super::*;
use crate::{TokenUsage, preview};

fn value(of: &impl Serialize) -> Value {
    JsonText::capture(of).to_value()
}

#[test]
fn a_chat_is_the_body_of_a_request() {
    let tool = ToolDefinition::function("get_weather")
        .description("the weather of a city")
        .parameter("city", json!({"type": "string"}), true)
        .parameter("unit", json!({"type": "string", "enum": ["C", "F"]}), false);
    let chat = Chat::new().model("small").system("Be short.").user("Zürich?").tool(tool).parameter("temperature", 0.0);
    let text = JsonText::capture(&chat);
    assert_eq!(
        text.as_str(),
        concat!(
            r#"{"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Zürich?"}], "model": "small", "#,
            r#""temperature": 0.0, "tools": [{"type": "function", "function": {"name": "get_weather", "#,
            r#""description": "the weather of a city", "parameters": {"type": "object", "properties": "#,
            r#"{"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}}, "required": ["city"]}}}]}"#,
        )
    );
    assert_eq!(preview::request_preview(Some(text.as_str())).as_deref(), Some("Zürich?"));
}

#[test]
fn a_completion_is_the_body_of_a_response() {
    let completion = ChatCompletion::new(ChatMessage::assistant("12 °C")).model("small").usage(TokenUsage::new(12, 8));
    let text = JsonText::capture(&completion);
    assert_eq!(
        text.to_value(),
        json!({
            "model": "small",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "12 °C"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20},
        })
    );
    assert_eq!(preview::response_preview(Some(text.as_str())).as_deref(), Some("12 °C"));
}

#[test]
fn calls_of_tools_have_their_arguments_as_text() {
    let call = ToolCall::new("call_1", "get_weather", json!({"city": "Zürich"}));
    let message = ChatMessage::calling([call.clone()]);
    assert_eq!(
        value(&message),
        json!({"role": "assistant", "content": null, "tool_calls":
            [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Zürich\"}"}}]})
    );
    assert_eq!(ToolCall::from_text("call_1", "get_weather", "{\"city\": \"Zürich\"}"), call);
    assert_eq!(ChatCompletion::new(message).choices[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(
        value(&ChatMessage::tool("call_1", "12")),
        json!({"role": "tool", "content": "12", "tool_call_id": "call_1"})
    );
}

#[test]
fn messages_come_back_from_their_json() {
    let parts = [ChatPart::text("What is this?"), ChatPart::image_url("https://example.org/a.png")];
    let message = ChatMessage::parts("user", parts).name("ann");
    let text = JsonText::capture(&message);
    assert_eq!(
        text.to_value()["content"],
        json!([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}])
    );
    assert_eq!(serde_json::from_str::<ChatMessage>(text.as_str()).expect("a message"), message);
}

#[test]
fn a_schema_that_was_given_takes_parameters_too() {
    let tool = ToolDefinition::function("f").parameters(json!(null)).parameter("a", json!({}), true);
    assert_eq!(tool.function.parameters, Some(json!({"type": "object", "properties": {"a": {}}, "required": ["a"]})));
}
