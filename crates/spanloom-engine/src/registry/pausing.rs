//! Spans that are put down, and whether one that is taken up again is open here.

use std::time::{Duration, Instant};

use actix::{Context, Handler, Message};
use spanloom_api::lane::is_engine_thread;
use spanloom_api::plane::PauseRequest;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Text, Time, Value};
use spanloom_core::{JsonText, PausedSpan, attribute_key as key};

use super::actor::RegistryActor;
use super::live_trace::LiveTrace;
use super::log::{LogText, LogValue, Op};
use super::state::Registry;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::identity::Identities;
use crate::reply::pair;

impl Registry {
    /// Closes a span without an end. `None` when it is not open.
    pub(super) fn pause(&mut self, span: RawId, lane: u32) -> Option<PausedSpan> {
        let state = self.spans.get(span).filter(|state| !state.ghost && !state.ended_for_good)?;
        let was = *state;
        (state.ended, state.ended_for_good) = (true, true);
        let slot = was.slot();
        let known = self.trace(slot).map(|trace| self.known(trace, span));
        let trace = self.traces[slot as usize].as_mut()?;
        let before = trace.log.size();
        trace.log.data(&mut self.names, span, lane, Field::Paused, Text::Static(""), Value::None, Time::None);
        let added = trace.log.size() - before;
        if !was.ended {
            self.span_closed(slot, span);
        }
        self.charge(slot, added);
        known
    }

    /// Whether a span is open.
    pub(super) fn is_open(&mut self, span: RawId) -> bool {
        self.spans.get(span).is_some_and(|state| !state.ended && !state.ghost)
    }

    /// What the log tells of a span; what was handed on before is not in it.
    fn known(&self, trace: &LiveTrace, span: RawId) -> PausedSpan {
        let ids = Identities(&trace.carried);
        let mut known = PausedSpan::default();
        for op in trace.log.ops() {
            match op {
                Op::Start { span: started, parent, ticks, name } if started == span => {
                    known.parent_id = ids.parent_id(span, parent);
                    known.start_unix_nano = self.clock().unix_ns(trace.anchor, ticks);
                    self.log_text(name).clone_into(&mut known.name);
                }
                Op::Data { span: about, field, key, value, .. } if about == span => match (field, value) {
                    (Field::StartTime, LogValue::U64(nanos)) => known.start_unix_nano = nanos,
                    (Field::Attribute, LogValue::Str(text)) if self.log_text(key) == key::SPAN_TYPE => {
                        self.log_text(text).clone_into(&mut known.span_type);
                    }
                    (Field::Attribute, LogValue::Json(json)) if self.log_text(key) == key::SPAN_TYPE => {
                        let value = JsonText::from_encoded(json).to_value();
                        value.as_str().unwrap_or_default().clone_into(&mut known.span_type);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        match ids.carried_by(span).and_then(|carried| carried.resumed.as_ref()).and_then(|token| token.known.clone()) {
            Some(before) => {
                let span_type = if known.span_type.is_empty() { before.span_type.clone() } else { known.span_type };
                PausedSpan { span_type, times_resumed: before.times_resumed + 1, ..before }
            }
            None => known,
        }
    }

    fn log_text<'a>(&'a self, text: LogText<'a>) -> &'a str {
        match text {
            LogText::Number(number) => self.names.text(number),
            LogText::Inline(text) => text,
        }
    }
}

/// Close a span without an end, and store what there is of its trace. From a handle; the reply says what is known of it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Pause(pub(crate) PauseRequest);

impl Handler<Pause> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Pause(request): Pause, ctx: &mut Context<Self>) {
        let PauseRequest { span, lane, reply } = request;
        {
            let mut core = self.core.borrow_mut();
            core.settle();
            let mut known = core.registry.pause(span, lane);
            core.settle();
            if let Some(known) = &mut known
                && let Some(link) = core.link(span.tenant())
            {
                // The token leaves the process, and so does the name.
                known.name = link.clean(&known.name);
            }
            reply(known);
        }
        self.rest(1, ctx);
    }
}

/// Whether a span is open. From an engine that resumes it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct AskOpen {
    pub(crate) span: RawId,
    pub(crate) reply: Box<dyn FnOnce(bool) + Send>,
}

impl Handler<AskOpen> for RegistryActor {
    type Result = ();

    fn handle(&mut self, AskOpen { span, reply }: AskOpen, ctx: &mut Context<Self>) {
        {
            let mut core = self.core.borrow_mut();
            core.settle();
            reply(core.registry.is_open(span));
        }
        self.rest(1, ctx);
    }
}

const WHAT: &str = "the look at a span that is resumed";

impl Engine {
    /// Whether a span of this engine is open, after everything that happened before. Blocks this thread.
    ///
    /// # Errors
    /// When the engine was shut down or does not answer in time, and on one of its own threads.
    pub fn is_open_blocking(&self, span: RawId, deadline: Duration) -> Result<bool, EngineError> {
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: WHAT });
        }
        let (giver, answer) = pair();
        self.post(AskOpen { span, reply: Box::new(move |open| giver.give(open)) })?;
        match answer.wait_until(Instant::now() + deadline) {
            Ok(Some(open)) => Ok(open),
            Ok(None) => Err(EngineError::Stopped),
            Err(_) => Err(EngineError::TimedOut { what: WHAT, deadline }),
        }
    }
}
