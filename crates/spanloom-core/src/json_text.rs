//! A value as the JSON text that is stored, shown and sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::python_json;

/// See [`JsonText::unserialisable`]. Of the process: a value is captured where no engine is known.
static UNSERIALISABLE: AtomicU64 = AtomicU64::new(0);

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

    /// Serialises a value; one that cannot be serialised becomes a JSON string that says why, and is
    /// [counted](Self::unserialisable).
    pub fn capture<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::from_serialize(value).unwrap_or_else(|error| {
            UNSERIALISABLE.fetch_add(1, Ordering::Relaxed);
            Self::string(&format!("<not serialisable: {error}>"))
        })
    }

    /// How many values [`capture`](Self::capture) replaced by a text in this process, because their `Serialize` failed or
    /// panicked or they were nested too deep.
    pub fn unserialisable() -> u64 {
        UNSERIALISABLE.load(Ordering::Relaxed)
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

    /// The value. Text that is no JSON comes back as a string with that text, as MLflow reads it; empty text as null; a
    /// whole number beyond 64 bits as the nearest float, for `Value` has no other: [`read`](Self::read) gives all digits.
    pub fn to_value(&self) -> Value {
        python_json::parse(&self.0)
    }

    /// The value as a type of the program's own, `u128` among them.
    ///
    /// # Errors
    /// When the text is not the JSON of such a value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&python_json::repair(&self.0))
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
