//! What one group commit does, in order: journal, completed traces, abandoned ones, acknowledgements, counters.

use std::collections::HashSet;

use rusqlite::Connection;
use spanloom_core::{Cursor, JournalChunk, SealedTrace, StoreBatch, TraceId};

use crate::error::{Fault, PayloadError};
use crate::head::{Head, chunk_ranges, inline};
use crate::labels::{self, LabelCache, labels_of};
use crate::live::{self, Journal, LiveTraces};
use crate::merge::merge;
use crate::payload::Sealer;
use crate::rows::{self, COMPLETED};
use crate::store::Session;
use crate::{assessments, outbox, writers};

/// A batch in the form in which it is stored.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    completed: Vec<(&'a SealedTrace, Envelopes)>,
    journal: Vec<(&'a JournalChunk, Vec<u8>)>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn of(batch: &'a StoreBatch, sealer: &mut Sealer) -> Self {
        // What completes in this batch needs no journal.
        let completed: HashSet<TraceId> = batch.completed.iter().map(|trace| trace.info.trace_id).collect();
        let journal = batch.journal.iter().filter(|chunk| !completed.contains(&chunk.trace_id()));
        Self {
            journal: journal
                .map(|chunk| {
                    let part = rows::chunk_part(u32::try_from(chunk.sequence).unwrap_or(u32::MAX - 1));
                    (chunk, sealer.seal(chunk.trace_id(), part, &chunk.body))
                })
                .collect(),
            completed: batch.completed.iter().map(|trace| (&**trace, Envelopes::of(trace, sealer))).collect(),
        }
    }
}

/// The parts of one completed trace.
#[derive(Debug)]
pub(crate) struct Envelopes {
    head: Head,
    head_envelope: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

impl Envelopes {
    pub(crate) fn of(trace: &SealedTrace, sealer: &mut Sealer) -> Self {
        let id = trace.info.trace_id;
        let head = Head::of_sealed(trace);
        let head_envelope = sealer.seal(id, 0, &head.encode(inline(trace)));
        let chunks = (0..).zip(chunk_ranges(trace));
        let chunks = chunks.map(|(n, range)| sealer.seal(id, rows::chunk_part(n), &trace.body[range])).collect();
        Self { head, head_envelope, chunks }
    }
}

/// One transaction at work.
pub(crate) struct Commit<'a> {
    connection: &'a Connection,
    journal: Journal<'a>,
}

impl<'a> Commit<'a> {
    /// Takes what the session remembers of open traces; a commit that fails never gives it back.
    pub(crate) fn begin(
        connection: &'a Connection,
        session: &'a mut Session,
        sealer: &'a mut Sealer,
    ) -> Result<Self, Fault> {
        let Session { writer, labels: cache, live, .. } = session;
        cache.begin(connection)?;
        let (writer, live) = match *writer {
            Some(writer) => {
                let live = live.take();
                (writer, live.map_or_else(|| live::load(connection, cache, writer), Ok)?)
            }
            None => (writers::register(connection)?, LiveTraces::new()),
        };
        Ok(Self { connection, journal: Journal { connection, writer, live, cache, sealer } })
    }

    pub(crate) fn writer(&self) -> i64 {
        self.journal.writer
    }

    /// Gives the position of each completed trace.
    pub(crate) fn apply(&mut self, batch: &StoreBatch, prepared: &Prepared<'_>) -> Result<Vec<Cursor>, Fault> {
        for (chunk, envelope) in &prepared.journal {
            self.journal.append(chunk, envelope)?;
        }
        let mut positions = Vec::with_capacity(prepared.completed.len());
        for (trace, envelopes) in &prepared.completed {
            self.journal.remove(trace.info.trace_id)?;
            assessments::put_all(self.connection, trace.info.trace_id, &trace.info.assessments)?;
            positions.push(self.complete(trace, envelopes)?);
        }
        for id in &batch.abandoned {
            self.journal.remove(*id)?;
            assessments::forget_orphans(self.connection, *id)?;
        }
        for (destination, position) in &batch.acknowledged {
            outbox::acknowledge(self.connection, destination, *position)?;
        }
        if let Some(counters) = &batch.counters {
            writers::set_counters(self.connection, self.journal.writer, counters)?;
        }
        Ok(positions)
    }

    /// The writer and its open traces, to be remembered once the transaction is committed.
    pub(crate) fn finish(self) -> (i64, LiveTraces) {
        (self.journal.writer, self.journal.live)
    }

    fn complete(&mut self, trace: &SealedTrace, envelopes: &Envelopes) -> Result<Cursor, Fault> {
        match self.insert(envelopes)? {
            Some(position) => Ok(position),
            None => self.merge(trace, envelopes),
        }
    }

    /// `None` when a completed trace of this id is there.
    fn insert(&mut self, envelopes: &Envelopes) -> Result<Option<Cursor>, Fault> {
        insert_completed(self.connection, self.journal.cache, envelopes)
    }

    /// A trace that changed moves to a new position, so that every destination gets it once more.
    fn merge(&mut self, incoming: &SealedTrace, envelopes: &Envelopes) -> Result<Cursor, Fault> {
        let id = incoming.info.trace_id;
        let seq = rows::find(self.connection, id, COMPLETED)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let merged = rows::read_sealed(self.connection, seq, id).and_then(|stored| {
            merge(&stored, incoming).map_err(|error| Fault::Payload(id, PayloadError::Spans(error)))
        });
        let merged = match merged {
            Ok(None) => return Ok(Cursor(seq.unsigned_abs())),
            Ok(Some(merged)) => {
                rows::remove(self.connection, self.journal.cache, seq, id)?;
                Some(Envelopes::of(&merged, self.journal.sealer))
            }
            Err(Fault::Payload(id, error)) => {
                tracing::error!(trace = %id, %error, "a stored trace is damaged: it is set aside and what came now is stored");
                rows::set_aside(self.connection, seq)?;
                None
            }
            Err(fault) => return Err(fault),
        };
        let position = self.insert(merged.as_ref().unwrap_or(envelopes))?;
        Ok(position.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
    }
}

/// Puts a completed trace in. `None` when one of this id is there.
pub(crate) fn insert_completed(
    connection: &Connection,
    cache: &mut LabelCache,
    envelopes: &Envelopes,
) -> Result<Option<Cursor>, Fault> {
    let Some(seq) = rows::insert_trace(connection, COMPLETED, &envelopes.head)? else { return Ok(None) };
    rows::put_head(connection, seq, &envelopes.head_envelope)?;
    for (number, chunk) in (0..).zip(&envelopes.chunks) {
        rows::put_chunk(connection, seq, number, chunk)?;
    }
    let numbers = cache.numbers(connection, labels_of(&envelopes.head))?;
    labels::attach(connection, seq, &numbers)?;
    Ok(Some(Cursor(seq.unsigned_abs())))
}
