use std::time::{Duration, Instant};

use spanloom::Spanloom;

use crate::{Recorded, run, run_with, text};

#[test]
fn every_trace_has_a_line_with_its_whole_id() {
    let recorded = Recorded::traces(3);
    let listed = recorded.ask(&["list"]);
    assert_eq!(listed.lines().count(), 4);
    assert!(listed.starts_with("TRACE "));
    for id in recorded.ids() {
        assert!(listed.contains(&id));
    }
}

#[test]
fn json_lines_have_the_keys_of_mlflow() {
    let recorded = Recorded::traces(3);
    for line in recorded.ask(&["list", "--json"]).lines() {
        let info: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        for key in
            ["trace_id", "trace_location", "request_time", "execution_duration_ms", "state", "trace_metadata", "tags"]
        {
            assert!(!info[key].is_null(), "`{key}` is missing in {line}");
        }
    }
}

#[test]
fn json_lines_are_ascii_whatever_a_trace_says() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let loom = Spanloom::builder().store(folder.path().join("odd.db")).start().expect("the engine starts");
    // DEL, a C1 control that starts an escape sequence, a mark that turns the direction of text, and beyond the BMP.
    let odd = "\u{7f} \u{9b}31m \u{202e} é 🦀";
    let root = loom.root_span(odd).enter();
    spanloom::update_current_trace(|trace| trace.tag("odd", odd));
    drop(root);
    loom.shutdown_blocking(Duration::from_secs(10)).expect("it is stored");
    for arguments in [&["list", "--json", "--store", "odd.db"][..], &["show", "last", "--json", "--store", "odd.db"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let printed = text(&output.stdout);
        assert!(printed.chars().all(|c| matches!(c, ' '..='~' | '\n')), "{printed:?}");
        let value: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
        let info = value.get("info").unwrap_or(&value);
        assert_eq!(info["tags"]["odd"], odd, "an escape means the same");
    }
}

#[test]
fn a_limit_says_that_there_is_more() {
    let recorded = Recorded::traces(3);
    let output = recorded.run(&["list", "--limit", "2"]);
    assert_eq!(text(&output.stdout).lines().count(), 3);
    assert!(text(&output.stderr).contains("the newest 2: --all"));
    assert_eq!(text(&recorded.run(&["list", "--limit", "3"]).stderr), "");
    assert_eq!(recorded.ask(&["list", "--json", "--limit", "1"]).lines().count(), 1);
}

#[test]
fn a_trace_that_runs_in_another_process_stands_on_top() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let loom = Spanloom::builder().store(folder.path().join("live.db")).start().expect("the engine starts");
    let running = loom.root_span("long work").start();
    let part = running.child("first part").start();
    let finished = loom.root_span("short work").start();
    finished.end();
    loom.flush_blocking(Duration::from_secs(10)).expect("it is stored");
    let deadline = Instant::now() + Duration::from_secs(20);
    let listed = loop {
        let listed = text(&run(folder.path(), &["list", "--store", "live.db"]).stdout);
        if listed.contains("running") {
            break listed;
        }
        assert!(Instant::now() < deadline, "the running trace was never listed:\n{listed}");
    };
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[1].contains(&running.trace_id().to_string()) && lines[1].contains("running"), "{listed}");
    assert!(lines[2].contains(&finished.trace_id().to_string()) && lines[2].contains("OK"), "{listed}");
    let shown = text(&run(folder.path(), &["show", &running.trace_id().to_string(), "--store", "live.db"]).stdout);
    assert!(shown.contains("2, 2 open") && shown.contains("╰─ first part"), "{shown}");
    part.end();
    running.end();
}

#[test]
fn colours_come_when_they_are_asked_for_and_no_color_forbids_them() {
    let recorded = Recorded::traces(1);
    let list = ["list", "--store", "traces.db"];
    let coloured = run_with(recorded.folder.path(), &list, &[("CLICOLOR_FORCE", "1")]);
    assert!(text(&coloured.stdout).contains('\u{1b}'));
    let plain = run_with(recorded.folder.path(), &list, &[("NO_COLOR", "1")]);
    assert!(!text(&plain.stdout).contains('\u{1b}'));
}

#[test]
fn the_store_of_the_environment_is_read_unless_another_is_named() {
    let recorded = Recorded::traces(1);
    let environment = [("SPANLOOM_STORE", "traces.db")];
    assert_eq!(run_with(recorded.folder.path(), &["list"], &environment).status.code(), Some(0));
    assert_eq!(run_with(recorded.folder.path(), &["list", "--store", "b.db"], &environment).status.code(), Some(1));
}

#[test]
fn a_pipe_gets_no_colours() {
    let recorded = Recorded::traces(2);
    assert!(!recorded.ask(&["list"]).contains('\u{1b}'));
    assert!(!recorded.ask(&["show", "last"]).contains('\u{1b}'));
}

#[test]
fn a_missing_store_says_what_to_do_and_is_not_made() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let output = run(folder.path(), &["list"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "error: there is no store at `spanloom.db`\n  \
                    try: `spanloom demo` records some traces to `traces.db`; --store or SPANLOOM_STORE names another file\n";
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(text(&output.stdout), "");
    assert!(!folder.path().join("spanloom.db").exists());
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let content = "not a database, but long enough to look at: ".repeat(40);
    std::fs::write(folder.path().join("notes.txt"), &content).expect("a new file");
    let output = run(folder.path(), &["list", "--store", "notes.txt"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: the store cannot be read\n  because: "));
    assert_eq!(std::fs::read_to_string(folder.path().join("notes.txt")).expect("still there"), content);
}

#[test]
fn without_a_name_the_store_of_the_demo_is_read_where_there_is_no_other() {
    let recorded = Recorded::traces(1);
    let output = run(recorded.folder.path(), &["list", "--json"]);
    assert_eq!(text(&output.stdout).lines().count(), 1, "{}", text(&output.stderr));
}
