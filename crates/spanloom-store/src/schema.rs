//! What makes a file a Spanloom store of this version: its mark, its version, its tables.

use rusqlite::Connection;
use spanloom_core::StoreError;

use crate::error::{classify, unusable};
use crate::migrations::MIGRATIONS;

/// The version this crate writes and reads.
pub(crate) const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;
/// `application_id` in the file's header: the letters `SPLM`.
pub(crate) const APPLICATION_ID: i32 = 0x5350_4c4d;

/// What a file says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Nothing is in it yet.
    Empty,
    /// A store of this version, older or newer.
    Store(u32),
    /// A database of some other program.
    Foreign,
}

impl FileKind {
    pub(crate) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(match (application, version, objects) {
            (APPLICATION_ID, version, _) => Self::Store(version),
            (0, 0, 0) => Self::Empty,
            _ => Self::Foreign,
        })
    }

    /// Refuses what this crate cannot use; gives the version, 0 for an empty file.
    pub(crate) fn version(self, path: &str) -> Result<u32, StoreError> {
        match self {
            Self::Empty => Ok(0),
            Self::Store(version) if version <= SCHEMA_VERSION => Ok(version),
            Self::Store(version) => Err(unusable(
                path,
                format!(
                    "it has schema {version} and this version of Spanloom knows schemas up to {SCHEMA_VERSION}: update Spanloom"
                ),
            )),
            Self::Foreign => Err(unusable(path, "it is a database of another program: choose another path")),
        }
    }
}

/// Checks that the tables are exactly ours: a crafted file could otherwise run triggers or views of its own.
///
/// # Errors
/// When there is a table, index, view or trigger too many, too few or different.
pub(crate) fn verify(connection: &Connection, path: &str) -> Result<(), StoreError> {
    let found = objects(connection).map_err(|error| classify(path, error))?;
    let expected = expected().map_err(|error| classify(path, error))?;
    match found
        .iter()
        .find(|object| !expected.contains(object))
        .or_else(|| expected.iter().find(|o| !found.contains(o)))
    {
        None => Ok(()),
        Some((name, _)) => {
            Err(StoreError::Corrupt { path: path.to_owned(), what: format!("its `{name}` is not as Spanloom made it") })
        }
    }
}

fn expected() -> rusqlite::Result<Vec<(String, String)>> {
    let fresh = Connection::open_in_memory()?;
    for migration in MIGRATIONS {
        fresh.execute_batch(migration)?;
    }
    objects(&fresh)
}

/// Name and definition of everything but SQLite's own tables.
fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT name, coalesce(sql, type) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
