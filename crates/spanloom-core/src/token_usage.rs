//! Token counts of a model call.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{SpanId, SpanRecord, attribute_key};

/// Token counts of a model call, with MLflow's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Tokens of the prompt.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens of the answer.
    #[serde(default)]
    pub output_tokens: u64,
    /// Both.
    #[serde(default)]
    pub total_tokens: u64,
    /// Prompt tokens that were read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// Prompt tokens that were written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Of those, the ones kept for longer than an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens_above_1hr: Option<u64>,
}

impl TokenUsage {
    /// A call's usage: input, output and their sum.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            output_tokens,
            total_tokens: input_tokens.saturating_add(output_tokens),
            ..Self::default()
        }
    }

    /// Says how many prompt tokens were read from a cache.
    #[must_use]
    pub fn cache_read(mut self, tokens: u64) -> Self {
        self.cache_read_input_tokens = Some(tokens);
        self
    }

    /// Says how many prompt tokens were written to a cache.
    #[must_use]
    pub fn cache_creation(mut self, tokens: u64) -> Self {
        self.cache_creation_input_tokens = Some(tokens);
        self
    }

    /// Adds another call's counts; optional ones stay absent while neither has them.
    pub fn add(&mut self, other: &Self) {
        let add = |a: &mut Option<u64>, b: Option<u64>| {
            if let Some(b) = b {
                *a = Some(a.unwrap_or(0).saturating_add(b));
            }
        };
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        add(&mut self.cache_read_input_tokens, other.cache_read_input_tokens);
        add(&mut self.cache_creation_input_tokens, other.cache_creation_input_tokens);
        add(&mut self.cache_creation_input_tokens_above_1hr, other.cache_creation_input_tokens_above_1hr);
    }
}

/// Token counts of a whole trace: those of the spans that have some, but for spans below another that has.
///
/// `None` when no span has any, and when one that counts is malformed: a sum without it would be wrong.
pub fn sum(spans: &[SpanRecord]) -> Option<TokenUsage> {
    sum_of(spans.iter().map(|span| Counted {
        span_id: span.span_id,
        parent_id: span.parent_id,
        usage_json: span.attribute_text(attribute_key::TOKEN_USAGE).map(|text| text.as_str()),
    }))
}

/// What of a span [`sum_of`] looks at.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The span.
    pub span_id: SpanId,
    /// The span above it; one that is not in the trace counts as none.
    pub parent_id: Option<SpanId>,
    /// The JSON text of its reserved attribute for token counts.
    pub usage_json: Option<&'a str>,
}

/// [`sum`] of spans in any form, in linear time and without recursion. Spans that are their own ancestors do not count.
pub fn sum_of<'a>(spans: impl IntoIterator<Item = Counted<'a>>) -> Option<TokenUsage> {
    sum_json(spans, TokenUsage::add)
}

/// The sum of what the texts hold, but for spans below another that has one; `None` when there is none, or one is malformed.
pub(crate) fn sum_json<'a, T: Default + DeserializeOwned>(
    spans: impl IntoIterator<Item = Counted<'a>>,
    add: impl Fn(&mut T, &T),
) -> Option<T> {
    let is_there = |json: &&str| !matches!(*json, "" | "null");
    let spans = spans.into_iter().map(|span| Counted { usage_json: span.usage_json.filter(is_there), ..span });
    let spans: Vec<Counted<'_>> = spans.collect();
    if spans.iter().all(|span| span.usage_json.is_none()) {
        return None;
    }
    let places: HashMap<SpanId, usize> = spans.iter().enumerate().map(|(place, span)| (span.span_id, place)).collect();
    let parent = |place: usize| spans[place].parent_id.and_then(|id| places.get(&id).copied());
    let mut above = vec![Above::NotLooked; spans.len()];
    let mut total: Option<T> = None;
    for (place, span) in spans.iter().enumerate() {
        let Some(json) = span.usage_json else { continue };
        if look_above(place, &spans, parent, &mut above) == Above::Nothing {
            add(total.get_or_insert_default(), &serde_json::from_str(json).ok()?);
        }
    }
    total
}

