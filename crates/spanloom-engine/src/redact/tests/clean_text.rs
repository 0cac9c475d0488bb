//! What holds no secret is left alone.

use super::{ALNUM, Random, redact, redact_text};

const SOURCES: [&str; 10] = [
    include_str!("../counts.rs"),
    include_str!("../edit.rs"),
    include_str!("../json_value.rs"),
    include_str!("../keys.rs"),
    include_str!("../literals.rs"),
    include_str!("../mod.rs"),
    include_str!("../patterns.rs"),
    include_str!("../redactor.rs"),
    include_str!("../scan.rs"),
    include_str!("../unescape.rs"),
];

const PHRASES: [&str; 24] = [
    "The quick brown fox reads the token stream",
    "call the risk-assessment tool with max_tokens = 512",
    "see https://example.org:8080/docs/api-key?page=2#token",
    "Authorization is required; a bearer token is sent in the header",
    "password must have at least twelve characters",
    "fn secret_santa(cookie: &Cookie) -> Result<Token, Error> {",
    "let api_key = std::env::var(\"API_KEY\")?;",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id 550e8400-e29b-41d4-a716-446655440000 of the task-queue-worker-pool-manager",
    "s3://bucket/path/to/asia/akita/data.parquet",
    "git@github.com:example/project.git, ssh://git@example.org/x",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    "usage: {\"prompt_tokens\": 12, \"completion_tokens\": 34, \"total_tokens\": 46}",
    "SELECT token_count, secret_level FROM sessions WHERE cookie_id = 7",
    "the connection string is read from the vault; its DSN is not shown",
    "C:\\task\\new\\secrets\\token.txt and \\u00e9t\\u00e9",
    "disk-sk, husk-like, ask-me-anything-about-your-private-garden",
    "He said \"token\" and then \"password\"; \"secret\" came last.",
    "-----BEGIN CERTIFICATE-----",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    "Das Passwort steht nicht hier; пароль здесь не указан; 密码不在这里",
    "use anyhow::{Context as _, Result}; // why: the caller adds the path",
    "if let Some(token) = lexer.next_token() { tokens.push(token); }",
    "ratio 0.7, temperature=0.2, top_p: 0.95, stop: [\"\\n\"]",
];

#[test]
fn at_most_one_clean_line_in_two_hundred_is_changed() {
    let mut random = Random(7);
    let mut lines: Vec<String> = SOURCES.iter().flat_map(|source| source.lines()).map(str::to_owned).collect();
    assert!(lines.len() > 700);
    for _ in 0..4_000 {
        let (first, noise, second) = (random.pick(&PHRASES), 1 + random.below(60), random.pick(&PHRASES));
        lines.push(format!("{first} {} {second}", random.letters(ALNUM, noise)));
    }
    let changed: Vec<_> = lines
        .iter()
        .filter(|line| redact_text(line).1.total() + redact(&serde_json::to_string(line).unwrap()).1.total() > 0)
        .collect();
    assert!(changed.len() * 200 <= lines.len(), "{} of {}: {changed:#?}", changed.len(), lines.len());
}
