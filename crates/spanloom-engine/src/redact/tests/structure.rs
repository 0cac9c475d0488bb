//! Where in a value a secret may be, and what stays of the rest.

use std::borrow::Cow;

use super::{REDACTOR, RedactionCounts, Redactor, Rule, redact, redact_text};

#[track_caller]
fn check(json: &str, expected: &str) {
    assert_eq!(redact(json).0, expected);
}

#[test]
fn the_value_of_a_sensitive_key_goes_as_a_whole_whatever_it_is() {
    for value in [
        "\"x\"",
        r#""a \"quoted\" \\""#,
        "12",
        "-1.5e3",
        "true",
        "NaN",
        "-Infinity",
        "{}",
        "[]",
        r#"{"a": [1, {"b": "]}"}]}"#,
    ] {
        check(
            &format!(r#"{{"a": [{{"Token" : {value} , "b": 1}}]}}"#),
            r#"{"a": [{"Token" : "[redacted:key]" , "b": 1}]}"#,
        );
    }
}

#[test]
fn a_sensitive_attribute_goes_as_a_whole() {
    let mut counts = RedactionCounts::default();
    assert_eq!(REDACTOR.redact_json("http.request.header.authorization", "[\"x\"]", &mut counts), "\"[redacted:key]\"");
    assert_eq!(REDACTOR.redact_entry("db.password", "x", &mut counts), "[redacted:key]");
    assert_eq!(counts.of(Rule::Key), 2);
    assert_eq!(REDACTOR.redact_json("api_key", "null", &mut counts), "null");
    assert_eq!(REDACTOR.redact_entry("api_key", "", &mut counts), "");
    assert_eq!(counts.total(), 2);
}

#[test]
fn json_within_strings_is_searched_by_key_names_and_keeps_its_quoting() {
    check(r#""{\"api_key\": \"x\", \"n\": 1}""#, r#""{\"api_key\": \"[redacted:key]\", \"n\": 1}""#);
    check(r#"{"a": "{\"token\": 5}"}"#, r#"{"a": "{\"token\": \"[redacted:key]\"}"}"#);
    check(
        r#"["x {\"body\": \"{\\\"password\\\": [1, 2]}\"} y"]"#,
        r#"["x {\"body\": \"{\\\"password\\\": \\\"[redacted:key]\\\"}\"} y"]"#,
    );
    check(
        r#"{"a": "```json\n{\n  \"secret\":\n    \"x\"\n}\n```"}"#,
        r#"{"a": "```json\n{\n  \"secret\":\n    \"[redacted:key]\"\n}\n```"}"#,
    );
}

#[test]
fn fields_in_the_debug_form_of_a_struct_are_searched_by_name() {
    check(r#""Config { api_key: \"x\", n: 1 }""#, r#""Config { api_key: \"[redacted:key]\", n: 1 }""#);
    check(r#""A { password: Some(Hidden(\"x\")) }""#, r#""A { password: Some(Hidden(\"[redacted:key]\")) }""#);
    check(
        r#""A {\n    token: Some(\n        \"x\",\n    ),\n}""#,
        r#""A {\n    token: Some(\n        \"[redacted:key]\",\n    ),\n}""#,
    );
    assert_eq!(redact_text("Login { secret: \"x\" }").0, "Login { secret: \"[redacted:key]\" }");
}

#[test]
fn escapes_hide_neither_names_nor_secrets() {
    let body = "a1".repeat(12);
    check(r#"{"pass\u0077ord": "x"}"#, r#"{"pass\u0077ord": "[redacted:key]"}"#);
    check(&format!(r#"["\u0073k-{body} ü \ud83d\ude00"]"#), r#"["[redacted:openai_key] ü \ud83d\ude00"]"#);
    check(&format!(r#"["\ud83d\ude00 sk-{body}\u0061{body}.\n"]"#), r#"["\ud83d\ude00 [redacted:openai_key].\n"]"#);
    check(&format!(r#"["line\nsk-{body}\nline"]"#), r#"["line\n[redacted:openai_key]\nline"]"#);
    check(
        &format!(r#"["{{\"x\": \"line\\nsk-{body}\\u0061\"}}"]"#),
        r#"["{\"x\": \"line\\n[redacted:openai_key]\"}"]"#,
    );
    check(r#"["https:\/\/u:pw@h\/x"]"#, r#"["https:\/\/[redacted:url_credentials]@h\/x"]"#);
    check(r#"["\u001b[31msk-AAAAAAAAAAAAAAAAAAAAAAAA\u001b[0m"]"#, r#"["\u001b[31m[redacted:openai_key]\u001b[0m"]"#);
}

#[test]
fn an_escape_is_not_the_start_of_a_secret_but_a_backslash_may_stand_before_one() {
    let (body, upper) = ("a1".repeat(20), "B".repeat(16));
    for clean in [format!(r#"["\r8_{body}"]"#), format!(r#"["\u00AA{}{upper}"]"#, "KIA")] {
        check(&clean, &clean);
    }
    check(&format!(r#"["C:\\r8_{body} \n"]"#), r#"["C:\\[redacted:replicate_token] \n"]"#);
    assert_eq!(redact_text(&format!(r"C:\r8_{body}\x")).0, r"C:[redacted:replicate_token]\x");
}

#[test]
fn a_secret_in_a_key_does_not_hide_the_name_or_the_value() {
    let body = "a1".repeat(12);
    check(&format!(r#"{{"sk-{body}_token": "x"}}"#), r#"{"[redacted:openai_key]": "[redacted:key]"}"#);
    check(&format!(r#""{{\"sk-{body}_token\": \"x\"}}""#), r#""{\"[redacted:openai_key]\": \"[redacted:key]\"}""#);
}

#[test]
fn secrets_that_touch_are_each_taken_out() {
    let (aws, openai) = (format!("AK{}{}", "IA", "B".repeat(16)), format!("sk-{}", "a1".repeat(12)));
    check(&format!("\"{aws}{openai}\""), "\"[redacted:aws_key][redacted:openai_key]\"");
}

#[test]
fn no_edit_crosses_the_quotes_of_its_string() {
    let head = format!("-----BEGIN {}-----", "PRIVATE KEY");
    let tail = format!("-----END {}-----", "PRIVATE KEY");
    check(&format!(r#"["{head}", "a", "{tail}"]"#), &format!(r#"["[redacted:private_key]", "a", "{tail}"]"#));
    check(&format!(r#""[\"{head}\", \"a {tail} b\"]""#), &format!(r#""[\"[redacted:private_key]\", \"a {tail} b\"]""#));
    check(r#"["http://a:b", "c@d"]"#, r#"["http://a:b", "c@d"]"#);
}

#[test]
fn what_is_cut_off_is_taken_out_and_stays_no_json() {
    check(r#"{"password": "hunt"#, r#"{"password": [redacted:key]"#);
    check(r#"{"password": {"a": ["b"#, r#"{"password": [redacted:key]"#);
    check(r#"{"password": hunter2, "a": 1}"#, r#"{"password": [redacted:key], "a": 1}"#);
    check(r#""{\"password\": \"hunt""#, r#""{\"password\": [redacted:key]""#);
}

#[test]
fn clean_values_are_borrowed_and_off_lets_everything_pass() {
    let mut counts = RedactionCounts::default();
    let secret = format!("sk-{}", "a1".repeat(12));
    assert!(matches!(REDACTOR.redact_json("a", r#"{"a": ["b", NaN]}"#, &mut counts), Cow::Borrowed(_)));
    assert!(matches!(Redactor::off().redact_json("api_key", "\"x\"", &mut counts), Cow::Borrowed("\"x\"")));
    assert!(matches!(Redactor::off().redact_entry("api_key", "x", &mut counts), Cow::Borrowed("x")));
    assert_eq!(Redactor::off().redact_text(&secret, &mut counts), secret);
    assert_eq!(counts, RedactionCounts::default());
}
