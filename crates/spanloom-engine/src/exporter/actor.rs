//! The actor: carries out what the machine in `state.rs` decides.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};
use spanloom_core::{Batch, Cursor};
use tokio::sync::oneshot;

use super::attempt::attempt;
use super::slot::{Look, Slot};
use super::state::{Effect, ExporterState, Input};

/// Carries out what the machine decides, on the thread of its exporter.
pub(super) struct ExporterActor {
    slot: Arc<Slot>,
    state: ExporterState,
    timer: Option<SpawnHandle>,
    /// Dropped with the actor, so its thread learns of every end, a panic too.
    _held: Option<oneshot::Sender<Infallible>>,
}

impl ExporterActor {
    /// An actor that goes on where the one before left off.
    pub(super) fn new(slot: Arc<Slot>, held: Option<oneshot::Sender<Infallible>>) -> Self {
        let (settled, counts) = slot.left_off();
        let state = ExporterState::new(settled, counts, slot.config(), RandomState::new().hash_one(slot.name()));
        Self { slot, state, timer: None, _held: held }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.slot.is_stopping() {
            ctx.stop();
            return;
        }
        let lost_upto = self.slot.lost_upto();
        if lost_upto > self.state.lost_upto() {
            self.step(Input::Evicted { upto: lost_upto }, ctx);
        }
        if self.slot.take_new_drains() {
            self.step(Input::Hurry, ctx);
        } else {
            self.step(Input::Poked, ctx);
        }
    }

    fn step(&mut self, input: Input, ctx: &mut Context<Self>) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.state.step(now(), input) {
                inputs.extend(self.perform(effect, ctx));
            }
        }
        self.publish();
        self.slot.answer_drains(now());
    }

    /// Gives the answer of those effects that have one at once.
    fn perform(&mut self, effect: Effect, ctx: &mut Context<Self>) -> Option<Input> {
        match effect {
            Effect::Take { after } => return Some(Input::Taken(self.slot.take(after))),
            Effect::Fetch { after } => self.fetch(after, ctx),
            Effect::Export(traces) => self.export(Batch { traces }, ctx),
            Effect::WakeAt(until) => self.wake_at(until, ctx),
            Effect::Acknowledge(acknowledgement) => {
                (self.slot.links().acknowledge)(self.slot.name(), acknowledgement);
                // At once: should a later effect panic, the spans are not counted again.
                self.publish();
            }
            Effect::Complain(complaint) => self.slot.log(&complaint),
        }
        None
    }

    fn fetch(&self, after: Cursor, ctx: &mut Context<Self>) {
        let (reply, found) = oneshot::channel();
        let config = self.slot.config();
        let max_traces = usize::try_from(config.batch_spans).unwrap_or(usize::MAX);
        // The reply is to nobody once the actor has died; the next one fetches for itself.
        let reply = Box::new(move |result| drop(reply.send(result)));
        (self.slot.links().fetch)(after, max_traces, config.batch_bytes, reply);
        ctx.spawn(found.into_actor(self).map(|result, actor, ctx| {
            let found = match result {
                Ok(Ok(found)) => Ok(found),
                Ok(Err(error)) => Err(super::answer::chain(&error)),
                Err(_dropped) => Err("the store's writer did not answer".to_owned()),
            };
            actor.step(Input::Fetched(found), ctx);
        }));
    }

    fn export(&self, batch: Batch, ctx: &mut Context<Self>) {
        let attempt = attempt(self.slot.sink(), batch, self.slot.config().request_timeout);
        ctx.spawn(attempt.into_actor(self).map(|answer, actor, ctx| actor.step(Input::Answered(answer), ctx)));
    }

    fn wake_at(&mut self, until: Instant, ctx: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        let wait = until.saturating_duration_since(now());
        self.timer = Some(ctx.run_later(wait, |actor, ctx| {
            actor.timer = None;
            actor.step(Input::TimeUp, ctx);
        }));
    }

    fn publish(&self) {
        self.slot.publish(self.state.position(), self.state.status());
    }
}

impl Actor for ExporterActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.slot.set_actor(ctx.address().recipient());
        self.look(ctx);
    }
}

impl Handler<Look> for ExporterActor {
    type Result = ();

    fn handle(&mut self, Look: Look, ctx: &mut Context<Self>) {
        self.look(ctx);
    }
}

/// The runtime's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
