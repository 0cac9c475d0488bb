//! What is to be replaced by what.

use std::ops::Range;

use super::{counts::RedactionCounts, rule::Rule};

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// What is taken out, in bytes of the text.
    pub(super) range: Range<usize>,
    pub(super) rule: Rule,
    pub(super) form: Form,
}

/// How the marker is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is: within a string, or in place of what is no JSON.
    Bare,
    /// As a JSON string within this many levels of other JSON strings.
    JsonString { depth: u32 },
}

/// Replaces and counts. The edits are in order and do not overlap.
pub(super) fn apply(text: &str, edits: &[Edit], counts: &mut RedactionCounts) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.range.start]);
        out.push_str(&edit.form.write(edit.rule));
        counts.add(edit.rule);
        at = edit.range.end;
    }
    out.push_str(&text[at..]);
    out
}

impl Form {
    /// The marker of a rule in this form.
    pub(super) fn write(self, rule: Rule) -> String {
        let marker = rule.marker();
        match self {
            Self::Bare => marker.to_owned(),
            Self::JsonString { depth } => {
                // Each level escapes the quote and every backslash before it.
                let escapes = "\\".repeat((1 << depth) - 1);
                format!("{escapes}\"{marker}{escapes}\"")
            }
        }
    }
}
