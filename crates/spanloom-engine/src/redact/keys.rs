//! The names whose value is a secret whatever it looks like.

/// Separators that spellings of a two-word name differ in: `api_key`, `x-api-key`, `apiKey`, …
const SEPARATORS: [&str; 5] = ["", "_", "-", ".", " "];
const WORDS: [&str; 7] = ["authorization", "cookie", "password", "passwd", "secret", "token", "dsn"];
const WORD_PAIRS: [(&str, &str); 3] = [("api", "key"), ("private", "key"), ("connection", "string")];

/// Every ending, in lower case, that makes a name sensitive; case does not matter.
///
/// As endings they cover `set-cookie`, `client_secret`, `access_token`, `OPENAI_API_KEY`. `max_tokens`,
/// `input_tokens` and `token_usage` end differently and stay.
pub(super) fn endings() -> impl Iterator<Item = String> {
    let words = WORDS.into_iter().map(str::to_owned);
    let pairs = WORD_PAIRS
        .into_iter()
        .flat_map(|(first, second)| SEPARATORS.into_iter().map(move |separator| format!("{first}{separator}{second}")));
    words.chain(pairs)
}

/// Whether the value under this name is a secret.
pub(super) fn is_sensitive(name: &str) -> bool {
    WORDS.into_iter().any(|word| strip_ending(name, word).is_some())
        || WORD_PAIRS.into_iter().any(|(first, second)| {
            strip_ending(name, second).is_some_and(|rest| {
                SEPARATORS.into_iter().any(|separator| {
                    rest.strip_suffix(separator).is_some_and(|rest| strip_ending(rest, first).is_some())
                })
            })
        })
}

fn strip_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (rest, tail) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    tail.eq_ignore_ascii_case(ending).then_some(rest)
}
