//! The handle of an engine.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use spanloom_api::lane::is_engine_thread;
use spanloom_api::{Span, SpanBuilder, carried};
use spanloom_core::{Conservation, ResumeToken, ShutdownReport};
use spanloom_engine::{Engine, EngineError, Health, LiveTrace, reply};

use crate::builder::Builder;
use crate::error::Error;
use crate::global;
use crate::query::Reading;

/// A running engine. Every clone is the same one, and every method takes `&self`.
///
/// An engine that was started ends with its last handle, which stores every completed trace first. An installed one runs
/// until the process exits; the last handle's drop only flushes.
#[derive(Debug)]
pub struct Spanloom {
    inner: Arc<Inner>,
}

/// The engine as the process keeps it: it does not count as a handle.
#[derive(Debug, Clone)]
pub(crate) struct Kept(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    /// `None` when tracing was disabled by the settings.
    pub(crate) engine: Option<Engine>,
    pub(crate) reading: Reading,
    handles: AtomicUsize,
    installed: AtomicBool,
    stopped: AtomicBool,
}

/// How long the drop of the last handle may take to flush.
const DROP_DEADLINE: Duration = Duration::from_secs(5);
/// How long the engine may take to say whether a span is open.
const RESUME_DEADLINE: Duration = Duration::from_secs(5);
/// How long the exit of the process may take to store what is complete.
const EXIT_DEADLINE: Duration = Duration::from_secs(10);

impl Spanloom {
    /// The settings of a new engine.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn running(engine: Engine, reading: Reading) -> Self {
        Self::new(Some(engine), reading)
    }

    pub(crate) fn disabled() -> Self {
        Self::new(None, Reading::none())
    }

    fn new(engine: Option<Engine>, reading: Reading) -> Self {
        let inner = Inner {
            engine,
            reading,
            handles: AtomicUsize::new(1),
            installed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn tenant(&self) -> Option<u8> {
        self.inner.engine.as_ref().map(Engine::tenant)
    }

    pub(crate) fn keep(&self) -> Kept {
        self.inner.installed.store(true, Ordering::Release);
        Kept(Arc::clone(&self.inner))
    }

    /// Begins the root of a new trace of this engine, whatever span is current.
    pub fn root_span(&self, name: impl Into<Cow<'static, str>>) -> SpanBuilder {
        SpanBuilder::root_of(self.tenant(), name.into())
    }

    /// Goes on with a span that was detached, in this process or another: the same span in the same trace. It ends as any span
    /// does; what it is given is added to what it had. Where the store knows the trace, it stays one.
    ///
    /// Processes that do not share a store cannot see each other: of two that resume one token the last end counts, and the
    /// trace's metadata `spanloom.resumed_twice` says so once both are in one store. Blocks for about a millisecond when the
    /// token was resumed here before.
    ///
    /// # Errors
    /// When the text is no token, the span is open here already, or the engine was shut down.
    pub fn resume(&self, token: &str) -> Result<Span, Error> {
        let token = ResumeToken::decode(token)?;
        let Some(engine) = self.inner.engine.as_ref().filter(|_| token.is_recording()) else { return Ok(Span::none()) };
        if self.inner.stopped.load(Ordering::Acquire) {
            return Err(EngineError::Stopped.into());
        }
        carried::resuming(engine.tenant(), &token, |here| {
            for span in here {
                if engine.is_open_blocking(span, RESUME_DEADLINE)? {
                    return Err(Error::AlreadyResumed(token.span_id));
                }
            }
            Ok(SpanBuilder::resuming(engine.tenant(), token.clone()).start())
        })
    }

    /// The live traces, the oldest first. Does not wait; what it shows is at most 25 ms old, and exact after a flush.
    pub fn live_traces(&self) -> Vec<LiveTrace> {
        self.inner.engine.as_ref().map_or_else(Vec::new, Engine::live_traces)
    }

    /// What became of everything that was recorded: both conservation equations. Exact after a flush.
    pub fn conservation(&self) -> Conservation {
        self.inner.engine.as_ref().map_or_else(Conservation::default, Engine::conservation)
    }

    /// How the engine and its destinations do. Does not wait. `None` when tracing was disabled by the settings.
    pub fn health(&self) -> Option<Health> {
        self.inner.engine.as_ref().map(Engine::health)
    }

    /// Waits until every span that ended before this call, on any thread, is stored and synced: it then survives
    /// `kill -9` and a power cut. Without a store: until it was handed to the exporters.
    ///
    /// Runs on any executor. Cancel safe: what was asked for is done all the same.
    ///
    /// # Errors
    /// When it took longer than `deadline`, the store refused, or the engine was shut down.
    pub async fn flush(&self, deadline: Duration) -> Result<(), Error> {
        match &self.inner.engine {
            Some(engine) => Ok(engine.flush(deadline).await?),
            None => Ok(()),
        }
    }

    /// As [`flush`](Self::flush), blocking this thread. Allowed anywhere, also inside a runtime of one thread.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn flush_blocking(&self, deadline: Duration) -> Result<(), Error> {
        match &self.inner.engine {
            Some(engine) => Ok(engine.flush_blocking(deadline)?),
            None => Ok(()),
        }
    }

    /// Ends the engine: open spans are closed and marked incomplete, everything is stored and synced, the destinations
    /// get what they take until the deadline; what they have not taken by then waits in the store for the next engine, and
    /// is what the report calls `left`. Spans that are begun afterwards do not record. A second call gives the same report.
    ///
    /// Runs on any executor. Cancel safe: the shutdown goes on all the same.
    ///
    /// # Errors
    /// When not everything was stored before `deadline`; without a store, also when not everything was delivered.
    pub async fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, Error> {
        let (giver, answer) = reply::pair();
        let inner = Arc::clone(&self.inner);
        // Ending threads blocks; that must not be the caller's executor.
        let spawned = std::thread::Builder::new()
            .name("spanloom-stop".to_owned())
            .spawn(move || giver.give(inner.shut_down(deadline)));
        match spawned {
            Ok(_) => answer.await.unwrap_or(Err(EngineError::Stopped.into())),
            Err(source) => Err(EngineError::NoThread { name: "spanloom-stop", source }.into()),
        }
    }

    /// As [`shutdown`](Self::shutdown), blocking this thread.
    ///
    /// # Errors
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(&self, deadline: Duration) -> Result<ShutdownReport, Error> {
        self.inner.shut_down(deadline)
    }
}

