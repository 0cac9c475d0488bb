//! An exporter's own thread: one life of its actor.
//!
//! The thread has an actix System of its own, as an `Arbiter` cannot be given a name for its thread, and ends with its
//! actor, whichever way that ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use actix::{Actor, System};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use spanloom_api::lane::mark_engine_thread;
use tokio::sync::oneshot;

use super::actor::ExporterActor;
use super::slot::Slot;

/// Resolves, with an error as nothing is ever sent, when a life of the actor is over.
pub(crate) type Ended = oneshot::Receiver<Infallible>;

/// Starts the thread and the actor on it. A thread that cannot be had is a life that ends at once.
pub(crate) fn launch(slot: &Arc<Slot>) -> Ended {
    let (alive, ended) = oneshot::channel();
    let (joinable, over) = bounded(0);
    // The operating system refuses names with a NUL; Linux shows the first 15 bytes.
    let name = format!("spanloom-{}", slot.name().replace('\0', "_"));
    let own = Arc::clone(slot);
    let spawned = Builder::new().name(name).spawn(move || {
        let _joinable: crossbeam_channel::Sender<Infallible> = joinable;
        let _alive: oneshot::Sender<Infallible> = alive;
        live(own);
    });
    match spawned {
        Ok(handle) => slot.set_running(Running { handle, over }),
        Err(error) => slot.note_error(format!("no thread for the exporter: {error}")),
    }
    ended
}

/// A thread that was started.
#[derive(Debug)]
pub(super) struct Running {
    handle: JoinHandle<()>,
    /// Disconnected when it is about to end.
    over: Receiver<Infallible>,
}

impl Running {
    /// Waits for its end, at most until the deadline; gives itself back when it still runs.
    pub(super) fn join(self, deadline: Instant) -> Result<(), Self> {
        match self.over.recv_deadline(deadline) {
            Err(RecvTimeoutError::Timeout) => Err(self),
            Err(RecvTimeoutError::Disconnected) => {
                // It ends at once; a panic on it was counted where it happened.
                drop(self.handle.join());
                Ok(())
            }
        }
    }
}

fn live(slot: Arc<Slot>) {
    mark_engine_thread();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return slot.note_error(format!("no runtime for the exporter: {error}")),
    };
    System::with_tokio_rt(move || runtime).block_on(async move {
        let (held, dropped) = oneshot::channel::<Infallible>();
        ExporterActor::new(slot, Some(held)).start();
        // An error, when the actor is gone.
        drop(dropped.await);
    });
}
