//! The entry points of redaction.

use std::borrow::Cow;

use super::{
    counts::RedactionCounts,
    custom::Custom,
    edit::{self, Edit, Form},
    json_value, keys,
    rule::Rule,
    scan::{self, Matchers},
    settings::Redaction,
};

/// Takes secrets out of texts. Building one compiles every rule, so it is built once and shared.
#[derive(Debug)]
pub(crate) struct Redactor {
    /// `None`: everything passes.
    matchers: Option<Matchers>,
    custom: Option<Custom>,
}

impl Redactor {
    /// With these rules.
    pub(crate) fn new(settings: &Redaction) -> Self {
        Self { matchers: settings.standard.then(Matchers::new), custom: Custom::new(settings) }
    }

    /// With all of its own rules.
    #[cfg(test)]
    pub(crate) fn standard() -> Self {
        Self::new(&Redaction::default())
    }

    /// Lets everything pass.
    #[cfg(test)]
    pub(crate) fn off() -> Self {
        Self::new(&Redaction::off())
    }

    fn is_sensitive(&self, key: &str) -> bool {
        self.matchers.is_some() && keys::is_sensitive(key)
            || self.custom.as_ref().is_some_and(|custom| custom.has_key(key))
    }

    /// The JSON text of one attribute without its secrets. A sensitive `key` makes all of it one.
    ///
    /// JSON stays JSON. Other text is searched as well as possible; where the place of a value holds none, the marker
    /// is written without quotes.
    pub(crate) fn redact_json<'a>(&self, key: &str, json: &'a str, counts: &mut RedactionCounts) -> Cow<'a, str> {
        if !self.is_sensitive(key) {
            let clean = Self::apply(json, self.matchers.as_ref().map(|matchers| matchers.scan_json(json)), counts);
            return match &self.custom {
                Some(custom) => custom.json(clean, counts),
                None => clean,
            };
        }
        let value = json.trim_ascii();
        if value.is_empty() || scan::is_harmless(value) {
            return Cow::Borrowed(json);
        }
        let is_json = json_value::extent(value).is_some_and(|extent| extent.is_valid && extent.length == value.len());
        counts.add(Rule::Key);
        let form = if is_json { Form::JsonString { depth: 0 } } else { Form::Bare };
        Cow::Owned(form.write(Rule::Key))
    }

    /// The plain text of one tag or metadata entry without its secrets. A sensitive `key` makes all of it one.
    pub(crate) fn redact_entry<'a>(&self, key: &str, text: &'a str, counts: &mut RedactionCounts) -> Cow<'a, str> {
        if !self.is_sensitive(key) {
            return self.redact_text(text, counts);
        }
        if text.is_empty() || Rule::is_marker(text) {
            return Cow::Borrowed(text);
        }
        counts.add(Rule::Key);
        Cow::Borrowed(Rule::Key.marker())
    }

    /// A plain text (name, message, key) without its secrets. JSON within it is searched by key names too.
    pub(crate) fn redact_text<'a>(&self, text: &'a str, counts: &mut RedactionCounts) -> Cow<'a, str> {
        let clean = Self::apply(text, self.matchers.as_ref().map(|matchers| matchers.scan_text(text)), counts);
        match &self.custom {
            Some(custom) => custom.text(clean, counts),
            None => clean,
        }
    }

    fn apply<'a>(text: &'a str, edits: Option<Vec<Edit>>, counts: &mut RedactionCounts) -> Cow<'a, str> {
        match edits {
            Some(edits) if !edits.is_empty() => Cow::Owned(edit::apply(text, &edits, counts)),
            _ => Cow::Borrowed(text),
        }
    }
}
