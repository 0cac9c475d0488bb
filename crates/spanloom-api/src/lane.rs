//! A thread's way to the registry: its ring, and what is done when the ring is full.
//!
//! A lane is made when a thread records its first span, and passed on to the next new thread when that thread exits;
//! what is in it stays readable all the while. Threads whose own lane is gone (destructors that run at thread exit) or
//! in use (a span made while a message is being written) share one behind a lock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::carried::{self, Carried};
use crate::plane;
use crate::raw_id::{MAX_SEQUENCE, RawId};
use crate::record::{Field, Payload, Record, Text, Time, Value};
use crate::ring::local::{LocalSlot, Reclaim};
use crate::ring::{Reader, Writer, ring, ticks};
use crate::tenant::Tenant;

/// Ring sizes in words by lane number: (lanes below, words). A process of few threads gets rings that absorb 16,000
/// plain spans; 400 threads together stay below 32 MiB.
const RING_WORDS: [(usize, usize); 4] = [(8, 1 << 17), (40, 1 << 15), (168, 1 << 13), (424, 1 << 12)];
const SMALLEST_RING_WORDS: usize = 1 << 10;

/// Bytes of moved values that may be on their way in all rings together.
const OWNED_BYTES_LIMIT: usize = 32 << 20;
static OWNED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// The part of a lane that the registry sees.
#[derive(Debug)]
pub struct Lane {
    number: u32,
    inbox: Mutex<Inbox>,
    side: Mutex<Side>,
    side_used: AtomicBool,
    last_root: LastRoot,
}

/// What the registry reads. Its lock is the registry's own; it outlives any one registry.
#[derive(Debug)]
pub struct Inbox {
    /// The ring.
    pub reader: Reader,
    /// Number of the next root or start in the ring.
    pub next_sequence: u64,
}

/// What found no room in the ring and must not be lost.
#[derive(Debug, Default)]
pub struct Side {
    /// Ends, releases and retains, each with the ring position after which it happened. Never more than there are handles.
    pub spilled: Vec<(u64, Record<'static>)>,
    /// Roots of traces that lost a message.
    pub doomed: Vec<RawId>,
}

/// The root that ended last on this lane. Written by its thread only.
#[derive(Debug, Default)]
struct LastRoot {
    ticks: AtomicU64,
    high: AtomicU64,
    low: AtomicU64,
}

impl Lane {
    /// Its number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What the registry reads.
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What found no room, as far as the ring was read up to `position`.
    pub fn take_side(&self, position: u64) -> Option<Side> {
        if !self.side_used.load(Ordering::Acquire) {
            return None;
        }
        let mut side = self.side.lock().unwrap_or_else(PoisonError::into_inner);
        let later = side.spilled.iter().position(|(at, _)| *at > position).unwrap_or(side.spilled.len());
        let spilled = side.spilled.drain(..later).collect();
        self.side_used.store(!side.spilled.is_empty(), Ordering::Release);
        Some(Side { spilled, doomed: std::mem::take(&mut side.doomed) })
    }

    /// Without a registry: counts the roots that wait to be read as refused, and lets go of everything else.
    pub fn discard(&self) {
        // A value that was moved may panic when it drops; it is taken all the same.
        while catch_unwind(AssertUnwindSafe(|| self.discard_unread())).is_err() {}
    }

    fn discard_unread(&self) {
        let mut inbox = self.inbox();
        // Under the lock: a registry that goes reads this ring after it has said so, one that comes before it has read it.
        if plane::is_connected() {
            return;
        }
        let Inbox { reader, next_sequence } = &mut *inbox;
        reader.drain(u64::MAX, |record| match record {
            Record::Root { tenant, .. } => {
                carried::forget(RawId::new(tenant, self.number, *next_sequence));
                *next_sequence += 1;
                Tenant::get(tenant).count_refused();
            }
            Record::Start { .. } => *next_sequence += 1,
            Record::Data { value: Value::Owned(payload), .. } => owned_value_taken(payload.len()),
            _ => {}
        });
        self.take_side(inbox.reader.position());
    }

    fn with_side(&self, f: impl FnOnce(&mut Side)) {
        let mut side = self.side.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut side);
        self.side_used.store(true, Ordering::Release);
    }

