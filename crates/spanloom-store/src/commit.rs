//! What one group commit does, in order: journal, completed traces, abandoned ones, acknowledgements, counters.

use std::collections::HashSet;
use std::ops::Range;

use rusqlite::Connection;
use spanloom_core::{Cursor, JournalChunk, SealedTrace, StoreBatch, TraceId};

use crate::error::{Fault, PayloadError};
use crate::head::{Head, chunk_ranges, inline};
use crate::labels::{self, LabelCache, labels_of};
use crate::live::{self, Journal, LiveTraces};
use crate::log::LOG_PAGE_BYTES;
use crate::merge::merge;
use crate::payload::Sealer;
use crate::retention::destinations;
use crate::rows::{self, COMPLETED};
use crate::store::Session;
use crate::{assessments, outbox, writers};

/// A batch in the form in which it is stored.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    completed: Vec<(&'a SealedTrace, Envelopes)>,
    journal: Vec<(&'a JournalChunk, Vec<u8>)>,
}

/// What of a batch goes into one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) journal: Range<usize>,
    pub(crate) completed: Range<usize>,
    /// Abandoned traces, acknowledgements and counters come with it.
    pub(crate) is_last: bool,
    /// What it adds to the log, about.
    pub(crate) cost: u64,
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

    /// The first trace that is larger than this, and how large it is.
    pub(crate) fn too_large(&self, largest: u64) -> Option<(TraceId, u64)> {
        let sizes = self.completed.iter().map(|(trace, envelopes)| (trace.info.trace_id, envelopes.bytes()));
        sizes.into_iter().find(|(_, bytes)| *bytes > largest)
    }

    /// Bytes of the completed traces.
    pub(crate) fn bytes(&self) -> u64 {
        self.completed.iter().map(|(_, envelopes)| envelopes.bytes()).sum()
    }

    /// Divides the batch into transactions of about `most` bytes, at least one. `exact`: what is counted is the most that
    /// each trace may add to the log, not what it usually does.
    pub(crate) fn parts(&self, most: u64, exact: bool) -> Vec<Part> {
        let journal = self.journal.iter().map(|(_, envelope)| cost(envelope.len() as u64, UNKNOWN_LABELS, exact));
        let completed = self.completed.iter().map(|(_, envelopes)| {
            let labels = if exact { labels_of(&envelopes.head).count() as u64 } else { 0 };
            cost(envelopes.bytes(), labels, exact)
        });
        let mut parts = vec![Part { cost: FIXED_COST, ..Part::default() }];
        for (is_journal, cost) in journal.map(|cost| (true, cost)).chain(completed.map(|cost| (false, cost))) {
            let mut part = parts.pop().unwrap_or_default();
            if part.cost > FIXED_COST && part.cost + cost > most {
                let (journal, completed) = (part.journal.end, part.completed.end);
                parts.push(part);
                part = Part {
                    journal: journal..journal,
                    completed: completed..completed,
                    is_last: false,
                    cost: FIXED_COST,
                };
            }
            let range = if is_journal { &mut part.journal } else { &mut part.completed };
            range.end += 1;
            part.cost += cost;
            parts.push(part);
        }
        if let Some(last) = parts.last_mut() {
            last.is_last = true;
        }
        parts
    }
}

/// Of the rows that each transaction changes: a heartbeat, counters, positions.
const FIXED_COST: u64 = 8 * LOG_PAGE_BYTES;
/// Labels of an open trace, about.
const UNKNOWN_LABELS: u64 = 24;

/// What a trace adds to the log: usually little more than itself; at the most a page for each of its rows.
fn cost(bytes: u64, labels: u64, exact: bool) -> u64 {
    if exact { (bytes / (LOG_PAGE_BYTES / 2) + 2 * labels + 12) * LOG_PAGE_BYTES } else { bytes + 1_024 }
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

    fn bytes(&self) -> u64 {
        (self.head_envelope.len() + self.chunks.iter().map(Vec::len).sum::<usize>()) as u64
    }
}

/// One transaction at work.
pub(crate) struct Commit<'a> {
    connection: &'a Connection,
    journal: Journal<'a>,
    largest: u64,
}

impl<'a> Commit<'a> {
    /// Takes what the session remembers of open traces; a commit that fails never gives it back. `largest`: bytes that one
    /// trace may have.
    pub(crate) fn begin(
        connection: &'a Connection,
        session: &'a mut Session,
        sealer: &'a mut Sealer,
        largest: u64,
    ) -> Result<Self, Fault> {
        let Session { writer, labels: cache, live, unjournalled, destinations, enrolled, .. } = session;
        cache.begin(connection)?;
        let (writer, live) = match *writer {
            Some(writer) => {
                let live = live.take();
                (writer, live.map_or_else(|| live::load(connection, cache, writer), Ok)?)
            }
            None => (writers::register(connection)?, LiveTraces::new()),
        };
        for name in destinations.iter().filter(|_| !*enrolled) {
            destinations::enrol(connection, name, writer)?;
        }
        *enrolled = true;
        Ok(Self { connection, journal: Journal { connection, writer, live, cache, sealer, unjournalled }, largest })
    }