/// What is known of the spans above one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    NotLooked,
    Nothing,
    /// One with usage, or the span itself.
    Covered,
}

/// Walks up to where the answer is known, and writes it down for all spans on the way, so that no way is walked twice.
fn look_above(
    place: usize,
    spans: &[Counted<'_>],
    parent: impl Fn(usize) -> Option<usize>,
    above: &mut [Above],
) -> Above {
    let mut way = Vec::new();
    let mut at = place;
    let mut found = loop {
        match above[at] {
            Above::NotLooked => {}
            _ if spans[at].usage_json.is_some() && at != place => break Above::Covered,
            known => break known,
        }
        // Met again on this walk, it is its own ancestor.
        above[at] = Above::Covered;
        way.push(at);
        match parent(at) {
            None => break Above::Nothing,
            Some(next) => at = next,
        }
    };
    for at in way.into_iter().rev() {
        above[at] = found;
        if spans[at].usage_json.is_some() {
            found = Above::Covered;
        }
    }
    above[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> SpanId {
        SpanId::from_u64(number).expect("not zero")
    }

    fn counted(span: u64, parent: u64, usage_json: Option<&str>) -> Counted<'_> {
        Counted { span_id: id(span), parent_id: SpanId::from_u64(parent), usage_json }
    }

    #[track_caller]
    fn check(spans: &[Counted<'_>], expected: Option<(u64, u64, u64)>) {
        let sums = sum_of(spans.iter().copied()).map(|u| (u.input_tokens, u.output_tokens, u.total_tokens));
        assert_eq!(sums, expected);
        let reversed = sum_of(spans.iter().rev().copied()).map(|u| (u.input_tokens, u.output_tokens, u.total_tokens));
        assert_eq!(reversed, expected, "in reverse");
    }

    const ONE: Option<&str> = Some(r#"{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}"#);

    #[test]
    fn usage_below_usage_is_not_counted_twice() {
        check(&[counted(1, 0, None), counted(2, 1, ONE), counted(3, 1, ONE)], Some((2, 4, 6)));
        check(&[counted(1, 0, ONE), counted(2, 1, None), counted(3, 2, ONE), counted(4, 3, ONE)], Some((1, 2, 3)));
        check(&[counted(1, 0, None), counted(2, 1, ONE), counted(3, 2, None), counted(4, 3, ONE)], Some((1, 2, 3)));
    }

    #[test]
    fn missing_counts_are_zero_and_wrong_ones_leave_the_sum_out() {
        check(&[counted(1, 0, Some(r#"{"input_tokens": 5}"#))], Some((5, 0, 0)));
        check(&[counted(1, 0, None)], None);
        check(&[counted(1, 0, Some("null"))], None);
        check(&[counted(1, 0, ONE), counted(2, 0, Some("\"many\""))], None);
    }

    #[test]
    fn counts_of_caches_are_summed_where_there_are_any() {
        let with = r#"{"input_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": null}"#;
        let more = r#"{"cache_read_input_tokens": 2, "cache_creation_input_tokens_above_1hr": 4}"#;
        let sum = sum_of([counted(1, 0, Some(with)), counted(2, 0, Some(more)), counted(3, 0, ONE)]).expect("a sum");
        let expected = TokenUsage { input_tokens: 2, output_tokens: 2, total_tokens: 3, ..TokenUsage::default() };
        let expected = TokenUsage { cache_creation_input_tokens_above_1hr: Some(4), ..expected.cache_read(7) };
        assert_eq!(sum, expected);
    }

    #[test]
    fn a_parent_elsewhere_is_none_and_a_circle_does_not_count() {
        check(&[counted(1, 9, ONE)], Some((1, 2, 3)));
        check(&[counted(1, 2, ONE), counted(2, 1, None), counted(3, 0, ONE)], Some((1, 2, 3)));
        check(&[counted(1, 1, ONE)], None);
    }

    #[test]
    fn a_long_chain_takes_no_stack_and_linear_time() {
        let chain: Vec<_> = (1..=100_000).map(|n| counted(n, n - 1, if n > 50_000 { ONE } else { None })).collect();
        check(&chain, Some((1, 2, 3)));
    }
}
