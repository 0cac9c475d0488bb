//! Lists of traces, without their spans.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::{Connection, Row, params};
use spanloom_core::{StoreError, TraceId, TraceInfo, TraceState, attribute_key};

use crate::error::Fault;
use crate::pool::Pool;
use crate::rows::{self, COMPLETED, id_from_bytes};
use crate::{assessments, writers};

/// Which traces to list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListOptions {
    /// How many at most beside those that live. `None`: all. Default 50.
    pub limit: Option<usize>,
}

impl ListOptions {
    /// See [`limit`](Self::limit).
    pub const DEFAULT_LIMIT: usize = 50;

    /// The newest few.
    pub const fn newest(limit: usize) -> Self {
        Self { limit: Some(limit) }
    }

    /// All of them.
    pub const fn all() -> Self {
        Self { limit: None }
    }
}

impl Default for ListOptions {
    fn default() -> Self {
        Self::newest(Self::DEFAULT_LIMIT)
    }
}

/// What is known of one trace as a whole.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceSummary {
    /// MLflow's `info`. When [`damaged`](Self::damaged), only its id, name, times, state and experiment.
    pub info: TraceInfo,
    /// Spans so far.
    pub span_count: u64,
    /// Spans that have not ended; 0 in a completed trace.
    pub open_spans: u64,
    /// Start of the oldest open span, in nanoseconds since the Unix epoch.
    pub oldest_open_unix_nano: Option<u64>,
    /// It runs: it is open and its process lives.
    pub live: bool,
    /// Its head does not fit its checksum.
    pub damaged: bool,
}

/// How many are read in one transaction.
const PAGE: usize = 500;

/// Calls `visit` for each trace, the newest first: all that live, and of the others as many as asked for.
pub(crate) fn each(
    pool: &Pool,
    options: &ListOptions,
    mut visit: impl FnMut(TraceSummary) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut left = options.limit.unwrap_or(usize::MAX);
    let mut last = NEWEST;
    while left > 0 {
        let page = pool.read(|connection| page(connection, last, left.min(PAGE)))?;
        let Some(key) = page.last().map(|(key, _)| *key) else { return Ok(()) };
        for (_, summary) in page {
            left = left.saturating_sub(usize::from(!summary.live));
            if visit(summary).is_break() {
                return Ok(());
            }
        }
        last = key;
    }
    // Live ones that began before all of these.
    let older = pool.read(|connection| live_before(connection, last))?;
    for summary in older {
        if visit(summary).is_break() {
            break;
        }
    }
    Ok(())
}

/// Where a trace is in the order: its time, then its row.
type Key = (i64, i64);
const NEWEST: Key = (i64::MAX, i64::MAX);
const AFTER: &str = "t.request_time_ns <= ?1 AND (t.request_time_ns < ?1 OR t.seq < ?2)";

fn page(connection: &Connection, after: Key, limit: usize) -> Result<Vec<(Key, TraceSummary)>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM traces t LEFT JOIN live l ON l.seq = t.seq WHERE {AFTER} AND {SHOWN}
         ORDER BY t.request_time_ns DESC, t.seq DESC LIMIT {limit}"
    );
    keyed(connection, &sql, after)
}

fn live_before(connection: &Connection, key: Key) -> Result<Vec<TraceSummary>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM live l CROSS JOIN traces t ON t.seq = l.seq WHERE {AFTER} AND {SHOWN}
         ORDER BY t.request_time_ns DESC, t.seq DESC"
    );
    let open = keyed(connection, &sql, key)?;
    Ok(open.into_iter().map(|(_, summary)| summary).filter(|summary| summary.live).collect())
}

fn keyed(connection: &Connection, sql: &str, after: Key) -> Result<Vec<(Key, TraceSummary)>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![after.0, after.1])?;
    let mut writers = Writers::default();
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let key = (row.get(3)?, row.get(0)?);
        if let Some(summary) = read(connection, row, &mut writers)? {
            page.push((key, summary));
        }
    }
    Ok(page)
}

/// What [`read`] takes from a row of `traces t` joined with `live l`.
pub(crate) const COLUMNS: &str = "t.seq, t.trace_id, t.writer, t.request_time_ns, t.duration_ms, t.state, t.name, \
                                  t.experiment, t.span_count, l.open_spans, l.oldest_open_ns";
/// Leaves out what was set aside, and rows of a trace that has an earlier row: it is shown once.
pub(crate) const SHOWN: &str = "t.writer >= 0 AND (t.writer = 0 OR NOT EXISTS \
                                (SELECT 1 FROM traces o WHERE o.trace_id = t.trace_id AND o.writer >= 0 AND o.writer < t.writer))";

/// Which writers live, asked once each.
#[derive(Debug, Default)]
pub(crate) struct Writers(HashMap<i64, bool>);

impl Writers {
    pub(crate) fn is_alive(&mut self, connection: &Connection, writer: i64) -> rusqlite::Result<bool> {
        if let Some(alive) = self.0.get(&writer) {
            return Ok(*alive);
        }
        let alive = writers::is_alive(connection, writer)?;
        self.0.insert(writer, alive);
        Ok(alive)
    }
}

/// The summary of a row; `None` when even its id is damaged.
fn read(connection: &Connection, row: &Row<'_>, writers: &mut Writers) -> Result<Option<TraceSummary>, Fault> {
    let (seq, writer) = (row.get(0)?, row.get(2)?);
    let Some(id) = id_from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?) else { return Ok(None) };
    let (mut info, damaged) = match rows::read_head(connection, seq, id) {
        Ok(head) => (head.info, false),
        Err(Fault::Payload(..)) => (info_from_columns(row, id)?, true),
        Err(fault) => return Err(fault),
    };
    let open = writer != COMPLETED;
    let live = open && writers.is_alive(connection, writer)?;
    info.interrupted |= open && !live;
    info.assessments = assessments::of(connection, id)?;
    Ok(Some(TraceSummary {
        info,
        span_count: row.get::<_, i64>(8)?.unsigned_abs(),
        open_spans: row.get::<_, Option<i64>>(9)?.map_or(0, i64::unsigned_abs),
        oldest_open_unix_nano: row.get::<_, Option<i64>>(10)?.map(i64::unsigned_abs),
        live,
        damaged,
    }))
}

fn info_from_columns(row: &Row<'_>, id: TraceId) -> rusqlite::Result<TraceInfo> {
    let mut info = TraceInfo::new(id, row.get::<_, i64>(3)?.unsigned_abs());
    info.execution_duration_ms = row.get::<_, Option<i64>>(4)?.map(i64::unsigned_abs);
    info.state = match row.get_ref(5)?.as_str()? {
        "OK" => TraceState::Ok,
        "ERROR" => TraceState::Error,
        "IN_PROGRESS" => TraceState::InProgress,
        _ => TraceState::Unspecified,
    };
    if let Some(name) = row.get::<_, Option<String>>(6)? {
        info.tags.insert(attribute_key::TRACE_NAME.to_owned(), name);
    }
    info.experiment_id = row.get(7)?;
    Ok(info)
}
