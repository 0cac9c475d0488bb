//! Questions about the spans of a trace.

use std::borrow::Cow;

use regex_lite::Regex;

use crate::{SpanId, SpanRecord, SpanType};

/// Which spans of a trace to find. Everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanQuery {
    span_type: Option<SpanType>,
    name: Option<Cow<'static, str>>,
    pattern: Option<Pattern>,
    span_id: Option<SpanId>,
}

/// A text that is no regular expression.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{pattern}` is no regular expression")]
pub struct InvalidPattern {
    pattern: String,
    #[source]
    source: regex_lite::Error,
}

impl SpanQuery {
    /// Finds every span.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this type.
    #[must_use]
    pub fn span_type(mut self, span_type: impl Into<SpanType>) -> Self {
        self.span_type = Some(span_type.into());
        self
    }

    /// Only those of exactly this name, as it was given.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only those whose name has a match of this regular expression anywhere; `^` and `$` tie it to the ends. Its language
    /// is that of the crate `regex-lite`.
    ///
    /// # Errors
    /// When the text is no regular expression.
    pub fn name_matching(mut self, pattern: &str) -> Result<Self, InvalidPattern> {
        let regex = Regex::new(pattern);
        let regex = regex.map_err(|source| InvalidPattern { pattern: pattern.to_owned(), source })?;
        self.pattern = Some(Pattern(regex));
        Ok(self)
    }

    /// Only the one with this id.
    #[must_use]
    pub fn span_id(mut self, id: SpanId) -> Self {
        self.span_id = Some(id);
        self
    }

    pub(crate) fn matches(&self, span: &SpanRecord) -> bool {
        self.span_type.as_ref().is_none_or(|t| *t == span.span_type)
            && self.name.as_ref().is_none_or(|n| *n == span.name)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.0.is_match(&span.name))
            && self.span_id.is_none_or(|id| id == span.span_id)
    }
}

/// Equal when the texts are.
#[derive(Clone, Debug)]
struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Trace, TraceId, TraceInfo};

    fn trace() -> Trace {
        let id = TraceId::from_u128(1).expect("not zero");
        let span = |number: u64, name: &str, span_type: &'static str| {
            let mut span = SpanRecord::new(id, SpanId::from_u64(number).expect("not zero"), name, number);
            span.span_type = span_type.into();
            span
        };
        let spans = vec![span(1, "run", "CHAIN"), span(2, "search_web", "TOOL"), span(3, "research", "TOOL")];
        Trace::new(TraceInfo::new(id, 0), spans)
    }

    #[track_caller]
    fn check(query: SpanQuery, expected: &[&str]) {
        let trace = trace();
        let found: Vec<&str> = trace.search_spans(query).into_iter().map(|span| span.name.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn conditions_are_combined_and_the_order_is_the_trace_s() {
        check(SpanQuery::new(), &["run", "search_web", "research"]);
        check(SpanQuery::new().span_type(SpanType::Tool), &["search_web", "research"]);
        check(SpanQuery::new().span_type("tool"), &[]);
        check(SpanQuery::new().span_type("TOOL").span_id(SpanId::from_u64(3).expect("not zero")), &["research"]);
        check(SpanQuery::new().span_type("CHAIN").name("research"), &[]);
    }

    #[test]
    fn a_name_is_exact_and_a_pattern_matches_anywhere() {
        check(SpanQuery::new().name("search"), &[]);
        check(SpanQuery::new().name_matching("search").expect("a pattern"), &["search_web", "research"]);
        check(SpanQuery::new().name_matching("^search").expect("a pattern"), &["search_web"]);
        check(SpanQuery::new().name_matching("r(un|esearch)$").expect("a pattern"), &["run", "research"]);
        let error = SpanQuery::new().name_matching("(").expect_err("no pattern");
        assert_eq!(error.to_string(), "`(` is no regular expression");
    }
}
