//! What the low-level client asks of the registry's actor.

use actix::{Context, Handler, Message};
use spanloom_api::raw_id::RawId;
use spanloom_core::{SpanId, TraceId};

use super::actor::RegistryActor;
use super::find::Found;
use crate::writer::{RetagReply, WriterMessage};

/// Where a span is, after everything that happened before was heard. With `pin` its trace is held until [`Unpin`].
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Find {
    pub(crate) tenant: u8,
    pub(crate) trace_id: TraceId,
    pub(crate) span: Option<SpanId>,
    pub(crate) pin: bool,
    pub(crate) reply: Box<dyn FnOnce(Found) + Send>,
}

impl Handler<Find> for RegistryActor {
    type Result = ();

    fn handle(&mut self, find: Find, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.catch_up();
        let found = core.registry.find_span(find.tenant, find.trace_id, find.span);
        if let Found::Span(span, _) = found
            && find.pin
        {
            core.registry.pin(span.root());
        }
        drop(core);
        (find.reply)(found);
        self.rest(1, ctx);
    }
}

/// Let go of a trace, once what was started in it is heard. Sent by whoever held it; no reply.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Unpin(pub(crate) RawId);

impl Handler<Unpin> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Unpin(root): Unpin, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.catch_up();
        core.registry.unpin(root);
        drop(core);
        self.rest(1, ctx);
    }
}

/// Set a tag of a trace, or with `None` take it away: here while it is live, else in the store, behind everything that was
/// handed on before. The writer replies in the second case.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Retag {
    pub(crate) tenant: u8,
    pub(crate) trace_id: TraceId,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) reply: RetagReply,
}

impl Handler<Retag> for RegistryActor {
    type Result = ();

    fn handle(&mut self, retag: Retag, ctx: &mut Context<Self>) {
        let mut core = self.core.borrow_mut();
        core.catch_up();
        let Retag { tenant, trace_id, key, value, reply } = retag;
        if core.registry.retag(tenant, trace_id, &key, value.as_deref()) {
            reply(Ok(None));
        } else if let Some(link) = core.link(tenant) {
            link.send(WriterMessage::Retag { trace_id, key, value, reply });
        }
        drop(core);
        self.rest(1, ctx);
    }
}
