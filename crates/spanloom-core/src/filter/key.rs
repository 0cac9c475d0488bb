//! Names of keys, and what can be asked of each.

use super::ast::{Key, SpanKey};
use crate::{AssessmentKind, attribute_key as reserved};

/// Attributes of the trace, as an error lists them.
const ATTRIBUTES: &str = "`status`, `name`, `timestamp_ms`, `execution_time_ms`, `end_time_ms`, `request_id`, \
                          `client_request_id`, `run_id`, `prompt`, `trace.text`, `tags.…`, `metadata.…`, `span.…`, \
                          `feedback.…` or `expectation.…`";
const ENTITIES: &str = "`trace`, `attributes`, `tags`, `metadata`, `span`, `feedback` or `expectation`";
const SPAN_KEYS: &str = "`span.name`, `span.type`, `span.status`, `span.content` or `span.attributes.…`";
/// MLflow keeps these in columns of their own.
const COLUMNS_OF_NUMBERS: [&str; 2] = [reserved::TRACE_TOKEN_USAGE, "mlflow.trace.cost"];

/// The key that was written, or what to write instead.
pub(super) fn named(entity: Option<&str>, name: &str) -> Result<Key, String> {
    match entity {
        None if name == "text" => Err("write `trace.text`: it needs its entity".to_owned()),
        None | Some("trace" | "attribute" | "attributes") => attribute(name),
        Some("tag" | "tags") if name == reserved::TRACE_NAME => Ok(Key::Name),
        Some(entity @ ("tag" | "tags" | "metadata" | "request_metadata" | "feedback" | "expectation"))
            if name.is_empty() =>
        {
            Err(format!("a name is missing after `{entity}.`"))
        }
        Some("tag" | "tags") => Ok(Key::Tag(name.to_owned())),
        Some("metadata" | "request_metadata") => Ok(Key::Metadata(name.to_owned())),
        Some("span") => span(name),
        Some("feedback") => Ok(Key::Assessment(AssessmentKind::Feedback, name.to_owned())),
        Some("expectation") => Ok(Key::Assessment(AssessmentKind::Expectation, name.to_owned())),
        Some("issue") => Err("there are no issues here: they are kept by an MLflow server only".to_owned()),
        Some(entity) => Err(format!("`{entity}` is not an entity: write {ENTITIES}")),
    }
}

fn attribute(name: &str) -> Result<Key, String> {
    Ok(match name {
        "status" => Key::Status,
        "name" => Key::Name,
        "request_id" => Key::RequestId,
        "client_request_id" => Key::ClientRequestId,
        "run_id" => Key::RunId,
        "prompt" => Key::Prompt,
        "text" => Key::Span(SpanKey::Content),
        "timestamp_ms" | "timestamp" => Key::TimestampMs,
        "execution_time_ms" | "execution_time" => Key::ExecutionTimeMs,
        "end_time_ms" | "end_time" => Key::EndTimeMs,
        _ => return Err(format!("`{name}` is not a key: write {ATTRIBUTES}")),
    })
}

fn span(name: &str) -> Result<Key, String> {
    Ok(Key::Span(match name {
        "name" => SpanKey::Name,
        "type" => SpanKey::Type,
        "status" => SpanKey::Status,
        "content" => SpanKey::Content,
        _ => match name.strip_prefix("attributes.") {
            Some("") => return Err("a name is missing after `span.attributes.`".to_owned()),
            Some(name) => SpanKey::Attribute(name.to_owned()),
            None => return Err(format!("`span.{name}` is not a key: write {SPAN_KEYS}")),
        },
    }))
}

/// What can be asked of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    equals: bool,
    differs: bool,
    orders: Orders,
    like: bool,
    rlike: bool,
    list: bool,
    null: bool,
}

/// What `<`, `<=`, `>` and `>=` compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orders {
    Nothing,
    /// Numbers, while the other comparators compare texts.
    NumberBeside,
    /// The key is a number, and every comparator compares numbers.
    Number,
}

