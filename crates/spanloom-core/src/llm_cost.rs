//! What model calls cost.

use serde::{Deserialize, Serialize};

use crate::token_usage::{Counted, sum_json};
use crate::{SpanRecord, attribute_key};

/// What a model call costs, in US dollars, with MLflow's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LlmCost {
    /// For the prompt.
    #[serde(default)]
    pub input_cost: f64,
    /// For the answer.
    #[serde(default)]
    pub output_cost: f64,
    /// Both.
    #[serde(default)]
    pub total_cost: f64,
}

impl LlmCost {
    /// A call's cost: for the prompt, for the answer, and their sum.
    pub fn new(input_cost: f64, output_cost: f64) -> Self {
        Self { input_cost, output_cost, total_cost: input_cost + output_cost }
    }

    /// Adds another call's cost.
    pub fn add(&mut self, other: &Self) {
        self.input_cost += other.input_cost;
        self.output_cost += other.output_cost;
        self.total_cost += other.total_cost;
    }
}

/// The cost of a whole trace: that of the spans that have some, but for spans below another that has.
///
/// `None` when no span has any, and when one that counts is malformed: a sum without it would be wrong.
pub fn sum(spans: &[SpanRecord]) -> Option<LlmCost> {
    sum_of(spans.iter().map(|span| Counted {
        span_id: span.span_id,
        parent_id: span.parent_id,
        usage_json: span.attribute_text(attribute_key::COST).map(|text| text.as_str()),
    }))
}

/// [`sum`] of spans in any form, whose `usage_json` is the text of the reserved attribute for costs.
pub fn sum_of<'a>(spans: impl IntoIterator<Item = Counted<'a>>) -> Option<LlmCost> {
    sum_json(spans, LlmCost::add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanId, TraceId};

    fn span(id: u64, parent: u64, cost: Option<&str>) -> SpanRecord {
        let trace = TraceId::from_u128(1).expect("not zero");
        let mut span = SpanRecord::new(trace, SpanId::from_u64(id).expect("not zero"), "s", 0);
        span.parent_id = SpanId::from_u64(parent);
        if let Some(cost) = cost {
            span.set_attribute_text(attribute_key::COST.to_owned(), crate::JsonText::from_encoded(cost));
        }
        span
    }

    const ONE: Option<&str> = Some(r#"{"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}"#);

    #[test]
    fn costs_are_summed_but_below_a_span_that_has_one() {
        let total = sum(&[span(1, 0, None), span(2, 1, ONE), span(3, 2, ONE), span(4, 1, ONE)]);
        assert_eq!(total, Some(LlmCost::new(0.5, 1.0)));
        assert_eq!(sum(&[span(1, 0, None)]), None);
        assert_eq!(sum(&[span(1, 0, ONE), span(2, 0, Some("\"much\""))]), None);
    }
}
