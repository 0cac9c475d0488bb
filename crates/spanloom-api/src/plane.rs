//! The process's rings as the registry sees them, and how it is woken.
//!
//! One data plane for all engines of a process. Rings outlive the threads that write them and the registries that read
//! them: a thread that exits hands its ring to the next one, and a new registry goes on where the old one stopped.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use spanloom_core::PausedSpan;

use crate::lane::Lane;
use crate::raw_id::RawId;

/// Asks the registry to close a span without an end.
pub struct PauseRequest {
    /// The span.
    pub span: RawId,
    /// The ring of the thread that asks.
    pub lane: u32,
    /// Called with what is known of the span, on the engine's thread; dropped when there is no registry.
    pub reply: Box<dyn FnOnce(Option<PausedSpan>) + Send>,
}

type Desk = Arc<dyn Fn(PauseRequest) -> bool + Send + Sync>;
type Waker = Arc<dyn Fn() + Send + Sync>;

static LANES: Mutex<Vec<Arc<Lane>>> = Mutex::new(Vec::new());
static GENERATION: AtomicUsize = AtomicUsize::new(0);
/// How many of the first rings are those of the process that this one was forked from.
static INHERITED: AtomicUsize = AtomicUsize::new(0);
static ASLEEP: AtomicBool = AtomicBool::new(false);
static WAKER: RwLock<Option<Waker>> = RwLock::new(None);
static DESK: RwLock<Option<Desk>> = RwLock::new(None);
static OWNER_PID: AtomicU32 = AtomicU32::new(0);

/// Says that a registry reads the rings from now on, and how to wake it. The waker may be called by any thread, must
/// not block, and is called at most once per nap.
pub fn connect(waker: impl Fn() + Send + Sync + 'static) {
    *WAKER.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(waker));
    OWNER_PID.store(std::process::id(), Ordering::Release);
}

/// Says who takes what handles ask of the registry. True when it was taken.
pub fn take_requests(desk: impl Fn(PauseRequest) -> bool + Send + Sync + 'static) {
    *DESK.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(desk));
}

/// Asks the registry. False when there is none.
pub(crate) fn request(request: PauseRequest) -> bool {
    let desk = DESK.read().unwrap_or_else(PoisonError::into_inner).clone();
    is_connected() && desk.is_some_and(|desk| desk(request))
}

/// Says that no one reads the rings any more: messages that find no room are lost at once.
pub fn disconnect() {
    OWNER_PID.store(0, Ordering::Release);
    *WAKER.write().unwrap_or_else(PoisonError::into_inner) = None;
    *DESK.write().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Whether a registry of this very process reads the rings. False in a forked child.
pub fn is_connected() -> bool {
    OWNER_PID.load(Ordering::Acquire) == std::process::id()
}

impl std::fmt::Debug for PauseRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PauseRequest").field("span", &self.span).field("lane", &self.lane).finish_non_exhaustive()
    }
}

/// Changes whenever there is a new ring.
pub fn generation() -> usize {
    GENERATION.load(Ordering::Acquire)
}

/// All rings of the process, in the order of their numbers.
pub fn lanes() -> Vec<Arc<Lane>> {
    LANES.lock().unwrap_or_else(PoisonError::into_inner)[INHERITED.load(Ordering::Acquire)..].to_vec()
}

/// Leaves out the rings there are from now on: a forked child has none of their threads.
pub(crate) fn leave_inherited() {
    INHERITED.store(GENERATION.load(Ordering::Acquire), Ordering::Release);
}

/// Says that the registry naps until it is woken: a new root wakes it. Before napping it must look at every ring once
/// more; whatever was written before that look is seen, whatever is written after it wakes.
pub fn fall_asleep() {
    ASLEEP.store(true, Ordering::SeqCst);
    // Together with `push_before_load`: if that root's writer does not see the nap, the look that follows sees the root.
    // `ring/loom_tests.rs` has the model.
    fence(Ordering::SeqCst);
}

/// Says that the registry looks at the rings by itself.
pub fn stay_awake() {
    ASLEEP.store(false, Ordering::SeqCst);
}

/// Wakes the registry, whether it naps or not.
pub fn wake() {
    ASLEEP.store(false, Ordering::SeqCst);
    let waker = WAKER.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(waker) = waker {
        waker();
    }
}

/// Wakes the registry if it naps. Must follow a `push_before_load`.
#[inline(always)]
pub(crate) fn wake_if_asleep() {
    if ASLEEP.load(Ordering::SeqCst) {
        wake_once();
    }
}

#[cold]
#[inline(never)]
fn wake_once() {
    if ASLEEP.swap(false, Ordering::SeqCst) {
        wake();
    }
}

/// Adds a ring. `None` when there are as many as numbers.
pub(crate) fn add_lane<T>(make: impl FnOnce(u32, usize) -> (Arc<Lane>, T)) -> Option<T> {
    let mut lanes = LANES.lock().unwrap_or_else(PoisonError::into_inner);
    let number = u32::try_from(lanes.len()).ok().filter(|&n| n < crate::raw_id::MAX_LANES)?;
    let (lane, extra) = make(number, lanes.len());
    lanes.push(lane);
    GENERATION.store(lanes.len(), Ordering::Release);
    Some(extra)
}
