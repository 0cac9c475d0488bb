//! What an exporter says of itself.

use serde::Serialize;
use spanloom_core::Evicted;

/// What an exporter says of itself. Taken without waiting for it, so it lags by at most one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExporterStatus {
    /// The destination's name.
    pub name: String,
    /// Everything up to this position is settled.
    pub acknowledged: u64,
    /// What became of the traces that were settled.
    #[serde(flatten)]
    pub counts: DeliveryCounts,
    /// Traces in memory that wait their turn; the store may hold more.
    pub queued: u64,
    /// Traces in the batch that is being sent, or will be sent again.
    pub leased: u64,
    /// Whether the store may hold traces for this destination that it has not read yet.
    pub behind: bool,
    /// The last failure, with its causes; stays after a success.
    pub last_error: Option<String>,
    /// Whether the destination is left alone for the time being.
    pub circuit: Circuit,
    /// Failures since something got through.
    pub failures: u32,
    /// Traces that the destination lost because it was too far behind, since the engine started.
    pub evicted: Evicted,
    /// How often the exporter was started again after its actor had died.
    pub restarts: u64,
}

/// What became of the traces that were settled since the engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryCounts {
    /// Traces that the destination took.
    pub delivered: u64,
    /// Spans that it took.
    pub delivered_spans: u64,
    /// Traces that it refused for what they are.
    pub dead_lettered: u64,
    /// Spans of those: lost to this destination as `dest_rejected`.
    pub dead_lettered_spans: u64,
    /// Traces of which it refused some spans and took the others.
    pub partial_rejected: u64,
    /// The spans that it refused of those: lost to this destination as `partial_success`.
    pub partial_rejected_spans: u64,
    /// Attempts that ended with a panic of the sink.
    pub panics: u64,
}

/// Whether a destination is left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Circuit {
    /// It is sent what there is.
    #[default]
    Closed,
    /// Something is wrong with it; it is only probed.
    Open,
    /// The probe is on its way.
    HalfOpen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_flat_json_object() {
        let status = ExporterStatus { name: "m".into(), circuit: Circuit::HalfOpen, ..ExporterStatus::default() };
        let json = serde_json::to_value(status).unwrap();
        assert_eq!(json["circuit"], "half_open");
        assert_eq!(json["delivered"], 0);
        assert!(json["last_error"].is_null());
    }
}
