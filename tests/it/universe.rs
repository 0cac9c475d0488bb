//! An engine of a test's own, which checks when it goes that nothing was lost in silence.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::{Duration, Instant};

use spanloom::{Builder, Conservation, DropReason, ExporterStatus, SearchTraces, Span, Spanloom, Trace, TraceId};

/// Longer than anything takes on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An engine of a test's own. Its drop shuts it down and checks both conservation equations.
pub(crate) struct Universe {
    loom: Spanloom,
}

impl Universe {
    /// With a store in memory.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// With a store in memory, unless the settings say otherwise.
    pub(crate) fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let builder = settings(Spanloom::builder().in_memory());
        Self { loom: builder.start().expect("the settings of a test are right") }
    }

    /// Opens a root named `root`, calls `body` while it is current, and gives the trace as it is read afterwards.
    #[track_caller]
    pub(crate) fn trace_of(&self, body: impl FnOnce(&Span)) -> Trace {
        let root = self.loom.root_span("root").enter();
        let id = root.trace_id();
        body(&root);
        drop(root);
        self.trace(id)
    }

    /// A trace that must be there.
    #[track_caller]
    pub(crate) fn trace(&self, id: TraceId) -> Trace {
        let found = self.loom.get_trace_blocking(&id).expect("the store can be read");
        found.unwrap_or_else(|| panic!("there is no trace `{id}`; {:?}", self.loom.conservation()))
    }

    /// As [`trace`](Self::trace), on any executor.
    pub(crate) async fn fetch(&self, id: TraceId) -> Trace {
        let found = self.loom.get_trace(&id).await.expect("the store can be read");
        found.unwrap_or_else(|| panic!("there is no trace `{id}`; {:?}", self.loom.conservation()))
    }

    /// Every trace there is, read page by page.
    pub(crate) fn all_traces(&self) -> Vec<Trace> {
        let mut search = SearchTraces::new().max_results(1_000);
        let mut traces = Vec::new();
        loop {
            let page = self.loom.search_traces_blocking(search).expect("the question is right");
            traces.extend(page.traces);
            let Some(token) = page.next_page_token else { return traces };
            search = SearchTraces::new().page_token(token);
        }
    }

    /// How the destinations do, in the order in which they were given.
    pub(crate) fn exporters(&self) -> Vec<ExporterStatus> {
        self.loom.health().expect("it is not disabled").exporters
    }

    /// The counts after a flush, when they are exact.
    #[track_caller]
    pub(crate) fn settled(&self) -> Conservation {
        self.loom.flush_blocking(PATIENCE).expect("there is a minute for it");
        let counts = self.loom.conservation();
        assert_balanced(&counts);
        assert_eq!((counts.spans.completed_pending, counts.traces.completed_pending), (0, 0), "{counts:?}");
        counts
    }
}

#[track_caller]
fn assert_balanced(counts: &Conservation) {
    assert!(counts.spans.balanced(), "spans do not add up: {counts:?}");
    assert!(counts.traces.balanced(), "traces do not add up: {counts:?}");
}

impl Deref for Universe {
    type Target = Spanloom;

    fn deref(&self) -> &Spanloom {
        &self.loom
    }
}

impl Drop for Universe {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let report = self.loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
        let counts = self.loom.conservation();
        assert_balanced(&counts);
        assert_eq!((counts.spans.live, counts.spans.completed_pending), (0, 0), "{counts:?}");
        // A root that came after the report is in the counts alone.
        let in_time = |lost: &BTreeMap<DropReason, u64>| {
            lost.iter()
                .filter(|(reason, _)| **reason != DropReason::AfterShutdown)
                .map(|(r, n)| (*r, *n))
                .collect::<Vec<_>>()
        };
        assert_eq!(report.stored, counts.spans.stored, "{counts:?}");
        assert_eq!(in_time(&report.lost), in_time(&counts.spans.dropped), "{counts:?}");
    }
}

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "{what} did not happen within {PATIENCE:?}");
        // Leaves the processor to what is waited for.
        std::thread::yield_now();
    }
}

/// The settings of a file store in a directory of the test's own.
pub(crate) fn in_directory(directory: &tempfile::TempDir) -> Builder {
    Spanloom::builder().store(directory.path().join("traces.db"))
}
