//! Rules of this repository that a machine can check; the reasons are in `docs/CONTRIBUTING.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer; most are much shorter.
const LONGEST_FILE: usize = 500;

/// Which of our crates each may depend on.
const ARROWS: [(&str, &[&str]); 11] = [
    ("spanloom-core", &[]),
    ("spanloom-macros", &[]),
    ("xtask", &[]),
    ("spanloom-api", &["spanloom-core"]),
    ("spanloom-store", &["spanloom-core"]),
    ("spanloom-otlp", &["spanloom-core"]),
    ("spanloom-mlflow", &["spanloom-core", "spanloom-otlp"]),
    ("spanloom-testing", &["spanloom-api", "spanloom-core"]),
    ("spanloom-engine", &["spanloom-api", "spanloom-core"]),
    (
        "spanloom",
        &[
            "spanloom-macros",
            "spanloom-engine",
            "spanloom-api",
            "spanloom-core",
            "spanloom-store",
            "spanloom-mlflow",
            "spanloom-otlp",
        ],
    ),
    ("spanloom-cli", &["spanloom", "spanloom-store"]),
];

/// Decisions: given time and input as values, they know neither actors nor clocks.
const PURE: [&str; 16] = [
    "crates/spanloom-core/src",
    "crates/spanloom-engine/src/exporter/handoff.rs",
    "crates/spanloom-engine/src/exporter/retry.rs",
    "crates/spanloom-engine/src/exporter/state.rs",
    "crates/spanloom-engine/src/redact",
    "crates/spanloom-engine/src/registry/book.rs",
    "crates/spanloom-engine/src/registry/complete.rs",
    "crates/spanloom-engine/src/registry/deferred.rs",
    "crates/spanloom-engine/src/registry/hear.rs",
    "crates/spanloom-engine/src/registry/live_trace.rs",
    "crates/spanloom-engine/src/registry/log.rs",
    "crates/spanloom-engine/src/registry/span_table.rs",
    "crates/spanloom-engine/src/registry/state.rs",
    "crates/spanloom-engine/src/writer/fold.rs",
    "crates/spanloom-engine/src/writer/seal.rs",
    "crates/spanloom-engine/src/writer/sealer.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a directory of the repository").to_owned()
}

/// Path from the root and text of every file below `start` whose name ends in one of these.
fn files(start: &str, endings: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut left = vec![root.join(start)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("directories of the repository can be read");
            let entries = entries.map(|entry| entry.expect("directories of the repository can be read").path());
            left.extend(entries.filter(|path| !is_generated(path)));
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            let text = fs::read_to_string(&path).expect("files of the repository can be read");
            let shown = path.strip_prefix(&root).expect("it is below the root");
            found.push((shown.to_string_lossy().replace('\\', "/"), text));
        }
    }
    found.sort();
    found
}

fn is_generated(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "target" || name == ".git")
}

/// Fails with one line for each breach.
#[track_caller]
fn assert_none(rule: &str, breaches: impl IntoIterator<Item = String>) {
    let breaches: Vec<_> = breaches.into_iter().collect();
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

/// Lines, with numbers, in which one of these words occurs, outside of comments.
fn lines_with<'a>(text: &'a str, words: &'a [&str]) -> impl Iterator<Item = (usize, &'a str)> {
    let code = |line: &'a str| line.split("//").next().unwrap_or("");
    let has_word = move |line: &&str| words.iter().any(|word| contains_word(line, word));
    text.lines().map(code).enumerate().filter(move |(_, line)| has_word(line)).map(|(at, line)| (at + 1, line.trim()))
}

fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word)
        .any(|(at, _)| !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next()))
}

/// The part of a file that is not its unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn show(path: &str, (line, text): (usize, &str)) -> String {
    format!("{path}:{line}: {text}")
}

#[test]
fn no_file_is_too_long() {
    let long = files("", &[".rs"]).into_iter().map(|(path, text)| (text.lines().count(), path));
    let long = long.filter(|(lines, _)| *lines > LONGEST_FILE);
    assert_none(
        "files with more than 500 lines; split them by concept",
        long.map(|(lines, path)| format!("{path}: {lines}")),
    );
}

/// Every manifest of `crates`, by the name of its package.
fn manifests() -> BTreeMap<String, toml::Table> {
    let manifests = files("crates", &["/Cargo.toml"]).into_iter().map(|(path, text)| {
        let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = manifest["package"]["name"].as_str().expect("packages have names").to_owned();
        (name, manifest)
    });
    manifests.collect()
}

/// The crates that a manifest names in tables of these kinds, those of single platforms too.
fn dependencies(manifest: &toml::Table, kinds: &[&str]) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables =
        platforms.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table).chain([manifest]);
    let named = |table: &toml::Table| -> Vec<String> {
        let tables = kinds.iter().filter_map(|kind| table.get(*kind)?.as_table());
        tables.flat_map(toml::Table::keys).cloned().collect()
    };
    tables.flat_map(named).collect()
}

