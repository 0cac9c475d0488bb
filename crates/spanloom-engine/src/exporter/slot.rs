//! What outlives an exporter's actor, and what other threads see of it.
//!
//! Every lock here is held for a few instructions, never while something else is called or awaited; the sink's is held
//! by the one attempt that is under way.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use actix::{Message, Recipient};
use spanloom_core::{Cursor, DropReason, Evicted, Eviction, Sink};

use super::complaint::Complaint;
use super::config::ExporterConfig;
use super::drain::{DrainReply, Drained, Drains, Position};
use super::handoff::{HandoffQueue, Taken};
use super::links::{OutboxLinks, Stored};
use super::status::{DeliveryCounts, ExporterStatus};
use super::thread::Running;

/// "Look at your slot": something was offered, someone waits, or it is to stop. Sent by whoever changed the slot, after
/// the change; no reply. One that does not fit the mailbox is not missed, as those that fill it say the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look;

impl Message for Look {
    type Result = ();
}

/// The sink, owned by the attempt that is under way; its lock is never contended, and hands the sink back after a panic.
pub(super) type SharedSink = Arc<tokio::sync::Mutex<Box<dyn Sink>>>;

/// What outlives an exporter's actor, and what other threads see of it.
#[derive(Debug)]
pub(crate) struct Slot {
    name: String,
    config: ExporterConfig,
    links: OutboxLinks,
    sink: SharedSink,
    handoff: Mutex<HandoffQueue>,
    drains: Mutex<Drains>,
    published: Mutex<Published>,
    actor: Mutex<Option<Recipient<Look>>>,
    running: Mutex<Option<Running>>,
    restarts: AtomicU64,
    lost: Mutex<Lost>,
    stopping: AtomicBool,
}

/// What the destination has lost because it was too far behind.
#[derive(Debug, Default)]
struct Lost {
    upto: Cursor,
    counts: Evicted,
}

/// What the actor said of itself after its last step.
#[derive(Debug)]
struct Published {
    position: Position,
    status: ExporterStatus,
}

impl Slot {
    pub(crate) fn new(sink: Box<dyn Sink>, start: Cursor, links: OutboxLinks, config: ExporterConfig) -> Self {
        let status = ExporterStatus { acknowledged: start.0, behind: true, ..ExporterStatus::default() };
        let position = Position { settled: start, backlog: true, waits_until: None };
        Self {
            name: sink.name().to_owned(),
            handoff: Mutex::new(HandoffQueue::new(&config)),
            config,
            links,
            sink: Arc::new(tokio::sync::Mutex::new(sink)),
            drains: Mutex::default(),
            published: Mutex::new(Published { position, status }),
            actor: Mutex::default(),
            running: Mutex::default(),
            restarts: AtomicU64::new(0),
            lost: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// The destination's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn config(&self) -> &ExporterConfig {
        &self.config
    }

    pub(super) fn links(&self) -> &OutboxLinks {
        &self.links
    }

    pub(super) fn sink(&self) -> SharedSink {
        Arc::clone(&self.sink)
    }

    pub(super) fn offer(&self, stored: &[Stored]) {
        lock(&self.handoff).offer(stored);
        self.poke();
    }

    pub(super) fn take(&self, after: Cursor) -> Taken {
        lock(&self.handoff).take(after, self.config.batch_spans, self.config.batch_bytes)
    }

    /// The destination is owed nothing any more up to a position.
    pub(super) fn lose(&self, eviction: &Eviction) {
        let mut lost = lock(&self.lost);
        lost.upto = lost.upto.max(eviction.upto);
        match eviction.reason {
            DropReason::SpoolAge => lost.counts.age += eviction.traces,
            _ => lost.counts.cap += eviction.traces,
        }
        drop(lost);
        self.poke();
    }

    /// How far.
    pub(super) fn lost_upto(&self) -> Cursor {
        lock(&self.lost).upto
    }

    /// Some of it arrived all the same.
    pub(super) fn reprieve(&self, reprieved: Evicted) {
        let counts = &mut lock(&self.lost).counts;
        counts.cap = counts.cap.saturating_sub(reprieved.cap);
        counts.age = counts.age.saturating_sub(reprieved.age);
    }

    /// Adds someone who waits until everything that was offered so far is settled.
    pub(super) fn add_drain(&self, deadline: Instant, reply: DrainReply) {
        let target = lock(&self.handoff).newest();
        let refused = lock(&self.drains).add(target, deadline, reply);
        self.answer(refused.into_iter().map(|reply| (reply, false)).collect());
        self.poke();
    }

    /// Whether someone waits on whose account the exporter did not hurry yet.
    pub(super) fn take_new_drains(&self) -> bool {
        lock(&self.drains).take_new()
    }

    /// When the first of those who wait has waited long enough.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        lock(&self.drains).next_deadline()
    }

