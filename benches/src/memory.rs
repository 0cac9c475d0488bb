//! Memory of this process, as the kernel counts it.

/// Resident bytes; `None` where the system does not say (it is read from `/proc`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resident {
    /// Now.
    pub(crate) now: u64,
    /// The most there ever was.
    pub(crate) peak: u64,
}

impl Resident {
    /// Reads both.
    pub(crate) fn read() -> Option<Self> {
        parse(&std::fs::read_to_string("/proc/self/status").ok()?)
    }
}

fn parse(status: &str) -> Option<Resident> {
    let bytes = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    Some(Resident { now: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn resident_memory_is_read_from_the_status_file() {
        let read = parse("Name:\tcompare\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n")
            .expect("both lines stand there");
        assert_eq!((read.now, read.peak), (1 << 20, 2 << 20));
    }

    #[test]
    fn a_status_without_the_lines_has_no_answer() {
        assert!(parse("Name:\tcompare\n").is_none());
    }
}
