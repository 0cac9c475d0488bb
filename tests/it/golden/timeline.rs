//! Times cannot be compared with those of another run, but their order can.

use std::collections::BTreeMap;

use spanloom::Trace;

use super::normalise::numbering;
use super::recording::Recording;

/// Every breach of what must hold for times: a line each.
pub(super) fn breaches(traces: &[Trace], recording: &Recording) -> Vec<String> {
    let mut breaches: Vec<String> = traces.iter().flat_map(within).collect();
    let moments = moments(traces, recording.is_concurrent());
    let mut latest = ("the beginning".to_owned(), 0);
    for entry in recording.timeline() {
        match moments.get(entry) {
            Some(moment) if *moment >= latest.1 => latest = (entry.to_owned(), *moment),
            Some(_) => breaches.push(format!("  `{entry}` is before `{}`", latest.0)),
            None => breaches.push(format!("  `{entry}` did not happen")),
        }
    }
    breaches
}

/// What must hold within any trace.
fn within(trace: &Trace) -> Vec<String> {
    let starts: BTreeMap<_, _> =
        trace.data.spans.iter().map(|span| (span.span_id, span.start_time_unix_nano)).collect();
    let mut breaches = Vec::new();
    for span in &trace.data.spans {
        if span.end_time_unix_nano.is_none_or(|end| end < span.start_time_unix_nano) {
            breaches.push(format!("  `{}` ends before it starts, or never", span.name));
        }
        if span.parent_id.and_then(|parent| starts.get(&parent)).is_some_and(|start| span.start_time_unix_nano < *start)
        {
            breaches.push(format!("  `{}` starts before its parent", span.name));
        }
    }
    let (info, root) = (&trace.info, trace.root().expect("it has a span"));
    if info.request_time_unix_nano != root.start_time_unix_nano {
        breaches.push("  the trace does not start with its root".to_owned());
    }
    if info.execution_duration_ms.map(u128::from)
        != root.duration_ns().map(|ns| ns.unsigned_abs().into()).map(|ns: u128| ns / 1_000_000)
    {
        breaches.push(format!(
            "  the trace took {:?} ms, its root {:?} ns",
            info.execution_duration_ms,
            root.duration_ns()
        ));
    }
    breaches
}

/// When what happened, by the names of the recordings.
fn moments(traces: &[Trace], by_name: bool) -> BTreeMap<String, u64> {
    let mut moments = BTreeMap::new();
    for (n, trace) in traces.iter().enumerate() {
        for (k, span) in numbering(trace, by_name).into_iter().enumerate() {
            let (name, span) = (format!("<T{}S{}>", n + 1, k + 1), &trace.data.spans[span]);
            moments.insert(format!("start {name}"), span.start_time_unix_nano);
            moments.insert(format!("end {name}"), span.end_time_unix_nano.unwrap_or(u64::MAX));
        }
    }
    moments
}
