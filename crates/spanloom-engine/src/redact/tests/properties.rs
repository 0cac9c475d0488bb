//! Properties of every text.

use proptest::{prelude::*, sample};
use serde::de::IgnoredAny;

use super::{Random, Rule, redact, redact_text, secret};

/// Fragments of what the rules, the escapes and the structure of JSON are made of.
#[rustfmt::skip]
const FRAGMENTS: [&str; 33] = [
    "token", "\"api_key\"", "password\": ", "secret: ", "secret: \"", "{\"dsn\": ", "}", "null", "1", "[", "\u{e9}",
    "sk-", "eyJ", "://", "://a:", "Bearer ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "-----",
    "\\\"", "\\u0073", "\\u005c", "\\/", "\\r", "\\b", "\\u00AA", "KIABBBBBBBBBBBBBBBB", "earer aaaaaaaaaaaaaaaa",
    "\\r8_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "[redacted:key]", "\\\\", ": ", "\n",
];

fn piece() -> impl Strategy<Value = String> {
    let secrets =
        (0..Rule::ALL.len(), any::<u64>()).prop_map(|(rule, seed)| secret(Rule::ALL[rule], &mut Random(seed)));
    prop_oneof![
        2 => secrets,
        4 => "[a-z \"\\\\{}\\[\\],:@\n]{0,6}",
        1 => any::<String>(),
        4 => sample::select(FRAGMENTS.to_vec()).prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = String> {
    let string = text().prop_map(|text| serde_json::to_string(&text).unwrap()).boxed();
    let scalar = sample::select(vec!["1", "-0.5e7", "true", "null", "{}", "[ ]"]).prop_map(str::to_owned);
    let leaf = prop_oneof![3 => string.clone(), 1 => scalar];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        let key = prop_oneof![
            string.clone(),
            sample::select(vec!["\"token\"", "\"a_dsn\"", "\"n\"", "\"pass\\u0077ord\""]).prop_map(str::to_owned)
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((key, inner.clone()), 0..4).prop_map(|fields| {
                let fields: Vec<_> = fields.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", fields.join(", "))
            }),
            inner.prop_map(|json| serde_json::to_string(&json).unwrap()),
        ]
    })
}

/// A JSON text that lost or gained a byte of its structure.
fn broken_json() -> impl Strategy<Value = String> {
    (json(), any::<prop::sample::Index>(), sample::select(vec!["", "{", "]", ",", ":", "\"", "x", "tru"])).prop_map(
        |(json, index, piece)| {
            let places: Vec<_> = json.match_indices(['{', '}', '[', ']', ',', ':', '"']).map(|(at, _)| at).collect();
            match places.len() {
                0 => format!("{json}{piece}"),
                n => {
                    let at = places[index.index(n)];
                    format!("{}{piece}{}", &json[..at], &json[at + usize::from(piece.is_empty())..])
                }
            }
        },
    )
}

fn is_json(text: &str) -> bool {
    let mut parser = serde_json::Deserializer::from_str(text);
    serde::Deserialize::deserialize(&mut parser).map(|_: IgnoredAny| parser.end().is_ok()).unwrap_or(false)
}

/// Whether there is a backslash before what it does not escape, or a bare control character.
fn has_wrong_escape(text: &str) -> bool {
    let without_pairs = text.replace("\\\\", "");
    let mut after_backslashes = without_pairs.split('\\').skip(1);
    let is_wrong = |rest: &str| match rest.strip_prefix('u') {
        Some(digits) => digits.bytes().take(4).filter(u8::is_ascii_hexdigit).count() < 4,
        None => !rest.starts_with(['"', '/', 'b', 'f', 'n', 'r', 't']),
    };
    after_backslashes.any(is_wrong) || text.contains(|c: char| c.is_ascii_control())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_stays_json(json in json()) {
        let (out, _) = redact(&json);
        prop_assert!(is_json(&json) && is_json(&out), "{json}\n{out}");
    }

    #[test]
    fn what_is_no_json_becomes_none_unless_all_that_was_wrong_was_taken_out(text in prop_oneof![text(), broken_json()]) {
        let (out, _) = redact(&text);
        prop_assert!(is_json(&out) == is_json(&text) || has_wrong_escape(&text), "{text}\n{out}");
    }

    #[test]
    fn redacting_twice_is_redacting_once(text in prop_oneof![text(), json(), broken_json()]) {
        let (once, _) = redact(&text);
        let (twice, counts) = redact(&once);
        prop_assert_eq!((&twice, counts.total()), (&once, 0));
        let (once, _) = redact_text(&text);
        let (twice, counts) = redact_text(&once);
        prop_assert_eq!((&twice, counts.total()), (&once, 0));
    }
}
