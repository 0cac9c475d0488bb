//! What the client looks up beyond live traces: ids that are in use, ends that were, tags.

use std::fmt::Display;

use spanloom_core::{Retagged, SpanId, Trace, TraceId, attribute_key as key};
use spanloom_engine::{Engine, EngineError, Found};

use super::{Client, DEADLINE, records};
use crate::error::Error;

impl Client {
    /// Sets a tag of a trace, live or stored. Of a stored one every destination is told. Blocks.
    ///
    /// Tags that say where a trace is kept, such as `mlflow.artifactLocation`, are not changed: that is counted in
    /// [`Health::refused_tags`](crate::Health::refused_tags) and is no error.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`]; when the store refused, and when it took too long.
    pub fn set_trace_tag(&self, trace: TraceId, key: impl AsRef<str>, value: impl Display) -> Result<(), Error> {
        self.retag(trace, key.as_ref(), Some(&value.to_string()))
    }

    /// Deletes a tag of a trace, live or stored; otherwise as [`set_trace_tag`](Self::set_trace_tag).
    ///
    /// # Errors
    /// As [`set_trace_tag`](Self::set_trace_tag), and [`Error::UnknownTag`].
    pub fn delete_trace_tag(&self, trace: TraceId, key: impl AsRef<str>) -> Result<(), Error> {
        let key = key.as_ref();
        let Some(engine) = self.engine().filter(|_| trace != TraceId::INVALID) else { return Ok(()) };
        match engine.live_trace_blocking(trace, DEADLINE) {
            Ok(Some(live)) if !live.info.tags.contains_key(key) => Err(unknown_tag(trace, key)),
            _ => self.retag(trace, key, None),
        }
    }

    fn retag(&self, trace: TraceId, key: &str, value: Option<&str>) -> Result<(), Error> {
        let Some(engine) = self.engine().filter(|_| trace != TraceId::INVALID) else { return Ok(()) };
        if key::IMMUTABLE_TAGS.contains(&key) {
            engine.count_refused_tag();
            tracing::warn!(key, "the tag says where a trace is kept and is not changed");
            return Ok(());
        }
        match engine.retag(trace, key, value, DEADLINE)? {
            None | Some(Retagged::Done(..)) => Ok(()),
            Some(Retagged::NoTag) => Err(unknown_tag(trace, key)),
            Some(_) if !records(engine, trace) || engine.kept().contains(trace) => Ok(()),
            Some(_) => Err(Error::UnknownTrace(trace)),
        }
    }

    /// Fails when a trace has this id, live or stored. After a shutdown nothing begins anyway.
    pub(super) fn refuse_known(&self, engine: &Engine, id: TraceId) -> Result<(), Error> {
        match engine.find_span(id, None, DEADLINE) {
            Ok(Found::NoTrace) => {}
            Ok(_) => return Err(Error::TraceIdInUse(id)),
            Err(EngineError::Stopped) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        match self.stored(engine, id)? {
            Some(_) => Err(Error::TraceIdInUse(id)),
            None => Ok(()),
        }
    }

    /// Why a span of a trace that is not live cannot be ended; without its id, the root.
    pub(super) fn explain_end(&self, engine: &Engine, id: TraceId, span: Option<SpanId>) -> Result<(), Error> {
        if !records(engine, id) {
            return Ok(());
        }
        let Some(trace) = self.stored(engine, id)? else {
            // What is kept and neither live nor stored was dropped, which is counted and no fault of the program.
            return if engine.kept().contains(id) { Ok(()) } else { Err(Error::UnknownTrace(id)) };
        };
        let found = match span {
            Some(span) => trace.data.spans.iter().find(|record| record.span_id == span),
            None => trace.data.spans.first(),
        };
        Err(match (found, span) {
            (Some(record), _) if record.end_time_unix_nano.is_some() => Error::AlreadyEnded(record.span_id),
            (None, Some(span)) => Error::UnknownSpan(span),
            // It is open in another process.
            _ => Error::UnknownTrace(id),
        })
    }

    /// A trace as it is in the store, with everything that was handed on before.
    fn stored(&self, engine: &Engine, id: TraceId) -> Result<Option<Trace>, Error> {
        match engine.make_visible_blocking(DEADLINE) {
            Ok(()) | Err(EngineError::Stopped) => self.loom.inner().reading.get_blocking(id),
            Err(error) => Err(error.into()),
        }
    }
}

fn unknown_tag(trace: TraceId, key: &str) -> Error {
    Error::UnknownTag { trace, key: key.to_owned() }
}