    pub(crate) fn writer(&self) -> i64 {
        self.journal.writer
    }

    /// Gives the position of each completed trace of the part.
    pub(crate) fn apply(
        &mut self,
        batch: &StoreBatch,
        prepared: &Prepared<'_>,
        part: &Part,
    ) -> Result<Vec<Cursor>, Fault> {
        for (chunk, envelope) in &prepared.journal[part.journal.clone()] {
            if envelope.len() as u64 > self.largest {
                self.journal.leave(chunk.trace_id())?;
            }
            self.journal.append(chunk, envelope)?;
        }
        let mut positions = Vec::with_capacity(part.completed.len());
        for (trace, envelopes) in &prepared.completed[part.completed.clone()] {
            self.journal.remove(trace.info.trace_id)?;
            assessments::put_all(self.connection, trace.info.trace_id, &trace.info.assessments)?;
            positions.push(self.complete(trace, envelopes)?);
        }
        if part.is_last {
            self.conclude(batch)?;
        }
        Ok(positions)
    }

    fn conclude(&mut self, batch: &StoreBatch) -> Result<(), Fault> {
        for id in &batch.abandoned {
            self.journal.remove(*id)?;
            assessments::forget_orphans(self.connection, *id)?;
        }
        for (destination, position) in &batch.acknowledged {
            outbox::acknowledge(self.connection, destination, *position)?;
        }
        for (destination, settled) in &batch.settled {
            destinations::settle(self.connection, destination, settled)?;
        }
        if let Some(counters) = &batch.counters {
            writers::set_counters(self.connection, self.journal.writer, counters)?;
        }
        Ok(())
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
    let Some(seq) = rows::insert_trace(connection, COMPLETED, &envelopes.head, envelopes.bytes())? else {
        return Ok(None);
    };
    rows::put_head(connection, seq, &envelopes.head_envelope)?;
    for (number, chunk) in (0..).zip(&envelopes.chunks) {
        rows::put_chunk(connection, seq, number, chunk)?;
    }
    let numbers = cache.numbers(connection, labels_of(&envelopes.head))?;
    labels::attach(connection, seq, &numbers)?;
    Ok(Some(Cursor(seq.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use spanloom_core::TraceInfo;

    use super::*;

    /// Completed traces of about these many bytes, which do not compress.
    fn batch(sizes: &[usize]) -> StoreBatch {
        let mut random = 7_u64;
        let completed = sizes.iter().zip(1..).map(|(size, number)| {
            let body: Vec<u8> = std::iter::repeat_with(|| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 56) as u8
            })
            .take(*size)
            .collect();
            let info = TraceInfo::new(TraceId::from_u128(number).expect("not zero"), 0);
            Arc::new(SealedTrace::new(info, body, vec![*size], 1))
        });
        StoreBatch { completed: completed.collect(), ..StoreBatch::default() }
    }

    #[track_caller]
    fn check(sizes: &[usize], most: u64, expected: &[usize]) {
        let batch = batch(sizes);
        let prepared = Prepared::of(&batch, &mut Sealer::new().expect("memory"));
        let parts = prepared.parts(most, false);
        let lengths: Vec<_> = parts.iter().map(|part| part.completed.len()).collect();
        assert_eq!(lengths, expected);
        assert!(parts.windows(2).all(|pair| pair[0].completed.end == pair[1].completed.start));
        assert_eq!(parts.iter().filter(|part| part.is_last).count(), 1);
        assert!(parts.last().is_some_and(|part| part.is_last));
    }

    #[test]
    fn a_batch_is_one_transaction_unless_it_is_large_and_a_trace_is_never_divided() {
        check(&[], 500_000, &[0]);
        check(&[100, 100, 100], 500_000, &[3]);
        check(&[200_000, 200_000, 200_000], 500_000, &[2, 1]);
        check(&[900_000, 10, 900_000], 500_000, &[1, 1, 1]);
    }

    #[test]
    fn where_the_log_may_not_be_long_each_row_counts_as_a_page() {
        let batch = batch(&[100; 40]);
        let prepared = Prepared::of(&batch, &mut Sealer::new().expect("memory"));
        let parts = prepared.parts(512 << 10, true);
        assert!(parts.len() > 5, "{}", parts.len());
        assert!(parts.iter().all(|part| part.cost <= 512 << 10), "{parts:?}");
    }

    #[test]
    fn a_trace_that_cannot_fit_is_found() {
        let batch = batch(&[100, 70_000]);
        let prepared = Prepared::of(&batch, &mut Sealer::new().expect("memory"));
        assert_eq!(prepared.too_large(100_000), None);
        let found = prepared.too_large(50_000).expect("the second");
        assert_eq!(found.0.to_u128(), 2);
    }
}
