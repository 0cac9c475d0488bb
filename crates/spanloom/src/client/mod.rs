//! The low-level client: traces and spans by their ids, with explicit parents, ends and times.
//!
//! What it begins it keeps open, in the engine's index of kept spans. Where that index does not know a span, the registry
//! is asked, and after it the store.

mod end;
mod start;
mod whereabouts;

use std::time::Duration;

use spanloom_api::Span;
use spanloom_api::tenant::Tenant;
use spanloom_core::{SpanId, TraceId};
use spanloom_engine::{Ending, Engine, EngineError, Found};

use crate::error::Error;
use crate::handle::Spanloom;

pub use end::{EndSpan, EndTrace};
pub use start::{StartSpan, StartTrace};

/// How long the registry and the store may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Begins and ends spans by their ids, on any thread. `Clone + Send + Sync`; every clone, and every client of one engine,
/// is the same. It is a handle of its engine.
///
/// For programs whose begin and end are in different places, such as callbacks. Spans that it begins are never current:
/// nothing nests under them unless it names them as its parent, and errors are the caller's to record. The end of a parent
/// may come before that of its children; a span may even begin after the root has ended, as long as another one is open.
///
/// # Waiting
/// What the client began it ends, and goes on with, without waiting. A parent, span or trace that was made otherwise, a
/// trace id of one's own and tags are looked up on the engine's thread, tags of stored traces in the store: that blocks for
/// a fraction of a millisecond, under load for longer, and at most for 10 s. Allowed on any thread and in any runtime but
/// not on a thread of an engine, as in a sink.
///
/// # Spans that do not record
/// Where nothing is recorded (disabled, sampled out, no room, shut down) the start gives a span that does not record, and
/// calls with its ids do nothing and succeed.
///
/// ```
/// use serde_json::json;
/// use spanloom::{EndSpan, EndTrace, Spanloom, StartSpan, StartTrace};
///
/// let loom = Spanloom::builder().in_memory().start()?;
/// let client = loom.client();
/// let root = client.start_trace(StartTrace::new("report").inputs(json!({"user": 123})))?;
/// let query = client.start_span(StartSpan::new("query", root.trace_id(), root.span_id()))?;
/// client.end_span(EndSpan::new(query.trace_id(), query.span_id()).outputs(json!([1, 2])))?;
/// client.end_trace(EndTrace::new(root.trace_id()).attribute("rows", 2))?;
/// # Ok::<(), spanloom::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    loom: Spanloom,
}

impl Spanloom {
    /// The low-level client of this engine.
    pub fn client(&self) -> Client {
        Client { loom: self.clone() }
    }
}

impl Client {
    fn engine(&self) -> Option<&Engine> {
        self.loom.inner().engine.as_ref()
    }

    /// Begins a trace with its root, which stays open until [`end_trace`](Self::end_trace): dropping what this returns ends
    /// nothing. A trace that is never ended is live until the shutdown, which closes it as incomplete.
    ///
    /// With an id of one's own it is looked up whether that is in use, which blocks.
    ///
    /// # Errors
    /// [`Error::TraceIdInUse`]; and when the look-up failed or took too long.
    pub fn start_trace(&self, start: StartTrace) -> Result<Span, Error> {
        let Some(engine) = self.engine() else { return Ok(Span::none()) };
        let StartTrace { builder, trace_id } = start;
        let id = trace_id.unwrap_or_else(spanloom_api::reference::fresh_trace_id);
        let reservation = engine.kept().reserve(id).ok_or(Error::TraceIdInUse(id))?;
        if trace_id.is_some() {
            self.refuse_known(engine, id)?;
        }
        let root = builder.place_root(Some(engine.tenant())).trace_id(id).start();
        Ok(reservation.fill(root))
    }

