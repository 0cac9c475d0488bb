//! How an engine does, as one snapshot.

use serde::Serialize;
use spanloom_core::Conservation;

use crate::exporter::ExporterStatus;

/// How an engine and its parts do. Taken without waiting: at most 50 ms old while something is open, exact after a flush.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Traces that are live and were seen to be.
    pub live_traces: u64,
    /// Memory of live traces.
    pub live_bytes: u64,
    /// Memory of what is on its way to the store.
    pub in_flight_bytes: u64,
    /// Messages about spans that had ended or were forgotten: they change nothing.
    pub late_messages: u64,
    /// Messages and traces whose handling panicked; each cost one trace.
    pub panics: u64,
    /// How often the process's registry actor was started again after it had died.
    pub registry_restarts: u64,
    /// Values that a limit cut or left out.
    pub truncated: u64,
    /// Values that redaction took out.
    pub redacted: u64,
    /// Traces that began in work which was to continue a span and had none: their metadata `spanloom.lost_context` says
    /// where it was handed over.
    pub lost_contexts: u64,
    /// Changes to tags that say where a trace is kept: they are refused.
    pub refused_tags: u64,
    /// Values that had no JSON form, in the whole process: their `Serialize` failed or panicked, or they were nested too deep.
    /// Where they stood is a text that says so.
    pub unserialisable: u64,
    /// Every destination.
    pub exporters: Vec<ExporterStatus>,
    /// Both conservation equations.
    pub conservation: Conservation,
}
