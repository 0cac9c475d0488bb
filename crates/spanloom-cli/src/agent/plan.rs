//! The first step: what to search for, and which names to look up.

use serde::Serialize;
use spanloom::SpanType;

use crate::agent::library::terms_of;
use crate::agent::words::words;

/// Where a question falls into parts.
const SEAMS: [&str; 4] = [", and ", " relate to ", " and ", "; "];

/// What to search for, and which names to look up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Plan {
    /// The parts of the question that can be searched for on their own.
    pub(crate) queries: Vec<String>,
    /// The names in code marks.
    pub(crate) terms: Vec<String>,
}

/// Splits a question.
#[spanloom::trace(span_type = SpanType::Chain)]
pub(crate) fn plan(question: &str) -> Plan {
    let mut parts = vec![question.trim_end_matches('?')];
    for seam in SEAMS {
        parts = parts.into_iter().flat_map(|part| part.split(seam)).collect();
    }
    let mut queries: Vec<String> =
        parts.into_iter().map(str::trim).filter(|part| words(part).next().is_some()).map(str::to_owned).collect();
    if queries.is_empty() {
        queries.push(question.to_owned());
    }
    Plan { queries, terms: terms_of(question).map(str::to_owned).collect() }
}

impl Plan {
    /// The plan for a second attempt: names taken apart, everything in one search.
    pub(crate) fn wider(&self) -> Self {
        let query = self.queries.join(" ").replace(['_', '`', ':', '-'], " ");
        Self { queries: vec![query], terms: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_falls_into_what_can_be_searched_for() {
        let plan = plan("How does `flush` relate to the store, and what is synced?");
        assert_eq!(plan.queries, ["How does `flush`", "the store", "what is synced"]);
        assert_eq!(plan.terms, ["flush"]);
        assert_eq!(super::plan("And why?").queries, ["And why?"]);
    }

    #[test]
    fn a_wider_plan_takes_names_apart() {
        assert_eq!(plan("What does `flush_store` do?").wider().queries, ["What does  flush store  do"]);
    }
}
