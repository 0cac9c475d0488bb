//! Brings an exporter back when its actor has died.
//!
//! actix does not: a panic in a handler ends the actor and closes its mailbox for ever. So the supervisor starts a new
//! one from a factory, each time a little later while they die young. What the actor must not lose is in its
//! [`Slot`], not in the actor.
//!
//! The supervisor runs on the engine's thread and not on the exporter's. That is why a drain is answered at its
//! deadline although a sink blocks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};

use crate::exporter::{Ended, LogLimit, Look, Slot, launch};

/// How long to wait before the next life.
#[derive(Debug, Default)]
pub(crate) struct RestartPolicy {
    deaths: u32,
}

impl RestartPolicy {
    /// The wait after the first death.
    pub(crate) const FIRST: Duration = Duration::from_millis(50);
    /// The longest wait. With it, an actor that can live at all lives again within a second.
    pub(crate) const LONGEST: Duration = Duration::from_millis(800);
    /// A life of this length clears the record.
    pub(crate) const STEADY: Duration = Duration::from_secs(60);

    /// Counts a death after a life of this length; gives the wait.
    pub(crate) fn died(&mut self, lived: Duration) -> Duration {
        if lived >= Self::STEADY {
            self.deaths = 0;
        }
        let wait = Self::FIRST.saturating_mul(1 << self.deaths.min(16)).min(Self::LONGEST);
        self.deaths = self.deaths.saturating_add(1);
        wait
    }
}

/// Keeps one exporter alive until it is told to stop, and answers drains at their deadlines.
#[derive(Debug)]
pub(crate) struct Supervisor {
    slot: Arc<Slot>,
    factory: fn(&Arc<Slot>) -> Ended,
    policy: RestartPolicy,
    born: Instant,
    deadline: Option<SpawnHandle>,
    log: LogLimit,
}

impl Supervisor {
    /// A supervisor that starts the exporter on a thread of its own.
    pub(crate) fn new(slot: Arc<Slot>) -> Self {
        Self::with_factory(slot, launch)
    }

    /// A supervisor that starts the exporter in another way; what the factory returns resolves when that life is over.
    pub(crate) fn with_factory(slot: Arc<Slot>, factory: fn(&Arc<Slot>) -> Ended) -> Self {
        let (policy, log) = (RestartPolicy::default(), LogLimit::default());
        Self { slot, factory, policy, born: now(), deadline: None, log }
    }

    fn launch(&mut self, ctx: &mut Context<Self>) {
        if self.slot.is_stopping() {
            return;
        }
        self.born = now();
        let ended = (self.factory)(&self.slot);
        ctx.spawn(ended.into_actor(self).map(|_, supervisor, ctx| supervisor.ended(ctx)));
    }

    fn ended(&mut self, ctx: &mut Context<Self>) {
        if self.slot.is_stopping() {
            return;
        }
        let now = now();
        let wait = self.policy.died(now.saturating_duration_since(self.born));
        self.slot.restarted();
        if self.log.allow(now) {
            tracing::error!(exporter = %self.slot.name(), ?wait, "exporter died, starting it again");
        }
        ctx.run_later(wait, Self::launch);
    }

    fn watch_deadlines(&mut self, ctx: &mut Context<Self>) {
        let now = now();
        self.slot.answer_drains(now);
        if let Some(timer) = self.deadline.take() {
            ctx.cancel_future(timer);
        }
        self.deadline = self.slot.next_deadline().map(|next| {
            ctx.run_later(next.saturating_duration_since(now), |supervisor, ctx| {
                supervisor.deadline = None;
                supervisor.watch_deadlines(ctx);
            })
        });
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.launch(ctx);
    }
}

impl Handler<Look> for Supervisor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Context<Self>) {
        if self.slot.is_stopping() {
            ctx.stop();
        } else {
            self.watch_deadlines(ctx);
        }
    }
}

impl Drop for Supervisor {
    /// Without a supervisor there is no exporter; nobody is left waiting for it.
    fn drop(&mut self) {
        self.slot.stop();
        self.slot.close_drains();
    }
}

/// The runtime's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits in milliseconds after lives of so many seconds.
    #[track_caller]
    fn check(lives: &[u64], waits: &[u64]) {
        let mut policy = RestartPolicy::default();
        let told = lives.iter().map(|lived| policy.died(Duration::from_secs(*lived)).as_millis() as u64);
        assert_eq!(told.collect::<Vec<_>>(), waits);
    }

    #[test]
    fn those_who_die_young_wait_longer_but_never_a_second() {
        check(&[0; 8], &[50, 100, 200, 400, 800, 800, 800, 800]);
    }

    #[test]
    fn a_long_life_clears_the_record() {
        check(&[0, 0, 59, 60, 0], &[50, 100, 200, 50, 100]);
    }
}
