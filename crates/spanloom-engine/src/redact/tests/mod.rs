//! Redaction keeps its promises.
//!
//! Secrets are put together at run time, so that no scanner of repositories takes this one for a leak.

mod canaries;
mod clean_text;
mod properties;
mod rules;
mod structure;
mod time;

use std::{borrow::Cow, sync::LazyLock};

use super::{RedactionCounts, Redactor, rule::Rule};

static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::standard);

fn redact(json: &str) -> (String, RedactionCounts) {
    let mut counts = RedactionCounts::default();
    let out = REDACTOR.redact_json("mlflow.spanInputs", json, &mut counts).into_owned();
    (out, counts)
}

fn redact_text(text: &str) -> (Cow<'_, str>, RedactionCounts) {
    let mut counts = RedactionCounts::default();
    (REDACTOR.redact_text(text, &mut counts), counts)
}

/// A small generator with a seed, so that every run sees the same cases.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn letters(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])).collect()
    }
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHA: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A secret that the rule must take out.
fn secret(rule: Rule, random: &mut Random) -> String {
    let mut body = |length| random.letters(ALNUM, length);
    match rule {
        Rule::Key | Rule::Custom => body(12),
        Rule::AnthropicKey => format!("sk-ant-{}-{}", "api03", body(40)),
        Rule::OpenAiKey => format!("sk-{}{}", "proj-", body(40)),
        Rule::AwsKey => format!("AK{}{}", "IA", random.letters(UPPER, 16)),
        Rule::GoogleKey => format!("AI{}{}", "za", body(35)),
        Rule::HuggingFaceToken => format!("hf{}{}", "_", random.letters(ALPHA, 34)),
        Rule::GitHubToken => format!("gh{}{}", "p_", body(36)),
        Rule::SlackToken => format!("xo{}{}", "xb-", body(24)),
        Rule::GoogleOauthToken => format!("ya{}{}", "29.", body(50)),
        Rule::GroqKey => format!("gs{}{}", "k_", body(48)),
        Rule::ReplicateToken => format!("r8{}{}", "_", body(37)),
        Rule::StripeKey => format!("sk{}{}", "_live_", body(24)),
        Rule::Jwt => format!("ey{}{}.ey{}{}.{}", "J", body(20), "J", body(60), body(43)),
        Rule::Bearer => format!("Bearer {}", body(32)),
        Rule::PrivateKey => {
            let lines = [body(64), body(64), body(20)].join("\n");
            format!("-----BEGIN RSA {}-----\n{lines}\n-----END RSA {0}-----", "PRIVATE KEY")
        }
        Rule::UrlCredentials => format!("postgres://{}:{}@db.example.org:5432/app", body(6), body(14)),
    }
}

/// What of a secret must not be found anywhere afterwards.
fn core(rule: Rule, secret: &str) -> String {
    match rule {
        Rule::Bearer => secret[7..].to_owned(),
        Rule::PrivateKey => secret.lines().nth(1).unwrap().to_owned(),
        Rule::UrlCredentials => secret[18..32].to_owned(),
        _ => secret.to_owned(),
    }
}
