//! The registry's actor: runs rounds, performs what the machine decides, answers control messages.
//!
//! Its state lives in a cell that the supervisor keeps: an actor that dies of a panic is replaced by one that goes on
//! with the same traces. Spans do not pass through the mailbox, so control is never stuck behind them.
//!
//! While something is open it wakes by a timer, from half a millisecond under load to 50 ms when nothing happens; when
//! nothing is open there is no timer, and the next root wakes it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};
use spanloom_api::plane;
use spanloom_api::ring::ticks;
use spanloom_api::tenant::Tenant;
use spanloom_core::TraceId;

use super::book::Book;
use super::live_trace::LiveTrace as Live;
use super::rounds::Rounds;
use super::state::{Effect, Registry};
use super::tenant_link::{JournalRequest, LiveTrace, TenantLink};
use crate::reply::Giver;
use crate::system::DeathNotice;
use crate::writer::{BarrierReply, WriterMessage};

/// The shortest and longest nap while something is open.
const NAPS: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(50));
/// The nap while nothing is open, but handles of spans that have ended are about.
const REMNANT_NAP: Duration = Duration::from_millis(250);
/// After this many words in one round there is more to come, and no nap.
const BUSY_WORDS: u64 = 4_096;
/// How old the index of live traces may be.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(25);
/// How often the clocks are compared.
const CLOCK_INTERVAL: Duration = Duration::from_secs(1);
/// Rounds after which everything that happened before a request is complete: one that sees it, one that completes it,
/// and one for each message that had to wait.
const SETTLING_ROUNDS: usize = 4;
/// Control messages that may wait.
const MAILBOX: usize = 1_024;

/// What outlives one actor.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) registry: Registry,
    rounds: Rounds,
    links: Vec<TenantLink>,
    published: Instant,
    clock_read: Instant,
    journaled: Instant,
}

impl Core {
    pub(crate) fn new(registry: Registry) -> Self {
        let now = Instant::now();
        Self { registry, rounds: Rounds::default(), links: Vec::new(), published: now, clock_read: now, journaled: now }
    }

    /// Takes an engine in.
    fn enrol(&mut self, link: TenantLink) {
        // An engine that could not say goodbye may have left its link under a number that is used again.
        self.links.retain(|other| other.number != link.number);
        self.registry.add_tenant(link.number, link.limits.clone());
        self.links.push(link);
    }

    pub(super) fn link(&mut self, tenant: u8) -> Option<&mut TenantLink> {
        self.links.iter_mut().find(|link| link.number == tenant)
    }

    /// Reads every ring, and once more if that may complete something.
    fn work(&mut self) -> u64 {
        let words = self.rounds.run(&mut self.registry);
        if self.registry.wants_round() {
            self.rounds.run(&mut self.registry);
        }
        self.perform();
        self.keep_up(false);
        words
    }

    /// As [`catch_up`](Self::catch_up), and brings everything that is derived from it up to date.
    pub(super) fn settle(&mut self) {
        self.catch_up();
        self.keep_up(true);
    }

    /// Runs rounds until everything that happened before is complete or known to be open.
    pub(super) fn catch_up(&mut self) {
        for _ in 0..SETTLING_ROUNDS {
            self.rounds.run(&mut self.registry);
            if !self.registry.wants_round() {
                break;
            }
        }
        self.perform();
    }

    /// Performs what the machine decided: the only place where its decisions leave the actor.
    fn perform(&mut self) {
        let clock = *self.registry.clock();
        for effect in self.registry.take_effects() {
            match effect {
                Effect::Complete(tenant, trace) => {
                    if let Some(link) = self.link(tenant) {
                        link.live.remove(&trace.trace_id);
                        link.complete(clock, trace);
                    }
                }
                Effect::Refuse { tenant } => Tenant::get(tenant).count_refused(),
                Effect::Abandon { tenant, trace_id, journaled } => {
                    if let Some(link) = self.link(tenant) {
                        link.live.remove(&trace_id);
                        link.kept.dropped(trace_id);
                        if journaled {
                            link.send(WriterMessage::Abandon(trace_id));
                        }
                    }
                }
            }
        }
    }

