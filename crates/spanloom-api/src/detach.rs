//! Spans that are put down and taken up again: work that waits for a person, or for tomorrow.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use spanloom_core::{PausedSpan, ResumeToken, SpanId, TraceId};

use crate::lane::{self, is_engine_thread};
use crate::plane::{self, PauseRequest};
use crate::span::Span;

/// How long the registry may take to say what it knows of the span; a token does without.
const PATIENCE: Duration = Duration::from_secs(2);

impl Span {
    /// Puts the span down, to go on with it later: here, or in another process. The token is text for a job table, an e-mail, a
    /// queue; `Spanloom::resume` takes it back, and the span goes on as the same one in the same trace.
    ///
    /// What was recorded so far is stored at once. The span has no end, and its trace is in progress, with the metadata
    /// `spanloom.paused`, until it was resumed and has ended; that this process ends makes no difference. What handles of the
    /// span say afterwards is ignored, as after [`end`](Self::end); what is started under it still belongs to the trace.
    ///
    /// The token holds ids, name, type and start of the span, and none of its data. Waits for the engine's thread, about a
    /// millisecond, at most 2 s. Of a span that does not record it gives a token that resumes as such a span.
    pub fn detach(&self) -> String {
        if !self.is_recording() {
            return ResumeToken::new(TraceId::INVALID, SpanId::INVALID, None).encode();
        }
        ResumeToken::new(self.trace_id(), self.span_id(), self.pause()).encode()
    }

    fn pause(&self) -> Option<PausedSpan> {
        let (give, known) = sync_channel(1);
        let lane = lane::with(|lane| lane.number()).unwrap_or(0);
        let span = self.frame().span;
        // Whoever waited may have gone.
        let reply = Box::new(move |known| drop(give.try_send(known)));
        let asked = plane::request(PauseRequest { span, lane, reply });
        if !asked || is_engine_thread() {
            return None;
        }
        known.recv_timeout(PATIENCE).ok().flatten()
    }
}
