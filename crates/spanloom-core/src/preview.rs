//! What a list shows of a trace without reading its spans: cut texts and the words of a chat.
//!
//! Lengths count characters (Unicode scalar values), as Python's do.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::python_json;

/// Longest preview, in characters.
pub const PREVIEW_CHARS: usize = 1_000;

/// Longest text of the root's inputs or outputs in the metadata, in characters.
pub const METADATA_CHARS: usize = 250;

/// The preview of a root's inputs: the last message of the user if they are a chat, else their JSON text.
///
/// `None` when there are no inputs. Cut to [`PREVIEW_CHARS`].
pub fn request_preview(root_inputs_json: Option<&str>) -> Option<String> {
    root_inputs_json.map(|json| preview(json, "user"))
}

/// The preview of a root's outputs: the last message of the assistant if they are a chat, else their JSON text.
///
/// `None` when there are no outputs. Cut to [`PREVIEW_CHARS`].
pub fn response_preview(root_outputs_json: Option<&str>) -> Option<String> {
    root_outputs_json.map(|json| preview(json, "assistant"))
}

/// The start of a root's inputs or outputs for the metadata; empty when there are none. Cut to [`METADATA_CHARS`].
pub fn metadata_cut(json: Option<&str>) -> String {
    json.map(|json| cut(json, METADATA_CHARS).into_owned()).unwrap_or_default()
}

/// The text, or when it is longer than `max_chars` its start with `...`, together of that length.
pub fn cut(text: &str, max_chars: usize) -> Cow<'_, str> {
    // A text has at least as many bytes as characters.
    if text.len() <= max_chars || text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let dots = &"..."[..max_chars.min(3)];
    let end = text.char_indices().nth(max_chars - dots.len()).map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}{dots}", &text[..end]))
}

fn preview(json: &str, role: &str) -> String {
    let text = chat_text(json, role).filter(|text| !text.is_empty());
    cut(text.as_deref().unwrap_or(json), PREVIEW_CHARS).into_owned()
}

/// The text of the message that counts, if this is an object with messages.
fn chat_text(json: &str, role: &str) -> Option<String> {
    if !json.trim_start().starts_with('{') {
        return None;
    }
    let value = python_json::parse(json);
    let mut value = &value;
    loop {
        let object = value.as_object()?;
        if let Some(messages) = messages(object) {
            let with_role = messages.iter().rev().find(|message| message.get("role").is_some_and(|r| r == role));
            return content_text(with_role.or(messages.last())?).map(str::to_owned);
        }
        value = object.get("request")?;
    }
}

/// The messages of the first place that has any to look at; which may hold none after all.
fn messages(object: &Map<String, Value>) -> Option<Vec<&Map<String, Value>>> {
    let in_list = |key| non_empty(object, key).map(|items| items.iter().filter_map(as_message).collect());
    let in_choice = || {
        let choice = non_empty(object, "choices")?.first()?;
        as_message(choice.get("message")?).map(|message| vec![message])
    };
    in_list("messages").or_else(in_choice).or_else(|| in_list("input")).or_else(|| in_list("output"))
}

fn non_empty<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Vec<Value>> {
    object.get(key)?.as_array().filter(|items| !items.is_empty())
}

fn as_message(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|object| object.contains_key("role") && object.contains_key("content"))
}

fn content_text(message: &Map<String, Value>) -> Option<&str> {
    match message.get("content")? {
        Value::String(text) => Some(text),
        Value::Array(parts) => parts.iter().find_map(part_text),
        _ => None,
    }
}

fn part_text(part: &Value) -> Option<&str> {
    if let Value::String(text) = part {
        return Some(text);
    }
    let kind = part.get("type")?.as_str()?;
    if matches!(kind, "text" | "output_text") { part.get("text")?.as_str() } else { None }
}

#[cfg(test)]
mod tests;
