//! Traces by the first digits of their id.

use rusqlite::{Connection, params};
use spanloom_core::TraceId;

use crate::rows::id_from_bytes;

const DIGITS: usize = 32;

/// How many ids begin with these digits, and the first few. What is no hex digit begins no id.
pub(crate) fn ids(connection: &Connection, digits: &str, limit: usize) -> rusqlite::Result<(u64, Vec<TraceId>)> {
    let bound = |fill: char| {
        let is_hex = digits.len() <= DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let padded: String = digits.chars().chain(std::iter::repeat_n(fill, DIGITS)).take(DIGITS).collect();
        u128::from_str_radix(&padded, 16).ok().filter(|_| is_hex)
    };
    let (Some(low), Some(high)) = (bound('0'), bound('f')) else { return Ok((0, Vec::new())) };
    let (low, high) = (low.to_be_bytes(), high.to_be_bytes());
    // The unique index begins with the id.
    let within = "FROM traces WHERE trace_id BETWEEN ?1 AND ?2 AND writer >= 0";
    let count: i64 = connection
        .prepare_cached(&format!("SELECT count(DISTINCT trace_id) {within}"))?
        .query_row(params![low, high], |row| row.get(0))?;
    let mut statement =
        connection.prepare_cached(&format!("SELECT DISTINCT trace_id {within} ORDER BY trace_id LIMIT ?3"))?;
    let found = statement
        .query_map(params![low, high, i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get::<_, Vec<u8>>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok((count.unsigned_abs(), found.iter().filter_map(|id| id_from_bytes(id)).collect()))
}
