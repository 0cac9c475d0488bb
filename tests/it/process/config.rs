//! P12: a wrong setting is an error of `init` that names it, and nothing else happens.

use std::path::Path;

use spanloom::{Builder, Spanloom};

use super::kept;
use super::program::{Ended, Program};

fn configured(directory: &Path, variables: &[(&str, &str)]) -> Ended {
    let program = Program::new("configuration", directory);
    let ended = variables.iter().fold(program, |program, (name, value)| program.env(name, value)).run();
    ended.expect_success();
    assert_eq!(ended.stderr, "");
    ended
}

fn is_empty(directory: &Path) -> bool {
    directory.read_dir().expect("a directory").next().is_none()
}

const WRONG: [(&str, &str); 24] = [
    ("SPANLOOM_DISABLED", "maybe"),
    ("SPANLOOM_DISABLED", "2"),
    ("SPANLOOM_SAMPLING_RATIO", "1.5"),
    ("SPANLOOM_SAMPLING_RATIO", "-0.1"),
    ("SPANLOOM_SAMPLING_RATIO", "NaN"),
    ("SPANLOOM_SAMPLING_RATIO", "half"),
    ("MLFLOW_TRACE_SAMPLING_RATIO", "2"),
    ("MLFLOW_TRACE_SAMPLING_RATIO", "50%"),
    ("SPANLOOM_OVERFLOW", "drop"),
    ("SPANLOOM_OVERFLOW", "block"),
    ("SPANLOOM_OVERFLOW", "block:"),
    ("SPANLOOM_OVERFLOW", "block:50"),
    ("SPANLOOM_OVERFLOW", "block:fast"),
    ("SPANLOOM_MEMORY_LIMIT", "lots"),
    ("SPANLOOM_MEMORY_LIMIT", "0"),
    ("SPANLOOM_MEMORY_LIMIT", "-1MiB"),
    ("SPANLOOM_MEMORY_LIMIT", "64 megabytes"),
    ("SPANLOOM_MEMORY_LIMIT", "99999999999999GiB"),
    ("SPANLOOM_MAX_SPANS_PER_TRACE", "0"),
    ("SPANLOOM_MAX_SPANS_PER_TRACE", "1.5"),
    ("SPANLOOM_MAX_TRACE_BYTES", "1TB"),
    ("SPANLOOM_LINGER", "60"),
    ("SPANLOOM_LINGER", "soon"),
    ("SPANLOOM_LINGER", "-1s"),
];

#[test]
fn a_wrong_variable_is_named_with_its_value_and_what_is_accepted() {
    for (name, value) in WRONG {
        let directory = tempfile::tempdir().expect("a directory");
        let ended = configured(directory.path(), &[(name, value)]);
        let text = ended.said_once("ERROR");
        let named = text.contains(&format!("`{name}`")) && text.contains(&format!("`{value}`"));
        assert!(named && text.contains("which is not "), "{text}");
        assert!(is_empty(directory.path()), "{name}={value} left something behind");
    }
    kept("P12", &format!("n={}", WRONG.len()));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    for name in ["SPANLOOM_SAMPLING_RATIO", "SPANLOOM_DISABLED", "SPANLOOM_STORE"] {
        let directory = tempfile::tempdir().expect("a directory");
        let program = Program::new("configuration", directory.path()).env(name, OsStr::from_bytes(b"\xff\xfe"));
        let ended = program.run();
        assert!(ended.said_once("ERROR").contains(&format!("`{name}`")), "{:?}", ended.lines);
        assert!(is_empty(directory.path()), "{name} left something behind");
    }
}

