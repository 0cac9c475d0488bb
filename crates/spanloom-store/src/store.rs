//! The writing side of a store.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use spanloom_core::StoreError;

use crate::connection;
use crate::error::unusable;
use crate::labels::LabelCache;
use crate::live::LiveTraces;
use crate::location::Location;
use crate::payload::Sealer;
use crate::{Reader, migrations, schema, writers};

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// How long to wait for another process that is writing. Default 30 s.
    pub busy_timeout: Duration,
}

impl StoreOptions {
    /// See [`busy_timeout`](Self::busy_timeout).
    pub const DEFAULT_BUSY_TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout: Self::DEFAULT_BUSY_TIMEOUT }
    }
}

/// The writing side of a store: [`TraceStore`](spanloom_core::TraceStore) on one SQLite file.
///
/// Several processes may write the same file, each through its own `Store`; they take turns. Its traces are read
/// through a [`Reader`], from any thread and any process. Everything blocks.
///
/// Dropping it says that its open traces are not written any more: readers then show them as interrupted.
pub struct Store {
    pub(crate) location: Location,
    pub(crate) connection: Connection,
    pub(crate) options: StoreOptions,
    pub(crate) session: Session,
    pub(crate) sealer: Sealer,
}

/// What is remembered from one commit to the next. After a failed one it may be wrong, and is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The row of this store among the writers, once it has one.
    pub(crate) writer: Option<i64>,
    pub(crate) labels: LabelCache,
    /// `None` until it is read from the rows.
    pub(crate) live: Option<LiveTraces>,
    pub(crate) last_beat: Option<Instant>,
}

impl Store {
    /// Opens a store, or makes one: the file and its directory, readable by their owner alone.
    ///
    /// # Errors
    /// When the path is a directory, a link, a pipe or on a network file system; when the file is not a store, is of a
    /// newer version or damaged; and when it cannot be read and written.
    pub fn open(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, StoreError> {
        Self::at(Location::create_file(path.as_ref())?, options)
    }

    /// A store in memory, which goes when it and its readers are dropped.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::at(Location::new_memory(), StoreOptions::default())
    }

    /// A reader of this store.
    ///
    /// # Errors
    /// When the file has gone or cannot be read.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::at(self.location.clone())
    }

    /// The file, as it was given; a name in memory that no one else has, for a store without one.
    pub fn path(&self) -> &str {
        self.location.shown()
    }

    fn at(location: Location, options: StoreOptions) -> Result<Self, StoreError> {
        let mut connection = connection::writing(&location, options.busy_timeout)?;
        migrations::migrate(&mut connection, location.shown())?;
        schema::verify(&connection, location.shown())?;
        let sealer = Sealer::new().map_err(|_| unusable(location.shown(), "there is no memory to compress with"))?;
        Ok(Self { location, connection, options, session: Session::default(), sealer })
    }
}

impl Drop for Store {
    /// Best effort: a writer that could not say goodbye is recognised by its process, or by its silence; what could not be
    /// moved from the log into the file is read from the log.
    fn drop(&mut self) {
        if let Err(error) = self.say_goodbye() {
            tracing::warn!(%error, "the store could not be told that its writer ended");
        }
    }
}

impl Store {
    /// Closes this writer's row, and moves the log into the file, so that the file alone is the store while no one writes.
    fn say_goodbye(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(LAST_WAIT)?;
        if let Some(writer) = self.session.writer {
            writers::close(&self.connection, writer)?;
        }
        // Someone who reads at this moment keeps the log from being emptied; that is no error.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

/// How long the end of a program may wait for another process that is writing.
const LAST_WAIT: Duration = Duration::from_millis(100);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("location", &self.location)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
