//! Each rule takes out what it names, and leaves what only looks alike.

use super::{Random, Rule, redact, redact_text, secret};

#[track_caller]
fn taken(rule: Rule, text: &str, expected: &str) {
    let (out, counts) = redact_text(text);
    assert_eq!(out, expected);
    assert_eq!((counts.of(rule), counts.total()), (1, 1), "{text}");
}

#[track_caller]
fn left(texts: &[&str]) {
    for text in texts {
        let (out, counts) = redact_text(text);
        assert_eq!((out.as_ref(), counts.total()), (*text, 0));
    }
}

#[test]
fn every_form_is_taken_out_at_the_start_within_and_at_the_end() {
    let mut random = Random(1);
    for rule in Rule::ALL.into_iter().filter(|rule| !matches!(rule, Rule::Key | Rule::UrlCredentials)) {
        for _ in 0..20 {
            let secret = secret(rule, &mut random);
            let marker = rule.marker();
            taken(rule, &secret, marker);
            taken(rule, &format!("use ({secret}) for it"), &format!("use ({marker}) for it"));
            taken(rule, &format!("ключ={secret}"), &format!("ключ={marker}"));
        }
    }
}

#[test]
fn every_spelling_of_a_form_is_taken_out() {
    let mut random = Random(2);
    let body = random.letters(super::ALNUM, 40);
    let upper = random.letters(super::UPPER, 16);
    for (rule, secret) in [
        (Rule::AnthropicKey, format!("sk-ant-{}-{body}", "admin01")),
        (Rule::OpenAiKey, format!("sk-{body}")),
        (Rule::OpenAiKey, format!("sk-{}{body}", "svcacct-")),
        (Rule::OpenAiKey, format!("sk-{}{body}", "or-v1-")),
        (Rule::AwsKey, format!("AS{}{upper}", "IA")),
        (Rule::AwsKey, format!("AB{}{upper}", "IA")),
        (Rule::AwsKey, format!("AC{}{upper}", "CA")),
        (Rule::AwsKey, format!("A3{}{upper}", "TX")),
        (Rule::GitHubToken, format!("gh{}{body}", "s_")),
        (Rule::GitHubToken, format!("github_{}{body}", "pat_")),
        (Rule::SlackToken, format!("xo{}{body}", "xp-")),
        (Rule::StripeKey, format!("rk{}{body}", "_live_")),
        (Rule::StripeKey, format!("pk{}{body}", "_live_")),
        (Rule::Jwt, format!("ey{}{body}.ey{}{body}.", "J0", "J1")),
        (Rule::Bearer, format!("bearer\n{body}")),
        (Rule::Bearer, format!("Bearer\\t{body}==")),
        (Rule::PrivateKey, format!("-----BEGIN {}-----", "PRIVATE KEY")),
        (
            Rule::PrivateKey,
            format!("-----BEGIN PGP {} BLOCK-----\nVersion: 1\n\nx\n-----END PGP {0} BLOCK-----", "PRIVATE KEY"),
        ),
        (Rule::PrivateKey, format!("-----BEGIN EC {}-----\\n{body}\\n{body}", "PRIVATE KEY")),
    ] {
        taken(rule, &format!("[{secret}]"), &format!("[{}]", rule.marker()));
    }
}

#[test]
fn what_is_like_a_form_but_shorter_or_within_a_word_is_left() {
    left(&[
        "sk-ant-api03-short and sk-ant-api3-",
        "sk-short, a task-oriented-dialogue-system-of-ours, risk-assessment-and-mitigation-plan",
        "desk-sk, disk-encryption-key-rotation-schedule",
        "AKIA1234, ASIA is a continent, AKIAabcdefghijklmnopqrst, Asia and ACCA",
        "AIza-short, aizabcdefghijklmnopqrstuvwxyzabcdefghijklmnop",
        "hf_hub_download(repo), hf_transfer, half_abcdefghijklmnopqrstuvwxyzabcdefgh",
        "ghp_short, github_pat_short, ghs_with_underscores_between_all_of_the_words",
        "xoxb-short, xoxo-hugs",
        "ya29 and ya30.abc",
        "gsk_short, msgsk_abcdefghijklmnopqrstuvwx",
        "r8_short, ptr8_this_is_a_very_long_identifier_of_a_program",
        "sk_live_short, task_live_migration_of_virtual_machines, sk_test_abcdefghijklmnopqrstuvwx",
        "eyJhbGciOiJIUzI1NiJ9, eyJhbGciOiJIUzI1NiJ9.payload.signature, eyJ.eyJ.x",
        "Bearer of news, Bearer tokens, a bearer token is sent as `Bearer <token>`",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----, -----BEGIN PUBLIC KEY-----",
    ]);
}

#[test]
fn a_private_key_that_was_cut_off_is_taken_out_as_far_as_it_goes() {
    let head = format!("-----BEGIN {}-----", "PRIVATE KEY");
    let line = "M".repeat(64);
    taken(Rule::PrivateKey, &format!("{head}\n{line}\n{line} and so on"), "[redacted:private_key] and so on");
    taken(Rule::PrivateKey, &format!("a PEM starts with {head} and"), "a PEM starts with [redacted:private_key] and");
}

#[test]
fn an_url_loses_its_credentials_and_keeps_the_rest() {
    taken(
        Rule::UrlCredentials,
        "see postgres://app:hunter2@db.example.org:5432/app?x=1",
        "see postgres://[redacted:url_credentials]@db.example.org:5432/app?x=1",
    );
    taken(Rule::UrlCredentials, "redis://:p@ss@cache", "redis://[redacted:url_credentials]@cache");
    left(&[
        "https://example.org:8080/a@b, http://[::1]:80/, https://example.org/?q=a:b@c",
        "mailto:me@example.org, ssh://git@example.org/x, http://a:80, me@example.org",
        "{\"a\":\"http://a:80\",\"b\":\"me@example.org\"}",
    ]);
}

#[test]
fn sensitive_names_are_known_in_every_spelling() {
    for name in [
        "authorization",
        "Proxy-Authorization",
        "cookie",
        "Set-Cookie",
        "x-api-key",
        "api-key",
        "api_key",
        "apikey",
        "apiKey",
        "OPENAI_API_KEY",
        "password",
        "passwd",
        "secret",
        "client_secret",
        "clientSecret",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "private_key",
        "privateKey",
        "connection_string",
        "ConnectionString",
        "dsn",
    ] {
        let (out, counts) = redact(&format!("{{\"{name}\": \"x\", \"other\": 1}}"));
        assert_eq!(out, format!("{{\"{name}\": \"[redacted:key]\", \"other\": 1}}"));
        assert_eq!((counts.of(Rule::Key), counts.total()), (1, 1));
    }
}

#[test]
fn token_counts_and_harmless_names_are_left() {
    for json in [
        r#"{"max_tokens": 100, "input_tokens": 5, "total_tokens": 7, "token_usage": {"output_tokens": 2}}"#,
        r#"{"tokenUsage": {"a": 1}, "tokens": [1, 2], "tokenizer": "bpe", "secretary": "x", "passwords_seen": 3}"#,
        r#"{"key": "token", "name": "password", "list": ["api_key", "secret"], "say": "token: 5, the \"secret\" of it"}"#,
        r#"{"api_key": null, "password": ""}"#,
        r#"["Enter your token: ", "x", "Password: "]"#,
    ] {
        assert_eq!((redact(json).0.as_str(), redact(json).1.total()), (json, 0));
    }
}
