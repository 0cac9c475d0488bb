//! Page tokens: the whole question and where its last page ended, in a form that fits into an address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use spanloom_core::SearchTraces;

/// Longer ones were not made here.
const MAX_TOKEN_BYTES: usize = 64 << 10;
const VERSION: u8 = 1;

/// What a token carries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageToken {
    pub(crate) question: SearchTraces,
    pub(crate) position: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u8,
    experiment: Option<String>,
    filter: Option<String>,
    order_by: Vec<String>,
    max_results: Option<usize>,
    without_spans: bool,
    position: Vec<Place>,
}

/// A value of a column.
#[derive(Serialize, Deserialize)]
enum Place {
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "b")]
    Blob(Vec<u8>),
}

impl PageToken {
    pub(crate) fn encode(&self) -> Option<String> {
        let stored = Stored {
            v: VERSION,
            experiment: self.question.experiment.clone(),
            filter: self.question.filter.clone(),
            order_by: self.question.order_by.clone(),
            max_results: self.question.max_results,
            without_spans: self.question.without_spans,
            position: self.position.iter().map(Place::of).collect::<Option<_>>()?,
        };
        serde_json::to_vec(&stored).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
    }

    /// `None` for what is not a token of this version.
    pub(crate) fn decode(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        let stored: Stored = serde_json::from_slice(&json).ok().filter(|stored: &Stored| stored.v == VERSION)?;
        let mut question = SearchTraces::new().include_spans(!stored.without_spans);
        question.experiment = stored.experiment;
        question.filter = stored.filter;
        question.order_by = stored.order_by;
        question.max_results = stored.max_results;
        Some(Self { question, position: stored.position.into_iter().map(Place::into_value).collect() })
    }
}

impl Place {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Text(text) => Some(Self::Text(text.clone())),
            Value::Blob(bytes) => Some(Self::Blob(bytes.clone())),
            Value::Real(_) => None,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_the_whole_question() {
        let question = SearchTraces::new()
            .experiment("e")
            .filter("name = 'größe'")
            .order_by("name")
            .max_results(3)
            .include_spans(false);
        let position = vec![Value::Null, Value::Integer(-1), Value::Text("é".to_owned()), Value::Blob(vec![0, 255])];
        let token = PageToken { question, position };
        let text = token.encode().expect("no floats");
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{text}");
        assert_eq!(PageToken::decode(&text), Some(token));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "abc", "!!", "eyJ4IjogMX0", &"A".repeat(100_000)] {
            assert_eq!(PageToken::decode(text), None);
        }
    }
}
