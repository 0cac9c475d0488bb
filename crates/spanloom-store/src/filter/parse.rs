//! From words to clauses.

use super::ast::{Clause, Key, Order, Test};
use super::lexer::{self, Token, TokenKind};
use super::{FilterError, number, pattern};
use crate::labels::UNSEARCHED_METADATA;

/// Longer texts to compare with are refused: values are searched by their first 512 bytes, and must be told apart there.
const MAX_TEXT_BYTES: usize = 500;
const MAX_FILTER_BYTES: usize = 16 << 10;
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
    Ok(clauses)
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
}

impl<'a> Parser<'a> {
    fn clause(&mut self) -> Result<Clause, FilterError> {
        let at = self.here();
        let key = self.key()?;
        let test = self.test(&key)?;
        if key == Key::SpanStatus && test != Test::Equals("ERROR".to_owned()) {
            return Err(self.error(at, "of `span.status` only `= 'ERROR'` can be asked"));
        }
        Ok(Clause { key, test })
    }

    fn key(&mut self) -> Result<Key, FilterError> {
        let at = self.here();
        let Some(TokenKind::Name { text, dot, .. }) = self.peek() else {
            return Err(self.error(at, "expected a key, such as `status` or `tags.env`"));
        };
        self.next += 1;
        let (entity, name) = match dot {
            Some(dot) => (&text[..*dot], &text[dot + 1..]),
            None => ("trace", text.as_str()),
        };
        match entity {
            "trace" | "attribute" | "attributes" => self.attribute(at, name),
            "tag" | "tags" if name == spanloom_core::attribute_key::TRACE_NAME => Ok(Key::Name),
            "tag" | "tags" => Ok(Key::Tag(self.short(at, name)?)),
            "metadata" | "request_metadata" if UNSEARCHED_METADATA.contains(&name) => {
                Err(self.error(at, format!("`{name}` is kept for reading and cannot be searched")))
            }
            "metadata" | "request_metadata" => Ok(Key::Metadata(self.short(at, name)?)),
            "span" => self.span_key(at, name),
            _ => Err(self.error(
                at,
                format!("`{entity}` is not an entity: write `trace`, `attributes`, `tags`, `metadata` or `span`"),
            )),
        }
    }

    fn attribute(&self, at: usize, name: &str) -> Result<Key, FilterError> {
        Ok(match name {
            "status" => Key::Status,
            "name" => Key::Name,
            "request_id" => Key::RequestId,
            "client_request_id" => Key::ClientRequestId,
            "timestamp_ms" | "timestamp" => Key::TimestampMs,
            "execution_time_ms" | "execution_time" => Key::ExecutionTimeMs,
            "end_time_ms" | "end_time" => Key::EndTimeMs,
            _ => {
                return Err(self.error(
                    at,
                    format!(
                        "`{name}` is not a key: write `status`, `name`, `timestamp_ms`, `execution_time_ms`, `end_time_ms`, \
                         `request_id`, `client_request_id`, `tags.…`, `metadata.…` or `span.…`"
                    ),
                ));
            }
        })
    }

    fn span_key(&self, at: usize, name: &str) -> Result<Key, FilterError> {
        match name {
            "name" => Ok(Key::SpanName),
            "type" => Ok(Key::SpanType),
            "status" => Ok(Key::SpanStatus),
            _ => Err(self.error(
                at,
                format!("`span.{name}` cannot be searched: write `span.name`, `span.type` or `span.status`"),
            )),
        }
    }

    fn test(&mut self, key: &Key) -> Result<Test, FilterError> {
        let at = self.here();
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            return match (self.take_word("NULL"), key.may_be_missing()) {
                (false, _) => Err(self.error_here("expected `NULL`")),
                (true, false) => Err(self.error(at, "`IS NULL` can be asked of `name`, tags and metadata")),
                (true, true) => Ok(if negated { Test::IsNotNull } else { Test::IsNull }),
            };
        }
        let negated = self.take_word("NOT");
        if self.take_word("IN") {
            if key.is_number() {
                return Err(self.error(at, "`IN` takes texts, and this key is a number"));
            }
            let list = self.list()?;
            return Ok(if negated { Test::NotIn(list) } else { Test::In(list) });
        }
        if negated {
            return Err(self.error(at, "`NOT` stands only in `NOT IN` and `IS NOT NULL`"));
        }
        self.comparison(at, key)
    }

    fn comparison(&mut self, at: usize, key: &Key) -> Result<Test, FilterError> {
        for (word, test) in [("LIKE", Test::Like as fn(String) -> Test), ("ILIKE", Test::ILike)] {
            if self.take_word(word) {
                if key.is_number() {
                    return Err(self.error(at, format!("`{word}` takes a text, and this key is a number")));
                }
                let (at, pattern) = self.value_text()?;
                pattern::check(&pattern).map_err(|what| self.error(at, what))?;
                return Ok(test(pattern));
            }
        }
        let Some(TokenKind::Comparator(comparator)) = self.peek() else {
            return Err(self.error(at, "expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN` or `IS`"));
        };
        self.next += 1;
        match (*comparator, key.is_number()) {
            (comparator, true) => Ok(Test::Number(order(comparator), self.value_number()?)),
            ("=", false) => self.value_text().map(|(_, text)| Test::Equals(text)),
            ("!=", false) => self.value_text().map(|(_, text)| Test::Differs(text)),
            (comparator, false) => {
                Err(self.error(at, format!("`{comparator}` compares numbers, and this key is a text")))
            }
        }
    }

    fn value_text(&mut self) -> Result<(usize, String), FilterError> {
        let at = self.here();
        let Some(TokenKind::Text(text)) = self.peek() else {
            return Err(self.error(at, "expected a text in quotes, such as 'ERROR'"));
        };
        self.next += 1;
        Ok((at, self.short(at, text)?))
    }

    fn value_number(&mut self) -> Result<f64, FilterError> {
        let at = self.here();
        let number = match self.peek() {
            Some(TokenKind::Number(number)) => Some(*number),
            Some(TokenKind::Text(text)) => number::parse(text),
            _ => None,
        };
        self.next += 1;
        number.ok_or_else(|| self.error(at, "expected a number"))
    }

    fn list(&mut self) -> Result<Vec<String>, FilterError> {
        if !self.take(&TokenKind::Open) {
            return Err(self.error_here("expected `(` and a list of texts"));
        }
        let mut texts = vec![self.value_text()?.1];
        while !self.take(&TokenKind::Close) {
            if !self.take(&TokenKind::Comma) {
                return Err(self.error_here("expected `,` or `)`"));
            }
            if self.take(&TokenKind::Close) {
                break;
            }
            texts.push(self.value_text()?.1);
        }
        Ok(texts)
    }

    fn short(&self, at: usize, text: &str) -> Result<String, FilterError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(self.error(at, format!("this text is longer than {MAX_TEXT_BYTES} bytes")));
        }
        Ok(text.to_owned())
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

fn order(comparator: &str) -> Order {
    match comparator {
        "!=" => Order::NotEqual,
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        ">=" => Order::GreaterOrEqual,
        _ => Order::Equal,
    }
}

#[cfg(test)]
mod tests;
