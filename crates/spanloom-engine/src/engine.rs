//! One engine: a tenant of the process's registry, with its store, its sinks and its limits.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use dashmap::DashMap;
use spanloom_api::capture_mode;
use spanloom_api::lane::is_engine_thread;
use spanloom_api::plane;
use spanloom_api::tenant::Tenant;
use spanloom_core::{Conservation, Cursor, Limits, Sink, Trace, TraceId, TraceStore};

use crate::engine_config::EngineConfig;
use crate::error::EngineError;
use crate::exporter::{Exporter, ExporterConfig};
use crate::health::Health;
use crate::kept::KeptSpans;
use crate::ledger::Ledger;
use crate::outbox::MemoryOutbox;
use crate::privacy::Privacy;
use crate::redact::Redactor;
use crate::registry::actor::{Alarm, Enrol, Look, Run, Settle};
use crate::registry::tenant_link::{JournalRequest, LiveIndex, LiveTrace, TenantLink};
use crate::reply::{Answer, Giver, pair};
use crate::system::System;
use crate::writer::WriterMessage;
use crate::writer::processors::Processors;
use crate::writer::sealer::{Environment, snapshot};
use crate::writer::thread::Writer;
use crate::writer::wishes::{WishList, Wishes, wishes};

/// Messages that may wait for the writer; their bytes are limited apart.
const WRITER_QUEUE: usize = 4_096;
/// How long the registry may take to answer an engine that starts.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A running engine. Every method takes `&self` and may be called from any thread.
pub struct Engine {
    pub(crate) number: u8,
    pub(crate) system: System,
    pub(crate) writer: Sender<WriterMessage>,
    pub(crate) writer_ended: Mutex<Option<Answer<()>>>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) live: LiveIndex,
    pub(crate) environment: Arc<Environment>,
    pub(crate) exporters: Vec<Exporter>,
    in_flight: Arc<AtomicUsize>,
    pub(crate) hurry: Arc<AtomicBool>,
    /// Dropped to end the writer's naps.
    pub(crate) nap: Mutex<Option<Sender<()>>>,
    /// Spans that some destination has not acknowledged, as the writer left it.
    pub(crate) left: Arc<AtomicU64>,
    /// Spans that an outbox in memory let go before every destination had them.
    pub(crate) evicted: Arc<AtomicU64>,
    /// Whether what no destination has taken yet outlives the engine.
    pub(crate) outlived: bool,
    pub(crate) kept: Arc<KeptSpans>,
    pub(crate) refused_tags: AtomicU64,
    pub(crate) state: Mutex<crate::shutdown::State>,
    /// Notified when a shutdown is over.
    pub(crate) stopped: Condvar,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts an engine. Spans may be recorded into it when this returns.
    ///
    /// # Errors
    /// When the system gives no threads, the store cannot be read, or there are 127 engines.
    pub fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let system = System::join()?;
        Self::start_in(&system, config).inspect_err(|_| System::leave(Instant::now() + Duration::from_secs(1)))
    }

    fn start_in(system: &System, config: EngineConfig) -> Result<Self, EngineError> {
        let (sender, queue) = crossbeam_channel::bounded(WRITER_QUEUE);
        let (wishes, wish_list) = wishes(sender.clone());
        refuse_equal_names(&config.sinks)?;
        let in_flight = Arc::new(AtomicUsize::new(0));
        let exporter = config.exporter();
        let outlived = config.store.is_some();
        let (mut store, evicted) = open_outbox(config.store, &config.sinks, &config.limits, &in_flight);
        let mut starts = Vec::new();
        for sink in config.sinks {
            let start = store.acknowledged(sink.name())?;
            starts.push((sink, start));
        }
        let exporters = spawn_exporters(system, starts, wishes, exporter)?;
        let number = Tenant::open(config.overflow, config.sampling_ratio).ok_or(EngineError::TooManyEngines)?;
        let (nap, napping) = crossbeam_channel::bounded(0);
        let (ended_giver, ended) = pair();
        let Privacy { capture, processors, redaction } = config.privacy;
        capture_mode::set(number, capture);
        let environment = Arc::new(Environment {
            experiment: config.experiment,
            metadata: config.metadata,
            limits: config.limits,
            redactor: Redactor::new(&redaction),
            capture,
            processors: Processors::new(processors),
            unique_span_names: config.unique_span_names,
        });
        let engine = Self {
            number,
            system: system.clone(),
            writer: sender,
            writer_ended: Mutex::new(Some(ended)),
            ledger: Arc::new(Ledger::new(number)),
            live: Arc::new(DashMap::new()),
            environment,
            exporters,
            in_flight,
            hurry: Arc::default(),
            nap: Mutex::new(Some(nap)),
            left: Arc::default(),
            evicted,
            outlived,
            kept: Arc::default(),
            refused_tags: AtomicU64::new(0),
            state: Mutex::default(),
            stopped: Condvar::new(),
        };
        engine.spawn_writer(store, (queue, wish_list), napping, ended_giver)?;
        engine.enrol()?;
        Ok(engine)
    }

    fn spawn_writer(
        &self,
        store: Box<dyn TraceStore>,
        (queue, wishes): (crossbeam_channel::Receiver<WriterMessage>, WishList),
        nap: crossbeam_channel::Receiver<()>,
        ended: Giver<()>,
    ) -> Result<(), EngineError> {
        let writer = Writer {
            tenant: self.number,
            store,
            queue,
            wishes,
            environment: Arc::clone(&self.environment),
            names: self.system.names.clone(),
            logs: self.system.logs.clone(),
            ledger: Arc::clone(&self.ledger),
            in_flight: Arc::clone(&self.in_flight),
            handoffs: self.exporters.iter().map(Exporter::handoff).collect(),
            destinations: self.exporters.iter().map(|exporter| exporter.name().to_owned()).collect(),
            left: Arc::clone(&self.left),
            hurry: Arc::clone(&self.hurry),
            kept: Arc::clone(&self.kept),
            nap,
            _ended: ended,
        };
        writer.spawn().map_err(|source| EngineError::NoThread { name: "spanloom-store", source })
    }

    /// Makes the engine known to the registry, which must know it before the first root comes.
    fn enrol(&self) -> Result<(), EngineError> {
        let mut link = TenantLink::new(
            self.number,
            self.environment.limits.clone(),
            self.writer.clone(),
            Arc::clone(&self.live),
            Arc::clone(&self.ledger),
            Arc::clone(&self.in_flight),
        );
        link.kept = Arc::clone(&self.kept);
        link.environment = Some(Arc::clone(&self.environment));
        let (giver, enrolled) = pair();
        self.system.post(Enrol(link, giver));
        match enrolled.wait_until(Instant::now() + START_PATIENCE) {
            Ok(Some(())) => Ok(()),
            _ => Err(EngineError::TimedOut { what: "the start of the engine", deadline: START_PATIENCE }),
        }
    }

    /// The number that roots of this engine carry.
    pub fn tenant(&self) -> u8 {
        self.number
    }

    /// The live traces, at most 25 ms old. Does not wait.
    pub fn live_traces(&self) -> Vec<LiveTrace> {
        let mut live: Vec<_> = self.live.iter().map(|entry| entry.value().clone()).collect();
        live.sort_by_key(|trace| (trace.oldest_open_unix_nano, trace.trace_id));
        live
    }

    /// Both conservation equations, at most 50 ms old while something is open, exact after a flush.
    pub fn conservation(&self) -> Conservation {
        self.ledger.conservation()
    }

    /// How the engine and its parts do. Does not wait.
    pub fn health(&self) -> Health {
        let counters = self.ledger.writer_counters();
        Health {
            live_traces: self.live.len() as u64,
            live_bytes: self.ledger.live_bytes(),
            in_flight_bytes: self.in_flight.load(Ordering::Acquire) as u64,
            late_messages: self.ledger.late_messages(),
            panics: counters.panics,
            registry_restarts: self.system.restarts(),
            truncated: counters.truncated,
            redacted: counters.redacted,
            lost_contexts: Tenant::get(self.number).lost_contexts(),
            refused_tags: self.refused_tags.load(Ordering::Relaxed),
            unserialisable: spanloom_core::JsonText::unserialisable(),
            exporters: self.exporters.iter().map(Exporter::observe).collect(),
            conservation: counters.conservation,
        }
    }

    /// Asks for everything that happened before to be stored, and with `sync` to be on the disk.
    fn settle(&self, sync: bool) -> Result<(Giver<Settled>, Answer<Settled>), EngineError> {
        self.check_running()?;
        let (giver, answer) = pair();
        let for_reply = giver.clone();
        let reply = Box::new(move |outcome: Result<(), _>| for_reply.give(outcome.map_err(EngineError::Store)));
        self.post(Settle { tenant: self.number, sync, reply })?;
        Ok((giver, answer))
    }

    pub(crate) fn post<M>(&self, message: M) -> Result<(), EngineError>
    where
        crate::registry::actor::RegistryActor: actix::Handler<M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
    {
        if self.system.post(message) { Ok(()) } else { Err(EngineError::Stopped) }
    }

    pub(crate) fn check_running(&self) -> Result<(), EngineError> {
        match (self.is_stopped(), plane::is_connected()) {
            (true, _) => Err(EngineError::Stopped),
            (false, false) => Err(EngineError::ForkedChild),
            (false, true) => Ok(()),
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopping()
    }

    /// Waits until every span that ended before this call, on any thread, is stored and synced.
    ///
    /// Cancel safe: what was asked for is done all the same.
    ///
    /// # Errors
    /// When that took longer than `deadline`, or the store refused.
    pub async fn flush(&self, deadline: Duration) -> Result<(), EngineError> {
        self.settled(true, "flush", deadline).await
    }

    /// As [`flush`](Self::flush), blocking this thread; allowed inside and outside of any runtime.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); and on a thread of the engine itself.
    pub fn flush_blocking(&self, deadline: Duration) -> Result<(), EngineError> {
        self.settled_blocking(true, "flush", deadline)
    }

    /// Waits until everything that this thread recorded can be read from the store, synced or not.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub async fn make_visible(&self, deadline: Duration) -> Result<(), EngineError> {
        self.settled(false, "the write before a query", deadline).await
    }

    /// As [`make_visible`](Self::make_visible), blocking.
    ///
    /// # Errors
    /// As [`flush_blocking`](Self::flush_blocking).
    pub fn make_visible_blocking(&self, deadline: Duration) -> Result<(), EngineError> {
        self.settled_blocking(false, "the write before a query", deadline)
    }

    async fn settled(&self, sync: bool, what: &'static str, deadline: Duration) -> Result<(), EngineError> {
        let (giver, answer) = self.settle(sync)?;
        self.set_alarm(deadline, move || giver.give(Err(EngineError::TimedOut { what, deadline })));
        answer.await.unwrap_or(Err(EngineError::Stopped))
    }

    fn settled_blocking(&self, sync: bool, what: &'static str, deadline: Duration) -> Result<(), EngineError> {
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what });
        }
        let until = Instant::now() + deadline;
        let (giver, answer) = self.settle(sync)?;
        drop(giver);
        match answer.wait_until(until) {
            Ok(outcome) => outcome.unwrap_or(Err(EngineError::Stopped)),
            Err(_) => Err(EngineError::TimedOut { what, deadline }),
        }
    }

    /// A live trace of this id, as far as it has come.
    ///
    /// # Errors
    /// When the registry did not answer in time.
    pub async fn live_trace(&self, id: TraceId, deadline: Duration) -> Result<Option<Trace>, EngineError> {
        let (giver, answer) = self.look(id)?;
        self.set_alarm(deadline, move || {
            giver.give(Err(EngineError::TimedOut { what: "the look at a live trace", deadline }))
        });
        let found = answer.await.unwrap_or(Err(EngineError::Stopped))?;
        Ok(found.map(|whole| self.snapshot(&whole)))
    }

    /// As [`live_trace`](Self::live_trace), blocking.
    ///
    /// # Errors
    /// As [`live_trace`](Self::live_trace).
    pub fn live_trace_blocking(&self, id: TraceId, deadline: Duration) -> Result<Option<Trace>, EngineError> {
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: "the look at a live trace" });
        }
        let (giver, answer) = self.look(id)?;
        drop(giver);
        match answer.wait_until(Instant::now() + deadline) {
            Ok(found) => Ok(found.unwrap_or(Err(EngineError::Stopped))?.map(|whole| self.snapshot(&whole))),
            Err(_) => Err(EngineError::TimedOut { what: "the look at a live trace", deadline }),
        }
    }

    /// Made by whoever asked: reading a log may serialise values of the program, which the engine's thread does not do.
    fn snapshot(&self, whole: &JournalRequest) -> Trace {
        snapshot(&self.environment, self.system.names.clone(), whole)
    }

    fn look(&self, trace_id: TraceId) -> Result<(Giver<Looked>, Answer<Looked>), EngineError> {
        if self.is_stopped() {
            return Err(EngineError::Stopped);
        }
        let (giver, answer) = pair();
        let for_reply = giver.clone();
        let reply = Box::new(move |found| for_reply.give(Ok(found)));
        self.post(Look { tenant: self.number, trace_id, reply })?;
        Ok((giver, answer))
    }

    /// Calls `ring` on the engine thread after a while.
    pub(crate) fn set_alarm(&self, after: Duration, ring: impl FnOnce() + Send + 'static) {
        // Without an engine thread the answer's givers are gone, and the wait ends by itself.
        self.system.post(Alarm { after, ring: Box::new(ring) });
    }

    /// Spans that were stored, spans of them that are synced, spans that a destination took.
    pub(crate) fn written(&self) -> (u64, u64) {
        self.ledger.with_writer(|book| (book.stored_spans, book.synced_spans))
    }

    /// Spans that some destination has not acknowledged.
    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Acquire)
    }
}

