//! Patterns in SQL: SQLite's own `LIKE` ignores the case, and stops at a NUL.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use spanloom_core::filter::{Pattern, PatternKind};

const KINDS: [PatternKind; 3] = [PatternKind::Like, PatternKind::ILike, PatternKind::RLike];

/// The function that says whether its second argument fits the pattern that is its first.
pub(crate) const fn name(kind: PatternKind) -> &'static str {
    match kind {
        PatternKind::Like => "fits_like",
        PatternKind::ILike => "fits_ilike",
        PatternKind::RLike => "fits_rlike",
    }
}

/// Gives a connection these functions. Only statements may call them, not the schema of a file.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    KINDS
        .iter()
        .try_for_each(|kind| connection.create_scalar_function(name(*kind), 2, flags, move |call| fits(call, *kind)))
}

/// What is no text fits nothing.
fn fits(call: &Context<'_>, kind: PatternKind) -> rusqlite::Result<bool> {
    let pattern = call.get_or_create_aux(0, |text: ValueRef<'_>| {
        Pattern::new(kind, text.as_str()?).map_err(Box::<dyn std::error::Error + Send + Sync>::from)
    })?;
    Ok(call.get_raw(1).as_str().is_ok_and(|text| pattern.matches(text)))
}