    /// When the last root of this lane ended, and its trace id. `None` before the first, and when one just ends.
    pub(crate) fn last_root(&self) -> Option<(u64, [u64; 2])> {
        let last = &self.last_root;
        let before = last.ticks.load(Ordering::Acquire);
        let id = [last.high.load(Ordering::Acquire), last.low.load(Ordering::Acquire)];
        (before != 0 && before == last.ticks.load(Ordering::Acquire)).then_some((before, id))
    }
}

/// Says that a moved value of this many bytes has left the rings.
pub fn owned_value_taken(bytes: usize) {
    OWNED_BYTES.fetch_sub(bytes, Ordering::AcqRel);
}

/// Says that this thread belongs to an engine: it never waits for room.
pub fn mark_engine_thread() {
    ENGINE_THREAD.with(|flag| flag.set(true));
}

/// Whether this thread belongs to an engine.
pub fn is_engine_thread() -> bool {
    ENGINE_THREAD.try_with(std::cell::Cell::get).unwrap_or(false)
}

/// The writing part of a lane; one thread has it at a time.
#[derive(Debug)]
pub(crate) struct Owner {
    writer: Writer,
    next_sequence: u64,
    lane: Arc<Lane>,
}

thread_local! {
    static LOCAL: LocalSlot<Owner> = const { LocalSlot::new() };
    /// Has a destructor, which the slot has not: it is touched when a lane is acquired, and passes the lane on.
    static RECLAIM: Reclaim<Owner> = const { Reclaim::new(|| LOCAL.with(LocalSlot::take), pass_on) };
    static ENGINE_THREAD: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Lanes whose threads have exited.
static POOL: Mutex<Vec<Owner>> = Mutex::new(Vec::new());
/// The lane of threads that have none of their own.
static SHARED: Mutex<Option<Owner>> = Mutex::new(None);

fn pass_on(owner: Owner) {
    POOL.lock().unwrap_or_else(PoisonError::into_inner).push(owner);
}

/// Calls `f` with this thread's lane. `None` when there are no lanes left.
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&mut Owner) -> R) -> Option<R> {
    match LOCAL.with(|slot| slot.lend(f)) {
        Ok(result) => Some(result),
        Err(f) => with_other(f),
    }
}

