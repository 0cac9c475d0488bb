//! Chat messages of the providers' wire forms, in the form of OpenTelemetry's conventions.

use serde_json::{Value as Json, json};

/// The messages in a request or an answer. What has no shape that is known becomes one message with its text, in the role
/// that is given.
pub(crate) fn messages(content: &Json, role: &str) -> Vec<Json> {
    let found = found(content).unwrap_or_default();
    if found.is_empty() {
        let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        return vec![json!({ "role": role, "parts": [{ "type": "text", "content": text }] })];
    }
    found
}

fn found(content: &Json) -> Option<Vec<Json>> {
    if let Some(list) = content.as_array() {
        return list.iter().map(message).collect();
    }
    if let Some(list) = content.get("messages").and_then(Json::as_array) {
        return list.iter().map(message).collect();
    }
    if let Some(choices) = content.get("choices").and_then(Json::as_array) {
        return choices.iter().map(choice).collect();
    }
    message(content).map(|message| vec![message])
}

fn choice(choice: &Json) -> Option<Json> {
    let mut message = message(choice.get("message")?)?;
    if let Some(reason) = choice.get("finish_reason").and_then(Json::as_str) {
        message["finish_reason"] = json!(reason);
    }
    Some(message)
}

fn message(message: &Json) -> Option<Json> {
    let role = message.get("role")?.as_str()?;
    let mut parts = Vec::new();
    if role == "tool" {
        parts.push(json!({
            "type": "tool_call_response",
            "id": message.get("tool_call_id"),
            "response": message.get("content"),
        }));
    } else {
        parts.extend(content_parts(message.get("content")));
    }
    let calls = message.get("tool_calls").and_then(Json::as_array);
    parts.extend(calls.into_iter().flatten().map(tool_call));
    Some(json!({ "role": role, "parts": parts }))
}

fn content_parts(content: Option<&Json>) -> Vec<Json> {
    match content {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::String(text)) => vec![json!({ "type": "text", "content": text })],
        Some(Json::Array(parts)) => parts.iter().map(part).collect(),
        Some(other) => vec![json!({ "type": "text", "content": other.to_string() })],
    }
}

fn part(part: &Json) -> Json {
    let kind = part.get("type").and_then(Json::as_str).unwrap_or("text");
    match kind {
        "text" | "input_text" | "output_text" => json!({ "type": "text", "content": part.get("text") }),
        "image_url" => {
            let url = part.pointer("/image_url/url").and_then(Json::as_str).unwrap_or_default();
            match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
                Some((mime, data)) => {
                    json!({ "type": "blob", "modality": "image", "mime_type": mime, "content": data })
                }
                None => json!({ "type": "uri", "modality": "image", "uri": url }),
            }
        }
        "thinking" | "reasoning" => {
            json!({ "type": "reasoning", "content": part.get("thinking").or(part.get("text")) })
        }
        _ => json!({ "type": "text", "content": part.to_string() }),
    }
}

/// Arguments that do not parse stay a text.
fn tool_call(call: &Json) -> Json {
    let arguments = call.pointer("/function/arguments");
    let parsed = arguments.and_then(Json::as_str).and_then(|text| serde_json::from_str::<Json>(text).ok());
    json!({
        "type": "tool_call",
        "id": call.get("id"),
        "name": call.pointer("/function/name"),
        "arguments": parsed.as_ref().or(arguments),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &Json, expected: &Json) {
        assert_eq!(&Json::Array(messages(content, "user")), expected);
    }

    #[test]
    fn a_request_of_openai_becomes_messages_with_parts() {
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
        check(&request, &json!([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]));
    }

    #[test]
    fn an_answer_keeps_its_tool_calls_and_why_it_ended() {
        let call = json!({"id": "c1", "function": {"name": "f", "arguments": "{\"x\": 1}"}});
        let answer = json!({"choices": [{"finish_reason": "tool_calls", "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]});
        let part = json!({"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}});
        check(&answer, &json!([{"role": "assistant", "parts": [part], "finish_reason": "tool_calls"}]));
    }

    #[test]
    fn what_is_no_chat_goes_as_its_text() {
        check(&json!({"x": 1}), &json!([{"role": "user", "parts": [{"type": "text", "content": "{\"x\":1}"}]}]));
        check(&json!("Hi"), &json!([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]));
    }
}
