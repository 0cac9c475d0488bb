//! What is done when there is no room: in the file, on the disk, or for the log.

use rusqlite::ErrorCode;
use spanloom_core::StoreError;

use crate::error::Fault;
use crate::log::{self, LOG_PAGE_BYTES};
use crate::retention::policy::Goal;
use crate::retention::upkeep::usage;
use crate::store::Store;

/// Pages that one removed trace changes, about: its row, its indexes, its labels.
const PAGES_OF_A_TRACE: u64 = 40;
/// With less than this a commit on a disk may have failed for want of room.
const LITTLE: u64 = 4 << 20;

impl Store {
    /// Makes room for about `needed` bytes after something has failed for want of it; whether another attempt is worth it.
    pub(crate) fn make_room(&mut self, needed: u64) -> bool {
        match self.try_to_make_room(needed) {
            Ok(made) => made,
            Err(fault) => {
                // What it is about is said by the attempt that follows.
                let error = self.judge(fault);
                tracing::debug!(%error, "no room could be made in the store");
                false
            }
        }
    }

    fn try_to_make_room(&mut self, needed: u64) -> Result<bool, Fault> {
        let disk_is_full = self.is_disk_short(needed);
        let mut made = false;
        if disk_is_full && let Some(ballast) = &self.ballast {
            ballast.release();
            made |= log::file_bytes(&self.location) > 0;
            self.empty_log()?;
        }
        let outcome = self.retire_for(needed, disk_is_full);
        if disk_is_full && let Some(ballast) = &self.ballast {
            ballast.restore(0);
        }
        Ok(made | outcome?)
    }

    /// Removes the oldest traces until so much fits into the file; whether any went.
    fn retire_for(&mut self, needed: u64, disk_is_full: bool) -> Result<bool, Fault> {
        let mut made = false;
        loop {
            let used = usage(&self.connection)?.used;
            let excess = (used + needed).saturating_sub(self.keeper.budget.high);
            if excess == 0 {
                return Ok(made);
            }
            let removed = self.retire(Goal { excess, cutoff_ms: None })?;
            if disk_is_full {
                self.empty_log()?;
            }
            if removed == 0 {
                let over = used + needed > self.keeper.budget.file;
                return Ok(made | (over && self.give_up_journals()?));
            }
            made = true;
        }
    }

    /// What is complete comes before what is open, which is in memory as well; whether there was something.
    fn give_up_journals(&mut self) -> Result<bool, Fault> {
        let Some(writer) = self.session.writer else { return Ok(false) };
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let given_up = crate::live::give_up(&transaction, &mut self.session, writer)?;
        transaction.commit()?;
        if given_up > 0 {
            tracing::warn!(
                traces = given_up,
                "the store has no room for open traces: they are stored when they complete"
            );
        }
        Ok(given_up > 0)
    }

    fn is_disk_short(&self, needed: u64) -> bool {
        let Some(path) = self.location.path() else { return false };
        let free = crate::file_guard::free_bytes(path);
        free.is_some_and(|free| free < needed.saturating_mul(2) + LITTLE)
            || self.ballast.as_ref().is_some_and(crate::ballast::Ballast::is_disk_full)
    }

    pub(crate) fn empty_log(&mut self) -> Result<bool, Fault> {
        Ok(self.log.empty(&self.connection, self.options.busy_timeout)?)
    }

    /// Sees to it that a transaction that adds `cost` bytes to the log cannot make it longer than this process may write.
    ///
    /// # Errors
    /// [`Fault::Full`] when readers keep the log from being emptied.
    pub(crate) fn guard_log(&mut self, cost: u64) -> Result<(), Fault> {
        let Some(most) = self.keeper.budget.log_most else { return Ok(()) };
        // A process without this limit may have made the file longer; nothing behind the limit may be written.
        if log::longest_bytes(&self.location) > most {
            return Err(Fault::Full);
        }
        if log::file_bytes(&self.location).saturating_add(cost) <= most {
            return Ok(());
        }
        self.empty_log()?;
        if log::file_bytes(&self.location).saturating_add(cost) <= most { Ok(()) } else { Err(Fault::Full) }
    }

    /// How many traces are removed in one transaction.
    pub(crate) fn step_traces(&self) -> usize {
        const STEP: u64 = 64;
        let most = self.keeper.budget.log_most.map_or(STEP, |most| most / 4 / (PAGES_OF_A_TRACE * LOG_PAGE_BYTES));
        usize::try_from(most.clamp(1, STEP)).unwrap_or(1)
    }

    /// What that adds to the log at most, about.
    pub(crate) fn step_cost(&self) -> u64 {
        self.step_traces() as u64 * PAGES_OF_A_TRACE * LOG_PAGE_BYTES
    }

    /// What a fault means for this store. After one of reading or writing, nothing of the connection is trusted.
    pub(crate) fn judge(&mut self, fault: Fault) -> StoreError {
        let failed_io = match &fault {
            Fault::Sql(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly)
            ),
            Fault::Payload(..) | Fault::Full => false,
        };
        if !failed_io {
            return fault.at(self.location.shown());
        }
        self.doubtful = true;
        let path = self.location.shown().to_owned();
        match fault {
            Fault::Sql(error) if self.is_disk_short(0) => StoreError::Full { path, source: Box::new(error) },
            Fault::Sql(error) => StoreError::Io { path, source: Box::new(error) },
            fault => fault.at(self.location.shown()),
        }
    }

    /// Whether a fault is for want of room.
    pub(crate) fn is_for_want_of_room(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Full => true,
            Fault::Payload(..) => false,
            Fault::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => true,
                Some(ErrorCode::SystemIoFailure) => self.is_disk_short(0),
                _ => false,
            },
        }
    }
}

/// What opening a store failed for, when there was no room for SQLite's shared memory.
pub(crate) fn opened_on_full_disk(error: &StoreError) -> bool {
    matches!(error, StoreError::Full { .. } | StoreError::Io { .. })
}

/// The error of a log that cannot be emptied.
pub(crate) fn full(path: &str) -> StoreError {
    let source = "this process may not write longer files (RLIMIT_FSIZE), and readers keep the log from being emptied or the file is too long already";
    StoreError::Full { path: path.to_owned(), source: source.into() }
}
