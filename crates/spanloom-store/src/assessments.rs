//! Assessments: rows beside the traces, by trace id, so that they outlive amendments and may come before the trace is stored.
//!
//! What is shown is the `body`, MLflow's JSON; the other columns are for searching.
//!
//! # Invariants
//! - A trace that is removed for good takes its assessments along: whoever removes one calls [`forget_orphans`] after it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use spanloom_core::filter::compared;
use spanloom_core::{AssessError, Assessment, AssessmentChange, JsonText, TraceId};

use crate::error::Fault;
use crate::labels::searched;
use crate::rows::{id_bytes, signed};

/// What a change came to: the assessment, or why not.
pub(crate) type Outcome = Result<Option<Assessment>, AssessError>;

/// The assessments of a trace, in the order in which they came.
pub(crate) fn of(connection: &Connection, id: TraceId) -> rusqlite::Result<Vec<Assessment>> {
    let mut statement = connection.prepare_cached("SELECT body FROM assessments WHERE trace_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([id_bytes(id)], |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for body in rows {
        found.extend(read(id, &body?));
    }
    Ok(found)
}

/// A row that is damaged is left out: it must not hide its trace.
fn read(id: TraceId, body: &str) -> Option<Assessment> {
    let read = Assessment::from_json(body);
    read.inspect_err(|error| tracing::error!(trace = %id, %error, "an assessment is damaged and is left out")).ok()
}

/// Changes the assessments of one trace. `is_live`: it exists, whether or not it has a row yet.
pub(crate) fn change(connection: &Connection, change: &AssessmentChange, is_live: bool) -> Result<Outcome, Fault> {
    let trace = change.trace_id();
    if !is_live && !is_stored(connection, trace)? {
        return Ok(Err(AssessError::UnknownTrace(trace)));
    }
    match change {
        AssessmentChange::Log { assessment } => log(connection, trace, assessment),
        AssessmentChange::Update { assessment_id, with, at_unix_nano, .. } => {
            update(connection, trace, assessment_id, with, *at_unix_nano)
        }
        AssessmentChange::Delete { assessment_id, .. } => delete(connection, trace, assessment_id),
        _ => Ok(Ok(None)),
    }
}

fn is_stored(connection: &Connection, id: TraceId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM traces WHERE trace_id = ?1 AND writer >= 0)")?
        .query_row([id_bytes(id)], |row| row.get(0))
}

fn log(connection: &Connection, trace: TraceId, assessment: &Assessment) -> Result<Outcome, Fault> {
    if let Some(old) = &assessment.overrides {
        let Some(mut replaced) = get(connection, trace, old)? else { return Ok(Err(unknown(trace, old))) };
        replaced.valid = Some(false);
        put(connection, trace, &replaced)?;
    }
    put(connection, trace, assessment)?;
    Ok(Ok(Some(assessment.clone())))
}

fn update(
    connection: &Connection,
    trace: TraceId,
    id: &str,
    with: &Assessment,
    at_unix_nano: u64,
) -> Result<Outcome, Fault> {
    let Some(mut kept) = get(connection, trace, id)? else { return Ok(Err(unknown(trace, id))) };
    let (is, wanted) = (kept.kind().as_str(), with.kind().as_str());
    if is != wanted {
        return Ok(Err(AssessError::OtherKind { assessment_id: id.to_owned(), is, wanted }));
    }
    kept.name.clone_from(&with.name);
    kept.value = with.value.clone();
    kept.rationale = with.rationale.clone().or(kept.rationale);
    kept.metadata.extend(with.metadata.clone());
    kept.last_update_time_unix_nano = at_unix_nano;
    put(connection, trace, &kept)?;
    Ok(Ok(Some(kept)))
}

fn delete(connection: &Connection, trace: TraceId, id: &str) -> Result<Outcome, Fault> {
    let Some(gone) = get(connection, trace, id)? else { return Ok(Ok(None)) };
    connection
        .prepare_cached("DELETE FROM assessments WHERE trace_id = ?1 AND assessment_id = ?2")?
        .execute(params![id_bytes(trace), id])?;
    if let Some(old) = &gone.overrides
        && let Some(mut restored) = get(connection, trace, old)?
        && !is_overridden(connection, trace, old)?
    {
        restored.valid = Some(true);
        put(connection, trace, &restored)?;
    }
    Ok(Ok(Some(gone)))
}

fn is_overridden(connection: &Connection, trace: TraceId, id: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM assessments WHERE trace_id = ?1 AND overrides = ?2)")?
        .query_row(params![id_bytes(trace), id], |row| row.get(0))
}

fn get(connection: &Connection, trace: TraceId, id: &str) -> rusqlite::Result<Option<Assessment>> {
    let body = connection
        .prepare_cached("SELECT body FROM assessments WHERE trace_id = ?1 AND assessment_id = ?2")?
        .query_row(params![id_bytes(trace), id], |row: &Row<'_>| row.get::<_, String>(0))
        .optional()?;
    Ok(body.and_then(|body| read(trace, &body)))
}

fn unknown(trace_id: TraceId, assessment_id: &str) -> AssessError {
    AssessError::UnknownAssessment { trace_id, assessment_id: assessment_id.to_owned() }
}

/// Those that came with a trace: an imported one, or one that was judged while it was live. An older state of one that is
/// there changes nothing.
pub(crate) fn put_all(connection: &Connection, trace: TraceId, assessments: &[Assessment]) -> rusqlite::Result<()> {
    for assessment in assessments.iter().filter(|assessment| !assessment.assessment_id.is_empty()) {
        let is_newer = |kept: Assessment| kept.last_update_time_unix_nano > assessment.last_update_time_unix_nano;
        if !get(connection, trace, &assessment.assessment_id)?.is_some_and(is_newer) {
            put(connection, trace, assessment)?;
        }
    }
    Ok(())
}

fn put(connection: &Connection, trace: TraceId, assessment: &Assessment) -> rusqlite::Result<()> {
    let value = assessment.value_text();
    let (text, number) = value.as_deref().map(compared).map_or((None, None), |(text, number)| (Some(text), number));
    connection
        .prepare_cached(
            "INSERT INTO assessments (trace_id, assessment_id, span_id, name, kind, value_json, value_text, value_number,
                                      valid, source_type, source_id, overrides, created_unix_ms, updated_unix_ms, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (trace_id, assessment_id) DO UPDATE SET
                 span_id = ?3, name = ?4, kind = ?5, value_json = ?6, value_text = ?7, value_number = ?8, valid = ?9,
                 source_type = ?10, source_id = ?11, overrides = ?12, created_unix_ms = ?13, updated_unix_ms = ?14, body = ?15",
        )?
        .execute(params![
            id_bytes(trace),
            assessment.assessment_id,
            assessment.span_id.map(|id| id.to_string()),
            searched(&assessment.name),
            assessment.kind().as_str(),
            value.as_deref().map(JsonText::as_str),
            text.as_deref().map(searched),
            number,
            assessment.is_valid(),
            assessment.source.source_type.as_str(),
            assessment.source.source_id,
            assessment.overrides,
            signed(assessment.create_time_unix_nano / 1_000_000),
            signed(assessment.last_update_time_unix_nano / 1_000_000),
            assessment.to_json(),
        ])
        .map(drop)
}

/// Removes the assessments of a trace of which no row is left.
pub(crate) fn forget_orphans(connection: &Connection, id: TraceId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM assessments WHERE trace_id = ?1 AND NOT EXISTS (SELECT 1 FROM traces WHERE trace_id = ?1)",
        )?
        .execute([id_bytes(id)])
        .map(drop)
}
