//! Read-only connections, reused.
//!
//! # Invariants
//! - A connection is used by one thread at a time; the lock is held only while one is taken or given back.
//! - Each use is one transaction, so that what it reads belongs together.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use spanloom_core::StoreError;

use crate::connection;
use crate::error::{Fault, classify, unusable};
use crate::location::Location;
use crate::schema::{self, FileKind, SCHEMA_VERSION};

/// As many as are kept; more are opened when that many threads read at once.
const KEPT: usize = 4;
/// Readers wait only for the moments in which SQLite locks them out: recovery and the last close.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Pool {
    location: Location,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::at(Location::existing_file(path)?)
    }

    /// Checks once that the file is a store of this version.
    pub(crate) fn at(location: Location) -> Result<Self, StoreError> {
        let shown = location.shown();
        let connection = connection::reading(&location, BUSY_TIMEOUT)?;
        let kind = FileKind::of(&connection).map_err(|error| classify(shown, error))?;
        match kind.version(shown)? {
            SCHEMA_VERSION => schema::verify(&connection, shown)?,
            0 => return Err(unusable(shown, "it is empty: nothing has been recorded yet")),
            older => {
                let what =
                    format!("it has schema {older} and is upgraded to {SCHEMA_VERSION} when a program records to it");
                return Err(unusable(shown, what));
            }
        }
        Ok(Self { location, idle: Mutex::new(vec![connection]) })
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// Runs one read transaction.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            work(&transaction)
        })
    }

    /// Lends a connection.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connection::reading(&self.location, BUSY_TIMEOUT)?,
        };
        let done = work(&mut connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        drop(idle);
        done.map_err(|fault| fault.at(self.location.shown()))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("location", &self.location).finish_non_exhaustive()
    }
}
