use crate::{Recorded, text};

#[test]
fn a_trace_is_shown_with_its_header_and_its_tree() {
    let recorded = Recorded::traces(1);
    let id = recorded.ids().remove(0);
    let shown = recorded.ask(&["show", &id]);
    let head = shown.lines().next().expect("a first line");
    assert!(head.contains("answer") && head.ends_with(&id), "{head}");
    for part in
        ["  session   session-0001\n", "  user      user-1\n", "SPAN  ", "answer ", "├─ plan ", "in  {\"question\": "]
    {
        assert!(shown.contains(part), "`{part}` is missing in\n{shown}");
    }
}

#[test]
fn a_unique_prefix_is_enough_with_or_without_tr() {
    let recorded = Recorded::traces(3);
    let id = recorded.ids().remove(2);
    let whole = recorded.ask(&["show", "--json", &id]);
    assert_eq!(recorded.ask(&["show", "--json", &id[..20]]), whole);
    assert_eq!(recorded.ask(&["show", "--json", &id[3..20]]), whole);
    assert_eq!(recorded.ask(&["show", "--json", &id[3..].to_uppercase()]), whole);
}

#[test]
fn a_prefix_of_several_traces_names_them() {
    let recorded = Recorded::traces(40);
    let ids = recorded.ids();
    let shared = |digit: &char| ids.iter().filter(|id| id[3..].starts_with(*digit)).count() > 1;
    let digit = "0123456789abcdef".chars().find(shared).expect("40 ids share their first of 16 digits");
    let output = recorded.run(&["show", &digit.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("`tr-{digit}` is the start of ")) && said.contains("try: write more digits"),
        "{said}"
    );
}

#[test]
fn last_is_the_newest_trace() {
    let recorded = Recorded::traces(3);
    let newest = recorded.ids().remove(0);
    assert!(recorded.ask(&["show", "last"]).contains(&newest));
}

#[test]
fn json_is_mlflows_trace_json_of_that_trace() {
    let recorded = Recorded::traces(1);
    let id = recorded.ids().remove(0);
    let json = recorded.ask(&["show", "last", "--json"]);
    let trace: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(trace["info"]["trace_id"], id);
    assert!(trace["data"]["spans"].as_array().is_some_and(|spans| spans.len() > 5));
    assert!(json.is_ascii());
}

#[test]
fn an_unknown_id_is_not_found() {
    let recorded = Recorded::traces(1);
    let output = recorded.run(&["show", "tr-00000000000000000000000000000001"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("there is no trace `tr-00000000000000000000000000000001`"));
    assert_eq!(text(&output.stdout), "");
}