    /// Journal, index, counts, gates and clock, as far as they are due; with `now` whether due or not.
    fn keep_up(&mut self, now: bool) {
        let time = Instant::now();
        let interval = self.links.iter().map(|link| link.limits.journal_interval).min();
        if now || interval.is_some_and(|interval| time >= self.journaled + interval) {
            self.journaled = time;
            self.journal();
        }
        if now || time >= self.published + PUBLISH_INTERVAL {
            self.published = time;
            self.publish();
        }
        if time >= self.clock_read + CLOCK_INTERVAL {
            self.clock_read = time;
            self.registry.refresh_clock();
        }
        for link in &mut self.links {
            link.pump();
            if let Some(book) = self.registry.book(link.number) {
                link.adjust_gate(book.bytes);
                link.ledger.publish_registry(book);
            }
        }
    }

    /// Sends what is new in live traces to the writers, as far as the way there is free.
    fn journal(&mut self) {
        let clock = *self.registry.clock();
        for link in &mut self.links {
            let number = link.number;
            for trace in self.registry.live_traces().filter(|trace| trace.tenant == number) {
                if link.is_over_budget() {
                    break;
                }
                if trace.log.position() > trace.journaled {
                    let request = request(trace, clock, trace.journaled);
                    trace.journaled = trace.log.position();
                    trace.journal_sequence += 1;
                    link.journal(request);
                }
            }
        }
    }

    /// Brings the index of live traces up to date.
    fn publish(&mut self) {
        let clock = *self.registry.clock();
        let now = ticks::now();
        for link in &self.links {
            let number = link.number;
            for trace in self.registry.live_traces().filter(|trace| trace.tenant == number) {
                let oldest = Registry::oldest_open_ticks(trace).unwrap_or(now);
                let oldest_unix = clock.unix_ns(trace.anchor, oldest);
                let age = Duration::from_nanos(clock.unix_ns(trace.anchor, now).saturating_sub(oldest_unix));
                link.live.insert(
                    trace.trace_id,
                    LiveTrace {
                        trace_id: trace.trace_id,
                        open_spans: trace.open,
                        spans: trace.total_spans,
                        oldest_open: age,
                        oldest_open_unix_nano: oldest_unix,
                    },
                );
            }
        }
    }

    /// Whether something is open, to be moved on, or a gate to be opened.
    fn has_work(&self) -> bool {
        let is_waiting = |link: &TenantLink| link.is_waiting() || Tenant::get(link.number).is_gate_closed();
        self.registry.has_open() || self.links.iter().any(is_waiting)
    }
}

/// How long to rest after a round that read this many words. `None`: until the next root.
fn choose_nap(
    words: u64,
    has_work: impl FnOnce() -> bool,
    has_remnants: impl FnOnce() -> bool,
    usual: Duration,
) -> Option<Duration> {
    match words {
        0 if has_work() => Some(usual),
        0 => has_remnants().then_some(REMNANT_NAP),
        1..=BUSY_WORDS => Some(usual),
        _ => Some(Duration::ZERO),
    }
}

/// What happened in a trace since `from`.
fn request(trace: &Live, clock: crate::clock::TickClock, from: usize) -> JournalRequest {
    let oldest = Registry::oldest_open_ticks(trace);
    JournalRequest {
        trace_id: trace.trace_id,
        root: trace.root,
        carried: trace.carried.clone(),
        anchor: trace.anchor,
        clock,
        part: trace.log.part(from),
        sequence: trace.journal_sequence,
        open_spans: trace.open,
        span_count: trace.total_spans,
        oldest_open_unix_nano: oldest.map(|ticks| clock.unix_ns(trace.anchor, ticks)),
    }
}

/// The actor.
pub(crate) struct RegistryActor {
    pub(super) core: Rc<RefCell<Core>>,
    nap: Duration,
    timer: Option<SpawnHandle>,
    _death: DeathNotice,
}

impl RegistryActor {
    pub(crate) fn new(core: Rc<RefCell<Core>>, death: DeathNotice) -> Self {
        Self { core, nap: NAPS.0, timer: None, _death: death }
    }

    fn work(&mut self, ctx: &mut Context<Self>) {
        plane::stay_awake();
        let words = self.core.borrow_mut().work();
        self.rest(words, ctx);
    }

    /// Decides when to wake.
    pub(super) fn rest(&mut self, words: u64, ctx: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        self.nap = if words > 0 { NAPS.0 } else { (self.nap * 2).min(NAPS.1) };
        let core = self.core.borrow();
        let nap = choose_nap(words, || core.has_work(), || core.registry.has_remnants(), self.nap);
        if nap.is_none() {
            plane::fall_asleep();
            if core.rounds.all_empty() {
                return;
            }
            // A root came after the last look.
            plane::stay_awake();
        }
        let nap = nap.unwrap_or(Duration::ZERO);
        self.timer = Some(ctx.run_later(nap, |actor, ctx| {
            actor.timer = None;
            actor.work(ctx);
        }));
    }
}

