//! Ways to end a program that has an installed engine.
//!
//! The engine is installed by `spanloom::init`, so the store comes from `SPANLOOM_STORE`. `ENDED <trace> <ms>` says when
//! a trace had ended, and `ABORT <ms>` when the program aborted, both since its start.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use spanloom::Spanloom;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::record::record;
use crate::say::say;

const SEED: u64 = 10;
const BYTES: usize = 100;
const TRACES: u64 = 50;

static KEPT: OnceLock<Spanloom> = OnceLock::new();

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match arguments.text("how")? {
        "statement" => {
            spanloom::init()?;
            record_some();
        }
        "return" => {
            let _loom = spanloom::init()?;
            record_some();
        }
        "code" => {
            let _loom = spanloom::init()?;
            record_some();
            std::process::exit(arguments.number("code", 0)?);
        }
        "panic" => {
            let _loom = spanloom::init()?;
            record_some();
            panic!("on purpose");
        }
        "error" => {
            let _loom = spanloom::init()?;
            record_some();
            return Err("on purpose".into());
        }
        "static" => {
            KEPT.set(spanloom::init()?).map_err(|_| "set once")?;
            record_some();
        }
        "leaked" => {
            std::mem::forget(spanloom::init()?);
            record_some();
        }
        "worker" => exit_beside_a_worker()?,
        "abort" => abort_while_recording()?,
        other => return Err(format!("`{other}` is no way to exit").into()),
    }
    Ok(())
}

/// Through the global engine, as a program without a handle does.
fn record_some() {
    let loom = spanloom::global().expect("it was installed");
    for number in 0..TRACES {
        record_and_tell(&loom, number, Instant::now());
    }
}

fn record_and_tell(loom: &Spanloom, number: u64, start: Instant) {
    if let Some(id) = record(loom, SEED, number, BYTES) {
        say(&format!("ENDED {id} {}", start.elapsed().as_millis()));
    }
}

fn exit_beside_a_worker() -> Outcome {
    let loom = spanloom::init()?;
    let worker = loom.clone();
    let (first, is_first) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for number in TRACES.. {
            let told = record(&worker, SEED, number, BYTES);
            // The main thread has left when no one listens.
            if first.send(()).is_err() && told.is_none() {
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
    });
    record_some();
    is_first.recv()?;
    Ok(())
}

/// Long enough for the loss window to be a part of it.
fn abort_while_recording() -> Outcome {
    let _loom = spanloom::init()?;
    let loom = spanloom::global().ok_or("it was installed")?;
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < Duration::from_millis(1_500) {
        record_and_tell(&loom, number, start);
        number += 1;
        std::thread::park_timeout(Duration::from_millis(1));
    }
    say(&format!("ABORT {}", start.elapsed().as_millis()));
    std::process::abort();
}
