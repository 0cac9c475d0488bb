//! From the JSON text of an attribute to OTLP's values.

use serde_json::Value as Json;
use spanloom_core::JsonText;

use crate::message::{AnyValue, ArrayValue, KeyValue, KeyValueList, Value};
use crate::wire_json::{for_receivers, is_storable};

/// The value of an attribute for an MLflow server, which keeps JSON texts: an object or array goes as its text, which is
/// stored as it is. A string that looks like one goes as *its* JSON text, of which the server strips one level.
pub(crate) fn for_mlflow(text: &JsonText) -> AnyValue {
    let json = text.as_str();
    let value = match json.as_bytes().first() {
        None | Some(b'n') => None,
        Some(b'"') => Some(Value::String(string_for_mlflow(text))),
        Some(b'{' | b'[') => Some(Value::String(for_receivers(json).into_owned())),
        _ => Some(scalar(json)),
    };
    AnyValue { value }
}

fn string_for_mlflow(text: &JsonText) -> String {
    match text.to_value() {
        Json::String(content) if looks_like_json(&content) => text.as_str().to_owned(),
        Json::String(content) => content,
        _ => text.as_str().to_owned(),
    }
}

fn looks_like_json(content: &str) -> bool {
    content.trim_start().starts_with(['{', '[', '"'])
}

/// The value of an attribute for any receiver: texts, numbers, truth values and lists of those natively, other structure
/// as its JSON text, which many receivers would flatten or drop otherwise.
pub(crate) fn native(text: &JsonText) -> AnyValue {
    let json = text.as_str();
    let value = match json.as_bytes().first() {
        None | Some(b'n') => None,
        Some(b'"') => Some(Value::String(plain(text))),
        Some(b'{') => Some(Value::String(for_receivers(json).into_owned())),
        Some(b'[') => Some(list_of_scalars(text).unwrap_or_else(|| Value::String(for_receivers(json).into_owned()))),
        _ => Some(scalar(json)),
    };
    AnyValue { value }
}

/// The value of an event's or a link's attribute: all of its structure, natively.
pub(crate) fn structured(text: &JsonText) -> AnyValue {
    let json = for_receivers(text.as_str());
    let value: Result<Json, _> = serde_json::from_str(&json);
    value.map_or_else(|_| AnyValue { value: Some(Value::String(json.into_owned())) }, |value| any(&value))
}

/// The content of a JSON string; other JSON as its text.
pub(crate) fn plain(text: &JsonText) -> String {
    match text.to_value() {
        Json::String(content) => content,
        _ => text.as_str().to_owned(),
    }
}

fn list_of_scalars(text: &JsonText) -> Option<Value> {
    let Json::Array(items) = text.to_value() else { return None };
    let is_plain =
        items.iter().all(Json::is_string) || items.iter().all(Json::is_i64) || items.iter().all(Json::is_boolean);
    is_plain.then(|| Value::Array(ArrayValue { values: items.iter().map(any).collect() }))
}

/// Bounded by the depth that [`for_receivers`] leaves.
fn any(json: &Json) -> AnyValue {
    let value = match json {
        Json::Null => None,
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::String(text) => Some(Value::String(text.clone())),
        Json::Number(number) => Some(scalar(&number.to_string())),
        Json::Array(items) => Some(Value::Array(ArrayValue { values: items.iter().map(any).collect() })),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| KeyValue { key: key.clone(), value: Some(any(value)) };
            Some(Value::Map(KeyValueList { values: entries.iter().map(entry).collect() }))
        }
    };
    AnyValue { value }
}

fn scalar(word: &str) -> Value {
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if !is_storable(word) => Value::String(word.to_owned()),
        _ => word
            .parse()
            .map(Value::Int)
            .or_else(|_| word.parse().map(Value::Double))
            .unwrap_or_else(|_: std::num::ParseFloatError| Value::String(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(to: fn(&JsonText) -> AnyValue, json: &str, expected: Option<Value>) {
        assert_eq!(to(&JsonText::from_encoded(json)).value, expected, "{json}");
    }

    fn text(text: &str) -> Option<Value> {
        Some(Value::String(text.to_owned()))
    }

    #[test]
    fn mlflow_gets_what_it_stores_as_it_was() {
        check(for_mlflow, r#""hello""#, text("hello"));
        check(for_mlflow, "3", Some(Value::Int(3)));
        check(for_mlflow, "-0.5", Some(Value::Double(-0.5)));
        check(for_mlflow, "true", Some(Value::Bool(true)));
        check(for_mlflow, "null", None);
        check(for_mlflow, r#"{"a": [1, "x"]}"#, text(r#"{"a": [1, "x"]}"#));
    }

    #[test]
    fn a_string_that_looks_like_json_stays_a_string() {
        check(for_mlflow, r#""{\"a\":1}""#, text(r#""{\"a\":1}""#));
        check(for_mlflow, r#"" [1""#, text(r#"" [1""#));
        check(for_mlflow, r#""123""#, text("123"));
    }

    #[test]
    fn what_64_bits_cannot_hold_becomes_text() {
        check(for_mlflow, "18446744073709551616", text("18446744073709551616"));
        check(native, "NaN", text("NaN"));
    }

    #[test]
    fn lists_of_one_kind_go_natively_and_objects_as_text() {
        let strings = ArrayValue { values: vec![AnyValue { value: text("a") }] };
        check(native, r#"["a"]"#, Some(Value::Array(strings)));
        check(native, r#"["a", 1]"#, text(r#"["a", 1]"#));
        check(native, r#"{"a": 1}"#, text(r#"{"a": 1}"#));
    }
}
