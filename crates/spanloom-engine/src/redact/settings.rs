//! What is to be redacted.

use std::borrow::Cow;

/// What is taken out of texts before anything is stored, shown or sent. The default takes out the values of names such as
/// `api_key`, `authorization`, `password`, and known forms of keys and tokens wherever they stand.
///
/// ```
/// # use spanloom_engine::Redaction;
/// let redaction = Redaction::default().key("iban").pattern("employee", r"\bEMP-\d{6}\b");
/// assert!(redaction.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until it is given to a builder"]
pub struct Redaction {
    pub(super) standard: bool,
    /// In lower case.
    pub(super) keys: Vec<String>,
    /// Names and regular expressions.
    pub(super) patterns: Vec<(Cow<'static, str>, String)>,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` of redaction `{name}` is no regular expression that matches something")]
pub struct InvalidPattern {
    /// The name that was given.
    pub name: String,
    /// The expression.
    pub pattern: String,
}

impl Default for Redaction {
    fn default() -> Self {
        Self { standard: true, ..Self::off() }
    }
}

impl Redaction {
    /// Takes nothing out, but for what is added.
    pub const fn off() -> Self {
        Self { standard: false, keys: Vec::new(), patterns: Vec::new() }
    }

    /// Also takes out what stands under a name that ends so: attributes, keys of JSON objects, tags, metadata. Case does not
    /// matter.
    pub fn key(mut self, ending: impl AsRef<str>) -> Self {
        if !ending.as_ref().is_empty() {
            self.keys.push(ending.as_ref().to_lowercase());
        }
        self
    }

    /// Also takes out what a regular expression matches within any text, or string of a JSON text; `[redacted:<name>]` stands
    /// in its place. The syntax is that of the crate `regex`.
    pub fn pattern(mut self, name: impl Into<Cow<'static, str>>, expression: impl Into<String>) -> Self {
        self.patterns.push((name.into(), expression.into()));
        self
    }

    /// Whether every pattern can be used.
    ///
    /// # Errors
    /// For the first one that is no regular expression, or matches the empty text.
    pub fn check(&self) -> Result<(), InvalidPattern> {
        let is_wrong = |pattern: &str| regex::Regex::new(pattern).ok().is_none_or(|expression| expression.is_match(""));
        match self.patterns.iter().find(|(_, pattern)| is_wrong(pattern)) {
            Some((name, pattern)) => Err(InvalidPattern { name: name.to_string(), pattern: pattern.clone() }),
            None => Ok(()),
        }
    }
}
