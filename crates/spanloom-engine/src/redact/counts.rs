//! How often each rule took something out.

use super::rule::Rule;

/// Redactions by rule, in number of places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RedactionCounts {
    by_rule: [u64; Rule::ALL.len()],
}

impl RedactionCounts {
    /// Of all rules together.
    pub(crate) fn total(&self) -> u64 {
        self.by_rule.iter().sum()
    }

    /// Of one rule.
    pub(crate) fn of(&self, rule: Rule) -> u64 {
        self.by_rule[rule as usize]
    }

    /// The rules that took something out, with their counts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Rule, u64)> + '_ {
        Rule::ALL.into_iter().zip(self.by_rule).filter(|(_, count)| *count > 0)
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.by_rule.iter_mut().zip(other.by_rule) {
            *mine += theirs;
        }
    }

    pub(super) fn add(&mut self, rule: Rule) {
        self.by_rule[rule as usize] += 1;
    }
}
