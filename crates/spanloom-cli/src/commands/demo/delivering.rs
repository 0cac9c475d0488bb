//! Waiting until a server has the demo's traces, with progress.

use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use spanloom::{Circuit, Spanloom};

/// How often the exporter is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// Attempts that fail in a row before the rest is left to the next program that uses the store.
const PATIENCE: u32 = 3;

/// How far the server came.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Delivery {
    /// Its address.
    pub(crate) uri: String,
    /// Traces that it has.
    pub(crate) delivered: u64,
    /// Why it has no more, if it has not all.
    pub(crate) error: Option<String>,
}

/// Waits until the only destination has `traces` traces, or keeps failing.
pub(crate) fn wait(loom: &Spanloom, uri: &str, traces: u64) -> Delivery {
    let bar = ProgressBar::new(traces);
    let style = ProgressStyle::with_template("sending to MLflow {bar:30} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut looked = Instant::now();
    loop {
        let status = loom.health().and_then(|health| health.exporters.into_iter().next()).unwrap_or_default();
        bar.set_position(status.counts.delivered);
        let settled = status.counts.delivered + status.counts.dead_lettered >= traces;
        if settled || status.circuit != Circuit::Closed || status.failures >= PATIENCE {
            bar.finish_and_clear();
            let error = status.last_error.filter(|_| status.counts.delivered < traces);
            return Delivery { uri: uri.to_owned(), delivered: status.counts.delivered, error };
        }
        looked += GLANCE;
        #[expect(
            clippy::disallowed_methods,
            reason = "the bar is redrawn ten times a second; nothing else waits for this"
        )]
        thread::sleep(looked.saturating_duration_since(Instant::now()));
    }
}
