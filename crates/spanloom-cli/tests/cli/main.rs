//! The program as its users see it: what it prints, where, and how it ends.

mod demo;
mod failures;
mod help;
mod list;
mod show;

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A directory with a store that the demo wrote.
struct Recorded {
    folder: TempDir,
}

impl Recorded {
    /// Lets the demo answer so many questions about two documents of our own.
    fn traces(count: usize) -> Self {
        let folder = documents();
        let count = count.to_string();
        let output = run(folder.path(), &["demo", "--traces", &count, "--docs", "docs", "--store", "traces.db"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        Self { folder }
    }

    /// Runs a command beside the store, and gives stdout. It must succeed.
    fn ask(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let store = ["--store", "traces.db"];
        run(self.folder.path(), &[arguments, &store].concat())
    }

    /// Ids of all traces, the newest first.
    fn ids(&self) -> Vec<String> {
        let id = |line: &str| -> String {
            let info: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
            info["trace_id"].as_str().expect("an id").to_owned()
        };
        self.ask(&["list", "--json", "--all"]).lines().map(id).collect()
    }
}

/// A directory with documents in `docs`.
fn documents() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let docs: PathBuf = folder.path().join("docs");
    std::fs::create_dir(&docs).expect("a new directory");
    let rings = "# Rings\nA ring belongs to one thread. Call `drain` to empty it.\n\n## Overflow\nA full ring drops the trace.\n";
    let store = "# Store\nThe store is one file. `commit` writes a batch, and `sync` makes it durable.\n";
    for (name, content) in [("rings.md", rings), ("store.txt", store)] {
        std::fs::write(docs.join(name), content).expect("a new file");
    }
    folder
}

/// Runs the program in a directory, without a terminal and without settings of the environment.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_with(folder, arguments, &[])
}

/// The same with these settings of the environment.
fn run_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::cargo_bin("spanloom").expect("the binary is built with its tests");
    for variable in ["SPANLOOM_STORE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.envs(environment.iter().copied()).current_dir(folder).args(arguments);
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}
