//! What traces are sorted by.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::SearchError;
use crate::filter::{Token, TokenKind, tokens};
use crate::{TraceInfo, attribute_key as reserved};

/// What traces are sorted by. Always ends with the time, newest first, and the id, so that no two traces are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortOrder(Vec<OrderTerm>);

/// One key and its direction. What has no value comes last in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    /// What is compared.
    pub key: SortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Start of the root.
    Time,
    /// Duration of the root; nothing while it runs.
    Duration,
    /// Start plus duration, in milliseconds.
    End,
    /// MLflow's name of the state.
    State,
    /// The trace's name.
    Name,
    /// The experiment.
    Experiment,
    /// The trace's id.
    TraceId,
    /// A tag.
    Tag(String),
    /// An entry of the metadata.
    Metadata(String),
}

/// The value of a sort key, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortValue {
    /// There is none.
    #[serde(rename = "n")]
    Null,
    /// Nanoseconds of a time, milliseconds of a duration.
    #[serde(rename = "i")]
    Integer(i64),
    /// Any other value.
    #[serde(rename = "t")]
    Text(String),
}

const KEYS: &str = "write `timestamp_ms`, `execution_time_ms`, `end_time_ms`, `status`, `name`, `run_id`, `request_id`, \
                    `experiment_id`, `tags.…` or `metadata.…`, then `ASC` or `DESC`";

impl SortOrder {
    /// Understands keys such as `timestamp_ms DESC`; without a direction the smallest comes first.
    ///
    /// # Errors
    /// When a key is not understood, or comes twice.
    pub fn parse(keys: &[String]) -> Result<Self, SearchError> {
        let mut terms: Vec<OrderTerm> = Vec::new();
        for key in keys {
            let refused = |what: &str| SearchError::OrderBy { key: key.clone(), what: what.to_owned() };
            let term = term(key).map_err(refused)?;
            if terms.iter().any(|other| other.key == term.key) {
                return Err(refused("it comes twice"));
            }
            terms.push(term);
        }
        for (key, descending) in [(SortKey::Time, true), (SortKey::TraceId, false)] {
            if terms.iter().all(|term| term.key != key) {
                terms.push(OrderTerm { key, descending });
            }
        }
        Ok(Self(terms))
    }

    /// The keys, the first first.
    pub fn terms(&self) -> &[OrderTerm] {
        &self.0
    }

    /// Whether the place of an open trace may change when it goes on.
    pub fn may_move(&self) -> bool {
        self.0.iter().any(|term| !matches!(term.key, SortKey::Time | SortKey::TraceId | SortKey::Experiment))
    }

    /// Whether these can be the values of a trace in this order.
    pub(super) fn is_position(&self, values: &[SortValue]) -> bool {
        values.len() == self.0.len() && self.0.iter().zip(values).all(|(term, value)| term.key.may_have(value))
    }

    /// The values of a trace in this order.
    pub fn position(&self, info: &TraceInfo) -> Vec<SortValue> {
        self.0.iter().map(|term| term.key.of(info)).collect()
    }

