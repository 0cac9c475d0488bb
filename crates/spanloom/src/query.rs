//! Asking: live traces from the registry, completed ones from the store.
//!
//! A query sees everything that its caller recorded before it: it has that written first. Reading blocks, so that the
//! async forms do it on a thread of the engine, not on the caller's executor.

use std::time::Duration;

use spanloom_core::question::{Question, answer};
use spanloom_core::restate::times_resumed;
use spanloom_core::{SearchTraces, SpanId, SpanRecord, Trace, TraceId, TracePage};
use spanloom_engine::EngineError;

use crate::error::Error;
use crate::handle::Spanloom;

/// How long a query may take to write what it must see, and to be answered.
const QUERY_DEADLINE: Duration = Duration::from_secs(30);

#[cfg(feature = "store")]
pub(crate) use with_store::Reading;
#[cfg(not(feature = "store"))]
pub(crate) use without_store::Reading;

impl Spanloom {
    /// A trace: live, as far as it has come; or stored. `None` when there is none of this id. Without a store only live
    /// traces are found.
    ///
    /// Sees everything that was recorded before the call. Runs on any executor; cancel safe.
    ///
    /// # Errors
    /// When the store cannot be read, or the engine was shut down before.
    pub async fn get_trace(&self, id: &TraceId) -> Result<Option<Trace>, Error> {
        let Some(engine) = &self.inner().engine else { return Ok(None) };
        let part = match engine.live_trace(*id, QUERY_DEADLINE).await {
            Ok(Some(mut live)) if !goes_on(&live) => {
                live.info.assessments = self.inner().reading.assessments(*id).await?;
                return Ok(Some(live));
            }
            Ok(part) => {
                engine.make_visible(QUERY_DEADLINE).await?;
                part
            }
            // What was stored can be read after the shutdown too.
            Err(EngineError::Stopped) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(self.inner().reading.get(*id).await?.or(part))
    }

    /// As [`get_trace`](Self::get_trace), blocking this thread.
    ///
    /// # Errors
    /// As [`get_trace`](Self::get_trace).
    pub fn get_trace_blocking(&self, id: &TraceId) -> Result<Option<Trace>, Error> {
        let Some(engine) = &self.inner().engine else { return Ok(None) };
        let part = match engine.live_trace_blocking(*id, QUERY_DEADLINE) {
            Ok(Some(mut live)) if !goes_on(&live) => {
                live.info.assessments = self.inner().reading.assessments_blocking(*id)?;
                return Ok(Some(live));
            }
            Ok(part) => {
                engine.make_visible_blocking(QUERY_DEADLINE)?;
                part
            }
            Err(EngineError::Stopped) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(self.inner().reading.get_blocking(*id)?.or(part))
    }

    /// One page of the traces that fit a question, live ones among them as far as they have come; without a store only
    /// those. The filter's language is in [`spanloom_core::filter`].
    ///
    /// Sees everything that was recorded before the call. A filter that no index answers is decided trace by trace; after
    /// 1.5 s the page ends as it is, perhaps with no trace, and its token goes on from there. Runs on any executor; cancel
    /// safe.
    ///
    /// # Errors
    /// When the question is not understood (the error points at the character), takes too long, or the store cannot be read.
    pub async fn search_traces(&self, search: SearchTraces) -> Result<TracePage, Error> {
        let question = Question::of(&search)?;
        let Some(engine) = &self.inner().engine else { return Ok(TracePage::default()) };
        match engine.make_visible(QUERY_DEADLINE).await {
            Ok(()) | Err(EngineError::Stopped) => {}
            Err(error) => return Err(error.into()),
        }
        if self.inner().reading.has_store() {
            return self.inner().reading.search(search).await;
        }
        let mut live = Vec::new();
        for listed in engine.live_traces() {
            live.extend(engine.live_trace(listed.trace_id, QUERY_DEADLINE).await?);
        }
        Ok(answer(question, live))
    }

    /// As [`search_traces`](Self::search_traces), blocking this thread.
    ///
    /// # Errors
    /// As [`search_traces`](Self::search_traces).
    pub fn search_traces_blocking(&self, search: SearchTraces) -> Result<TracePage, Error> {
        let question = Question::of(&search)?;
        let Some(engine) = &self.inner().engine else { return Ok(TracePage::default()) };
        match engine.make_visible_blocking(QUERY_DEADLINE) {
            Ok(()) | Err(EngineError::Stopped) => {}
            Err(error) => return Err(error.into()),
        }
        if self.inner().reading.has_store() {
            return self.inner().reading.search_blocking(search);
        }
        let mut live = Vec::new();
        for listed in engine.live_traces() {
            live.extend(engine.live_trace_blocking(listed.trace_id, QUERY_DEADLINE)?);
        }
        Ok(answer(question, live))
    }
}

/// Whether a live trace goes on with one that began elsewhere: the store may have more of it.
fn goes_on(live: &Trace) -> bool {
    let spans = &live.data.spans;
    let is_here = |parent: SpanId| spans.iter().any(|span| span.span_id == parent);
    let leads_elsewhere = |span: &SpanRecord| span.parent_id.is_some_and(|parent| !is_here(parent));
    // Such spans come first, but for a root.
    spans.iter().take(2).any(leads_elsewhere) || spans.iter().any(|span| times_resumed(span) > 0)
}

#[cfg(feature = "store")]
mod with_store {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::OnceLock;

    use crossbeam_channel::Sender;
    use spanloom_core::{Assessment, SearchTraces, Trace, TraceId, TracePage};
    use spanloom_engine::{EngineError, reply};
    use spanloom_store::Reader;

    use crate::error::Error;

    type Job = Box<dyn FnOnce() + Send>;

    /// The store's reader, and a thread that reads for async callers, started by the first of them.
    #[derive(Debug)]
    pub(crate) struct Reading {
        reader: Option<Reader>,
        jobs: OnceLock<Sender<Job>>,
    }

    /// Queries that may wait for the thread.
    const JOBS: usize = 1_024;

    impl Reading {
        pub(crate) fn of(reader: Reader) -> Self {
            Self { reader: Some(reader), jobs: OnceLock::new() }
        }

        pub(crate) fn none() -> Self {
            Self { reader: None, jobs: OnceLock::new() }
        }

        pub(crate) fn has_store(&self) -> bool {
            self.reader.is_some()
        }

        pub(crate) async fn assessments(&self, id: TraceId) -> Result<Vec<Assessment>, Error> {
            let Some(reader) = self.reader.clone() else { return Ok(Vec::new()) };
            self.on_thread(move || Ok(reader.assessments(&id)?)).await
        }

        pub(crate) fn assessments_blocking(&self, id: TraceId) -> Result<Vec<Assessment>, Error> {
            self.reader.as_ref().map_or(Ok(Vec::new()), |reader| Ok(reader.assessments(&id)?))
        }

        pub(crate) async fn get(&self, id: TraceId) -> Result<Option<Trace>, Error> {
            let Some(reader) = self.reader.clone() else { return Ok(None) };
            self.on_thread(move || Ok(reader.get(&id)?)).await
        }

        pub(crate) fn get_blocking(&self, id: TraceId) -> Result<Option<Trace>, Error> {
            self.reader.as_ref().map_or(Ok(None), |reader| Ok(reader.get(&id)?))
        }

        pub(crate) async fn search(&self, search: SearchTraces) -> Result<TracePage, Error> {
            let reader = self.reader.clone().ok_or(Error::NoStore)?;
            self.on_thread(move || Ok(reader.search(&search)?)).await
        }

        pub(crate) fn search_blocking(&self, search: SearchTraces) -> Result<TracePage, Error> {
            Ok(self.reader.as_ref().ok_or(Error::NoStore)?.search(&search)?)
        }

        async fn on_thread<T: Send + 'static>(
            &self,
            job: impl FnOnce() -> Result<T, Error> + Send + 'static,
        ) -> Result<T, Error> {
            let (giver, answer) = reply::pair();
            let job: Job = Box::new(move || {
                // Nobody waits any more for what was cancelled.
                if giver.is_awaited() {
                    giver.give(job());
                }
            });
            // A full queue drops the job, and with it the giver: the answer then says that there is none.
            let _ = self.jobs.get_or_init(start).try_send(job);
            answer.await.unwrap_or(Err(EngineError::Stopped.into()))
        }
    }

    /// The thread ends when the engine's last handle drops the sender.
    fn start() -> Sender<Job> {
        let (jobs, queue) = crossbeam_channel::bounded::<Job>(JOBS);
        let run = move || {
            spanloom_api::lane::mark_engine_thread();
            // A job that panics takes its answer with it, and no other job.
            queue.iter().for_each(|job| drop(catch_unwind(AssertUnwindSafe(job))));
        };
        // Without a thread the queue's receiver is gone, and every query says so.
        drop(std::thread::Builder::new().name("spanloom-read".to_owned()).spawn(run));
        jobs
    }

    #[cfg(test)]
    mod tests {
        use std::task::{Context, Poll, Waker};
        use std::time::{Duration, Instant};

        use super::*;

        #[test]
        fn a_query_that_was_cancelled_while_it_waited_is_skipped() {
            let reading = Reading::none();
            let (release, held) = crossbeam_channel::bounded::<()>(0);
            let (tell, told) = crossbeam_channel::unbounded();
            let mut context = Context::from_waker(Waker::noop());
            let mut first = Box::pin(reading.on_thread(move || {
                let _released = held.recv();
                Ok(())
            }));
            assert!(first.as_mut().poll(&mut context).is_pending());
            let say = |word: &'static str| {
                let tell = tell.clone();
                move || {
                    tell.send(word).expect("the test listens");
                    Ok(())
                }
            };
            let mut cancelled = Box::pin(reading.on_thread(say("cancelled")));
            assert!(cancelled.as_mut().poll(&mut context).is_pending());
            drop(cancelled);
            let mut last = Box::pin(reading.on_thread(say("last")));
            assert!(last.as_mut().poll(&mut context).is_pending());
            drop(release);
            assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok("last"));
            let until = Instant::now() + Duration::from_secs(60);
            while !matches!(last.as_mut().poll(&mut context), Poll::Ready(Ok(()))) {
                assert!(Instant::now() < until, "its answer comes");
                std::thread::yield_now();
            }
            assert!(told.is_empty());
        }
    }
}

