//! A store in memory, a sink with a script, and small traces.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spanloom_core::{
    Batch, BoxError, Cursor, ExportError, ExportFuture, SealedTrace, Sink, StoreError, TraceId, TraceInfo,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::exporter::OutboxLinks;
use crate::exporter::links::Stored;

/// Traces of one span each, at these positions.
pub(crate) fn stored(cursors: RangeInclusive<u64>) -> Vec<Stored> {
    let trace = |n: u64| SealedTrace::new(TraceInfo::new(id(n), n), vec![0; 64], vec![64], 1);
    cursors.map(|n| (Cursor(n), Arc::new(trace(n)))).collect()
}

/// The same trace with another number of spans.
pub(crate) fn with_spans(trace: &SealedTrace, spans: u64) -> Arc<SealedTrace> {
    let mut trace = trace.clone();
    (trace.span_count, trace.new_spans) = (spans, spans);
    Arc::new(trace)
}

pub(crate) fn batch_of(stored: &[Stored]) -> Batch {
    Batch { traces: stored.iter().map(|(_, trace)| Arc::clone(trace)).collect() }
}

fn id(n: u64) -> TraceId {
    format!("tr-{n:032x}").parse().expect("an id")
}

/// The position that [`stored`] gave a trace.
fn position(trace: &SealedTrace) -> u64 {
    trace.info.request_time_unix_nano
}

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeStore(Arc<Mutex<StoreInside>>);

#[derive(Debug, Default)]
struct StoreInside {
    rows: Vec<Stored>,
    acknowledged: Vec<(Cursor, u64)>,
    fetches: usize,
    faults: VecDeque<FetchFault>,
}

/// What a fetch does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchFault {
    Panic,
    DropReply,
    Fail,
}

impl FakeStore {
    pub(crate) fn with(rows: Vec<Stored>) -> Self {
        let store = Self::default();
        store.commit(&rows);
        store
    }

    pub(crate) fn commit(&self, rows: &[Stored]) {
        self.0.lock().unwrap().rows.extend(rows.iter().cloned());
    }

    pub(crate) fn fault(&self, fault: FetchFault) {
        self.0.lock().unwrap().faults.push_back(fault);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.0.lock().unwrap().fetches
    }

    /// The last acknowledged position, and all spans.
    #[track_caller]
    pub(crate) fn check_acknowledged(&self, upto: u64, spans: u64) {
        let inside = self.0.lock().unwrap();
        assert!(inside.acknowledged.is_sorted(), "{:?}", inside.acknowledged);
        let last = inside.acknowledged.last().map_or(0, |(cursor, _)| cursor.0);
        assert_eq!((last, inside.acknowledged.iter().map(|(_, spans)| spans).sum::<u64>()), (upto, spans));
    }

    pub(crate) fn links(&self) -> OutboxLinks {
        let (reader, taker) = (self.clone(), self.clone());
        OutboxLinks {
            fetch: Box::new(move |after, max_traces, _, reply| match reader.fetch(after, max_traces) {
                Ok(found) => reply(Ok(found)),
                Err(FetchFault::Panic) => panic!("fetch was told to panic"),
                Err(FetchFault::DropReply) => drop(reply),
                Err(FetchFault::Fail) => reply(Err(StoreError::Corrupt { path: "p".into(), what: "w".into() })),
            }),
            acknowledge: Box::new(move |_, told| {
                taker.0.lock().unwrap().acknowledged.push((told.upto, told.delivered_spans()));
            }),
        }
    }

    fn fetch(&self, after: Cursor, max_traces: usize) -> Result<Vec<Stored>, FetchFault> {
        let mut inside = self.0.lock().unwrap();
        inside.fetches += 1;
        match inside.faults.pop_front() {
            Some(fault) => Err(fault),
            None => Ok(inside.rows.iter().filter(|(cursor, _)| *cursor > after).take(max_traces).cloned().collect()),
        }
    }
}

/// What a sink does with a batch.
#[derive(Debug)]
pub(crate) enum Act {
    Later(Option<Duration>),
    Suspect,
    /// Refuses the trace at this position.
    Refuse(u64),
    Hang,
    PanicInCall,
    PanicInFuture,
    /// Blocks its thread until the other end sends or is dropped.
    Block(crossbeam_channel::Receiver<()>),
}

/// A sink that plays its script, takes everything afterwards, and tells the positions it was given.
#[derive(Debug)]
pub(crate) struct FakeSink {
    name: String,
    script: VecDeque<Act>,
    told: UnboundedSender<Vec<u64>>,
}

impl FakeSink {
    pub(crate) fn new(name: &str, script: impl IntoIterator<Item = Act>) -> (Box<Self>, UnboundedReceiver<Vec<u64>>) {
        let (told, heard) = unbounded_channel();
        (Box::new(Self { name: name.to_owned(), script: script.into_iter().collect(), told }), heard)
    }

    async fn act(act: Act, batch: Batch) -> Result<(), ExportError> {
        let (sink, source): (_, BoxError) = ("fake", "as told".into());
        match act {
            Act::Later(retry_after) => Err(ExportError::Retryable { sink, rest: batch, retry_after, source }),
            Act::Suspect => Err(ExportError::DestinationSuspect { sink, rest: batch, source }),
            Act::Refuse(at) => {
                let traces = batch.traces.into_iter().filter(|trace| position(trace) == at).collect();
                Err(ExportError::Permanent { sink, dropped: Batch { traces }, rest: Batch::default(), source })
            }
            Act::Hang => std::future::pending().await,
            Act::PanicInFuture => panic!("the future was told to panic"),
            Act::PanicInCall => unreachable!("panics before there is a future"),
            Act::Block(until) => {
                until.recv().ok();
                Ok(())
            }
        }
    }
}

impl Sink for FakeSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        drop(self.told.send(batch.traces.iter().map(|trace| position(trace)).collect()));
        match self.script.pop_front() {
            None => Box::pin(std::future::ready(Ok(()))),
            Some(Act::PanicInCall) => panic!("the call was told to panic"),
            Some(act) => Box::pin(Self::act(act, batch)),
        }
    }
}
