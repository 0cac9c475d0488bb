//! CPU and wall time.
//!
//! CPU time of the threads that create the spans is what the tables call foreground: a neighbour that preempts them
//! does not add to it. CPU time of the process has every background thread in it.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread, in nanoseconds.
pub(crate) fn thread_cpu_ns() -> u64 {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of the process, in nanoseconds: all threads, those that have exited too.
pub(crate) fn process_cpu_ns() -> u64 {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)).unwrap_or(0)
}

/// Nanoseconds since an instant.
pub(crate) fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// What a piece of work took on the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// CPU time of the thread.
    pub(crate) cpu_ns: u64,
    /// Wall time.
    pub(crate) wall_ns: u64,
}

impl Cost {
    /// Does the work and says what it took.
    pub(crate) fn of(work: impl FnOnce()) -> Self {
        let cpu = thread_cpu_ns();
        let start = Instant::now();
        work();
        let wall_ns = since(start);
        Self { cpu_ns: thread_cpu_ns() - cpu, wall_ns }
    }
}

/// Uses the CPU for this long.
pub(crate) fn burn(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}

/// Lets time pass on this thread.
#[expect(clippy::disallowed_methods, reason = "what happens while nothing is asked is what is measured")]
pub(crate) fn rest(duration: Duration) {
    std::thread::sleep(duration);
}
