//! What is done after a read, a write or a sync has failed, or the file has gone.
//!
//! After a failed sync the system may take pages for written that are not, and the next sync looks good. So nothing is
//! trusted: the connection is closed without moving its log, and opened again, which has SQLite check the log; the log is
//! then copied into the file and the file is synced. What that has lost is written again by the engine, which keeps
//! everything since the last good sync.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use spanloom_core::StoreError;

use crate::error::{Fault, classify};
use crate::store::Store;
use crate::{connection, file_guard, migrations, schema};

/// How often it is looked whether the file is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const COPY_ATTEMPTS: u32 = 3;

impl Store {
    /// To be called before anything is done with the connection.
    ///
    /// # Errors
    /// When it is in doubt and cannot be opened again.
    pub(crate) fn ready(&mut self) -> Result<(), StoreError> {
        if !self.doubtful && self.last_look.elapsed() >= LOOK_EVERY {
            self.last_look = Instant::now();
            self.doubtful = self.location.path().is_some_and(|path| file_guard::file_id(path) != self.file_id);
        }
        if self.doubtful { self.recover() } else { Ok(()) }
    }

    fn recover(&mut self) -> Result<(), StoreError> {
        let outcome = self.reopen();
        self.doubtful = outcome.is_err();
        match outcome {
            Ok(()) => {
                tracing::warn!(store = self.location.shown(), "the store was closed and opened again after a failure")
            }
            Err(ref error) => tracing::debug!(%error, "the store cannot be opened again yet"),
        }
        outcome
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let shown = self.location.shown().to_owned();
        let sql = |error| retryable(classify(&shown, error));
        self.close().map_err(sql)?;
        self.session.forget();
        let anew = self.location.restore()?;
        self.connection =
            connection::writing(&self.location, self.options.busy_timeout, &self.keeper.budget).map_err(retryable)?;
        self.log.watch(&mut self.connection).map_err(sql)?;
        if anew {
            migrations::migrate(&mut self.connection, &shown).map_err(retryable)?;
            self.go_on_after_the_last_position().map_err(sql)?;
        }
        schema::verify(&self.connection, &shown)?;
        self.file_id = self.location.path().and_then(file_guard::file_id);
        self.copy_log().map_err(|fault| match fault {
            Fault::Sql(error) => sql(error),
            fault => fault.at(&shown),
        })
    }

    /// Copies the log into the file and syncs that. After a failure SQLite copies all of it once more, so another attempt is
    /// worth as much as the first.
    fn copy_log(&mut self) -> Result<(), Fault> {
        let mut attempt = 1;
        loop {
            match self.empty_log() {
                Ok(_) => return Ok(()),
                Err(fault) if attempt == COPY_ATTEMPTS => return Err(fault),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Closes the connection; what is in its place holds nothing.
    fn close(&mut self) -> rusqlite::Result<()> {
        // Best effort: without it the close moves the log as it is.
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        drop(std::mem::replace(&mut self.connection, Connection::open_in_memory()?));
        Ok(())
    }

    /// Destinations go by positions, which must not come twice: the file has gone, the engine has not.
    fn go_on_after_the_last_position(&mut self) -> rusqlite::Result<()> {
        self.session.writer = None;
        self.session.enrolled = false;
        self.connection
            .execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('traces', ?1)", [self.session.last])
            .map(drop)
    }
}

/// While it is being opened again, whatever fails may be over later.
fn retryable(error: StoreError) -> StoreError {
    match error {
        StoreError::Unusable { path, what, source } => {
            StoreError::Io { path, source: source.unwrap_or_else(|| what.into()) }
        }
        other => other,
    }
}
