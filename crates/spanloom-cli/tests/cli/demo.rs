use crate::{Recorded, documents, run, text};

#[test]
fn the_demo_records_one_trace_a_question_and_loses_none() {
    let folder = documents();
    let output = run(folder.path(), &["demo", "--traces", "12", "--threads", "2", "--docs", "docs", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(summary["traces"], 12);
    assert_eq!(summary["store"], "traces.db");
    assert_eq!(summary["lost"], serde_json::json!({}));
    let listed = text(&run(folder.path(), &["list", "--store", "traces.db", "--json"]).stdout);
    assert_eq!(listed.lines().count(), 12);
}

#[test]
fn questions_that_the_documents_do_not_answer_become_errors() {
    let recorded = Recorded::traces(12);
    let infos = recorded.ask(&["list", "--json"]);
    assert!(infos.contains(r#""state": "ERROR""#) && infos.contains(r#""state": "OK""#));
}

#[test]
fn the_demo_shows_a_tree_and_where_to_look() {
    let folder = documents();
    let output = run(folder.path(), &["demo", "--traces", "2", "--docs", "docs"]);
    let shown = text(&output.stdout);
    for part in [
        "├─ plan",
        "RETRIEVER",
        "RERANKER",
        "2 traces, ",
        "none lost",
        "  spanloom list --store traces.db\n",
        "  spanloom show tr-",
    ] {
        assert!(shown.contains(part), "`{part}` is missing in\n{shown}");
    }
    assert!(text(&output.stderr).starts_with("asking 2 questions about 2 documents (3 passages)"));
}

#[test]
fn the_work_of_other_threads_is_in_the_trace_that_asked_for_it() {
    let recorded = Recorded::traces(3);
    for id in recorded.ids() {
        let trace: serde_json::Value = serde_json::from_str(&recorded.ask(&["show", &id, "--json"])).expect("JSON");
        let spans = trace["data"]["spans"].as_array().expect("spans");
        let named = |name: &'static str| spans.iter().filter(move |span| span["name"] == name);
        let retrieve = named("retrieve").next().expect("it searched");
        assert!(named("search").any(|search| search["parent_span_id"] == retrieve["span_id"]));
        let root = named("answer").next().expect("the root");
        assert!(named("rerank").all(|rerank| rerank["parent_span_id"] == root["span_id"]));
    }
}

#[test]
fn a_directory_without_documents_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let output = run(folder.path(), &["demo", "--docs", "."]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("there is no text in the .md and .txt files of `.`") && said.contains("try: "), "{said}");
    assert!(!folder.path().join("traces.db").exists());
}
