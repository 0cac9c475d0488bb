//! What a chat model may call.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a chat model may call: a function with a JSON schema of its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// `function`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The function.
    pub function: ToolFunction,
}

/// The function of a tool definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolFunction {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON schema of its parameters, of type `object`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Whether the model must keep to the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl ToolDefinition {
    /// A function of this name.
    pub fn function(name: impl Into<String>) -> Self {
        let function = ToolFunction { name: name.into(), ..ToolFunction::default() };
        Self { kind: "function".to_owned(), function }
    }

    /// Says what it does.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.function.description = Some(text.into());
        self
    }

    /// Sets the JSON schema of its parameters.
    #[must_use]
    pub fn parameters(mut self, schema: Value) -> Self {
        self.function.parameters = Some(schema);
        self
    }

    /// Adds one parameter with its own JSON schema to the schema of all.
    #[must_use]
    pub fn parameter(mut self, name: &str, schema: Value, is_required: bool) -> Self {
        let whole = self.function.parameters.get_or_insert_with(|| json!({"type": "object", "properties": {}}));
        if !whole.is_object() {
            *whole = json!({"type": "object"});
        }
        object(whole, "properties").insert(name.to_owned(), schema);
        if is_required {
            match &mut whole["required"] {
                Value::Array(names) => names.push(name.into()),
                vacant => *vacant = json!([name]),
            }
        }
        self
    }

    /// Says whether the model must keep to the schema.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.function.strict = Some(strict);
        self
    }
}

/// The object at a key, which is made if there is none.
fn object<'v>(whole: &'v mut Value, key: &str) -> &'v mut Map<String, Value> {
    let inner = &mut whole[key];
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    inner.as_object_mut().expect("it is an object by now")
}