/// The first use in a thread, or one while the thread's lane is in use or gone.
#[cold]
#[inline(never)]
fn with_other<R>(f: impl FnOnce(&mut Owner) -> R) -> Option<R> {
    thread_local! {
        static ACQUIRED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if !ACQUIRED.replace(true) && RECLAIM.try_with(|_| ()).is_ok() {
        let mut owner = acquire()?;
        let result = f(&mut owner);
        LOCAL.with(|slot| slot.fill(owner));
        return Some(result);
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = match &mut *shared {
        Some(owner) => owner,
        vacant => vacant.insert(acquire()?),
    };
    Some(f(owner))
}

/// Leaves every lane there is, for a forked child that begins anew: they belong to threads which it has not, and one of
/// those may have held a lock. What is in them is the parent's. Leaked, for their locks may never be free.
pub fn leave_inherited() {
    plane::leave_inherited();
    crate::random_id::reseed();
    carried::leave_inherited();
    if let Ok(mut pool) = POOL.try_lock() {
        std::mem::forget(std::mem::take(&mut *pool));
    }
    if let Ok(mut shared) = SHARED.try_lock() {
        std::mem::forget(shared.take());
    }
    let inherited = LOCAL.with(LocalSlot::take);
    if !inherited.is_null()
        && let Some(owner) = acquire()
    {
        LOCAL.with(|slot| slot.fill(owner));
    }
}

#[cold]
#[inline(never)]
fn acquire() -> Option<Owner> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    // A ring that is still half full of what its last thread wrote would refuse the first roots of the next one.
    if let Some(at) = pool.iter_mut().rposition(|owner| !owner.writer.refresh()) {
        return Some(pool.swap_remove(at));
    }
    plane::add_lane(open).or_else(|| pool.pop())
}

fn open(number: u32, existing: usize) -> (Arc<Lane>, Owner) {
    let words = RING_WORDS.iter().find(|(below, _)| existing < *below).map_or(SMALLEST_RING_WORDS, |(_, words)| *words);
    let (writer, reader) = ring(words, plane::wake);
    let lane = Arc::new(Lane {
        number: number + 1,
        inbox: Mutex::new(Inbox { reader, next_sequence: 0 }),
        side: Mutex::default(),
        side_used: AtomicBool::new(false),
        last_root: LastRoot::default(),
    });
    let owner = Owner { writer, next_sequence: 0, lane: Arc::clone(&lane) };
    (lane, owner)
}

impl Owner {
    /// The number of the lane.
    pub(crate) fn number(&self) -> u32 {
        self.lane.number
    }

    fn next_id(&self, tenant: u8) -> RawId {
        RawId::new(tenant, self.lane.number, self.next_sequence)
    }

    /// Begins a trace. [`RawId::NONE`] when there is no room.
    #[inline(always)]
    pub(crate) fn root(&mut self, tenant: u8, name: Text<'_>, trace_id: [u64; 2]) -> RawId {
        let gate = Tenant::get(tenant);
        if (self.writer.pressed() || gate.is_gate_closed()) && !self.admits_root(gate) {
            return RawId::NONE;
        }
        let record = Record::Root { name: self.fit(name), tenant, trace_id, ticks: ticks::now() };
        let pushed = self.writer.push_before_load(record);
        let id = match pushed {
            Ok(()) => self.count_up(tenant),
            Err(record) => self.begin_slowly(record, tenant),
        };
        plane::wake_if_asleep();
        id
    }

    /// Begins a trace, or a part of one, of which more is known than its record can say. That is noted first, so that it is
    /// there for whoever reads the record.
    #[cold]
    #[inline(never)]
    pub(crate) fn root_carrying(
        &mut self,
        tenant: u8,
        name: Text<'_>,
        trace_id: [u64; 2],
        carried: Arc<Carried>,
    ) -> RawId {
        let expected = self.next_id(tenant);
        carried::note(expected, carried);
        let root = self.root(tenant, name, trace_id);
        if root != expected {
            carried::forget(expected);
        }
        root
    }

    /// Begins a span. [`RawId::NONE`] when there is no room, in which case its trace is doomed.
    #[inline(always)]
    pub(crate) fn start(&mut self, name: Text<'_>, root: RawId, parent: RawId) -> RawId {
        let record = Record::Start { name: self.fit(name), root, parent, ticks: ticks::now() };
        match self.writer.push(record) {
            Ok(()) => self.count_up(root.tenant()),
            Err(record) => {
                let id = self.begin_slowly(record, root.tenant());
                if id == RawId::NONE {
                    self.doom(root);
                }
                id
            }
        }
    }

    #[inline(always)]
    fn count_up(&mut self, tenant: u8) -> RawId {
        let id = self.next_id(tenant);
        self.next_sequence += 1;
        debug_assert!(self.next_sequence < MAX_SEQUENCE, "a lane has room for years of spans");
        id
    }

    #[cold]
    #[inline(never)]
    fn begin_slowly(&mut self, record: Record<'_>, tenant: u8) -> RawId {
        match self.push_patiently(record, tenant) {
            Ok(()) => {
                // As after `push_before_load`.
                fence(Ordering::SeqCst);
                self.count_up(tenant)
            }
            Err(_) => RawId::NONE,
        }
    }

    /// Says something about a span. When there is no room its trace is doomed.
    #[inline(always)]
    pub(crate) fn data(&mut self, root: RawId, span: RawId, field: Field, key: Text<'_>, value: Value<'_>, time: Time) {
        let key = self.fit(key);
        if let Err(record) = self.writer.push(Record::Data { span, field, key, value, time }) {
            self.data_slowly(record, root);
        }
    }

    #[cold]
    #[inline(never)]
    fn data_slowly(&mut self, record: Record<'_>, root: RawId) {
        if let Err(record) = self.push_patiently(record, root.tenant()) {
            if let Record::Data { value: Value::Owned(payload), .. } = record {
                owned_value_taken(payload.len());
            }
            self.doom(root);
        }
    }

    /// Says a thing that must not be lost: an end, a release or a retain.
    #[inline(always)]
    pub(crate) fn control(&mut self, record: Record<'static>) {
        if let Err(record) = self.writer.push(record) {
            self.control_slowly(record);
        }
    }

    #[cold]
    #[inline(never)]
    fn control_slowly(&mut self, record: Record<'static>) {
        if plane::is_connected() {
            let position = self.writer.position();
            self.lane.with_side(|side| side.spilled.push((position, record)));
        }
    }

    #[inline(always)]
    pub(crate) fn note_root_ended(&self, trace_id: [u64; 2], ticks: u64) {
        let last = &self.lane.last_root;
        last.ticks.store(0, Ordering::Release);
        last.high.store(trace_id[0], Ordering::Release);
        last.low.store(trace_id[1], Ordering::Release);
        last.ticks.store(ticks, Ordering::Release);
    }

    /// A copied name or key at most as long as a value that is copied: longer ones would find no room in a small ring.
    #[inline(always)]
    fn fit<'a>(&self, text: Text<'a>) -> Text<'a> {
        match text {
            Text::Copied(long) if long.len() > self.writer.inline_limit() => cut(long, self.writer.inline_limit()),
            fitting => fitting,
        }
    }

    /// Bytes above which a value is better moved than copied.
    pub(crate) fn inline_limit(&self) -> usize {
        self.writer.inline_limit()
    }

    /// Sends a value by moving it, within the budget for such values.
    #[cold]
    #[inline(never)]
    pub(crate) fn owned_data(&mut self, root: RawId, span: RawId, field: Field, key: Text<'_>, payload: Payload) {
        self.owned(root, span, field, key, payload, Time::None);
    }

    /// As [`owned_data`](Self::owned_data), for the attributes of an event.
    #[cold]
    #[inline(never)]
    pub(crate) fn owned_event(&mut self, root: RawId, span: RawId, name: Text<'_>, payload: Payload, time: Time) {
        self.owned(root, span, Field::Event, name, payload, time);
    }

    fn owned(&mut self, root: RawId, span: RawId, field: Field, key: Text<'_>, payload: Payload, time: Time) {
        let bytes = payload.len();
        let fits = || OWNED_BYTES.load(Ordering::Acquire) + bytes <= OWNED_BYTES_LIMIT.max(bytes);
        if !fits() && !wait_until(Tenant::get(root.tenant()).patience(), fits) {
            return self.doom(root);
        }
        OWNED_BYTES.fetch_add(bytes, Ordering::AcqRel);
        self.data(root, span, field, key, Value::Owned(Box::new(payload)), time);
    }

    fn doom(&self, root: RawId) {
        if plane::is_connected() {
            self.lane.with_side(|side| side.doomed.push(root.plain()));
        }
    }

    /// Sees to it that a root which came after the end of its engine is counted: by the registry that reads it, or here
    /// when there is none any more.
    pub(crate) fn leave_behind(&self) {
        self.lane.discard();
    }

    /// Whether a root may begin although a high-water mark was passed. Waits, if its engine says so.
    #[cold]
    #[inline(never)]
    fn admits_root(&mut self, tenant: &Tenant) -> bool {
        if !plane::is_connected() {
            return false;
        }
        let patience = tenant.patience();
        if patience.is_some() {
            // A full ring is waited for when the message is written. A gate that stays closed to the deadline lets the
            // root pass, unless it is barred by then.
            wait_until(patience, || !tenant.is_gate_closed());
            return !tenant.is_gate_barred();
        }
        !tenant.is_gate_closed() && !self.writer.refresh()
    }

    /// Writes a record, waiting for room as long as its engine says.
    fn push_patiently<'a>(&mut self, record: Record<'a>, tenant: u8) -> Result<(), Record<'a>> {
        let mut refused = Some(record);
        let writer = &mut self.writer;
        wait_until(Tenant::get(tenant).patience(), || match refused.take().map(|record| writer.push(record)) {
            Some(Err(record)) => {
                refused = Some(record);
                false
            }
            _ => true,
        });
        refused.map_or(Ok(()), Err)
    }
}

#[cold]
fn cut(text: &str, limit: usize) -> Text<'_> {
    let end = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    Text::Copied(&text[..end])
}

/// Calls `done` until it gives true, the patience is over, or the registry is gone. Without patience it is called once.
fn wait_until(patience: Option<Duration>, mut done: impl FnMut() -> bool) -> bool {
    const YIELDS: u32 = 4;
    const NAP: Duration = Duration::from_micros(50);
    let Some(patience) = patience.filter(|_| !is_engine_thread()) else { return done() };
    let begin = Instant::now();
    let mut rounds = 0;
    while !done() {
        if !plane::is_connected() || begin.elapsed() >= patience {
            return false;
        }
        plane::wake();
        rounds += 1;
        if rounds <= YIELDS {
            std::thread::yield_now();
        } else {
            #[expect(clippy::disallowed_methods, reason = "parking would eat an unpark meant for the user's code")]
            std::thread::sleep(NAP);
        }
    }
    true
}

#[cfg(all(test, not(loom)))]
mod tests;
