//! How an engine is to be.

use std::collections::BTreeMap;
use std::time::Duration;

use spanloom_api::tenant::Overflow;
use spanloom_core::{Limits, Sink, TraceStore};

use crate::exporter::ExporterConfig;
use crate::privacy::Privacy;

/// How an engine is to be.
pub struct EngineConfig {
    /// Where completed traces go; `None` keeps them in memory until every sink has them.
    pub store: Option<Box<dyn TraceStore>>,
    /// Destinations. Each gets a thread.
    pub sinks: Vec<Box<dyn Sink>>,
    /// Limits.
    pub limits: Limits,
    /// What happens when there is no room.
    pub overflow: Overflow,
    /// Share of the traces that is kept, 0 to 1.
    pub sampling_ratio: f64,
    /// Experiment of the traces, by name or id.
    pub experiment: String,
    /// Metadata that every trace begins with.
    pub metadata: BTreeMap<String, String>,
    /// What of the program's data is kept.
    pub privacy: Privacy,
    /// Whether spans of one name get a number behind it in what is stored. Default false.
    pub unique_span_names: bool,
    /// How long one attempt to deliver may take. Default [`Self::REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// Time between attempts while a destination is suspect. Default [`Self::SUSPECT_INTERVAL`].
    pub suspect_interval: Duration,
}

impl EngineConfig {
    /// 30 s.
    pub const REQUEST_TIMEOUT: Duration = ExporterConfig::REQUEST_TIMEOUT;
    /// 30 s.
    pub const SUSPECT_INTERVAL: Duration = ExporterConfig::PROBE_INTERVAL;

    pub(crate) fn exporter(&self) -> ExporterConfig {
        let (request_timeout, probe_interval) = (self.request_timeout, self.suspect_interval);
        ExporterConfig { request_timeout, probe_interval, ..ExporterConfig::default() }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            store: None,
            sinks: Vec::new(),
            limits: Limits::default(),
            overflow: Overflow::default(),
            sampling_ratio: 1.0,
            experiment: "0".to_owned(),
            metadata: BTreeMap::new(),
            privacy: Privacy::default(),
            unique_span_names: false,
            request_timeout: Self::REQUEST_TIMEOUT,
            suspect_interval: Self::SUSPECT_INTERVAL,
        }
    }
}

impl std::fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConfig")
            .field("store", &self.store.is_some())
            .field("sinks", &self.sinks)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
