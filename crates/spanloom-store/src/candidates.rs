//! Whether a trace that the index gave really fits, and reading it.

use rusqlite::{Connection, Row};
use spanloom_core::question::Question;
use spanloom_core::{Trace, TraceId, assemble, codec};

use crate::error::{Fault, PayloadError};
use crate::rows::{self, COMPLETED, id_from_bytes};
use crate::summaries::Writers;
use crate::{assessments, trace};

/// Reads traces and decides.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    connection: &'a Connection,
    question: &'a Question,
    /// What an encoded span must hold, see [`spanloom_core::filter::Filter::span_literals`].
    literals: Vec<Literal>,
    asks_spans: bool,
    kinds_decide: bool,
    writers: Writers,
}

#[derive(Debug)]
struct Literal {
    finder: memchr::memmem::Finder<'static>,
    folded: bool,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(connection: &'a Connection, question: &'a Question) -> Self {
        let filter = question.filter();
        let literal = |(text, folded): (String, bool)| Literal {
            finder: memchr::memmem::Finder::new(text.as_bytes()).into_owned(),
            folded,
        };
        Self {
            connection,
            question,
            literals: filter.span_literals().into_iter().map(literal).collect(),
            asks_spans: filter.span_clauses().next().is_some(),
            kinds_decide: filter.is_decided_by_kinds(),
            writers: Writers::default(),
        }
    }

    /// The trace of a row, if it fits. A damaged one fits nothing.
    pub(crate) fn read(&mut self, row: &Row<'_>) -> Result<Option<Trace>, Fault> {
        match self.decide(row) {
            Err(Fault::Payload(id, error)) => {
                tracing::warn!(trace = %id, %error, "a damaged trace is left out");
                Ok(None)
            }
            decided => decided,
        }
    }

    fn decide(&mut self, row: &Row<'_>) -> Result<Option<Trace>, Fault> {
        let (seq, writer) = (row.get(0)?, row.get(2)?);
        let Some(id) = id_from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?) else {
            return Ok(None);
        };
        if self.question.was_seen(id) {
            return Ok(None);
        }
        // The kinds of an open trace are not up to date.
        let needs_spans = self.asks_spans && (writer != COMPLETED || !self.kinds_decide);
        let (mut head, body) = if needs_spans {
            let parts = rows::read_parts(self.connection, seq, id)?;
            if !self.may_fit(&parts) {
                return Ok(None);
            }
            let (head, body, _) = rows::whole(id, &parts)?;
            (head, body)
        } else {
            (rows::read_head(self.connection, seq, id)?, Vec::new())
        };
        let filter = self.question.filter();
        if filter.asks_assessments() || self.question.without_spans() {
            head.info.assessments = assessments::of(self.connection, id)?;
        }
        if !filter.matches_info(&head.info) {
            return Ok(None);
        }
        let fits = if needs_spans { self.fits_body(id, &body)? } else { filter.matches_kinds(&head.span_kinds) };
        if !fits {
            return Ok(None);
        }
        let mut info = head.info;
        info.interrupted |= writer != COMPLETED && !self.writers.is_alive(self.connection, writer)?;
        if self.question.without_spans() {
            return Ok(Some(Trace::new(info, Vec::new())));
        }
        Ok(Some(trace::get(self.connection, id)?.unwrap_or_else(|| Trace::new(info, Vec::new()))))
    }

    fn fits_body(&self, id: TraceId, body: &[u8]) -> Result<bool, Fault> {
        let parts = codec::decode_parts(body).collect::<Result<Vec<_>, _>>();
        let parts = parts.map_err(|error| Fault::Payload(id, PayloadError::Spans(error)))?;
        Ok(self.question.filter().matches_spans(&assemble::spans(id, parts)))
    }

    /// Decoding costs ten times as much as this look at the bytes. Where characters are written as escapes it says
    /// nothing.
    fn may_fit(&self, parts: &[Vec<u8>]) -> bool {
        let folds = self.literals.iter().any(|literal| literal.folded);
        let folded: Vec<_> = parts.iter().filter(|_| folds).map(|part| part.to_ascii_lowercase()).collect();
        let holds = |literal: &Literal| {
            let parts = if literal.folded { &folded[..] } else { parts };
            parts.iter().any(|part| literal.finder.find(part).is_some())
        };
        self.literals.iter().all(holds) || parts.iter().any(|part| memchr::memmem::find(part, b"\\u00").is_some())
    }
}
