//! The engine thread: one for the process, with the actix System of all actors.
//!
//! It starts with the first engine and ends with the last. A registry actor that died of a panic is replaced by one
//! that goes on with the same state; callers hold this module's indirection, not an address.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix::{Actor, Addr};
use spanloom_api::lane::{leave_inherited, mark_engine_thread};
use spanloom_api::plane;
use tokio::sync::{Notify, mpsc};

use crate::clock::TickClock;
use crate::error::EngineError;
use crate::names::Names;
use crate::registry::actor::{Core, RegistryActor, Wake};
use crate::registry::log::LogPool;
use crate::registry::pausing::Pause;
use crate::registry::state::Registry;
use crate::reply::{Answer, Giver, pair};
use crate::supervise::RestartPolicy;

const THREAD: &str = "spanloom-engine";
/// A control message on its way to whichever actor there is.
type Letter = Box<dyn FnOnce(&Addr<RegistryActor>) + Send>;

/// Letters that may wait; the actor's own mailbox holds as many.
const LETTERS: usize = 1_024;

/// The engine thread, as engines know it.
#[derive(Clone)]
pub(crate) struct System {
    letters: mpsc::Sender<Letter>,
    bell: Arc<Notify>,
    restarts: Arc<AtomicU64>,
    pub(crate) names: Names,
    pub(crate) logs: LogPool,
}

struct Running {
    system: System,
    engines: usize,
    stop: Giver<()>,
    thread: JoinHandle<()>,
}

/// The process in which an engine started last.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// Held only while an engine starts or stops.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

impl System {
    /// Takes part in the engine thread, which is started if there is none.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn join() -> Result<Self, EngineError> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_mut().filter(|_| plane::is_connected()) {
            running.engines += 1;
            return Ok(running.system.clone());
        }
        let process = std::process::id();
        let first = PROCESS.swap(process, Ordering::AcqRel);
        if first != 0 && first != process {
            // This is a forked child: rings, ids and engine thread are the parent's.
            leave_inherited();
        }
        let started = start()?;
        let system = started.system.clone();
        // In a forked child the parent's thread does not exist: its handle is let go of, not joined.
        if let Some(parents) = running.replace(started) {
            std::mem::forget(parents);
        }
        Ok(system)
    }

    /// Leaves the engine thread. The last one to leave waits for its end, until the deadline.
    pub(crate) fn leave(deadline: Instant) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = running.take_if(|running| {
            running.engines -= 1;
            running.engines == 0
        }) else {
            return;
        };
        // First: what the thread leaves unread at its end is then counted by whoever wrote it.
        plane::disconnect();
        last.stop.give(());
        while !last.thread.is_finished() && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        if last.thread.is_finished() {
            // It ended; a panic of it was logged by the hook.
            let _ = last.thread.join();
        }
    }

    /// Sends a control message. False when the engine thread is gone, or behind by a thousand messages.
    ///
    /// Messages go through the supervisor's own queue, not straight to the actor's address: that may be called on threads
    /// whose thread-locals are gone (at the exit of the process), where actix's address may not.
    pub(crate) fn post<M>(&self, message: M) -> bool
    where
        RegistryActor: actix::Handler<M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
    {
        // A full mailbox drops the message, and with it the giver of its answer: whoever waits is told.
        let letter: Letter = Box::new(move |address| drop(address.try_send(message)));
        self.letters.try_send(letter).is_ok()
    }
}

impl System {
    /// How often the registry's actor was started again after it had died.
    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }
}

fn start() -> Result<Running, EngineError> {
    let (letters, incoming) = mpsc::channel(LETTERS);
    let bell = Arc::new(Notify::new());
    let system = System { letters, bell, restarts: Arc::default(), names: Names::default(), logs: LogPool::new() };
    let (ready, is_ready) = pair();
    let (stop, stopped) = pair();
    let in_thread = system.clone();
    let thread = std::thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(move || run(&in_thread, incoming, ready, stopped))
        .map_err(|source| EngineError::NoThread { name: THREAD, source })?;
    let _ = is_ready.wait_until(Instant::now() + Duration::from_secs(10));
    Ok(Running { system, engines: 1, stop, thread })
}

fn run(system: &System, incoming: mpsc::Receiver<Letter>, ready: Giver<()>, stopped: Answer<()>) {
    mark_engine_thread();
    let bell = Arc::clone(&system.bell);
    plane::connect(move || bell.notify_one());
    let system_for_requests = system.clone();
    plane::take_requests(move |request| system_for_requests.post(Pause(request)));
    let registry = Registry::new(system.names.clone(), system.logs.clone(), TickClock::start(), Instant::now());
    let core = Rc::new(RefCell::new(Core::new(registry)));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime needs no more than a thread")
    };
    actix::System::with_tokio_rt(runtime).block_on(supervise(system, core, incoming, ready, stopped));
    // Roots that were begun while the last engine was shut down.
    plane::lanes().iter().for_each(|lane| lane.discard());
}

/// Starts the actor, and again whenever it dies, until the engine thread is to stop.
async fn supervise(
    system: &System,
    core: Rc<RefCell<Core>>,
    mut incoming: mpsc::Receiver<Letter>,
    ready: Giver<()>,
    mut stopped: Answer<()>,
) {
    let mut ready = Some(ready);
    let mut policy = RestartPolicy::default();
    loop {
        let (death, mut died) = mpsc::channel(1);
        let address = RegistryActor::new(Rc::clone(&core), DeathNotice(death)).start();
        if let Some(ready) = ready.take() {
            ready.give(());
        }
        let lived_since = Instant::now();
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped => return,
                _ = died.recv() => break,
                Some(letter) = incoming.recv() => letter(&address),
                // A full mailbox holds a message that wakes just as well.
                () = system.bell.notified() => drop(address.try_send(Wake)),
            }
        }
        system.restarts.fetch_add(1, Ordering::Relaxed);
        tracing::error!("the registry's actor died of a panic and is started again");
        tokio::time::sleep(policy.died(lived_since.elapsed())).await;
    }
}

/// Tells the supervisor when the actor that holds it is gone.
pub(crate) struct DeathNotice(mpsc::Sender<()>);

impl Drop for DeathNotice {
    fn drop(&mut self) {
        // Full means that the supervisor knows.
        let _ = self.0.try_send(());
    }
}
