//! A value as the JSON text that is stored, shown and sent.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::python_json;

/// A JSON text in the layout of Python's `json.dumps(ensure_ascii=False)`.
///
/// That layout is what MLflow stores, and what previews and metadata are cut from. A value is serialised into it
/// once, where it is captured, and these bytes are what every reader and destination gets. Beyond JSON it may hold
/// the bare words `NaN`, `Infinity` and `-Infinity`, as Python's does.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// The name under which [`python_json`] recognises a `JsonText` inside other values and writes its text as it is.
    pub(crate) const TOKEN: &'static str = "$spanloom::JsonText";

    /// Serialises a value.
    ///
    /// # Errors
    /// When its `Serialize` fails or panics, or it is nested deeper than [`python_json::MAX_DEPTH`].
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, python_json::Error> {
        python_json::to_string(value).map(|text| Self(text.into()))
    }

    /// Serialises a value; one that cannot be serialised becomes a JSON string that says why.
    pub fn capture<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::from_serialize(value).unwrap_or_else(|error| Self::string(&format!("<not serialisable: {error}>")))
    }

    /// A JSON string with this content.
    pub fn string(content: &str) -> Self {
        let mut text = String::with_capacity(content.len() + 2);
        python_json::write_string(&mut text, content);
        Self(text.into())
    }

    /// Takes a text that already has this form, unchecked: what the codec and the engine read back.
    pub fn from_encoded(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, out of its wrapping.
    pub fn into_text(self) -> String {
        self.0.into()
    }

    /// The value. Text that is no JSON comes back as a string with that text, as MLflow reads it; empty text as null.
    pub fn to_value(&self) -> Value {
        python_json::parse(&self.0)
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Self::TOKEN, &*self.0)
    }
}
