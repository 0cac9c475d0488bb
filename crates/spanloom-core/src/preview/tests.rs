use super::*;

#[track_caller]
fn check(json: &str, request: &str, response: &str) {
    assert_eq!(request_preview(Some(json)).as_deref(), Some(request), "as inputs");
    assert_eq!(response_preview(Some(json)).as_deref(), Some(response), "as outputs");
}

#[track_caller]
fn check_same(json: &str, expected: &str) {
    check(json, expected, expected);
}

#[test]
fn what_is_no_chat_is_shown_as_its_json() {
    assert_eq!(request_preview(None), None);
    for json in
        ["null", "\"hello\"", "4", "{\"x\": 4}", "[{\"role\": \"user\", \"content\": \"bare list\"}]", "{broken", ""]
    {
        check_same(json, json);
    }
}

#[test]
fn the_last_message_of_the_wanted_role_is_shown() {
    let json = r#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"}, {"role": "tool", "content": "d"}, {"role": "user"}]}"#;
    check(json, "c", "b");
    check_same(r#"{"messages": [{"role": "x", "content": "a"}, {"role": "y", "content": "b"}]}"#, "b");
}

#[test]
fn choices_input_output_and_request_are_looked_into() {
    check_same(r#"{"choices": [{"message": {"role": "assistant", "content": "hi"}}, 1]}"#, "hi");
    check_same(r#"{"input": [{"role": "user", "content": "in"}]}"#, "in");
    check_same(
        r#"{"output": [{"type": "x"}, {"role": "assistant", "content": [{"type": "output_text", "text": "out"}]}]}"#,
        "out",
    );
    check_same(r#"{"request": {"request": {"messages": [{"role": "user", "content": "deep"}]}}}"#, "deep");
}

#[test]
fn the_first_place_decides_even_without_a_message() {
    let json = r#"{"messages": [1], "input": [{"role": "user", "content": "in"}]}"#;
    check_same(json, json);
    check_same(r#"{"messages": [], "choices": [{}], "input": [{"role": "user", "content": "in"}]}"#, "in");
}

#[test]
fn content_in_parts_gives_its_first_text() {
    let content = |parts: &str| format!(r#"{{"messages": [{{"role": "user", "content": {parts}}}]}}"#);
    check_same(&content(r#"[{"type": "image"}, {"type": "text", "text": "t"}, "s"]"#), "t");
    check_same(&content(r#"["s"]"#), "s");
    for none in ["[]", "\"\"", "null", "5"] {
        check_same(&content(none), &content(none));
    }
}

#[test]
fn long_texts_are_cut_by_characters() {
    assert_eq!(cut("ééé", 3), "ééé");
    assert_eq!(cut("éééééé", 5), "éé...");
    assert_eq!(cut("abc", 2), "..");
    assert_eq!(cut("abc", 0), "");
    let preview = request_preview(Some(&"ü".repeat(1_001)));
    assert_eq!(preview, Some("ü".repeat(997) + "..."));
    assert_eq!(request_preview(Some(&"ü".repeat(1_000))), Some("ü".repeat(1_000)));
    assert_eq!(metadata_cut(Some(&"x".repeat(251))), "x".repeat(247) + "...");
    assert_eq!(metadata_cut(None), "");
}
