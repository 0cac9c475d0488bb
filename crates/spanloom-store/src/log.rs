//! SQLite's write-ahead log: when it is moved into the file, and how long it may become.
//!
//! SQLite would do it by itself, but swallow what goes wrong: a sync that failed there would make a later one look good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};

use crate::connection::PAGE_BYTES;
use crate::location::Location;
use crate::retention::budget::Budget;

/// A page in the log has a header.
pub(crate) const LOG_PAGE_BYTES: u64 = PAGE_BYTES as u64 + 24;
/// Longer than this, someone reads for too long.
const PINNED_BYTES: u64 = 64 << 20;
const SAID_EVERY: Duration = Duration::from_secs(60);
/// How long an emptying waits for readers.
const PATIENCE: Duration = Duration::from_millis(250);

/// What is known of the log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Set by SQLite after each commit.
    pages: Arc<AtomicU32>,
    /// As of the last attempt to move it.
    tried_at: u64,
    said: Option<Instant>,
}

impl Log {
    /// Has a connection say how long the log is after each of its commits.
    pub(crate) fn watch(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let pages = Arc::clone(&self.pages);
        self.tried_at = 0;
        connection.wal_hook(Some(move |_: &mut _, count| {
            pages.store(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Moves the log into the file when it is long enough; readers keep what they still need.
    pub(crate) fn committed(&mut self, connection: &Connection, budget: &Budget) -> rusqlite::Result<()> {
        let bytes = u64::from(self.pages.load(Ordering::Relaxed)) * LOG_PAGE_BYTES;
        if bytes < budget.checkpoint {
            self.tried_at = 0;
            return Ok(());
        }
        // What could not be moved the last time is worth another attempt when there is more.
        if bytes >= self.tried_at && bytes < self.tried_at.saturating_add(budget.checkpoint / 2) && self.tried_at > 0 {
            return Ok(());
        }
        self.tried_at = bytes;
        self.complain_if_pinned(bytes);
        connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE).map(drop)
    }

    fn complain_if_pinned(&mut self, bytes: u64) {
        if bytes > PINNED_BYTES && self.said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
            self.said = Some(Instant::now());
            tracing::warn!(bytes, "wal_pinned: someone reads the store for too long, and its log grows");
        }
    }

    /// Moves all of the log into the file and empties it; false when a reader was in the way.
    pub(crate) fn empty(&mut self, connection: &Connection, busy_timeout: Duration) -> rusqlite::Result<bool> {
        connection.busy_timeout(PATIENCE.min(busy_timeout))?;
        let emptied = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE);
        connection.busy_timeout(busy_timeout)?;
        self.tried_at = 0;
        match emptied {
            Ok(_) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// How long the file or the log is, whichever is longer.
pub(crate) fn longest_bytes(location: &Location) -> u64 {
    let file = location.beside("").and_then(|path| path.metadata().ok()).map_or(0, |found| found.len());
    file.max(file_bytes(location))
}

/// How long the log's file is. By name: opening a file of the store would take SQLite's locks away.
pub(crate) fn file_bytes(location: &Location) -> u64 {
    location.beside("-wal").and_then(|path| path.metadata().ok()).map_or(0, |found| found.len())
}
