//! A filter as data.

use super::{FilterError, Pattern, parse};
use crate::AssessmentKind;

/// A filter that was understood: clauses that must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    clauses: Vec<Clause>,
}

impl Filter {
    /// Understands a filter; the empty text finds everything.
    ///
    /// # Errors
    /// When it is not understood: the error points at the character and says what is accepted there.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(|clauses| Self { clauses })
    }

    /// What must hold.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Demands more.
    pub fn add(&mut self, clause: Clause) {
        self.clauses.push(clause);
    }

    /// Whether a clause is about assessments.
    pub fn asks_assessments(&self) -> bool {
        self.clauses.iter().any(|clause| matches!(clause.key, Key::Assessment(..)))
    }

    /// The clauses that must hold for one and the same span.
    pub fn span_clauses(&self) -> impl Iterator<Item = (&SpanKey, &Test)> {
        self.clauses.iter().filter_map(|clause| match &clause.key {
            Key::Span(key) => Some((key, &clause.test)),
            _ => None,
        })
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What is looked at.
    pub key: Key,
    /// What must hold for it.
    pub test: Test,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// MLflow's name of the state.
    Status,
    /// The tag `mlflow.traceName`.
    Name,
    /// The trace's id, as it is written.
    RequestId,
    /// The id that the program gave.
    ClientRequestId,
    /// The metadata `mlflow.sourceRun`.
    RunId,
    /// The prompts that the tag `mlflow.linkedPrompts` names.
    Prompt,
    /// Start of the root in milliseconds.
    TimestampMs,
    /// Duration of the root in milliseconds; nothing while it runs.
    ExecutionTimeMs,
    /// Start plus duration.
    EndTimeMs,
    /// A tag.
    Tag(String),
    /// An entry of the metadata.
    Metadata(String),
    /// The valid assessments of this kind, feedback or expectation, and name.
    Assessment(AssessmentKind, String),
    /// Something of a span.
    Span(SpanKey),
}

/// What of a span is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanKey {
    /// Its name.
    Name,
    /// Its type.
    Type,
    /// `OK`, `ERROR` or `UNSET`.
    Status,
    /// Its whole text.
    Content,
    /// One of its attributes.
    Attribute(String),
}

/// What must hold for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is this text.
    Equals(String),
    /// It is another text.
    Differs(String),
    /// It is one of these texts.
    In(Vec<String>),
    /// It is none of these texts.
    NotIn(Vec<String>),
    /// It fits this pattern.
    Matches(Pattern),
    /// There is none.
    IsNull,
    /// There is one.
    IsNotNull,
    /// Its number compares so with this one.
    Number(NumberOrder, f64),
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberOrder {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl NumberOrder {
    /// The order of a comparator.
    pub(super) fn of(comparator: &str) -> Self {
        match comparator {
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => Self::Equal,
        }
    }

    /// SQL's comparator.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether `left` compares so with `right`.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
