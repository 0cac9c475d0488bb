//! The writing side of a store.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use spanloom_core::{StoreError, TraceId};

use crate::ballast::Ballast;
use crate::error::unusable;
use crate::labels::LabelCache;
use crate::live::LiveTraces;
use crate::location::Location;
use crate::log::Log;
use crate::payload::Sealer;
use crate::retention::StoreLimits;
use crate::retention::budget::{Budget, LEAST_FILE};
use crate::retention::upkeep::Keeper;
use crate::{Reader, connection, file_guard, log, migrations, room, schema, writers};

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// How long to wait for another process that is writing. Default 30 s.
    pub busy_timeout: Duration,
    /// How much it keeps. [`StoreLimits::NONE`] for a program that leaves that to others.
    pub limits: StoreLimits,
}

impl StoreOptions {
    /// See [`busy_timeout`](Self::busy_timeout).
    pub const DEFAULT_BUSY_TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout: Self::DEFAULT_BUSY_TIMEOUT, limits: StoreLimits::default() }
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
    pub(crate) keeper: Keeper,
    pub(crate) log: Log,
    pub(crate) ballast: Option<Ballast>,
    /// Something failed to be read, written or synced: the connection is closed and opened before it is used again.
    pub(crate) doubtful: bool,
    /// Which file it was when it was opened.
    pub(crate) file_id: Option<(u64, u64)>,
    /// When that was last compared.
    pub(crate) last_look: Instant,
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
    /// The newest position.
    pub(crate) last: i64,
    /// The destinations that this process feeds, and whether the store knows of it.
    pub(crate) destinations: BTreeSet<String>,
    pub(crate) enrolled: bool,
    /// How far destinations are with what is being committed: they have not lost that.
    pub(crate) settling: BTreeMap<String, i64>,
    /// Open traces that the store has no room for.
    pub(crate) unjournalled: HashSet<TraceId>,
}

impl Store {
    /// Opens a store, or makes one: the file and its directory, readable by their owner alone.
    ///
    /// # Errors
    /// When the path is a directory, a link, a pipe or on a network file system; when the file is not a store, is of a
    /// newer version or damaged; when the process may not write files of 1 MiB (`RLIMIT_FSIZE`); and when it cannot be
    /// read and written.
    pub fn open(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, StoreError> {
        Self::at(Location::create_file(path.as_ref())?, options)
    }

    /// A store in memory, which goes when it and its readers are dropped.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::in_memory_with(StoreOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub fn in_memory_with(options: StoreOptions) -> Result<Self, StoreError> {
        Self::at(Location::new_memory(), options)
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
        let longest = location.path().and_then(|_| file_guard::file_size_limit());
        let budget =
            Budget::of(options.limits.bytes, longest).map_err(|found| too_small(&location, found, LEAST_FILE))?;
        let needed = log::longest_bytes(&location);
        if let Some(found) = longest.filter(|longest| *longest < needed) {
            return Err(too_small(&location, found, needed));
        }
        let ballast = Ballast::of(&location, budget.ballast);
        let mut log = Log::default();
        let mut opened = open(&location, &options, &budget, &mut log);
        if let (Err(error), Some(ballast)) = (&opened, &ballast)
            && room::opened_on_full_disk(error)
        {
            ballast.release();
            opened = open(&location, &options, &budget, &mut log);
        }
        let connection = opened?;
        if let Some(ballast) = &ballast {
            ballast.restore(budget.log_kept);
        }
        let sealer = Sealer::new().map_err(|_| unusable(location.shown(), "there is no memory to compress with"))?;
        Ok(Self {
            connection,
            sealer,
            session: Session::default(),
            keeper: Keeper::new(options.limits.clone(), budget),
            log,
            ballast,
            doubtful: false,
            file_id: location.path().and_then(file_guard::file_id),
            last_look: Instant::now(),
            location,
            options,
        })
    }
}

fn open(location: &Location, options: &StoreOptions, budget: &Budget, log: &mut Log) -> Result<Connection, StoreError> {
    let mut connection = connection::writing(location, options.busy_timeout, budget)?;
    migrations::migrate(&mut connection, location.shown())?;
    schema::verify(&connection, location.shown())?;
    log.watch(&mut connection).map_err(|error| crate::error::classify(location.shown(), error))?;
    Ok(connection)
}

fn too_small(location: &Location, found: u64, needed: u64) -> StoreError {
    let what = format!(
        "this process may write files of at most {found} bytes (RLIMIT_FSIZE) and this store needs {needed}: raise the limit (`ulimit -f`)"
    );
    unusable(location.shown(), what)
}

impl Drop for Store {
    /// Best effort: a writer that could not say goodbye is recognised by its process, or by its silence; what could not be
    /// moved from the log into the file is read from the log.
    fn drop(&mut self) {
        if self.doubtful {
            return;
        }
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
