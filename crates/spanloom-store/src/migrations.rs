//! The steps from each schema to the next, as `user_version` counts them.
//!
//! A list and a loop: the crate that is made for this asks for a newer compiler than the rest of the workspace.
//! All steps of an upgrade, and the new version number, are one transaction: after a crash the file has the old schema
//! or the new one.

use rusqlite::{Connection, TransactionBehavior};
use spanloom_core::StoreError;

use crate::error::classify;
use crate::schema::{APPLICATION_ID, FileKind, SCHEMA_VERSION};

/// Step `n` leads from schema `n` to schema `n + 1`. A released step is never changed.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/001_first.sql"),
    include_str!("../migrations/002_assessments.sql"),
    include_str!("../migrations/003_limits.sql"),
];

/// Brings a file to this version's schema.
///
/// # Errors
/// When it is of a newer version or another program, and when a step fails, which leaves it as it was.
pub(crate) fn migrate(connection: &mut Connection, path: &str) -> Result<(), StoreError> {
    if FileKind::of(connection).map_err(|error| classify(path, error))?.version(path)? == SCHEMA_VERSION {
        return Ok(());
    }
    let sql = |error| classify(path, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have upgraded it while this one waited for the lock.
    let version = FileKind::of(&transaction).map_err(sql)?.version(path)?;
    for step in &MIGRATIONS[version as usize..] {
        transaction.execute_batch(step).map_err(sql)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(sql)?;
    transaction.commit().map_err(sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn version(connection: &Connection) -> u32 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("readable")
    }

    #[test]
    fn a_fresh_file_gets_the_newest_schema_and_a_second_run_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("memory");
        for _ in 0..2 {
            migrate(&mut connection, "p").expect("migrates");
            assert_eq!(version(&connection), SCHEMA_VERSION);
            schema::verify(&connection, "p").expect("our tables");
        }
    }

    #[test]
    fn a_newer_schema_is_refused_and_both_versions_are_named() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, "p").expect("migrates");
        connection.pragma_update(None, "user_version", 99).expect("writable");
        let error = migrate(&mut connection, "p").expect_err("refused").to_string();
        assert!(error.contains("99") && error.contains(&SCHEMA_VERSION.to_string()), "{error}");
        assert_eq!(version(&connection), 99);
    }

    #[test]
    fn a_database_of_another_program_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().expect("memory");
        connection.execute_batch("CREATE TABLE theirs (a)").expect("writable");
        assert!(migrate(&mut connection, "p").expect_err("refused").to_string().contains("another program"));
        assert_eq!(version(&connection), 0);
    }

    #[test]
    fn a_table_that_is_not_ours_is_found() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, "p").expect("migrates");
        connection.execute_batch("CREATE TRIGGER t AFTER INSERT ON traces BEGIN DELETE FROM labels; END").expect("ok");
        assert!(matches!(schema::verify(&connection, "p"), Err(StoreError::Corrupt { .. })));
    }
}