#[test]
fn right_variables_and_empty_ones_are_taken() {
    let directory = tempfile::tempdir().expect("a directory");
    let variables = [
        ("SPANLOOM_STORE", "deep/er/traces.db"),
        ("SPANLOOM_SAMPLING_RATIO", "1"),
        ("SPANLOOM_OVERFLOW", "block:50ms"),
        ("SPANLOOM_MEMORY_LIMIT", "64MiB"),
        ("SPANLOOM_MAX_SPANS_PER_TRACE", "10"),
        ("SPANLOOM_MAX_TRACE_BYTES", "512KiB"),
        ("SPANLOOM_LINGER", "2m"),
        ("SPANLOOM_DISABLED", ""),
        ("SPANLOOM_EXPERIMENT", "an experiment"),
    ];
    let ended = configured(directory.path(), &variables);
    assert!(ended.said_once("STARTED").starts_with("recording=true"), "{:?}", ended.lines);
    assert!(ended.said_once("STARTED").ends_with("stored=2"), "{:?}", ended.lines);
    assert!(directory.path().join("deep/er/traces.db").is_file());
}

#[test]
fn disabled_is_inert() {
    for value in ["1", "true", "TRUE"] {
        let directory = tempfile::tempdir().expect("a directory");
        let ended = configured(directory.path(), &[("SPANLOOM_DISABLED", value)]);
        let said = ended.said_once("STARTED");
        assert!(said.starts_with("recording=false") && said.ends_with("stored=0"), "{said}");
        if cfg!(target_os = "linux") {
            assert!(said.contains("threads=1 "), "{said}");
        }
        assert!(is_empty(directory.path()), "no store is made");
    }
}

#[test]
fn a_program_that_cannot_trace_goes_on_without() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::new("configuration", directory.path()).option("or-noop", 1);
    let ended = program.env("SPANLOOM_LINGER", "soon").run();
    assert!(ended.said_once("ERROR").contains("`SPANLOOM_LINGER`"));
    assert!(ended.said_once("STARTED").starts_with("recording=false"), "{:?}", ended.lines);
    assert!(is_empty(directory.path()));
}

/// The path must be refused, by its name, and what is there must stay as it is.
#[track_caller]
fn check_refused_store(directory: &Path, store: &Path, reason: &str) {
    let text = store.display().to_string();
    let ended = configured(directory, &[("SPANLOOM_STORE", &text)]);
    let said = ended.said_once("ERROR");
    assert!(said.contains(&format!("`{text}`")) && said.contains(reason), "{said}");
}

#[test]
fn a_store_that_cannot_be_one_is_refused_by_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    std::fs::create_dir(at("directory.db")).expect("made");
    check_refused_store(directory.path(), &at("directory.db"), "a directory");
    std::fs::write(at("text.db"), "this is no database, and longer than the head of one would be: ".repeat(40))
        .expect("made");
    check_refused_store(directory.path(), &at("text.db"), "not a Spanloom store");
    check_refused_store(directory.path(), &at("text.db/below.db"), "directory");
    assert!(std::fs::read_to_string(at("text.db")).expect("as it was").starts_with("this is no database"));
}

#[cfg(target_os = "linux")]
#[test]
fn links_devices_and_places_that_cannot_be_written_are_refused_by_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(directory.path().join("elsewhere.db"), &link).expect("made");
    check_refused_store(directory.path(), &link, "a symbolic link");
    check_refused_store(directory.path(), Path::new("/dev/null"), "a device");
    // Not even root makes files there.
    check_refused_store(directory.path(), Path::new("/proc/spanloom.db"), "the file cannot be made");
    assert!(!directory.path().join("elsewhere.db").exists(), "a link is not followed");
}

#[test]
fn a_wrong_setting_of_the_builder_is_named() {
    type Set = fn(Builder) -> Builder;
    let wrong: [(&str, Set); 6] = [
        ("sampling_ratio", |builder| builder.sampling_ratio(1.01)),
        ("sampling_ratio", |builder| builder.sampling_ratio(-1.0)),
        ("sampling_ratio", |builder| builder.sampling_ratio(f64::NAN)),
        ("limits", |builder| builder.memory_limit(0)),
        ("limits", |builder| builder.max_spans_per_trace(0)),
        ("limits", |builder| builder.max_trace_bytes(0)),
    ];
    for (name, set) in wrong {
        let error = set(Spanloom::builder().in_memory()).start().expect_err(name);
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}
