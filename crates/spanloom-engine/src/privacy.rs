//! What of a program's data is kept, and what it is made to first.

use std::fmt;

use spanloom_api::Capture;

use crate::redact::Redaction;
use crate::writer::processors::SpanProcessor;

/// What of a program's data is kept, and what it is made to first. In the order in which it acts: what is captured, the
/// program's own functions, redaction, limits.
#[derive(Default)]
pub struct Privacy {
    /// How much is kept at all. Default everything.
    pub capture: Capture,
    /// Functions over spans at their end, in order. Default none.
    pub processors: Vec<SpanProcessor>,
    /// What is taken out of texts. Default known forms of secrets.
    pub redaction: Redaction,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy")
            .field("capture", &self.capture)
            .field("processors", &self.processors.len())
            .field("redaction", &self.redaction)
            .finish()
    }
}