#[test]
fn crates_depend_on_each_other_as_drawn_and_no_otherwise() {
    let manifests = manifests();
    let arrows = BTreeMap::from(ARROWS);
    let mut breaches = Vec::new();
    for (name, manifest) in &manifests {
        let Some(allowed) = arrows.get(name.as_str()) else {
            breaches.push(format!("`{name}` is not in the drawing"));
            continue;
        };
        let used = dependencies(manifest, &["dependencies", "build-dependencies"]);
        let ours = used.into_iter().filter(|used| manifests.contains_key(used) && !allowed.contains(&used.as_str()));
        breaches.extend(ours.map(|used| format!("`{name}` depends on `{used}`")));
    }
    assert_none("arrows between crates that are not in the drawing", breaches);
}

#[test]
fn only_the_engine_knows_actors() {
    let with_actix = |(name, manifest): (String, toml::Table)| {
        let used = dependencies(&manifest, &["dependencies", "dev-dependencies", "build-dependencies"]);
        used.iter().any(|used| used.starts_with("actix")).then_some(name)
    };
    let knowing: Vec<_> = manifests().into_iter().filter_map(with_actix).collect();
    assert_eq!(knowing, ["spanloom-engine"]);
}

#[test]
fn every_crate_forbids_unsafe_code_and_only_the_ring_has_some() {
    let lenient = manifests().into_iter().filter(|(name, manifest)| {
        let own =
            manifest.get("lints").and_then(|lints| lints.get("rust")?.get("unsafe_code")?.as_str().map(str::to_owned));
        let shared = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        let expected = if name == "spanloom-api" { "deny" } else { "forbid" };
        shared != Some(true) && own.as_deref() != Some(expected)
    });
    assert_none("crates whose lints let unsafe code pass", lenient.map(|(name, _)| name));
    let sources = files("crates/spanloom-api/src", &[".rs"]).into_iter();
    let outside = sources.filter(|(path, _)| !path.starts_with("crates/spanloom-api/src/ring/"));
    let breaches = outside.flat_map(|(path, text)| {
        let lines = lines_with(&text, &["unsafe", "unsafe_code"]).filter(|(_, line)| !line.starts_with('"'));
        lines.map(|line| show(&path, line)).collect::<Vec<_>>()
    });
    assert_none("unsafe code, or leave to write it, outside of the ring", breaches);
}

#[test]
fn decisions_know_neither_actors_nor_clocks() {
    const IMPURE: [&str; 7] = ["actix", "tokio", "Instant::now", "SystemTime", "std::thread", "std::fs", "std::env"];
    let missing = PURE.iter().filter(|path| !root().join(path).exists());
    assert_none("pure files that are not there any more", missing.map(|path| (*path).to_owned()));
    let sources = PURE.iter().flat_map(|path| files(path, &[".rs"]));
    let sources = sources.filter(|(path, _)| !path.contains("/tests"));
    let breaches = sources.flat_map(|(path, text)| {
        lines_with(without_tests(&text), &IMPURE).map(|line| show(&path, line)).collect::<Vec<_>>()
    });
    assert_none("pure files that are not", breaches);
}

#[test]
fn every_crate_has_a_readme() {
    let crates =
        fs::read_dir(root().join("crates")).expect("there are crates").map(|entry| entry.expect("and readable").path());
    let bare = crates.filter(|path| path.join("Cargo.toml").exists() && !path.join("README.md").exists());
    assert_none("crates without a README", bare.map(|path| path.display().to_string()));
}

#[test]
fn every_example_is_in_the_index() {
    let Ok(index) = fs::read_to_string(root().join("examples/README.md")) else { return };
    let examples = files("examples", &[".rs"]).into_iter().filter(|(path, _)| path.matches('/').count() == 1);
    let unlisted = examples.filter(|(path, _)| !index.contains(path.trim_start_matches("examples/")));
    assert_none("examples that examples/README.md does not name", unlisted.map(|(path, _)| path));
}

#[test]
fn nothing_is_left_to_be_done() {
    // In two parts, so that this file does not have them.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!"), concat!("unimplemented", "!")];
    let texts = files("", &[".rs", ".md", ".toml", ".yml", ".sql"]).into_iter();
    let breaches = texts.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
        lines.map(|(at, line)| show(&path, (at + 1, line))).collect::<Vec<_>>()
    });
    assert_none("marks of unfinished work", breaches);
}

#[test]
fn lints_are_switched_off_with_a_reason() {
    let breaches = files("", &[".rs"]).into_iter().flat_map(|(path, text)| {
        let allows = [concat!("#[al", "low("), concat!("#![al", "low(")];
        let lines =
            text.lines().enumerate().filter(|(_, line)| allows.iter().any(|allow| line.trim().starts_with(allow)));
        lines.map(|(at, line)| show(&path, (at + 1, line))).collect::<Vec<_>>()
    });
    assert_none("lints that are allowed instead of `expect`ed with a reason", breaches);
}
