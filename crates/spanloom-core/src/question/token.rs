//! Page tokens: the whole question and where its last page ended, in a form that fits into an address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::SortValue;
use crate::{SearchTraces, TraceId};

/// Longer ones were not made here.
const MAX_TOKEN_BYTES: usize = 256 << 10;
const VERSION: u8 = 2;

/// What a token carries.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PageToken {
    pub(super) question: SearchTraces,
    pub(super) position: Vec<SortValue>,
    pub(super) seen: Vec<TraceId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    experiment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    order_by: Vec<String>,
    max_results: Option<usize>,
    without_spans: bool,
    position: Vec<SortValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<TraceId>,
}

impl PageToken {
    pub(super) fn encode(self) -> Option<String> {
        let stored = Stored {
            v: VERSION,
            experiment: self.question.experiment,
            run_id: self.question.run_id,
            model_id: self.question.model_id,
            filter: self.question.filter,
            order_by: self.question.order_by,
            max_results: self.question.max_results,
            without_spans: self.question.without_spans,
            position: self.position,
            seen: self.seen,
        };
        serde_json::to_vec(&stored).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
    }

    /// `None` for what is not a token of this version.
    pub(super) fn decode(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        let stored: Stored = serde_json::from_slice(&json).ok().filter(|stored: &Stored| stored.v == VERSION)?;
        let mut question = SearchTraces::new().include_spans(!stored.without_spans);
        question.experiment = stored.experiment;
        question.run_id = stored.run_id;
        question.model_id = stored.model_id;
        question.filter = stored.filter;
        question.order_by = stored.order_by;
        question.max_results = stored.max_results;
        Some(Self { question, position: stored.position, seen: stored.seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_the_whole_question() {
        let question = SearchTraces::new()
            .experiment("e")
            .run_id("r")
            .model_id("m")
            .filter("name = 'größe'")
            .order_by("name")
            .max_results(3)
            .include_spans(false);
        let position = vec![SortValue::Null, SortValue::Integer(-1), SortValue::Text("é".to_owned())];
        let seen = vec![TraceId::from_u128(7).expect("not zero")];
        let token = PageToken { question, position, seen };
        let text = token.clone().encode().expect("it is JSON");
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{text}");
        assert_eq!(PageToken::decode(&text), Some(token));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "abc", "!!", "eyJ4IjogMX0", "eyJvZmZzZXQiOiAxfQ==", &"A".repeat(300_000)] {
            assert_eq!(PageToken::decode(text), None);
        }
    }
}
