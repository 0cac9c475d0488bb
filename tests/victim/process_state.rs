//! What the kernel says of this process. Empty where there is no `/proc`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Threads and open files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) threads: usize,
    pub(crate) files: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        Self { threads: entries("/proc/self/task"), files: entries("/proc/self/fd") }
    }

    /// Waits until no more is used than this; a thread that was ended may need a moment to be gone.
    pub(crate) fn settled_to(self) -> Self {
        let patience = Instant::now() + Duration::from_secs(2);
        loop {
            let now = Self::now();
            if (now.threads <= self.threads && now.files <= self.files) || Instant::now() > patience {
                return now;
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

fn entries(directory: &str) -> usize {
    std::fs::read_dir(directory).map_or(0, Iterator::count)
}

/// User and system time of all threads, in clock ticks (10 ms each).
pub(crate) fn cpu_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    // Fields 14 and 15 of proc(5), counted from the one after the name.
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

/// Signals that are blocked, ignored and caught, and the umask, as the kernel writes them.
pub(crate) fn dispositions() -> BTreeMap<String, String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let wanted = ["SigBlk", "SigIgn", "SigCgt", "Umask", "NoNewPrivs", "Seccomp"];
    let lines = status.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(key, _)| wanted.contains(key))
        .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
        .collect()
}
