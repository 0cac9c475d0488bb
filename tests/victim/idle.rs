//! Has an engine and nothing to trace. `IDLE <ticks>` is the processor time of all threads over a second and a half.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use spanloom::Spanloom;

use crate::Outcome;
use crate::process_state::cpu_ticks;
use crate::record::record;
use crate::say::say;
use crate::sinks::{Answer, scripted};

pub(crate) fn run() -> Outcome {
    let loom = scripted(Spanloom::builder().in_memory(), Answer::Ok).install()?;
    record(&loom, 4, 1, 1_000);
    loom.flush_blocking(Duration::from_secs(10))?;
    let (_keep, nothing): (_, Receiver<()>) = channel();
    // What the flush set going comes to rest.
    let _ = nothing.recv_timeout(Duration::from_millis(500));
    let before = cpu_ticks();
    let _ = nothing.recv_timeout(Duration::from_millis(1_500));
    if let (Some(before), Some(after)) = (before, cpu_ticks()) {
        say(&format!("IDLE {}", after - before));
    }
    Ok(())
}
