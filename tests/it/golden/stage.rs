//! Where the programs run: a process of their own with an installed engine, one program after the other.

use std::collections::BTreeSet;

use serde_json::Value;
use spanloom::{SearchTraces, Spanloom, Trace, TraceId};

use super::normalise::key;
use super::recording::Recording;
use super::{compare, differences, normalise, timeline};
use crate::alone::alone;
use crate::universe::PATIENCE;

/// The name of a recording, and the program again; it gives what it saw.
pub(super) type Replay = (&'static str, fn(&Spanloom) -> Value);

/// Runs a group of programs in a process of its own, and compares each with its recording. `test` is the calling test, as
/// libtest prints it.
#[track_caller]
pub(super) fn replay(test: &str, replays: &[Replay]) {
    alone(test, || {
        let loom = Spanloom::builder().in_memory().install().expect("nothing is installed");
        let mut stage = Stage { loom, seen: BTreeSet::new() };
        let complaints: Vec<_> = replays.iter().filter_map(|replay| stage.complaint(replay)).collect();
        let report = stage.loom.shutdown_blocking(PATIENCE).expect("there is a minute for it");
        assert!(report.lost.is_empty(), "{report:?}");
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    });
}

struct Stage {
    loom: Spanloom,
    seen: BTreeSet<TraceId>,
}

impl Stage {
    /// Runs one program; what does not fit its recording.
    fn complaint(&mut self, (name, program): &Replay) -> Option<String> {
        let recording = Recording::load(name);
        let observations = program(&self.loom);
        let mut traces = self.new_traces();
        if recording.is_concurrent() {
            traces.sort_by(|a, b| a.root().map(key).cmp(&b.root().map(key)));
        }
        let mut found = compare::traces(&recording.traces(), &normalise::normalise(&traces, &recording));
        found.extend(compare::observations(recording.observations(), &observations));
        let mut lines = differences::unexplained(recording.name, &found);
        lines.extend(timeline::breaches(&traces, &recording));
        (!lines.is_empty()).then(|| format!("{name}:\n{}", lines.join("\n")))
    }

    /// The traces since the last program, in the order of their starts.
    fn new_traces(&mut self) -> Vec<Trace> {
        let page =
            self.loom.search_traces_blocking(SearchTraces::new().max_results(1_000)).expect("the question is right");
        let mut traces = page.traces;
        traces.retain(|trace| self.seen.insert(trace.info.trace_id));
        traces.sort_by_key(|trace| trace.info.request_time_unix_nano);
        traces
    }
}
