//! From characters to words.

use super::FilterError;

/// A word of the language, and where it begins, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A key or a word such as `AND`; `dot` is where the first dot outside quotes is.
    Name {
        text: String,
        dot: Option<usize>,
        quoted: bool,
    },
    Text(String),
    Number(f64),
    Comparator(&'static str),
    Open,
    Close,
    Comma,
}

/// Longest first, so that `<=` is not read as `<`.
const COMPARATORS: &[&str] = &["<=", ">=", "!=", "=", "<", ">"];

/// All words of a filter.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, FilterError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let at = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = match first {
            '\'' | '"' => TokenKind::Text(self.quoted(first)?),
            '(' => self.single(TokenKind::Open),
            ')' => self.single(TokenKind::Close),
            ',' => self.single(TokenKind::Comma),
            '0'..='9' | '-' | '.' => self.number()?,
            '`' | 'a'..='z' | 'A'..='Z' | '_' => self.name()?,
            _ => self.comparator()?,
        };
        Ok(Some(Token { at, kind }))
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, at: usize, what: impl Into<String>) -> FilterError {
        FilterError::new(self.text, at, what)
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    /// The text up to the same quote. Two quotes side by side do not end it and stand for two: there is no way to write
    /// one, but in the other kind of quotes.
    fn quoted(&mut self, quote: char) -> Result<String, FilterError> {
        let begin = self.at;
        self.at += quote.len_utf8();
        let (mut len, rest) = (0, self.rest());
        loop {
            let Some(end) = rest[len..].find(quote) else {
                return Err(self.error(begin, format!("this {quote} is never closed")));
            };
            len += end;
            if rest[len + 1..].starts_with(quote) {
                len += 2;
            } else {
                break;
            }
        }
        let text = rest[..len].to_owned();
        self.at += len + quote.len_utf8();
        Ok(text)
    }

    fn number(&mut self) -> Result<TokenKind, FilterError> {
        let begin = self.at;
        let len = self
            .rest()
            .find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E'))
            .unwrap_or(self.rest().len());
        self.at += len;
        let text = &self.text[begin..self.at];
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(TokenKind::Number(number)),
            _ => Err(self.error(begin, format!("`{text}` is not a number"))),
        }
    }

    /// Letters, digits, `_`, `.`, and quoted pieces: a backtick anywhere, other quotes after a dot.
    fn name(&mut self) -> Result<TokenKind, FilterError> {
        let (mut text, mut dot, mut quoted) = (String::new(), None, false);
        while let Some(next) = self.peek() {
            match next {
                '`' => {
                    quoted = true;
                    text.push_str(&self.quoted(next)?);
                }
                '\'' | '"' if text.ends_with('.') && dot.is_some() => text.push_str(&self.quoted(next)?),
                '.' => {
                    dot = dot.or(Some(text.len()));
                    text.push(next);
                    self.at += 1;
                }
                next if next.is_ascii_alphanumeric() || next == '_' => {
                    text.push(next);
                    self.at += 1;
                }
                _ => break,
            }
        }
        Ok(TokenKind::Name { text, dot, quoted })
    }

    fn comparator(&mut self) -> Result<TokenKind, FilterError> {
        let found = COMPARATORS.iter().find(|comparator| self.rest().starts_with(**comparator));
        match found {
            Some(comparator) => {
                self.at += comparator.len();
                Ok(TokenKind::Comparator(comparator))
            }
            None => {
                let found: String = self.peek().into_iter().collect();
                Err(self.error(self.at, format!("`{}` is not part of the language", found.escape_debug())))
            }
        }
    }
}
