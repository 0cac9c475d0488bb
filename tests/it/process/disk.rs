//! P21, P22: a full disk, a limit on files, and a disk that fails: the host goes on, what was acknowledged is there, and
//! recording resumes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::kept;
use super::ledger::Ledger;
use super::oracle::{check, reader};
use super::program::{Ended, Program};

const SEED: u64 = 21;
const BYTES: usize = 2_000;
/// Recording must have resumed by then.
const RESUME_LIMIT: Duration = Duration::from_secs(5);

/// A file system of its own, in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None`, and a line that says so, where nothing can be mounted.
    fn mounted(promise: &str, size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let options = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(directory));
        }
        skipped(promise, "no file system can be mounted here");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::options().append(true).create(true).open(self.path("filler")).expect("a file");
        let block = [1; 4_096];
        while filler.write_all(&block).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.path("filler")).expect("the filler is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever still holds it is reported by the directory's removal.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[expect(clippy::print_stdout, reason = "the test runner shows it on demand")]
fn skipped(promise: &str, why: &str) {
    println!("PROMISE {promise} skipped: {why}");
}

fn load(directory: &Path, store: &Path) -> Program {
    let program = Program::new("load", directory).option("store", store.display()).option("seed", SEED);
    program.option("bytes", BYTES).option("overflow", "block").option("flush-every", 1)
}

/// Ended well, and has all that it recorded, also where a flush could not acknowledge it for want of room. Gives how much
/// was acknowledged.
#[track_caller]
fn check_ended(ended: &Ended, store: &Path, traces: u64) -> u64 {
    ended.expect_success();
    let ledger = Ledger::of(SEED, BYTES, &ended.lines);
    assert_eq!(ledger.dropped, 0, "nothing was dropped while there was memory for it");
    assert_eq!(check(&reader(store), &ledger).complete, traces);
    let acknowledged = ledger.acknowledged.len() as u64;
    assert_eq!(acknowledged + ended.said("UNACKNOWLEDGED").len() as u64, traces);
    acknowledged
}

#[test]
fn on_a_full_disk_nothing_acknowledged_is_lost_and_recording_resumes_when_there_is_room() {
    let Some(disk) = Disk::mounted("P21", "48m") else { return };
    let store = disk.path("traces.db");
    let mut running = load(disk.0.path(), &store).option("traces", 1_500).start();
    running.wait_for("ACK");
    // What the store gives up at first to help itself is taken as well.
    for _ in 0..20 {
        disk.fill();
        running.listen(Duration::from_millis(50));
    }
    disk.empty();
    let begun = Instant::now();
    running.catch_up();
    running.wait_for("ACK");
    let resumed = begun.elapsed();
    let acknowledged = check_ended(&running.wait(), &store, 1_500);
    assert!(resumed <= RESUME_LIMIT, "resumed after {resumed:?}");
    assert!(acknowledged > 1_400, "{acknowledged}");
    kept("P21", &format!("full disk: acknowledged={acknowledged} resume_ms={}", resumed.as_millis()));
}

#[test]
fn a_process_that_may_only_write_small_files_is_not_ended_for_it() {
    for kib in [1_024_u64, 3_000, 20_000] {
        let directory = tempfile::tempdir().expect("a directory");
        let store = directory.path().join("traces.db");
        let blocks = (kib * 2).to_string();
        let ended = load(directory.path(), &store)
            .option("traces", 600)
            .through(&["sh", "-c", "ulimit -f \"$0\" && exec \"$@\"", &blocks])
            .run();
        ended.expect_success();
        assert_eq!(ended.said("ACK").len(), 600, "{kib}");
        for name in ["traces.db", "traces.db-wal", "traces.db-ballast"] {
            let bytes = std::fs::metadata(directory.path().join(name)).map_or(0, |found| found.len());
            assert!(bytes <= kib * 1_024, "{name} has {bytes} bytes of {kib} KiB");
        }
        // The oldest have gone; whatever is there is whole.
        let ledger = Ledger::of(SEED, BYTES, &ended.lines);
        let reader = reader(&store);
        let newest = ledger.issued.iter().max_by_key(|(_, number)| **number).map(|(id, _)| *id).expect("some");
        assert!(reader.get(&newest).expect("readable").is_some(), "the newest is there with {kib} KiB");
        let status = reader.status().expect("readable");
        assert_eq!(status.traces + status.retired_traces, 600, "{kib}");
        kept("P21", &format!("file limit of {kib} KiB: traces={} retired={}", status.traces, status.retired_traces));
    }
}

#[test]
fn a_limit_on_files_that_is_too_small_for_a_store_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = Program::new("configuration", directory.path())
        .env("SPANLOOM_STORE", "traces.db")
        .through(&["sh", "-c", "ulimit -f \"$0\" && exec \"$@\"", "200"])
        .run();
    ended.expect_success();
    let error = ended.said_once("ERROR");
    assert!(error.contains("RLIMIT_FSIZE") && error.contains("102400") && error.contains("ulimit -f"), "{error}");
}

#[test]
fn a_sync_or_write_that_fails_costs_nothing_that_was_acknowledged() {
    if Command::new("strace").arg("-V").output().is_err() {
        return skipped("P22", "strace is not installed");
    }
    let mut acknowledged = 0;
    // Each thread's calls are counted apart: the first ones hit the opening, the later ones the writer.
    let faults = [
        ("fsync,fdatasync", "EIO", ["1", "3", "16+7"]),
        ("pwrite64", "EIO", ["5", "150", "200+37"]),
        ("pwrite64", "ENOSPC", ["5", "150", "200+37"]),
        ("ftruncate", "EIO", ["1", "3", "5"]),
    ];
    for (call, error, times) in faults {
        for nth in times {
            let directory = tempfile::tempdir().expect("a directory");
            let store = directory.path().join("traces.db");
            let inject = format!("inject={call}:error={error}:when={nth}");
            let ended = load(directory.path(), &store)
                .option("traces", 60)
                .through(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject])
                .run();
            // The fault may have come before the store was open: that is an error of `install`, said and survived.
            if ended.said("OPENED").is_empty() {
                assert!(ended.status.code() == Some(1), "{call} {error} {nth}: {}", ended.stderr);
                continue;
            }
            ended.expect_success();
            let ledger = Ledger::of(SEED, BYTES, &ended.lines);
            check(&reader(&store), &ledger);
            acknowledged += ledger.acknowledged.len();
        }
    }
    assert!(acknowledged > 0);
    kept("P22", &format!("faults={} acknowledged={acknowledged}", faults.len() * 3));
}
