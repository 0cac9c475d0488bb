//! What the limit of a store, and the process's own limit on files, allow each of its files.
//!
//! # Invariants
//! - File and log together stay below the limit.
//! - The ballast is larger than the log may become, so that a log can be moved into the file on a full disk.

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What the limit of a store allows each of its files, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Of the file, at most.
    pub(crate) file: u64,
    /// Of the pages in use; above it the oldest traces go.
    pub(crate) high: u64,
    /// Of the log, when it is moved into the file.
    pub(crate) checkpoint: u64,
    /// Of the log, when it is empty.
    pub(crate) log_kept: u64,
    /// Of the log, at most: a longer one would be the end of the process.
    pub(crate) log_most: Option<u64>,
    /// Of one transaction, about; one trace is never divided.
    pub(crate) transaction: u64,
    pub(crate) ballast: u64,
}

/// The log of a store without a limit: with it the ballast has 8 MiB.
const LOG_KEPT: u64 = 6 * MIB;
/// The least log with which a trace of some size can be written.
const LEAST_LOG: u64 = 256 * KIB;
/// How much is freed ahead of need.
const MOST_AHEAD: u64 = 32 * MIB;
/// The least file that a process must be allowed to write.
pub(crate) const LEAST_FILE: u64 = MIB;

impl Budget {
    /// The shares in a store of `limit` bytes, in a process that may not write files longer than `file_size_limit`.
    ///
    /// # Errors
    /// When that is less than [`LEAST_FILE`], with it.
    pub(crate) fn of(limit: u64, file_size_limit: Option<u64>) -> Result<Self, u64> {
        if let Some(too_small) = file_size_limit.filter(|limit| *limit < LEAST_FILE) {
            return Err(too_small);
        }
        let longest = file_size_limit.unwrap_or(u64::MAX);
        let log_kept = LOG_KEPT.min(limit / 8).min(longest / 4).max(LEAST_LOG);
        let file = limit.saturating_sub(log_kept).min(longest);
        Ok(Self {
            file,
            high: file - (file / 8).min(MOST_AHEAD),
            checkpoint: log_kept / 2,
            log_kept,
            log_most: file_size_limit,
            transaction: (log_kept / 2).min(file / 8),
            ballast: log_kept / 3 * 4,
        })
    }

    /// The most that one trace may add to the log.
    pub(crate) fn largest_trace(&self) -> u64 {
        (self.high / 2).min(self.log_most.unwrap_or(u64::MAX) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_of_the_default_is_8_mib_and_more_than_a_log_and_a_quarter() {
        let budget = Budget::of(2 << 30, None).expect("no limit on files");
        assert_eq!((budget.ballast, budget.log_kept), (8 * MIB, 6 * MIB));
        assert!(budget.ballast * 4 >= budget.log_kept * 5);
        assert!(budget.checkpoint + budget.transaction <= budget.log_kept);
    }

    #[test]
    fn file_and_log_are_within_the_limit_whatever_it_is() {
        for limit in [MIB, 3 * MIB, 64 * MIB, 1 << 40, u64::MAX] {
            let budget = Budget::of(limit, None).expect("no limit on files");
            assert!(budget.file + budget.log_kept <= limit && budget.high < budget.file, "{budget:?}");
            assert!(budget.ballast * 4 >= budget.log_kept * 5 && budget.log_most.is_none(), "{budget:?}");
        }
    }

    #[test]
    fn no_file_may_be_longer_than_the_process_may_write() {
        for longest in [LEAST_FILE, 5 * MIB, 100 * MIB] {
            let budget = Budget::of(2 << 30, Some(longest)).expect("large enough");
            assert!(budget.file <= longest && budget.ballast <= longest && budget.log_kept < longest, "{budget:?}");
            assert!(budget.largest_trace() + budget.log_kept <= longest, "{budget:?}");
        }
        assert_eq!(Budget::of(2 << 30, Some(LEAST_FILE - 1)), Err(LEAST_FILE - 1));
        assert_eq!(Budget::of(2 << 30, Some(0)), Err(0));
    }
}
