//! The engine's handle on one exporter.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::SendError;
use actix::{Actor, Addr};
use spanloom_core::{Cursor, Sink};

use super::config::ExporterConfig;
use super::drain::Drained;
use super::handoff::Handoff;
use super::links::OutboxLinks;
use super::slot::{Look, Slot};
use super::status::ExporterStatus;
use crate::supervise::Supervisor;

/// Starts the exporter of a sink on a thread of its own, with everything after `start` still to be delivered.
///
/// # Panics
/// Outside an actix System: its supervisor runs on the caller's.
pub(crate) fn spawn(sink: Box<dyn Sink>, start: Cursor, links: OutboxLinks, config: ExporterConfig) -> Exporter {
    let slot = Arc::new(Slot::new(sink, start, links, config));
    let supervisor = Supervisor::new(Arc::clone(&slot)).start();
    Exporter { slot, supervisor }
}

/// One exporter, seen from the engine. Clones are the same exporter; usable on every thread. It runs until
/// [`stop`](Self::stop), or until the System that it was started on has ended.
#[derive(Clone, Debug)]
pub(crate) struct Exporter {
    slot: Arc<Slot>,
    supervisor: Addr<Supervisor>,
}

impl Exporter {
    /// The destination's name.
    pub(crate) fn name(&self) -> &str {
        self.slot.name()
    }

    /// Where the writer puts what it has stored.
    pub(crate) fn handoff(&self) -> Handoff {
        Handoff::new(Arc::clone(&self.slot))
    }

    /// Says when everything that was offered so far is settled, or at the deadline, or before it when the destination
    /// fails and will not be tried again until then. Does not wait. The answer comes on time even when the sink blocks
    /// its thread.
    pub(crate) fn drain(&self, deadline: Instant, reply: Box<dyn FnOnce(Drained) + Send>) {
        self.slot.add_drain(deadline, reply);
        self.poke_supervisor();
    }

    /// How it stands. Does not wait.
    pub(crate) fn observe(&self) -> ExporterStatus {
        self.slot.status()
    }

    /// Ends it, without another attempt; what was not delivered stays in the store. Does not wait; who waits for a
    /// drain is answered.
    pub(crate) fn stop(&self) {
        self.slot.stop();
        self.poke_supervisor();
    }

    /// Waits, blocking, until its thread has ended after [`stop`](Self::stop), at most until the deadline; whether it
    /// has. A sink that blocks keeps its thread for as long as it blocks.
    pub(crate) fn join(&self, deadline: Instant) -> bool {
        self.slot.join(deadline)
    }

    fn poke_supervisor(&self) {
        match self.supervisor.try_send(Look) {
            // Full: a look is ahead already.
            Ok(()) | Err(SendError::Full(Look)) => {}
            Err(SendError::Closed(Look)) => self.slot.close_drains(),
        }
    }
}
