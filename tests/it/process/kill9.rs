//! P17: nothing that was acknowledged is lost or altered by `kill -9` at any instant, and no trace is complete in part.
//!
//! One store lives through all rounds. What the killed programs were is drawn anew for each.

use std::path::Path;
use std::time::{Duration, Instant};

use spanloom::{SearchTraces, Spanloom, TraceId, TraceState};
use spanloom_store::Reader;

use super::kept;
use super::ledger::{Ledger, parsed};
use super::oracle::{check, check_nothing_spurious, reader};
use super::plan::Random;
use super::program::Program;

/// None failed of 60: the rate of failures is below 5 %, 95 times in 100.
const ROUNDS: u64 = 60;
/// The store must be usable again by then.
const REOPEN_LIMIT: Duration = Duration::from_secs(2);

#[test]
fn nothing_acknowledged_is_lost_or_altered_by_kill_9() {
    rounds(ROUNDS, 1);
}

#[test]
#[ignore = "takes ten minutes; part of the long run"]
fn nothing_acknowledged_is_lost_or_altered_by_kill_9_a_thousand_times() {
    rounds(1_000, 2);
}

fn rounds(count: u64, seed: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("spanloom.db");
    let mut random = Random(seed);
    let (mut ledgers, mut held) = (Vec::new(), Vec::new());
    let mut slowest = Duration::ZERO;
    for round in 0..count {
        let killed = kill_one(&store, round, &mut random);
        slowest = slowest.max(reopened(&store));
        check(&reader(&store), &killed.ledger);
        check_held(&reader(&store), killed.held);
        ledgers.push(killed.ledger);
        held.push(killed.held);
    }
    // What earlier rounds had is as it was, after all that came later.
    let reader = reader(&store);
    held.iter().for_each(|held| check_held(&reader, *held));
    let mut found = [0; 3];
    for ledger in &ledgers {
        let of_one = check(&reader, ledger);
        found = [found[0] + of_one.complete, found[1] + of_one.interrupted, found[2] + of_one.absent];
    }
    let (complete, _) = check_nothing_spurious(&reader, &ledgers, &[]);
    assert_eq!(complete, found[0], "what was listed is what was found");
    let counted = reader.counters().expect("the store is readable").conservation.traces.stored;
    assert!(counted <= complete, "{counted} traces were counted as stored, {complete} are there");
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged.len()).sum();
    let held = held.iter().flatten().count() as u64;
    assert!(acknowledged > 0 && held > 0, "the kills came at all kinds of moments");
    kept(
        "P17",
        &format!(
            "n={count} acknowledged={acknowledged} complete={} interrupted={} absent={} reopen_ms={}",
            found[0],
            found[1] + held,
            found[2],
            slowest.as_millis()
        ),
    );
}

/// What is known of a killed program.
struct Round {
    ledger: Ledger,
    /// A trace that was open at a flush.
    held: Option<TraceId>,
}

/// Runs a program with options of its own and kills it.
fn kill_one(store: &Path, round: u64, random: &mut Random) -> Round {
    let bytes = [0, 100, 2_000, 40_000][random.below(4)];
    let overflow = ["block", "drop-trace"][random.below(2)];
    let flush_every = [1, 3, 10, 40, 0][random.below(5)];
    let program = Program::new("load", store.parent().expect("it has a directory"));
    let mut running = program
        .option("store", store.display())
        .option("seed", round)
        .option("bytes", bytes)
        .option("overflow", overflow)
        .option("flush-every", flush_every)
        .option("threads", 1 + random.below(4))
        .option("hold", 1)
        .start();
    // Now and then while it opens the store, else while it records.
    if random.below(8) > 0 {
        running.wait_for("ISSUE");
    }
    running.listen(Duration::from_micros(random.below(350_000) as u64));
    let ended = running.kill();
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
    let ledger = Ledger::of(round, bytes, &ended.lines);
    let held = ended.said("HELD").first().map(|id| parsed(id));
    Round { ledger, held }
}

/// What was open at a flush is there, and is not taken for running.
#[track_caller]
fn check_held(reader: &Reader, held: Option<TraceId>) {
    let Some(id) = held else { return };
    let trace = reader.get(&id).expect("the store is readable").expect("it was open at a flush");
    assert!(trace.info.interrupted && trace.info.state == TraceState::InProgress, "{:?}", trace.info);
    let root = trace.root().expect("its root was written");
    assert_eq!((root.name.as_str(), root.inputs()), ("held", Some("held".into())));
}

/// How long the next program waits before it can write and read.
fn reopened(store: &Path) -> Duration {
    let begun = Instant::now();
    let loom = Spanloom::builder().store(store).start().expect("the store opens after a kill");
    loom.search_traces_blocking(SearchTraces::new().max_results(1)).expect("the store is readable");
    let took = begun.elapsed();
    loom.shutdown_blocking(Duration::from_secs(10)).expect("nothing keeps it");
    assert!(took <= REOPEN_LIMIT, "the store was usable after {took:?}");
    took
}
