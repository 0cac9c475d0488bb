//! How a connection is set up: every pragma, limit and switch, in one place.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, TransactionBehavior};
use spanloom_core::StoreError;

use crate::error::{classify, unusable};
use crate::functions;
use crate::location::{Access, Location};
use crate::retention::budget::Budget;

/// The first SQLite whose write-ahead log cannot lose committed rows when two connections write and checkpoint.
const OLDEST_SQLITE: i32 = 3_051_003;
pub(crate) const PAGE_BYTES: u32 = 8192;
const LONGEST_VALUE_BYTES: i32 = 320 << 20;
/// As many attempts as a switch to the write-ahead log gets while other processes open the same new file.
const WAL_ATTEMPTS: u32 = 100;

/// A connection that may write. The schema is not looked at yet.
///
/// It never moves the log into the file by itself; see [`crate::log`].
pub(crate) fn writing(location: &Location, busy_timeout: Duration, budget: &Budget) -> Result<Connection, StoreError> {
    check_sqlite(location)?;
    let mut connection = location.connect(Access::Write)?;
    let sql = |error| classify(location.shown(), error);
    guard(&connection, busy_timeout).map_err(sql)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(sql)?;
    // Only possible before the first table; lets retention give space back.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(sql)?;
    if location.path().is_some() {
        use_wal(&mut connection, location)?;
    }
    tune(&connection, budget).map_err(sql)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn reading(location: &Location, busy_timeout: Duration) -> Result<Connection, StoreError> {
    check_sqlite(location)?;
    let connection = location.connect(Access::Read)?;
    let sql = |error| classify(location.shown(), error);
    guard(&connection, busy_timeout).map_err(sql)?;
    connection.pragma_update(None, "query_only", true).map_err(sql)?;
    functions::register(&connection).map_err(sql)?;
    Ok(connection)
}

fn check_sqlite(location: &Location) -> Result<(), StoreError> {
    if rusqlite::version_number() >= OLDEST_SQLITE {
        return Ok(());
    }
    let found = rusqlite::version();
    Err(unusable(location.shown(), format!("SQLite {found} can lose committed data: build with 3.51.3 or newer")))
}

/// What protects the process and the data from a crafted or damaged file.
fn guard(connection: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    // Read errors of a mapped file are signals, which would kill the host.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn tune(connection: &Connection, budget: &Budget) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "journal_size_limit", budget.log_kept.cast_signed())?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    limit_pages(connection, budget)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -16_384)
}

/// From here on the file cannot grow beyond its limit; one that is larger stays as large as it is.
pub(crate) fn limit_pages(connection: &Connection, budget: &Budget) -> rusqlite::Result<()> {
    let pages = (budget.file / u64::from(PAGE_BYTES)).min(u64::from(u32::MAX - 1));
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
}

/// SQLite answers "busy" at once, without waiting, while another connection makes the same switch; waiting for the
/// write lock and trying again does wait.
fn use_wal(connection: &mut Connection, location: &Location) -> Result<(), StoreError> {
    let sql = |error| classify(location.shown(), error);
    for _ in 0..WAL_ATTEMPTS {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {}
            Err(error) if is_busy(&error) => {}
            Err(error) => return Err(sql(error)),
        }
        let waited = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        waited.rollback().map_err(sql)?;
    }
    Err(unusable(location.shown(), "its file system cannot hold SQLite's write-ahead log: use a local disk"))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}