impl Inner {
    fn shut_down(&self, deadline: Duration) -> Result<ShutdownReport, Error> {
        let report = match &self.engine {
            Some(engine) => engine.shutdown_blocking(deadline),
            None => Ok(ShutdownReport::default()),
        };
        // Refused on a thread of an engine, and in a forked child: then nothing was done.
        let over = |error: &EngineError| matches!(error, EngineError::TimedOut { .. } | EngineError::Stopped);
        if report.as_ref().err().is_none_or(over) {
            self.stopped.store(true, Ordering::Release);
        }
        Ok(report?)
    }

    /// The last handle has gone. A failure has no one to be told to; what was lost is counted.
    fn last_handle_dropped(&self) {
        if self.stopped.load(Ordering::Acquire) {
            return;
        }
        if self.installed.load(Ordering::Acquire) {
            if let Some(engine) = &self.engine {
                let _ = engine.flush_blocking(DROP_DEADLINE);
            }
        } else {
            let _ = self.shut_down(DROP_DEADLINE);
        }
    }
}

impl Clone for Spanloom {
    fn clone(&self) -> Self {
        self.inner.handles.fetch_add(1, Ordering::AcqRel);
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl Drop for Spanloom {
    fn drop(&mut self) {
        if self.inner.handles.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        if is_engine_thread() {
            // A sink, or a value of the program, had the last handle. That thread must not wait for itself.
            let inner = Arc::clone(&self.inner);
            let end = move || end(&inner);
            // Without a thread the engine goes on until the process exits.
            drop(std::thread::Builder::new().name("spanloom-stop".to_owned()).spawn(end));
        } else {
            end(&self.inner);
        }
    }
}

/// What happens when the last handle has gone.
fn end(inner: &Arc<Inner>) {
    inner.last_handle_dropped();
    if inner.stopped.load(Ordering::Acquire) && inner.installed.load(Ordering::Acquire) {
        global::let_go(inner);
    }
}

impl Kept {
    pub(crate) fn handle(&self) -> Spanloom {
        self.0.handles.fetch_add(1, Ordering::AcqRel);
        Spanloom { inner: Arc::clone(&self.0) }
    }

    pub(crate) fn is_of(&self, inner: &Arc<Inner>) -> bool {
        Arc::ptr_eq(&self.0, inner)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    pub(crate) fn shut_down_at_exit(&self) {
        if !self.is_stopped() {
            let _ = self.0.shut_down(EXIT_DEADLINE);
        }
    }
}
