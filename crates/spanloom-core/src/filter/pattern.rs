//! Patterns: `LIKE`, `ILIKE` and `RLIKE`.
//!
//! # Promises
//! - `LIKE` takes time in proportion to text times pattern at worst, and reads the text once when there is no `_`.
//! - A regular expression takes time in proportion to text times pattern: no text makes it run away.

use std::borrow::Cow;

use regex_lite::{Regex, RegexBuilder};

/// Each wildcard may try every place in the text.
const MAX_WILDCARDS: usize = 20;

/// Bounds the time a regular expression takes for each character: `a{9999}` is written quickly.
const MAX_REGEX_BYTES: usize = 64 << 10;

/// A pattern that can be matched.
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: PatternKind,
    text: String,
    matcher: Matcher,
}

/// The language of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `%` any text, `_` one character.
    Like,
    /// The same, without the case of ASCII letters.
    ILike,
    /// A regular expression, found anywhere in the text.
    RLike,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// What is between the `%`s.
    Pieces(Vec<String>),
    Regex(Regex),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.text) == (other.kind, &other.text)
    }
}

impl Pattern {
    /// Understands a pattern.
    ///
    /// # Errors
    /// When it has too many wildcards, or is no regular expression; the text says so.
    pub fn new(kind: PatternKind, text: &str) -> Result<Self, String> {
        let matcher = match kind {
            PatternKind::RLike => {
                let regex = RegexBuilder::new(text).size_limit(MAX_REGEX_BYTES).build();
                Matcher::Regex(regex.map_err(|error| format!("this is not a regular expression: {error}"))?)
            }
            PatternKind::Like | PatternKind::ILike => {
                if text.matches('%').count() > MAX_WILDCARDS {
                    return Err(format!("this pattern has more than {MAX_WILDCARDS} `%`"));
                }
                let piece = |piece: &str| match kind {
                    PatternKind::ILike => piece.to_ascii_lowercase(),
                    _ => piece.to_owned(),
                };
                Matcher::Pieces(text.split('%').map(piece).collect())
            }
        };
        Ok(Self { kind, text: text.to_owned(), matcher })
    }

    /// The language.
    pub const fn kind(&self) -> PatternKind {
        self.kind
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text fits.
    pub fn matches(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Regex(regex) => regex.is_match(text),
            Matcher::Pieces(pieces) if self.kind == PatternKind::ILike => matches(pieces, &text.to_ascii_lowercase()),
            Matcher::Pieces(pieces) => matches(pieces, text),
        }
    }

    /// The longest run of plain ASCII that every text that fits must have, in lower case for `ILIKE`; empty when there
    /// is none. It stands as it is in JSON, too.
    pub fn literal(&self) -> Cow<'_, str> {
        let Matcher::Pieces(pieces) = &self.matcher else { return Cow::Borrowed("") };
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | ',' | ':' | '=' | '?' | '!');
        let runs = pieces.iter().flat_map(|piece| piece.split(|c| !is_plain(c)));
        Cow::Borrowed(runs.max_by_key(|run| run.len()).unwrap_or_default())
    }
}

fn matches(pieces: &[String], text: &str) -> bool {
    let Some((first, others)) = pieces.split_first() else { return text.is_empty() };
    let Some(begun) = begins_with(text, first) else { return false };
    let mut rest = &text[begun..];
    let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
    for piece in middle {
        match find(rest, piece) {
            Some(end) => rest = &rest[end..],
            None => return false,
        }
    }
    ends_with(rest, last)
}

/// The length of the text's part that fits a piece at its beginning.
fn begins_with(text: &str, piece: &str) -> Option<usize> {
    if !piece.contains('_') {
        return text.starts_with(piece).then_some(piece.len());
    }
    let mut chars = text.chars();
    for expected in piece.chars() {
        let found = chars.next()?;
        if expected != '_' && expected != found {
            return None;
        }
    }
    Some(text.len() - chars.as_str().len())
}

fn ends_with(text: &str, piece: &str) -> bool {
    let count = piece.chars().count();
    if count == 0 {
        return true;
    }
    let start = text.char_indices().rev().nth(count - 1);
    start.is_some_and(|(start, _)| begins_with(&text[start..], piece).is_some())
}

/// Where the first part that fits a piece ends.
fn find(text: &str, piece: &str) -> Option<usize> {
    if !piece.contains('_') {
        return text.find(piece).map(|start| start + piece.len());
    }
    text.char_indices().find_map(|(start, _)| begins_with(&text[start..], piece).map(|len| start + len))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(kind: PatternKind, pattern: &str, text: &str, expected: bool) {
        let found = Pattern::new(kind, pattern).expect("a pattern").matches(text);
        assert_eq!(found, expected, "{kind:?} {pattern} {text}");
    }

    #[test]
    fn wildcards_stand_for_any_text_and_for_one_character() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("%%", "größe", true),
            ("a%", "ab", true),
            ("a%", "ba", false),
            ("%a", "ba", true),
            ("%a", "ab", false),
            ("a%a", "a", false),
            ("a%a", "aa", true),
            ("gr__e", "größe", true),
            ("%__", "ß", false),
            ("%_ß_", "größe", true),
            ("%a_c%c", "abcabc", true),
            ("%a_c%c", "abc", false),
            ("\\%", "\\x", true),
            ("50% off_sale", "50% off_sale", true),
        ] {
            check(PatternKind::Like, pattern, text, expected);
        }
    }

    #[test]
    fn the_case_of_ascii_letters_alone_is_ignored_on_demand() {
        check(PatternKind::Like, "Größe", "größe", false);
        check(PatternKind::ILike, "GRö%", "größe", true);
        check(PatternKind::ILike, "GRÖSSE", "grösse", false);
    }

    #[test]
    fn regular_expressions_are_found_anywhere() {
        check(PatternKind::RLike, "^p.*d$", "prod", true);
        check(PatternKind::RLike, "west", "eu-west-1", true);
        check(PatternKind::RLike, "^west", "eu-west-1", false);
        let error = Pattern::new(PatternKind::RLike, "(").expect_err("not closed");
        assert!(error.contains("not a regular expression"), "{error}");
        assert!(Pattern::new(PatternKind::RLike, "(a{99}){99}").is_err());
    }

    #[test]
    fn the_literal_is_the_longest_plain_part() {
        let literal = |text: &str| Pattern::new(PatternKind::ILike, text).expect("a pattern").literal().into_owned();
        assert_eq!(literal("%Hello \"World\"_größeres%"), "hello ");
        assert_eq!(literal("%_\"%"), "");
    }

    proptest! {
        #[test]
        fn a_pattern_fits_as_the_regular_expression_of_the_same_meaning(pattern in "[ab_%ß]{0,8}", text in "[abß]{0,10}") {
            let regex: String = pattern.chars().map(|c| match c { '%' => ".*".to_owned(), '_' => ".".to_owned(), c => c.to_string() }).collect();
            let expected = Regex::new(&format!("^{regex}$")).expect("of plain letters").is_match(&text);
            prop_assert_eq!(Pattern::new(PatternKind::Like, &pattern).expect("few wildcards").matches(&text), expected);
        }

        #[test]
        fn what_fits_has_the_literal(pattern in "[ab_%\"]{0,8}", text in "[ab\"]{0,10}") {
            let pattern = Pattern::new(PatternKind::Like, &pattern).expect("few wildcards");
            if pattern.matches(&text) {
                prop_assert!(text.contains(&*pattern.literal()));
            }
        }
    }
}
