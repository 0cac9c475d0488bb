//! Forks while other threads record. With `--own-engine 1` each child starts an engine of its own.
//!
//! `CHILD <round> <ms> <code>` for each child that ended, `STUCK <round>` for one that did not, and was killed. A child's code is 0 when
//! all went well in it; it says nothing itself, for it may have inherited a locked stdout.

use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fork::Fork;
use spanloom::{Overflow, Spanloom};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::record::record;
use crate::say::say;
use crate::sinks::{Answer, scripted};

const RECORDERS: usize = 4;
const SEED: u64 = 9;
const BYTES: usize = 100;
const DEADLINE: Duration = Duration::from_secs(20);
/// A child that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let overflow = Overflow::Block { deadline: DEADLINE };
    let loom = Spanloom::builder().store(arguments.text("store")?).overflow(overflow).install()?;
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    // Each thread has what it records with before the first fork.
    let ready = Barrier::new(RECORDERS + 1);
    let forks: u32 = arguments.number("forks", 1)?;
    let own_engine = arguments.number("own-engine", 0)? == 1;
    let record_next = || record(&loom, SEED, next.fetch_add(1, Ordering::Relaxed), BYTES);
    std::thread::scope(|scope| {
        for _ in 0..RECORDERS {
            scope.spawn(|| {
                record_next();
                ready.wait();
                while !over.load(Ordering::Acquire) {
                    record_next();
                    // At full speed the machine would be busy with the backlog, and not with forks.
                    std::thread::park_timeout(Duration::from_millis(1));
                }
            });
        }
        ready.wait();
        let forked = (0..forks).try_for_each(|round| {
            record_next();
            fork_once(&loom, round, own_engine)
        });
        over.store(true, Ordering::Release);
        forked
    })?;
    let report = loom.shutdown_blocking(DEADLINE)?;
    say(&format!("COUNTS {}", serde_json::to_string(&loom.conservation())?));
    say(&format!("REPORT {}", serde_json::to_string(&report)?));
    Ok(())
}

fn fork_once(loom: &Spanloom, round: u32, own_engine: bool) -> std::io::Result<()> {
    let begun = Instant::now();
    match fork::fork()? {
        Fork::Child => std::process::exit(in_the_child(loom, own_engine)),
        Fork::Parent(pid) => loop {
            if let Some(status) = fork::waitpid_nohang(pid)? {
                // As wait(2) has it: the signal in the low seven bits, the code in the byte above.
                let code = if status & 0x7f == 0 { status >> 8 & 0xff } else { -(status & 0x7f) };
                say(&format!("CHILD {round} {} {code}", begun.elapsed().as_millis()));
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                say(&format!("STUCK {round}"));
                // It would outlive this program, and keep its stdout open.
                Command::new("kill").args(["-9", &pid.to_string()]).status()?;
                return Err(std::io::Error::other("a child hangs"));
            }
            std::thread::park_timeout(Duration::from_millis(1));
        },
    }
}

/// Everything here is either without effect, or refused, or in an engine of the child's own.
fn in_the_child(loom: &Spanloom, own_engine: bool) -> i32 {
    for _ in 0..100 {
        let root = loom.root_span("of a fork's child").start();
        let _active = root.enter();
        spanloom::start_span("of a fork's child").set_inputs("nothing of this is stored");
    }
    if loom.flush_blocking(DEADLINE).is_ok() || loom.shutdown_blocking(DEADLINE).is_ok() {
        return 2;
    }
    drop(loom.clone());
    if own_engine { with_an_engine_of_its_own() } else { 0 }
}

/// Without a store: the locks inside SQLite cannot be freed in a child, whoever held them.
fn with_an_engine_of_its_own() -> i32 {
    let Ok(own) = scripted(Spanloom::builder().no_store(), Answer::Ok).start() else { return 3 };
    let root = own.root_span("own").start();
    root.child("part").start().end();
    drop(root);
    if own.flush_blocking(DEADLINE).is_err() {
        return 4;
    }
    match own.shutdown_blocking(DEADLINE) {
        Ok(report) if report.delivered == 2 && report.lost.is_empty() => 0,
        Ok(_) => 5,
        Err(_) => 6,
    }
}
