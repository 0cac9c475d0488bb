//! The forms of known secrets.

use std::ops::Range;

use regex::Regex;

use super::{pem, rule::Rule};

/// The compiled expression of each rule that goes by form.
#[derive(Debug)]
pub(super) struct Patterns {
    by_rule: Vec<Option<Pattern>>,
}

/// One expression, tried only where its literal was found and anchored there: the search stays linear.
#[derive(Debug)]
struct Pattern {
    regex: Regex,
    /// Where the match starts, seen from the literal.
    offset: isize,
    /// Whether the literal is so short that it must not be the tail of a word: `task-…`, `ptr8_…`.
    starts_word: bool,
}

impl Patterns {
    pub(super) fn new() -> Self {
        Self { by_rule: Rule::ALL.map(Pattern::of).into() }
    }

    /// The extent of a secret whose literal is at `at`. Nothing before `floor` belongs to it.
    pub(super) fn find(&self, rule: Rule, text: &str, at: usize, floor: usize) -> Option<Range<usize>> {
        let pattern = self.by_rule[rule as usize].as_ref()?;
        let start = at.checked_add_signed(pattern.offset)?;
        if start < floor || pattern.starts_word && !starts_word(text.as_bytes(), start, floor) {
            return None;
        }
        let rest = text.get(start..)?;
        let mut end = pattern.regex.find(rest)?.end();
        if rule == Rule::PrivateKey {
            end += pem::rest_of_block(&rest[end..]);
        }
        // What is left of an URL whose credentials were taken out still looks like one with credentials.
        let settled = rule == Rule::UrlCredentials && rest[..end].contains(Rule::MARKER_START);
        (!settled).then(|| start..start + end - usize::from(rule == Rule::UrlCredentials))
    }
}

impl Pattern {
    fn of(rule: Rule) -> Option<Self> {
        let (expression, offset, starts_word) = match rule {
            Rule::Key | Rule::Custom => return None,
            Rule::AnthropicKey => (r"sk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{20,}", 0, false),
            Rule::OpenAiKey => (r"sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}", 0, true),
            Rule::AwsKey => (r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16,}", 0, false),
            Rule::GoogleKey => (r"AIza[A-Za-z0-9_-]{35,}", 0, false),
            Rule::HuggingFaceToken => (r"hf_[A-Za-z]{30}[A-Za-z0-9]*", 0, true),
            Rule::GitHubToken => (r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{20,}", 0, false),
            Rule::SlackToken => (r"xox[abpors]-[A-Za-z0-9_-]{10,}", 0, false),
            Rule::GoogleOauthToken => (r"ya29\.[A-Za-z0-9_-]+", 0, false),
            Rule::GroqKey => (r"gsk_[A-Za-z0-9_]{20,}", 0, true),
            Rule::ReplicateToken => (r"r8_[A-Za-z0-9_]{30,}", 0, true),
            Rule::StripeKey => (r"[spr]k_live_[A-Za-z0-9_]{20,}", -1, true),
            Rule::Jwt => (r"eyJ[A-Za-z0-9_-]{2,}\.eyJ[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*", 0, false),
            // White space may still stand as an escape where JSON was put into a JSON string.
            Rule::Bearer => (r"(?:Bearer|bearer|BEARER)(?:[ \t\r\n]|\\+[trn])+[A-Za-z0-9_.~+/=-]{16,}", 0, false),
            Rule::PrivateKey => (r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----", 0, false),
            Rule::UrlCredentials => (r#"[^\s/?"'<>\\:@]*:[^\s/?"'<>\\]+@"#, 3, false),
        };
        let regex = Regex::new(&format!("^(?:{expression})")).expect("the expressions of this table are valid");
        Some(Self { regex, offset, starts_word })
    }
}

/// Whether a word can start here: at the floor, after anything that is no letter or digit, after an escape, a
/// percent-encoded byte or a colour sequence of terminals.
fn starts_word(text: &[u8], start: usize, floor: usize) -> bool {
    let before = &text[..start];
    if start == floor || before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
        return true;
    }
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', high, low] | [.., b'\\', b'x', high, low] | [.., b'\\', b'u', _, _, high, low] => {
            high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        }
        [colour @ .., b'm'] => {
            let digits =
                colour.iter().rev().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
            colour[..colour.len() - digits].ends_with(b"[")
        }
        _ => false,
    }
}
