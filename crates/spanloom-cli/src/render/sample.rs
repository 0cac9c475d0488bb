//! Traces made by hand for the tests of rendering.

use spanloom::{SpanEvent, SpanId, SpanRecord, SpanStatus, SpanType, Trace, TraceId, TraceInfo, TraceState};

/// Midnight before the samples, in nanoseconds since the Unix epoch.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

/// A trace that grows span by span; what is said after a span is said of that span.
pub(crate) struct Sample {
    info: TraceInfo,
    spans: Vec<SpanRecord>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let id = TraceId::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).expect("not zero");
        let mut info = TraceInfo::new(id, START);
        info.state = TraceState::Ok;
        Self { info, spans: Vec::new() }
    }

    /// Adds a span that ran for the whole millisecond of the trace; parent 0 is none.
    pub(crate) fn span(mut self, id: u64, parent: u64, name: &str) -> Self {
        let span_id = SpanId::from_u64(id).expect("ids of samples are not zero");
        let mut span = SpanRecord::new(self.info.trace_id, span_id, name, START);
        span.parent_id = SpanId::from_u64(parent);
        span.end_time_unix_nano = Some(START + 1_000_000);
        span.status = SpanStatus::Ok;
        self.spans.push(span);
        self
    }

    pub(crate) fn kind(self, span_type: SpanType) -> Self {
        self.change(|span| span.span_type = span_type)
    }

    /// When it ran, in microseconds after the start of the trace; without an end it runs.
    pub(crate) fn ran(self, from_us: u64, to_us: Option<u64>) -> Self {
        self.change(|span| {
            span.start_time_unix_nano = START + from_us * 1_000;
            span.end_time_unix_nano = to_us.map(|us| START + us * 1_000);
        })
    }

    pub(crate) fn said(self, inputs: &str, outputs: &str) -> Self {
        self.change(|span| {
            span.set_inputs(inputs);
            span.set_outputs(outputs);
        })
    }

    pub(crate) fn failed(self) -> Self {
        self.failed_with("it broke")
    }

    pub(crate) fn failed_with(self, message: &str) -> Self {
        self.change(|span| {
            span.status = SpanStatus::error(message.to_owned());
            span.events.push(SpanEvent::exception("Broken", message, message));
        })
    }

    /// Changes what is known of the whole.
    pub(crate) fn info(mut self, change: impl FnOnce(&mut TraceInfo)) -> Self {
        change(&mut self.info);
        self
    }

    pub(crate) fn trace(self) -> Trace {
        Trace::new(self.info, self.spans)
    }

    fn change(mut self, change: impl FnOnce(&mut SpanRecord)) -> Self {
        change(self.spans.last_mut().expect("a span was added before"));
        self
    }
}

/// A trace in which every span has one child.
pub(crate) fn chain(length: u64) -> Trace {
    (1..=length).fold(Sample::new(), |sample, id| sample.span(id, id - 1, "link")).trace()
}
