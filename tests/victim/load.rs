//! Records on several threads, flushes now and then, and says what was acknowledged: until it is killed, or until a
//! number of traces.
//!
//! `OPENED <ms>` says how long the store took to open. With `--hold 1`, `HOLD <trace>` names a trace that stays open
//! until stdin ends, and `HELD <trace>` says that a flush was successful while it was open; other threads record
//! meanwhile.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use spanloom::{Overflow, Spanloom, TraceId};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::record::record;
use crate::say::say;

struct Load<'a> {
    loom: &'a Spanloom,
    seed: u64,
    bytes: usize,
    /// Traces between two flushes of a thread; 0 for none.
    flush_every: u64,
    /// Numbers at which to stop.
    end: u64,
    next: AtomicU64,
    /// Ended on any thread, and not yet acknowledged.
    ended: Mutex<Vec<TraceId>>,
}

/// Generous: under a loaded machine an fsync can take long, and a time-out only means that nothing is acknowledged.
const FLUSH_DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let begun = Instant::now();
    let overflow = match arguments.text("overflow")? {
        "block" => Overflow::Block { deadline: Duration::from_secs(20) },
        _ => Overflow::DropTrace,
    };
    let loom = Spanloom::builder().store(arguments.text("store")?).overflow(overflow).install()?;
    say(&format!("OPENED {}", begun.elapsed().as_millis()));
    let load = Load {
        loom: &loom,
        seed: arguments.number("seed", 0)?,
        bytes: arguments.number("bytes", 100)?,
        flush_every: arguments.number("flush-every", 10)?,
        end: arguments.number("traces", u64::MAX)?,
        next: AtomicU64::new(0),
        ended: Mutex::default(),
    };
    let holds = arguments.number("hold", 0)? == 1;
    let threads: usize = arguments.number("threads", 1)?;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| load.record_until_the_end());
        }
        if holds {
            hold(&loom);
        }
    });
    let report = loom.shutdown_blocking(FLUSH_DEADLINE)?;
    say(&format!("COUNTS {}", serde_json::to_string(&loom.conservation())?));
    say(&format!("REPORT {}", serde_json::to_string(&report)?));
    Ok(())
}

/// Keeps a trace open until stdin ends. Its name is no plan's.
fn hold(loom: &Spanloom) {
    let root = loom.root_span("held").start();
    root.set_inputs("held");
    say(&format!("HOLD {}", root.trace_id()));
    if loom.flush_blocking(FLUSH_DEADLINE).is_ok() {
        say(&format!("HELD {}", root.trace_id()));
    }
    let mut rest = Vec::new();
    // An error is an end too.
    let _ = std::io::stdin().read_to_end(&mut rest);
    root.end();
}

impl Load<'_> {
    fn record_until_the_end(&self) {
        let mut recorded = 0_u64;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.end {
                return self.acknowledge();
            }
            if let Some(id) = record(self.loom, self.seed, number, self.bytes) {
                self.ended.lock().expect("no one panics with it").push(id);
            }
            recorded += 1;
            if self.flush_every > 0 && recorded.is_multiple_of(self.flush_every) {
                self.acknowledge();
            }
        }
    }

    /// Flushes, and then acknowledges whatever had ended before on any thread.
    fn acknowledge(&self) {
        let ended = std::mem::take(&mut *self.ended.lock().expect("no one panics with it"));
        match self.loom.flush_blocking(FLUSH_DEADLINE) {
            Ok(()) => {
                let counts = serde_json::to_string(&self.loom.conservation()).expect("counts are plain numbers");
                say(&format!("COUNTS {counts}"));
                ended.iter().for_each(|id| say(&format!("ACK {id}")));
            }
            Err(error) => say(&format!("UNACKNOWLEDGED {error}")),
        }
    }
}
