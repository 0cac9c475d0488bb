//! How often each rule took something out.

use super::rule::Rule;

/// Redactions by rule, in number of places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RedactionCounts {
    by_rule: [u64; Rule::ALL.len() + 1],
}

impl RedactionCounts {
    /// Of all rules together.
    pub(crate) fn total(&self) -> u64 {
        self.by_rule.iter().sum()
    }

    /// Of one rule.
    #[cfg(test)]
    pub(crate) fn of(&self, rule: Rule) -> u64 {
        self.by_rule[rule as usize]
    }

    pub(super) fn add_many(&mut self, rule: Rule, count: u64) {
        self.by_rule[rule as usize] += count;
    }

    pub(super) fn add(&mut self, rule: Rule) {
        self.by_rule[rule as usize] += 1;
    }
}