#[cfg(not(feature = "store"))]
mod without_store {
    use spanloom_core::{Assessment, SearchTraces, Trace, TraceId, TracePage};

    use crate::error::Error;

    /// There is nothing to read.
    #[derive(Debug)]
    pub(crate) struct Reading;

    impl Reading {
        pub(crate) fn none() -> Self {
            Self
        }

        pub(crate) fn has_store(&self) -> bool {
            false
        }

        #[expect(clippy::unused_async, reason = "as with a store")]
        pub(crate) async fn assessments(&self, _: TraceId) -> Result<Vec<Assessment>, Error> {
            Ok(Vec::new())
        }

        pub(crate) fn assessments_blocking(&self, _: TraceId) -> Result<Vec<Assessment>, Error> {
            Ok(Vec::new())
        }

        #[expect(clippy::unused_async, reason = "as with a store")]
        pub(crate) async fn get(&self, _: TraceId) -> Result<Option<Trace>, Error> {
            Ok(None)
        }

        pub(crate) fn get_blocking(&self, _: TraceId) -> Result<Option<Trace>, Error> {
            Ok(None)
        }

        #[expect(clippy::unused_async, reason = "as with a store")]
        pub(crate) async fn search(&self, _: SearchTraces) -> Result<TracePage, Error> {
            Err(Error::NoStore)
        }

        pub(crate) fn search_blocking(&self, _: SearchTraces) -> Result<TracePage, Error> {
            Err(Error::NoStore)
        }
    }
}