    /// Which of two positions comes first.
    pub fn compare(&self, left: &[SortValue], right: &[SortValue]) -> Ordering {
        let each = self.0.iter().zip(left.iter().zip(right));
        each.map(|(term, (left, right))| term.compare(left, right))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl OrderTerm {
    fn compare(&self, left: &SortValue, right: &SortValue) -> Ordering {
        let order = match (left, right) {
            (SortValue::Null, SortValue::Null) => return Ordering::Equal,
            (SortValue::Null, _) => return Ordering::Greater,
            (_, SortValue::Null) => return Ordering::Less,
            (SortValue::Integer(left), SortValue::Integer(right)) => left.cmp(right),
            (SortValue::Text(left), SortValue::Text(right)) => left.cmp(right),
            (SortValue::Integer(_), SortValue::Text(_)) => Ordering::Less,
            (SortValue::Text(_), SortValue::Integer(_)) => Ordering::Greater,
        };
        if self.descending { order.reverse() } else { order }
    }
}

impl SortKey {
    /// Whether a trace may have no value for it.
    pub const fn may_be_missing(&self) -> bool {
        matches!(self, Self::Duration | Self::Name | Self::Tag(_) | Self::Metadata(_))
    }

    fn may_have(&self, value: &SortValue) -> bool {
        match value {
            SortValue::Null => self.may_be_missing(),
            SortValue::Integer(_) => matches!(self, Self::Time | Self::Duration | Self::End),
            SortValue::Text(text) if *self == Self::TraceId => text.parse::<crate::TraceId>().is_ok(),
            SortValue::Text(_) => !matches!(self, Self::Time | Self::Duration | Self::End),
        }
    }

    fn of(&self, info: &TraceInfo) -> SortValue {
        let integer = |number: u64| SortValue::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let text = |text: &str| SortValue::Text(text.to_owned());
        let entry = |map: &std::collections::BTreeMap<String, String>, key: &str| {
            map.get(key).map_or(SortValue::Null, |value| text(indexed(value)))
        };
        match self {
            Self::Time => integer(info.request_time_unix_nano),
            Self::Duration => info.execution_duration_ms.map_or(SortValue::Null, integer),
            Self::End => integer(info.timestamp_ms().saturating_add(info.execution_duration_ms.unwrap_or(0))),
            Self::State => text(info.state.as_str()),
            Self::Name => entry(&info.tags, reserved::TRACE_NAME),
            Self::Experiment => text(&info.experiment_id),
            Self::TraceId => SortValue::Text(info.trace_id.to_hex()),
            Self::Tag(key) => entry(&info.tags, key),
            Self::Metadata(key) => entry(&info.trace_metadata, key),
        }
    }

    fn named(entity: Option<&str>, name: &str) -> Option<Self> {
        Some(match (entity, name) {
            (None | Some("trace" | "attribute" | "attributes"), name) => match name {
                "timestamp_ms" | "timestamp" => Self::Time,
                "execution_time_ms" | "execution_time" => Self::Duration,
                "end_time_ms" | "end_time" => Self::End,
                "status" => Self::State,
                "name" => Self::Name,
                "experiment_id" => Self::Experiment,
                "request_id" => Self::TraceId,
                "run_id" => Self::Metadata(reserved::SOURCE_RUN.to_owned()),
                _ => return None,
            },
            (Some("tag" | "tags"), reserved::TRACE_NAME) => Self::Name,
            (Some("tag" | "tags"), name) if !name.is_empty() => Self::Tag(name.to_owned()),
            (Some("metadata" | "request_metadata"), name) if !name.is_empty() => Self::Metadata(name.to_owned()),
            _ => return None,
        })
    }
}

fn term(key: &str) -> Result<OrderTerm, &'static str> {
    let words = tokens(key).map_err(|_| KEYS)?;
    let (Some(Token { kind: TokenKind::Name { text, dot, .. }, .. }), rest) = (words.first(), words.get(1..)) else {
        return Err(KEYS);
    };
    let (entity, name) = dot.map_or((None, text.as_str()), |dot| (Some(&text[..dot]), &text[dot + 1..]));
    let key = SortKey::named(entity, name).ok_or(KEYS)?;
    if matches!(&key, SortKey::Metadata(name) if UNINDEXED_METADATA.contains(&name.as_str())) {
        return Err("this metadata is kept for reading, not for sorting");
    }
    let descending = match rest.unwrap_or_default() {
        [] => false,
        [Token { kind: TokenKind::Name { text, .. }, .. }] if text.eq_ignore_ascii_case("ASC") => false,
        [Token { kind: TokenKind::Name { text, .. }, .. }] if text.eq_ignore_ascii_case("DESC") => true,
        _ => return Err("after the key only `ASC` or `DESC` may stand"),
    };
    Ok(OrderTerm { key, descending })
}

/// Texts are sorted by their first bytes: an index holds no more.
pub const INDEXED_BYTES: usize = 512;

/// The part of a text that an index holds.
pub fn indexed(text: &str) -> &str {
    &text[..(0..=INDEXED_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)]
}

/// Metadata that differs in each trace: no index has it.
pub const UNINDEXED_METADATA: [&str; 6] = [
    reserved::TRACE_INPUTS,
    reserved::TRACE_OUTPUTS,
    reserved::TRACE_TOKEN_USAGE,
    reserved::TRACE_COST,
    reserved::TRACE_SIZE_BYTES,
    reserved::TRACE_SIZE_STATS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &[&str], expected: &[(SortKey, bool)]) {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        let order = SortOrder::parse(&keys).expect("understood");
        let found: Vec<_> = order.terms().iter().map(|term| (term.key.clone(), term.descending)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_order_is_total() {
        check(&[], &[(SortKey::Time, true), (SortKey::TraceId, false)]);
        check(&["timestamp_ms"], &[(SortKey::Time, false), (SortKey::TraceId, false)]);
        let tag = SortKey::Tag("weird.key-1".to_owned());
        check(&["tag.`weird.key-1` desc"], &[(tag, true), (SortKey::Time, true), (SortKey::TraceId, false)]);
    }

    #[test]
    fn keys_that_are_not_understood_are_named() {
        for key in [
            "",
            "bogus",
            "timestamp_ms SIDEWAYS",
            "timestamp_ms, status",
            "name ASC x",
            "name; DROP TABLE traces",
            "tags. ASC",
            "span.name",
            "client_request_id",
            "metadata.mlflow.trace.tokenUsage",
        ] {
            let error = SortOrder::parse(&[key.to_owned()]).expect_err(key);
            assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
        }
        assert!(SortOrder::parse(&["name".to_owned(), "trace.name DESC".to_owned()]).is_err());
    }
}