    /// Begins a span under any span of a live trace, open or ended, however that was begun. It stays open until
    /// [`end_span`](Self::end_span): dropping what this returns ends nothing.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`] when no live trace has this id, [`Error::UnknownSpan`] and [`Error::ParentInOtherTrace`] about
    /// the parent; and when a look-up failed or took too long.
    pub fn start_span(&self, start: StartSpan) -> Result<Span, Error> {
        let StartSpan { builder, trace_id, parent } = start;
        let Some(engine) = self.engine().filter(|_| trace_id != TraceId::INVALID) else { return Ok(Span::none()) };
        let kept = engine.kept();
        if parent == SpanId::INVALID {
            return if kept.contains(trace_id) { Err(Error::UnknownSpan(parent)) } else { Ok(Span::none()) };
        }
        let mut builder = Some(builder);
        let here = kept.with(trace_id, |trace| {
            let started = trace.start(parent, builder.take()?);
            started.map_err(|unused| builder = Some(*unused)).ok()
        });
        let Some(builder) = builder else { return Ok(here.flatten().unwrap_or_else(Span::none)) };
        let (found, _pin) = self.running(engine.find_and_pin(trace_id, parent, DEADLINE))?;
        match found {
            Found::Span(parent, _) => {
                let span = parent.place(builder).start();
                Ok(if span.is_recording() { kept.keep(span) } else { span })
            }
            Found::NoSpan => Err(Error::UnknownSpan(parent)),
            Found::InOtherTrace => Err(Error::ParentInOtherTrace(parent)),
            Found::NoTrace if !records(engine, trace_id) => Ok(Span::none()),
            Found::NoTrace => Err(Error::UnknownTrace(trace_id)),
        }
    }

    /// Ends a span, however it was begun. The status stays as it was set, and is OK if none was; MLflow would make an error
    /// OK here.
    ///
    /// # Errors
    /// [`Error::AlreadyEnded`], [`Error::UnknownSpan`], [`Error::UnknownTrace`]; and when a look-up failed or took too long.
    /// A span that was ended by its handle is known to be ended once its trace is stored.
    pub fn end_span(&self, end: EndSpan) -> Result<(), Error> {
        let EndSpan { trace_id, span_id, last_words } = end;
        let Some(engine) = self.engine().filter(|_| trace_id != TraceId::INVALID) else { return Ok(()) };
        if span_id == SpanId::INVALID && !engine.kept().contains(trace_id) {
            return Ok(());
        }
        let ending = engine.kept().with(trace_id, |trace| trace.end(span_id, |span| last_words.say(span)));
        match ending.unwrap_or(Ending::NotKept) {
            Ending::Ended => Ok(()),
            Ending::Twice(span) => Err(Error::AlreadyEnded(span)),
            Ending::NotKept => self.end_other(engine, trace_id, Some(span_id), &last_words),
        }
    }

    /// Ends the root of a trace, however it was begun. Spans that are open are waited for, not ended; the trace is complete
    /// with the last of them.
    ///
    /// # Errors
    /// [`Error::AlreadyEnded`] with the root, [`Error::UnknownTrace`]; and when a look-up failed or took too long.
    pub fn end_trace(&self, end: EndTrace) -> Result<(), Error> {
        let EndTrace { trace_id, last_words } = end;
        let Some(engine) = self.engine().filter(|_| trace_id != TraceId::INVALID) else { return Ok(()) };
        let ending = engine.kept().with(trace_id, |trace| trace.end_root(|span| last_words.say(span)));
        match ending.unwrap_or(Ending::NotKept) {
            Ending::Ended => Ok(()),
            Ending::Twice(root) => Err(Error::AlreadyEnded(root)),
            Ending::NotKept => self.end_other(engine, trace_id, None, &last_words),
        }
    }

    /// Ends a span that is not kept; without its id, the root.
    fn end_other(
        &self,
        engine: &Engine,
        trace: TraceId,
        span: Option<SpanId>,
        last_words: &end::LastWords,
    ) -> Result<(), Error> {
        match self.running(engine.find_span(trace, span, DEADLINE).map(|found| (found, None)))?.0 {
            Found::Span(span, true) => Err(Error::AlreadyEnded(span.span_id())),
            Found::Span(span, false) => {
                span.with(|span| last_words.say(span));
                Ok(())
            }
            Found::NoSpan | Found::InOtherTrace => Err(Error::UnknownSpan(span.unwrap_or(SpanId::INVALID))),
            Found::NoTrace => self.explain_end(engine, trace, span),
        }
    }
}

/// Whether traces of this id are recorded at all: it may be that of a trace that was not.
fn records(engine: &Engine, id: TraceId) -> bool {
    Tenant::any_active() && Tenant::get(engine.tenant()).samples(id.to_u128() as u64)
}

/// After a shutdown there is no live trace.
type Looked = Result<(Found, Option<spanloom_engine::Pin>), EngineError>;

impl Client {
    fn running(&self, looked: Looked) -> Result<(Found, Option<spanloom_engine::Pin>), Error> {
        match looked {
            Err(EngineError::Stopped) => Ok((Found::NoTrace, None)),
            other => Ok(other?),
        }
    }
}
