//! The one pass over every text: where could a secret be?

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{keys, rule::Rule};

/// The automaton, and what each of its literals stands for.
#[derive(Debug)]
pub(super) struct Literals {
    automaton: AhoCorasick,
    meanings: Vec<Meaning>,
}

/// A place to look at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hit {
    /// One of these rules may match with its literal here.
    Secret { at: usize, rules: &'static [Rule] },
    /// A sensitive name ends before the quote here.
    KeyEnd { quote: usize },
    /// A sensitive name, a colon and a space end here: a field in the `Debug` form of a struct?
    Field { at: usize },
    /// The string around this backslash hides something: a sensitive name in nested JSON, or escaped letters.
    Escape { backslash: usize },
}

/// What a literal stands for. `offset` is how far into the literal its backslash is.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    Secret(&'static [Rule]),
    KeyEnd,
    Field,
    Escape,
    NestedKeyEnd { offset: usize },
}

const SECRETS: [(&str, &[Rule]); 28] = [
    ("sk-", &[Rule::AnthropicKey, Rule::OpenAiKey]),
    ("akia", &[Rule::AwsKey]),
    ("asia", &[Rule::AwsKey]),
    ("abia", &[Rule::AwsKey]),
    ("acca", &[Rule::AwsKey]),
    ("a3t", &[Rule::AwsKey]),
    ("aiza", &[Rule::GoogleKey]),
    ("hf_", &[Rule::HuggingFaceToken]),
    ("ghp_", &[Rule::GitHubToken]),
    ("gho_", &[Rule::GitHubToken]),
    ("ghu_", &[Rule::GitHubToken]),
    ("ghs_", &[Rule::GitHubToken]),
    ("ghr_", &[Rule::GitHubToken]),
    ("github_pat_", &[Rule::GitHubToken]),
    ("xoxa-", &[Rule::SlackToken]),
    ("xoxb-", &[Rule::SlackToken]),
    ("xoxp-", &[Rule::SlackToken]),
    ("xoxo-", &[Rule::SlackToken]),
    ("xoxr-", &[Rule::SlackToken]),
    ("xoxs-", &[Rule::SlackToken]),
    ("ya29.", &[Rule::GoogleOauthToken]),
    ("gsk_", &[Rule::GroqKey]),
    ("r8_", &[Rule::ReplicateToken]),
    ("k_live_", &[Rule::StripeKey]),
    ("eyj", &[Rule::Jwt]),
    ("bearer", &[Rule::Bearer]),
    ("-----begin", &[Rule::PrivateKey]),
    ("://", &[Rule::UrlCredentials]),
];

/// Escapes of what needs none, so that a search for plain letters would miss it: `\u0020` to `\u007f`, and `\/`.
const NEEDLESS_ESCAPES: [&str; 7] = [r"\u002", r"\u003", r"\u004", r"\u005", r"\u006", r"\u007", r"\/"];

impl Hit {
    pub(super) fn position(self) -> usize {
        match self {
            Self::Secret { at, .. } | Self::Field { at } => at,
            Self::KeyEnd { quote } => quote,
            Self::Escape { backslash } => backslash,
        }
    }
}

impl Literals {
    pub(super) fn new() -> Self {
        let mut literals: Vec<(String, Meaning)> = Vec::new();
        literals.extend(SECRETS.map(|(text, rules)| (text.to_owned(), Meaning::Secret(rules))));
        literals.extend(NEEDLESS_ESCAPES.map(|text| (text.to_owned(), Meaning::Escape)));
        for ending in keys::endings() {
            let offset = ending.len();
            literals.push((format!("{ending}\""), Meaning::KeyEnd));
            literals.push((format!("{ending}: "), Meaning::Field));
            literals.push((format!("{ending}\\\""), Meaning::NestedKeyEnd { offset }));
            literals.push((format!("{ending}\\\\"), Meaning::NestedKeyEnd { offset }));
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(literals.iter().map(|(text, _)| text))
            .expect("a few hundred bytes of literals fit an automaton");
        Self { automaton, meanings: literals.into_iter().map(|(_, meaning)| meaning).collect() }
    }

    /// The places to look at, from left to right by where their literals end. Those may overlap: `sK-----BEGIN`.
    pub(super) fn hits<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Hit> + 'a {
        self.automaton.find_overlapping_iter(text).filter_map(|found| match self.meanings[found.pattern().as_usize()] {
            Meaning::Secret(rules) => Some(Hit::Secret { at: found.start(), rules }),
            Meaning::KeyEnd => Some(Hit::KeyEnd { quote: found.end() - 1 }),
            Meaning::Field => Some(Hit::Field { at: found.end() }),
            Meaning::Escape => Some(Hit::Escape { backslash: found.start() }),
            Meaning::NestedKeyEnd { offset } => {
                let backslash = found.start() + offset;
                may_end_key(&text[backslash..]).then_some(Hit::Escape { backslash })
            }
        })
    }
}

/// Whether after a sensitive name comes an escaped quote and a colon. Most escaped quotes only end a word, and
/// searching their string twice is dear. An escaped letter within the literal is left to be found out.
fn may_end_key(after_name: &str) -> bool {
    let rest = after_name.trim_start_matches('\\');
    let Some(mut rest) = rest.strip_prefix('"') else { return rest.starts_with('u') };
    loop {
        let unspaced = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let letter = unspaced.trim_start_matches('\\');
        if letter.len() == unspaced.len() || !letter.starts_with(['n', 'r', 't']) {
            return unspaced.starts_with(':');
        }
        rest = &letter[1..];
    }
}