impl Accepted {
    const NOTHING: Self = Self {
        equals: false,
        differs: false,
        orders: Orders::Nothing,
        like: false,
        rlike: false,
        list: false,
        null: false,
    };
    const TEXT: Self = Self { equals: true, differs: true, like: true, rlike: true, ..Self::NOTHING };
    const LISTED: Self = Self { list: true, ..Self::TEXT };
    const OPTIONAL: Self = Self { null: true, ..Self::TEXT };
    const NUMBER: Self = Self { equals: true, differs: true, orders: Orders::Number, ..Self::NOTHING };

    /// As MLflow has it.
    pub(super) fn by(key: &Key) -> Self {
        match key {
            Key::Status | Key::RequestId | Key::ClientRequestId => Self::LISTED,
            Key::Metadata(name) if COLUMNS_OF_NUMBERS.contains(&name.as_str()) => {
                Self { equals: true, differs: true, null: true, ..Self::NOTHING }
            }
            Key::Name | Key::RunId | Key::Tag(_) | Key::Metadata(_) => Self::OPTIONAL,
            Key::TimestampMs | Key::ExecutionTimeMs | Key::EndTimeMs => Self::NUMBER,
            Key::Assessment(..) => Self { orders: Orders::NumberBeside, ..Self::OPTIONAL },
            Key::Prompt => Self { equals: true, ..Self::NOTHING },
            Key::Span(SpanKey::Content) => Self { like: true, ..Self::NOTHING },
            Key::Span(SpanKey::Attribute(_)) => Self::TEXT,
            Key::Span(_) => Self::LISTED,
        }
    }

    pub(super) fn has(self, word: &str) -> bool {
        match word {
            "=" => self.equals,
            "!=" => self.differs,
            "<" | "<=" | ">" | ">=" => self.orders != Orders::Nothing,
            "LIKE" | "ILIKE" => self.like,
            "RLIKE" => self.rlike,
            "IN" | "NOT IN" => self.list,
            "IS NULL" | "IS NOT NULL" => self.null,
            _ => false,
        }
    }

    /// Whether this comparator compares numbers.
    pub(super) fn is_number(self, comparator: &str) -> bool {
        match self.orders {
            Orders::Nothing => false,
            Orders::NumberBeside => self.has(comparator) && !matches!(comparator, "=" | "!="),
            Orders::Number => self.has(comparator),
        }
    }

    /// Whether numbers may also stand in quotes.
    pub(super) fn takes_quoted_numbers(self) -> bool {
        self.orders == Orders::Number
    }

    /// For an error.
    pub(super) fn list(self) -> String {
        const WORDS: [&str; 13] =
            ["=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"];
        let words: Vec<String> = WORDS.iter().filter(|word| self.has(word)).map(|word| format!("`{word}`")).collect();
        match words.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// How a key is written, for an error.
pub(super) fn shown(key: &Key) -> String {
    match key {
        Key::Status => "status".to_owned(),
        Key::Name => "name".to_owned(),
        Key::RequestId => "request_id".to_owned(),
        Key::ClientRequestId => "client_request_id".to_owned(),
        Key::RunId => "run_id".to_owned(),
        Key::Prompt => "prompt".to_owned(),
        Key::TimestampMs => "timestamp_ms".to_owned(),
        Key::ExecutionTimeMs => "execution_time_ms".to_owned(),
        Key::EndTimeMs => "end_time_ms".to_owned(),
        Key::Tag(name) => format!("tags.{name}"),
        Key::Metadata(name) => format!("metadata.{name}"),
        Key::Assessment(kind, name) => format!("{}.{name}", kind.as_str()),
        Key::Span(SpanKey::Name) => "span.name".to_owned(),
        Key::Span(SpanKey::Type) => "span.type".to_owned(),
        Key::Span(SpanKey::Status) => "span.status".to_owned(),
        Key::Span(SpanKey::Content) => "trace.text".to_owned(),
        Key::Span(SpanKey::Attribute(name)) => format!("span.attributes.{name}"),
    }
}
