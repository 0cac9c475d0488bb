//! A filter as data.

use super::{FilterError, parse};

/// A filter that was understood: clauses that must all hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(crate) clauses: Vec<Clause>,
}

impl Filter {
    /// Understands a filter; the empty text finds everything.
    ///
    /// # Errors
    /// When it is not understood: the error points at the character.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(|clauses| Self { clauses })
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) key: Key,
    pub(crate) test: Test,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Status,
    Name,
    RequestId,
    ClientRequestId,
    TimestampMs,
    ExecutionTimeMs,
    EndTimeMs,
    Tag(String),
    Metadata(String),
    SpanName,
    SpanType,
    SpanStatus,
}

/// What must hold for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Equals(String),
    Differs(String),
    Like(String),
    ILike(String),
    In(Vec<String>),
    NotIn(Vec<String>),
    IsNull,
    IsNotNull,
    Number(Order, f64),
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Key {
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::TimestampMs | Self::ExecutionTimeMs | Self::EndTimeMs)
    }

    pub(crate) const fn is_span(&self) -> bool {
        matches!(self, Self::SpanName | Self::SpanType | Self::SpanStatus)
    }

    /// Whether `IS NULL` can be asked of it.
    pub(crate) const fn may_be_missing(&self) -> bool {
        matches!(self, Self::Name | Self::Tag(_) | Self::Metadata(_))
    }
}
