//! From words to clauses.

use super::ast::{Clause, Key, NumberOrder, Test};
use super::key::{self, Accepted};
use super::lexer::{self, Token, TokenKind};
use super::{FilterError, Pattern, PatternKind};

/// Longer texts to compare with are refused.
const MAX_TEXT_BYTES: usize = 4 << 10;
/// Names are looked up whole, and no limit lets longer ones be recorded.
const MAX_NAME_BYTES: usize = 500;
const MAX_FILTER_BYTES: usize = 64 << 10;
const MAX_CLAUSES: usize = 32;

/// The clauses of a filter.
pub(super) fn parse(text: &str) -> Result<Vec<Clause>, FilterError> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(FilterError::new(text, 0, format!("it is longer than {MAX_FILTER_BYTES} bytes")));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, next: 0 };
    let mut clauses = Vec::new();
    // MLflow tolerates an `AND` before the first clause and after the last one.
    parser.take_word("AND");
    while !parser.at_end() {
        clauses.push(parser.clause()?);
        if !parser.at_end() && !parser.take_word("AND") {
            return Err(parser.error_here("expected `AND`: clauses cannot be joined in another way"));
        }
        if clauses.len() > MAX_CLAUSES {
            return Err(parser.error_here(format!("there are more than {MAX_CLAUSES} clauses")));
        }
    }
    if clauses.is_empty() && !text.is_empty() {
        return Err(FilterError::new(text, 0, "there is no clause: leave the filter empty to find every trace"));
    }
    Ok(clauses)
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
}

impl<'a> Parser<'a> {
    fn clause(&mut self) -> Result<Clause, FilterError> {
        let key = self.key()?;
        let test = self.test(&key)?;
        Ok(Clause { key, test })
    }

    fn key(&mut self) -> Result<Key, FilterError> {
        let at = self.here();
        let Some(TokenKind::Name { text, dot, .. }) = self.peek() else {
            return Err(self.error(at, "expected a key, such as `status` or `tags.env`"));
        };
        self.next += 1;
        let (entity, name) = match dot {
            Some(dot) => (Some(&text[..*dot]), &text[dot + 1..]),
            None => (None, text.as_str()),
        };
        if name.len() > MAX_NAME_BYTES {
            return Err(self.error(at, format!("this name is longer than {MAX_NAME_BYTES} bytes")));
        }
        key::named(entity, name).map_err(|what| self.error(at, what))
    }

    fn test(&mut self, key: &Key) -> Result<Test, FilterError> {
        let (at, accepted) = (self.here(), Accepted::by(key));
        if self.take_word("IS") {
            let (word, test) =
                if self.take_word("NOT") { ("IS NOT NULL", Test::IsNotNull) } else { ("IS NULL", Test::IsNull) };
            if !self.take_word("NULL") {
                return Err(self.error_here("expected `NULL`"));
            }
            self.accept(at, key, accepted, word)?;
            return Ok(test);
        }
        let negated = self.take_word("NOT");
        if self.take_word("IN") {
            self.accept(at, key, accepted, if negated { "NOT IN" } else { "IN" })?;
            let list = self.list()?;
            return Ok(if negated { Test::NotIn(list) } else { Test::In(list) });
        }
        if negated {
            return Err(self.error(at, "`NOT` stands only in `NOT IN` and `IS NOT NULL`"));
        }
        self.comparison(at, key, accepted)
    }

    fn accept(&self, at: usize, key: &Key, accepted: Accepted, word: &str) -> Result<(), FilterError> {
        if accepted.has(word) {
            return Ok(());
        }
        let what = format!("`{word}` cannot be asked of `{}`: write {}", key::shown(key), accepted.list());
        Err(self.error(at, what))
    }

    fn comparison(&mut self, at: usize, key: &Key, accepted: Accepted) -> Result<Test, FilterError> {
        for (word, kind) in [("LIKE", PatternKind::Like), ("ILIKE", PatternKind::ILike), ("RLIKE", PatternKind::RLike)]
        {
            if self.take_word(word) {
                self.accept(at, key, accepted, word)?;
                let (at, pattern) = self.value_text()?;
                return Pattern::new(kind, pattern).map(Test::Matches).map_err(|what| self.error(at, what));
            }
        }
        let Some(TokenKind::Comparator(comparator)) = self.peek() else {
            return Err(self.error(at, format!("expected {}", accepted.list())));
        };
        self.next += 1;
        self.accept(at, key, accepted, comparator)?;
        if accepted.is_number(comparator) {
            return Ok(Test::Number(NumberOrder::of(comparator), self.value_number(accepted)?));
        }
        if matches!((key, self.peek()), (Key::Assessment(..), Some(TokenKind::Number(_)))) {
            return Err(
                self.error_here("expected a text in quotes: numbers are written as doubles there, such as '3.0'")
            );
        }
        let (at, text) = self.value_text()?;
        if *key == Key::Prompt && !is_prompt(text) {
            return Err(self.error(at, "expected a name and a version, such as 'greet/1'"));
        }
        let test = if *comparator == "=" { Test::Equals } else { Test::Differs };
        Ok(test(text.to_owned()))
    }

    fn value_text(&mut self) -> Result<(usize, &'a str), FilterError> {
        let at = self.here();
        let Some(TokenKind::Text(text)) = self.peek() else {
            return Err(self.error(at, "expected a text in quotes, such as 'ERROR'"));
        };
        self.next += 1;
        if text.len() > MAX_TEXT_BYTES {
            return Err(self.error(at, format!("this text is longer than {MAX_TEXT_BYTES} bytes")));
        }
        Ok((at, text))
    }

    fn value_number(&mut self, accepted: Accepted) -> Result<f64, FilterError> {
        let at = self.here();
        let number = match self.peek() {
            Some(TokenKind::Number(number)) => Some(*number),
            Some(TokenKind::Text(text)) if accepted.takes_quoted_numbers() => {
                text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        };
        self.next += 1;
        number.ok_or_else(|| self.error(at, "expected a number, such as 0.5"))
    }

    fn list(&mut self) -> Result<Vec<String>, FilterError> {
        if !self.take(&TokenKind::Open) {
            return Err(self.error_here("expected `(` and a list of texts"));
        }
        let mut texts = vec![self.value_text()?.1.to_owned()];
        while !self.take(&TokenKind::Close) {
            if !self.take(&TokenKind::Comma) {
                return Err(self.error_here("expected `,` or `)`"));
            }
            if self.take(&TokenKind::Close) {
                break;
            }
            texts.push(self.value_text()?.1.to_owned());
        }
        Ok(texts)
    }

    fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        let found = self.peek() == Some(kind);
        self.next += usize::from(found);
        found
    }

    /// A word of the language, in any case; a name in backticks is never one.
    fn take_word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(TokenKind::Name { text, quoted: false, .. }) if text.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    fn here(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |token| token.at)
    }

    fn error(&self, at: usize, what: impl Into<String>) -> FilterError {
        FilterError::new(self.text, at, what)
    }

    fn error_here(&self, what: impl Into<String>) -> FilterError {
        self.error(self.here(), what)
    }
}

/// `name/version`.
fn is_prompt(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(name, version)| !name.is_empty() && !version.is_empty() && !version.contains('/'))
}

#[cfg(test)]
mod tests;