    /// Answers those whose wait is over.
    pub(crate) fn answer_drains(&self, now: Instant) {
        let position = lock(&self.published).position;
        let over = lock(&self.drains).over(position, now);
        self.answer(over);
    }

    /// Answers everyone who waits, and from now on everyone who comes, at once.
    pub(crate) fn close_drains(&self) {
        let position = lock(&self.published).position;
        let all = lock(&self.drains).close(position);
        self.answer(all);
    }

    fn answer(&self, replies: Vec<(DrainReply, bool)>) {
        for (reply, complete) in replies {
            reply(Drained { complete, status: self.status() });
        }
    }

    /// Makes known how the actor stands.
    pub(super) fn publish(&self, position: Position, status: ExporterStatus) {
        *lock(&self.published) = Published { position, status };
    }

    /// Where a new actor takes over.
    pub(super) fn left_off(&self) -> (Cursor, DeliveryCounts) {
        let published = lock(&self.published);
        (published.position.settled, published.status.counts)
    }

    /// How the exporter stands.
    pub(crate) fn status(&self) -> ExporterStatus {
        let waiting = lock(&self.handoff).len() as u64;
        let status = lock(&self.published).status.clone();
        ExporterStatus {
            name: self.name.clone(),
            queued: status.queued + waiting,
            restarts: self.restarts.load(Ordering::Relaxed),
            evicted: lock(&self.lost).counts,
            ..status
        }
    }

    /// Keeps a failure that is not the actor's own.
    pub(super) fn note_error(&self, error: String) {
        lock(&self.published).status.last_error = Some(error);
    }

    /// Counts a restart.
    pub(crate) fn restarted(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn log(&self, complaint: &Complaint) {
        tracing::warn!(exporter = %self.name, kind = ?complaint.kind, error = %complaint.text, "export failed");
    }

    /// From now on, pokes go to this actor.
    pub(super) fn set_actor(&self, actor: Recipient<Look>) {
        *lock(&self.actor) = Some(actor);
    }

    /// Has the actor look. One that is dead looks by itself when it is started again.
    pub(super) fn poke(&self) {
        let actor = lock(&self.actor).clone();
        if let Some(actor) = actor {
            // Full: a look is ahead already. Closed: the next actor looks first of all.
            drop(actor.try_send(Look));
        }
    }

    pub(super) fn set_running(&self, running: Running) {
        *lock(&self.running) = Some(running);
    }

    /// Waits until the thread has ended, at most until the deadline; whether it has.
    pub(super) fn join(&self, deadline: Instant) -> bool {
        let running = lock(&self.running).take();
        match running.map(|running| running.join(deadline)) {
            Some(Err(still)) => {
                self.set_running(still);
                false
            }
            Some(Ok(())) | None => true,
        }
    }

    /// Has the actor end, for good.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.poke();
    }

    /// Whether it was told to.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// What a panic left behind a lock is whole: every change under one is a single assignment or a method that cannot panic
/// half way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