/// The store that was given, or an outbox in memory; and where that counts what it lets go.
fn open_outbox(
    store: Option<Box<dyn TraceStore>>,
    sinks: &[Box<dyn Sink>],
    limits: &Limits,
    in_flight: &Arc<AtomicUsize>,
) -> (Box<dyn TraceStore>, Arc<AtomicU64>) {
    match store {
        Some(store) => (store, Arc::default()),
        None => {
            let names = sinks.iter().map(|sink| sink.name().to_owned());
            // Twice what closes the gate: traces that run when it closes still end.
            let outbox = MemoryOutbox::new(names, 2 * limits.in_flight_bytes, Arc::clone(in_flight));
            let evicted = outbox.evicted_spans();
            (Box::new(outbox), evicted)
        }
    }
}

/// A destination's name is the key of its position: two of one name would move each other's.
fn refuse_equal_names(sinks: &[Box<dyn Sink>]) -> Result<(), EngineError> {
    let mut names = std::collections::BTreeSet::new();
    match sinks.iter().find(|sink| !names.insert(sink.name())) {
        Some(sink) => Err(EngineError::SinkNameTaken { name: sink.name().to_owned() }),
        None => Ok(()),
    }
}

type Settled = Result<(), EngineError>;
type Looked = Result<Option<JournalRequest>, EngineError>;

/// Exporters live on arbiters of the engine thread's System, so they are made there.
fn spawn_exporters(
    system: &System,
    starts: Vec<(Box<dyn Sink>, Cursor)>,
    wishes: Wishes,
    config: ExporterConfig,
) -> Result<Vec<Exporter>, EngineError> {
    if starts.is_empty() {
        return Ok(Vec::new());
    }
    let (giver, answer) = pair();
    let task = move || {
        let spawned =
            starts.into_iter().map(|(sink, start)| crate::exporter::spawn(sink, start, wishes.links(), config.clone()));
        giver.give(spawned.collect());
    };
    system.post(Run(Box::new(task)));
    match answer.wait_until(Instant::now() + START_PATIENCE) {
        Ok(Some(exporters)) => Ok(exporters),
        _ => Err(EngineError::TimedOut { what: "the start of the exporters", deadline: START_PATIENCE }),
    }
}
