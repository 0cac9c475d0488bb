//! What a retriever finds.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a retriever finds: the shape in which MLflow's viewer shows the outputs of a RETRIEVER span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The text.
    pub page_content: String,
    /// Where it comes from and what is known of it; the viewer shows `doc_uri` and `score`.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Its name in the index, if it has one.
    #[serde(default)]
    pub id: Option<String>,
}

impl Document {
    /// A document with this text, no metadata and no id.
    pub fn new(page_content: impl Into<String>) -> Self {
        Self { page_content: page_content.into(), ..Self::default() }
    }

    /// Sets one metadata value; one that has no JSON form is kept as null.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Serialize) -> Self {
        self.metadata.insert(key.into(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Sets the id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}
