//! No text takes more than linear time.
//!
//! The bounds are far above what is needed and far below what a quadratic search of such a text would take.

use std::time::{Duration, Instant};

use super::redact;

#[track_caller]
fn check(bytes: usize, unit: &str) {
    let json = format!("\"{}\"", unit.repeat(bytes / unit.len()));
    let start = Instant::now();
    let (out, _) = redact(&json);
    assert!(start.elapsed() < Duration::from_secs(30), "{unit}: {:?}", start.elapsed());
    assert!(out.len() <= 8 * json.len());
}

#[test]
fn ten_megabytes_of_prefixes_take_linear_time() {
    for unit in ["sk-", "sk- "] {
        check(10 << 20, unit);
    }
}

#[test]
fn starts_without_an_end_take_linear_time() {
    let head = format!("-----BEGIN {}-----", "PRIVATE KEY");
    for unit in
        ["eyJ", "eyJaaa.", "eyJaaa.eyJaaa", "://", "://a:", "Bearer ", "Bearer \\n", "-----", "token: Some(", &head]
    {
        check(2 << 20, unit);
    }
}

#[test]
fn keys_escapes_and_nesting_without_an_end_take_linear_time() {
    let units = [
        r#"token\""#,
        r#"token\" : "#,
        r#"token\": {"#,
        r#"token\": [\"a\","#,
        r"\u005c",
        r"\u005cu005c",
        r"\\",
        r"\/",
        r#"\\\"dsn\\\":"#,
    ];
    for unit in units {
        check(2 << 20, unit);
    }
    let deep = format!(r#"{{"token": {}1{}}}"#, "[{\"a\": ".repeat(300_000), "}]".repeat(300_000));
    assert_eq!(redact(&deep).0, r#"{"token": "[redacted:key]"}"#);
}
