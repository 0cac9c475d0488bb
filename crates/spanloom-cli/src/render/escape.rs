//! Text of a trace, made fit for a terminal.
//!
//! Span names, inputs, tags and errors come from prompts and web pages, so they may hold escape sequences that move the
//! cursor or turn the reading direction. Every such character is shown as its escape and never sent as it is.
//!
//! # Invariants
//! - What [`fit`] gives has at most the columns that were asked for and no character of [`is_hazard`].
//! - The work is bounded by the width, not by the length of the text: a payload may have megabytes.

use unicode_width::UnicodeWidthChar;

/// Combining marks take no column; this many characters per column are enough for any script.
const CHARS_PER_COLUMN: usize = 4;

/// The text, escaped, and cut with `…` where it is wider than `columns`.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let mut fitted = String::new();
    let (mut used, mut kept, mut kept_used) = (0, 0, 0);
    for (count, character) in text.chars().enumerate() {
        let shown = Shown::of(character);
        if used + shown.columns() > columns || count > columns.saturating_mul(CHARS_PER_COLUMN) {
            fitted.truncate(kept);
            if kept_used < columns {
                fitted.push('…');
            }
            return fitted;
        }
        shown.push_to(&mut fitted);
        used += shown.columns();
        if used < columns {
            (kept, kept_used) = (fitted.len(), used);
        }
    }
    fitted
}

/// The whole text, escaped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|character| Shown::of(character).push_to(&mut escaped));
    escaped
}

/// The columns that an escaped text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// The text, escaped, cut or filled to exactly `columns`, with what is missing on the right.
pub(crate) fn fill_right(text: &str, columns_wanted: usize) -> String {
    let mut filled = fit(text, columns_wanted);
    let missing = columns_wanted.saturating_sub(columns(&filled));
    filled.extend(std::iter::repeat_n(' ', missing));
    filled
}

/// The text, escaped, cut or filled to exactly `columns`, with what is missing on the left.
pub(crate) fn fill_left(text: &str, columns_wanted: usize) -> String {
    let fitted = fit(text, columns_wanted);
    let missing = columns_wanted.saturating_sub(columns(&fitted));
    format!("{}{fitted}", " ".repeat(missing))
}

/// Whether a terminal might do something else with it than show it.
pub(crate) const fn is_hazard(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // What turns the direction of reading.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // What breaks lines, and what hides text in plain sight.
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// One character as it is shown.
enum Shown {
    Itself(char),
    Escape(String),
}

impl Shown {
    fn of(character: char) -> Self {
        if !is_hazard(character) {
            return Self::Itself(character);
        }
        Self::Escape(match character {
            '\n' | '\r' | '\t' => character.escape_default().to_string(),
            '\u{0}'..='\u{ff}' => format!("\\x{:02x}", u32::from(character)),
            _ => character.escape_unicode().to_string(),
        })
    }

    fn columns(&self) -> usize {
        match self {
            Self::Itself(character) => character.width().unwrap_or(0),
            Self::Escape(text) => text.len(),
        }
    }

    fn push_to(&self, text: &mut String) {
        match self {
            Self::Itself(character) => text.push(*character),
            Self::Escape(escape) => text.push_str(escape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hazard_becomes_a_visible_escape() {
        for (text, expected) in [
            ("\u{1b}[2J\u{7}", "\\x1b[2J\\x07"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{0}\u{7f}\u{9b}31m", "\\x00\\x7f\\x9b31m"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("\u{2066}x\u{2069}\u{61c}\u{200f}", "\\u{2066}x\\u{2069}\\u{61c}\\u{200f}"),
            ("a\u{2028}b\u{feff}\u{e0041}", "a\\u{2028}b\\u{feff}\\u{e0041}"),
            ("größe 日本 👍🏽", "größe 日本 👍🏽"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn no_character_at_all_reaches_the_terminal_as_a_hazard() {
        let every: String = ('\u{0}'..='\u{10ffff}').collect();
        assert!(!escape(&every).chars().any(is_hazard));
        assert!(!fit(&every, 500).chars().any(is_hazard));
    }

    #[test]
    fn a_cut_text_takes_no_more_columns_than_there_are() {
        for (text, width, expected) in [
            ("hello", 5, "hello"),
            ("hello", 4, "hel…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("a\u{1b}b", 5, "a…"),
            ("a\u{1b}b", 6, "a\\x1bb"),
            ("ab", 1, "…"),
            ("ab", 0, ""),
        ] {
            assert_eq!(fit(text, width), expected, "{text:?} in {width}");
            assert!(columns(&fit(text, width)) <= width);
        }
    }

    #[test]
    fn marks_without_width_cannot_pile_up_without_end() {
        let piled = format!("e{}", "\u{301}".repeat(1_000_000));
        assert!(fit(&piled, 10).len() < 200);
    }

    #[test]
    fn filling_reaches_exactly_the_width() {
        assert_eq!(fill_right("日本", 6), "日本  ");
        assert_eq!(fill_left("1.2 ms", 8), "  1.2 ms");
        assert_eq!(fill_left("too long", 4), "too…");
    }
}
