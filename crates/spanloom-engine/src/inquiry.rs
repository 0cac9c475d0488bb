//! What the low-level client asks of an engine. Every call blocks, on any thread, at most until its deadline.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use spanloom_api::lane::is_engine_thread;
use spanloom_api::plane;
use spanloom_api::raw_id::RawId;
use spanloom_core::{Retagged, SpanId, TraceId};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::kept::KeptSpans;
use crate::registry::find::Found;
use crate::registry::inquiries::{Find, Retag, Unpin};
use crate::reply::pair;
use crate::system::System;

/// Holds a trace: it is not complete before this drops. For moments.
pub struct Pin {
    root: RawId,
    system: System,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        // Where it is not taken, a thousand other messages are before it; they are handled in milliseconds.
        while !self.system.post(Unpin(self.root)) && plane::is_connected() && !is_engine_thread() {
            std::thread::park_timeout(RETRY_PAUSE);
        }
    }
}

const RETRY_PAUSE: Duration = Duration::from_millis(1);

impl Engine {
    /// The spans that its low-level client keeps open.
    pub fn kept(&self) -> &KeptSpans {
        &self.kept
    }

    /// Counts a change to a tag that cannot be changed.
    pub fn count_refused_tag(&self) {
        self.refused_tags.fetch_add(1, Ordering::Relaxed);
    }

    /// Where a span is (without one, the root of a trace), after everything that happened before was heard.
    ///
    /// # Errors
    /// When the registry did not answer in time, the engine was shut down, and on a thread of an engine.
    pub fn find_span(&self, trace: TraceId, span: Option<SpanId>, deadline: Duration) -> Result<Found, EngineError> {
        self.find(trace, span, false, deadline).map(|(found, _)| found)
    }

    /// As [`find_span`](Self::find_span); a trace that is found cannot complete before the pin drops.
    ///
    /// # Errors
    /// As [`find_span`](Self::find_span).
    pub fn find_and_pin(
        &self,
        trace: TraceId,
        span: SpanId,
        deadline: Duration,
    ) -> Result<(Found, Option<Pin>), EngineError> {
        self.find(trace, Some(span), true, deadline)
    }

    fn find(
        &self,
        trace_id: TraceId,
        span: Option<SpanId>,
        pin: bool,
        deadline: Duration,
    ) -> Result<(Found, Option<Pin>), EngineError> {
        const WHAT: &str = "the look for a span";
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: WHAT });
        }
        self.check_running()?;
        let until = Instant::now() + deadline;
        let (giver, answer) = pair();
        let system = self.system.clone();
        let reply = Box::new(move |found| {
            let pin = match found {
                Found::Span(span, _) if pin => Some(Pin { root: span.root(), system }),
                _ => None,
            };
            // When no one waits any more, the pin drops with the answer.
            giver.give((found, pin));
        });
        self.post(Find { tenant: self.number, trace_id, span, pin, reply })?;
        match answer.wait_until(until) {
            Ok(found) => found.ok_or(EngineError::Stopped),
            Err(_) => Err(EngineError::TimedOut { what: WHAT, deadline }),
        }
    }

    /// Sets a tag of a trace, live or stored, or with `None` takes it away. `None` when the trace was live.
    ///
    /// # Errors
    /// As [`find_span`](Self::find_span); and when the store refused.
    pub fn retag(
        &self,
        trace_id: TraceId,
        key: &str,
        value: Option<&str>,
        deadline: Duration,
    ) -> Result<Option<Retagged>, EngineError> {
        const WHAT: &str = "the change of a tag";
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: WHAT });
        }
        self.check_running()?;
        let until = Instant::now() + deadline;
        let (giver, answer) = pair();
        let reply = Box::new(move |outcome| giver.give(outcome));
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.post(Retag { tenant: self.number, trace_id, key, value, reply })?;
        match answer.wait_until(until) {
            Ok(Some(outcome)) => Ok(outcome?),
            Ok(None) => Err(EngineError::Stopped),
            Err(_) => Err(EngineError::TimedOut { what: WHAT, deadline }),
        }
    }
}
