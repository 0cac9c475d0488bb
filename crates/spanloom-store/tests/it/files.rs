//! Which files are touched, and who may read them.

use spanloom_core::TraceStore;
use spanloom_store::{Reader, Store, StoreOptions};

use crate::example::*;

fn refusal(path: &std::path::Path) -> String {
    let error = Store::open(path, StoreOptions::default()).expect_err("refused");
    assert!(!error.is_retryable());
    error.to_string()
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    use super::*;

    fn mode(path: &std::path::Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    /// Runs in a process of its own: the umask belongs to the process.
    #[test]
    fn victim_of_an_umask() {
        let Some(path) = std::env::var_os("STORE_TEST_UMASK") else { return };
        let mut store = Store::open(path, StoreOptions::default()).expect("opens");
        store.commit(&completed(&[trace(1, 1)])).expect("commits");
        // Without closing, so that the log and its index stay.
        std::process::exit(0);
    }

    #[test]
    fn files_are_for_their_owner_alone_under_any_umask() {
        for umask in ["000", "022", "077", "277"] {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("new").join("traces.db");
            let test = std::env::current_exe().expect("this test");
            let status = Command::new("sh")
                .arg("-c")
                .arg(format!("umask {umask}; exec \"$0\" --exact files::unix::victim_of_an_umask"))
                .arg(test)
                .env("STORE_TEST_UMASK", &path)
                .output()
                .expect("runs");
            assert!(status.status.success(), "{status:?}");
            assert_eq!(mode(path.parent().expect("has one")), 0o700, "umask {umask}");
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                assert_eq!(mode(name.as_ref()), 0o600, "umask {umask} {suffix}");
            }
        }
    }

    #[test]
    fn links_pipes_and_directories_are_refused() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("target.db"), "").expect("writes");
        symlink(at("target.db"), at("link.db")).expect("links");
        assert!(refusal(&at("link.db")).contains("a symbolic link"));
        symlink(at("nowhere"), at("dangling.db")).expect("links");
        assert!(refusal(&at("dangling.db")).contains("a symbolic link"));
        assert!(Command::new("mkfifo").arg(at("pipe.db")).status().expect("runs").success());
        assert!(refusal(&at("pipe.db")).contains("a pipe"));
        assert!(refusal(directory.path()).contains("a directory"));
        assert!(Reader::open(at("link.db")).expect_err("refused").to_string().contains("a symbolic link"));
    }

    #[test]
    fn a_directory_that_is_a_link_is_followed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(directory.path().join("real")).expect("creates");
        symlink(directory.path().join("real"), directory.path().join("link")).expect("links");
        Store::open(directory.path().join("link").join("traces.db"), StoreOptions::default()).expect("opens");
        assert!(directory.path().join("real").join("traces.db").is_file());
    }
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("notes.txt");
    let text =
        "these are notes, not a database, and long enough for a header of SQLite to be looked for in them, and more.";
    std::fs::write(&path, text).expect("writes");
    assert!(refusal(&path).contains("not a Spanloom store"));
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), text);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("other.db");
    rusqlite::Connection::open(&path).expect("opens").execute_batch("CREATE TABLE theirs (a)").expect("writes");
    assert!(refusal(&path).contains("another program"));
}

#[test]
fn a_newer_schema_is_refused_by_writers_and_readers_who_name_both_versions() {
    let (_directory, path, store) = on_disk();
    drop(store);
    rusqlite::Connection::open(&path).expect("opens").pragma_update(None, "user_version", 41).expect("writes");
    for error in [refusal(&path), Reader::open(&path).expect_err("refused").to_string()] {
        assert!(error.contains("schema 41") && error.contains("schemas up to "), "{error}");
    }
}

#[test]
fn a_crafted_trigger_is_refused() {
    let (_directory, path, store) = on_disk();
    drop(store);
    let sql = "CREATE TRIGGER t AFTER INSERT ON traces BEGIN DELETE FROM payloads; END";
    rusqlite::Connection::open(&path).expect("opens").execute_batch(sql).expect("writes");
    assert!(refusal(&path).contains("`t` is not as Spanloom made it"));
}

#[test]
fn a_reader_of_nothing_says_so() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("none.db");
    assert!(Reader::open(&path).expect_err("refused").to_string().contains("cannot be found"));
    assert!(!path.exists());
}

#[test]
fn the_status_has_the_sizes_of_the_files() {
    let (_directory, path, mut store) = on_disk();
    store.commit(&completed(&[trace(1, 3)])).expect("commits");
    let status = store.reader().expect("reads").status().expect("reads");
    assert_eq!(status.path, path.display().to_string());
    assert_eq!(status.bytes, std::fs::metadata(&path).expect("there").len());
    assert!(status.wal_bytes > 0);
    assert_eq!((status.traces, status.spans, status.damaged), (1, 3, 0));
    assert!(status.schema >= 2, "{}", status.schema);
    assert!(status.ballast_bytes > 0);
}
