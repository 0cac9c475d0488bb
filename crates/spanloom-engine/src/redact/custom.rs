//! The program's own rules. They run after the others, over each string by itself.

use std::borrow::Cow;

use regex::{NoExpand, Regex};
use spanloom_core::python_json;

use super::counts::RedactionCounts;
use super::json_value;
use super::quotes;
use super::rule::Rule;
use super::settings::Redaction;

/// The program's own rules.
#[derive(Debug)]
pub(super) struct Custom {
    keys: Vec<String>,
    patterns: Vec<(Regex, String)>,
}

impl Custom {
    /// `None` when there are none. What is no regular expression is left out: it was refused before.
    pub(super) fn new(settings: &Redaction) -> Option<Self> {
        let compiled = settings
            .patterns
            .iter()
            .filter_map(|(name, pattern)| Some((Regex::new(pattern).ok()?, format!("[redacted:{name}]"))));
        let custom = Self { keys: settings.keys.clone(), patterns: compiled.collect() };
        (!custom.keys.is_empty() || !custom.patterns.is_empty()).then_some(custom)
    }

    /// Whether the value under this name is to go.
    pub(super) fn has_key(&self, name: &str) -> bool {
        !self.keys.is_empty() && {
            let name = name.to_lowercase();
            self.keys.iter().any(|key| name.ends_with(key.as_str()))
        }
    }

    /// A plain text without what the patterns match.
    pub(super) fn text<'a>(&self, text: Cow<'a, str>, counts: &mut RedactionCounts) -> Cow<'a, str> {
        let mut text = text;
        for (pattern, marker) in &self.patterns {
            let found = pattern.find_iter(&text).filter(|found| found.as_str() != marker).count();
            if found > 0 {
                text = Cow::Owned(pattern.replace_all(&text, NoExpand(marker)).into_owned());
                counts.add_many(Rule::Custom, found as u64);
            }
        }
        text
    }

    /// A JSON text whose strings are without what the patterns match, and whose values are without those of the keys.
    pub(super) fn json<'a>(&self, json: Cow<'a, str>, counts: &mut RedactionCounts) -> Cow<'a, str> {
        let mut edited: Option<String> = None;
        // Everything before is in `edited`, once that is begun.
        let mut settled = 0;
        let mut at = 0;
        while let Some(start) = json[at..].find('"').map(|found| at + found) {
            let Some(end) = quotes::next_unescaped(&json, start + 1).map(|quote| quote + 1) else { break };
            let literal = &json[start..end];
            let plain = serde_json::from_str::<String>(literal).unwrap_or_default();
            at = end;
            if let Some((value, value_end)) = self.value_of_key(&json, end, &plain) {
                edited.get_or_insert_default().push_str(&json[settled..value]);
                edited.get_or_insert_default().push_str("\"[redacted:key]\"");
                counts.add(Rule::Key);
                (settled, at) = (value_end, value_end);
            } else if let Cow::Owned(clean) = self.text(Cow::Borrowed(&plain), counts) {
                let out = edited.get_or_insert_default();
                out.push_str(&json[settled..start]);
                python_json::write_string(out, &clean);
                settled = end;
            }
        }
        match edited {
            Some(mut edited) => {
                edited.push_str(&json[settled..]);
                Cow::Owned(edited)
            }
            None => json,
        }
    }

    /// Where the value is that goes because of the key before it.
    fn value_of_key(&self, json: &str, after_key: usize, key: &str) -> Option<(usize, usize)> {
        let colon = json_value::skip_white_space(json, after_key);
        if json.as_bytes().get(colon) != Some(&b':') || !self.has_key(key) {
            return None;
        }
        let start = json_value::skip_white_space(json, colon + 1);
        let extent = json_value::extent(&json[start..])?;
        let end = start + extent.length;
        (!super::scan::is_harmless(&json[start..end])).then_some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    fn redactor() -> Redactor {
        Redactor::new(&Redaction::default().key("IBAN").pattern("employee", r"\bEMP-\d{6}\b").pattern("no", r"\(\d\)"))
    }

    #[track_caller]
    fn check(json: &str, expected: &str, count: u64) {
        let mut counts = RedactionCounts::default();
        let once = redactor().redact_json("mlflow.spanInputs", json, &mut counts).into_owned();
        assert_eq!((once.as_str(), counts.total()), (expected, count));
        assert_eq!(redactor().redact_json("mlflow.spanInputs", &once, &mut counts), once, "twice is once");
        assert_eq!(counts.total(), count);
    }

    #[test]
    fn keys_and_patterns_of_the_program_are_taken_out_of_json() {
        check(r#"{"iban": "DE1", "n": 1}"#, r#"{"iban": "[redacted:key]", "n": 1}"#, 1);
        check(r#"{"my_iban" : [1, {"a": 2}], "x": null}"#, r#"{"my_iban" : "[redacted:key]", "x": null}"#, 1);
        check(r#"{"iban": null, "ibans": "DE1"}"#, r#"{"iban": null, "ibans": "DE1"}"#, 0);
        check(
            r#"["by EMP-123456,EMP-654321", "(1)"]"#,
            r#"["by [redacted:employee],[redacted:employee]", "[redacted:no]"]"#,
            3,
        );
        check(r#"{"EMP-123456": "\u0045MP-123456\n"}"#, r#"{"[redacted:employee]": "[redacted:employee]\n"}"#, 2);
        check(r#"{"password": "x", "iban": 7}"#, r#"{"password": "[redacted:key]", "iban": "[redacted:key]"}"#, 2);
        check("17.5", "17.5", 0);
        check(r#""unclosed EMP-123456"#, r#""unclosed EMP-123456"#, 0);
    }

    #[test]
    fn texts_and_entries_are_searched_too() {
        let mut counts = RedactionCounts::default();
        assert_eq!(redactor().redact_text("call EMP-123456", &mut counts), "call [redacted:employee]");
        assert_eq!(redactor().redact_entry("iban", "DE1", &mut counts), "[redacted:key]");
        assert_eq!(redactor().redact_json("user.iban", "\"DE1\"", &mut counts), "\"[redacted:key]\"");
        let only = Redactor::new(&Redaction::off().key("iban"));
        assert_eq!(only.redact_entry("password", "x", &mut counts), "x");
        assert_eq!(only.redact_entry("iban", "x", &mut counts), "[redacted:key]");
        assert_eq!(counts.total(), 4);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_named() {
        let wrong = Redaction::default().pattern("x", "(");
        assert_eq!(wrong.check().expect_err("no expression").pattern, "(");
        assert!(Redaction::default().pattern("x", "a*").check().is_err(), "it matches everywhere");
    }
}