impl Actor for RegistryActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.work(ctx);
    }
}

/// Look at the rings now. Sent by a writer whose ring is half full, and by the first root after a sleep; no reply.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Wake;

impl Handler<Wake> for RegistryActor {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Context<Self>) {
        self.work(ctx);
    }
}

/// An engine starts. The reply comes before its first span may: a root of an engine that is not known is not taken.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Enrol(pub(crate) TenantLink, pub(crate) Giver<()>);

impl Handler<Enrol> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Enrol(link, enrolled): Enrol, ctx: &mut Context<Self>) {
        self.core.borrow_mut().enrol(link);
        enrolled.give(());
        self.work(ctx);
    }
}

/// Make everything that happened before this visible in the store; with `sync` on the disk. The writer replies.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Settle {
    pub(crate) tenant: u8,
    pub(crate) sync: bool,
    pub(crate) reply: BarrierReply,
}

impl Handler<Settle> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Settle { tenant, sync, reply }: Settle, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.settle();
        if let Some(link) = core.link(tenant) {
            link.send(WriterMessage::Barrier { sync, reply });
        }
        drop(core);
        self.rest(1, ctx);
    }
}

/// What a live trace is like now. The reply is `None` when there is no live trace of this id.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Look {
    pub(crate) tenant: u8,
    pub(crate) trace_id: TraceId,
    pub(crate) reply: Box<dyn FnOnce(Option<JournalRequest>) + Send>,
}

impl Handler<Look> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Look { tenant, trace_id, reply }: Look, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.settle();
        let clock = *core.registry.clock();
        reply(core.registry.find(tenant, trace_id).map(|trace| request(trace, clock, 0)));
        drop(core);
        self.rest(1, ctx);
    }
}

/// Tell the writer something about a trace, behind everything that happened before. The message is made here, of whether
/// the trace is live; whoever waits for an answer gets it from the writer.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tell {
    pub(crate) tenant: u8,
    pub(crate) trace_id: TraceId,
    pub(crate) message: Box<dyn FnOnce(bool) -> WriterMessage + Send>,
}

impl Handler<Tell> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Tell { tenant, trace_id, message }: Tell, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.settle();
        let is_live = core.registry.find(tenant, trace_id).is_some();
        if let Some(link) = core.link(tenant) {
            link.send(message(is_live));
        }
        drop(core);
        self.rest(1, ctx);
    }
}

/// An engine stops: its open traces are closed and marked incomplete, everything goes to its writer, and the writer is
/// told to stop. The reply comes from the writer, after its last commit.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Dismiss {
    pub(crate) tenant: u8,
    pub(crate) reply: BarrierReply,
}

impl Handler<Dismiss> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Dismiss { tenant, reply }: Dismiss, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.settle();
        let last_book = core.registry.remove_tenant(tenant, ticks::now());
        core.perform();
        match core.links.iter().position(|link| link.number == tenant) {
            Some(at) => {
                let mut link = core.links.swap_remove(at);
                publish_last(&link, last_book.as_ref());
                link.live.clear();
                link.send(WriterMessage::Barrier { sync: true, reply });
                hand_over(link, ctx);
            }
            // Dismissed before, by a message whose answer got lost.
            None => reply(Ok(())),
        }
        drop(core);
        self.rest(1, ctx);
    }
}

fn publish_last(link: &TenantLink, book: Option<&Book>) {
    if let Some(book) = book {
        link.ledger.publish_registry(book);
    }
}

/// Moves what still waits to the writer as it makes room, however long that takes.
fn hand_over(mut link: TenantLink, ctx: &mut Context<RegistryActor>) {
    link.pump();
    if link.is_waiting() {
        ctx.run_later(NAPS.0, move |_, ctx| hand_over(link, ctx));
    }
}

/// Call a function on the engine thread, inside its System. Sent by an engine that starts; no reply.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Run(pub(crate) Box<dyn FnOnce() + Send>);

impl Handler<Run> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Run(task): Run, _: &mut Context<Self>) {
        task();
    }
}

/// Call a function after a while. Sent with a request that has a deadline; no reply.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Alarm {
    pub(crate) after: Duration,
    pub(crate) ring: Box<dyn FnOnce() + Send>,
}

impl Handler<Alarm> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Alarm { after, ring }: Alarm, ctx: &mut Context<Self>) {
        ctx.run_later(after, |_, _| ring());
    }
}

#[cfg(test)]
mod tests;
