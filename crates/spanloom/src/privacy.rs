//! Settings for what of a program's data is kept.

use spanloom_api::Capture;
use spanloom_core::SpanRecord;
use spanloom_engine::Redaction;

use crate::builder::Builder;
use crate::error::Error;

impl Builder {
    /// How much of what is recorded is kept. Default [`Capture::Full`].
    pub fn capture(mut self, capture: Capture) -> Self {
        self.privacy.capture = capture;
        self
    }

    /// Adds a function that sees each span when its trace completes, before anything of the span is stored, shown or sent, and
    /// may change it or [`discard`](SpanRecord::discard) it. Functions run in the order in which they were added, on the
    /// engine's thread, before redaction; previews and metadata follow from what they leave.
    ///
    /// One that panics is passed over for that span, and counted. While a trace runs, only the structure of its spans is
    /// shown of an engine with such functions: names, types, times, parents. A span that outlives its trace is seen in
    /// pieces. Tags and metadata of the trace do not pass here.
    ///
    /// ```
    /// # use spanloom::{SpanRecord, Spanloom};
    /// let loom = Spanloom::builder().in_memory()
    ///     .span_processor(|span: &mut SpanRecord| span.set_outputs("[REDACTED]"))
    ///     .start()?;
    /// # Ok::<(), spanloom::Error>(())
    /// ```
    pub fn span_processor(mut self, processor: impl Fn(&mut SpanRecord) + Send + Sync + 'static) -> Self {
        self.privacy.processors.push(Box::new(processor));
        self
    }

    /// What is taken out of texts before anything is stored, shown or sent. Default [`Redaction::default`].
    pub fn redact(mut self, redaction: Redaction) -> Self {
        self.privacy.redaction = redaction;
        self
    }

    /// Whether known forms of secrets are taken out: [`redact`](Self::redact) with the default, or with nothing.
    pub fn redaction(self, on: bool) -> Self {
        self.redact(if on { Redaction::default() } else { Redaction::off() })
    }

    pub(crate) fn check_privacy(&self) -> Result<(), Error> {
        let wrong = |wrong: spanloom_engine::InvalidPattern| Error::Config {
            key: "redact",
            value: wrong.pattern,
            expected: "a regular expression that matches something but not nothing",
        };
        self.privacy.redaction.check().map_err(wrong)
    }
}
