//! The recordings of MLflow's own client, with ids in place of their placeholders.

use std::path::{Path, PathBuf};

use serde_json::Value;
use spanloom::Trace;

/// Spans that a trace of the recordings has at most.
const MOST_SPANS: u64 = 250;

/// The recordings' files, in order.
pub(crate) fn files() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sdk");
    let entries = std::fs::read_dir(dir).expect("the recordings are part of the repository");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// The traces that MLflow exported in one recording. `number` makes their ids differ from those of other files.
pub(crate) fn exported(file: &Path, number: u64) -> Vec<Trace> {
    let recording: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("a file")).expect("it is JSON");
    let traces = recording["traces"].as_array().expect("it holds traces");
    let exported = traces.iter().map(|trace| &trace["exported"]).filter(|exported| !exported.is_null());
    exported
        .enumerate()
        .map(|(at, trace)| {
            let text = with_ids(&trace.to_string(), number, traces.len() as u64);
            let trace = Trace::from_json(&text);
            with_times(trace.unwrap_or_else(|error| panic!("trace {at} of {}: {error}", file.display())))
        })
        .collect()
}

/// The recordings have 0 for most times, which MLflow takes for "not ended".
fn with_times(mut trace: Trace) -> Trace {
    const START: u64 = 1_767_225_600_000_000_000;
    for (at, span) in trace.data.spans.iter_mut().enumerate() {
        if span.start_time_unix_nano == 0 {
            span.start_time_unix_nano = START + 1_000_001 * at as u64;
            span.end_time_unix_nano = Some(START + 1_000_000_007 + 1_000_001 * at as u64);
        }
        for event in span.events.iter_mut().filter(|event| event.time_unix_nano == Some(0)) {
            event.time_unix_nano = Some(span.start_time_unix_nano + 123);
        }
    }
    trace
}

fn with_ids(text: &str, number: u64, traces: u64) -> String {
    let mut text = text.replace("<ENV>", "env").replace("1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    for n in 1..=traces {
        let trace = (u128::from(number + 1) << 64) | u128::from(n);
        let bytes = trace.to_be_bytes();
        text =
            text.replace(&format!("<T{n}>"), &format!("{trace:032x}")).replace(&format!("<T{n}.b64>"), &base64(&bytes));
        if !text.contains(&format!("<T{n}S")) {
            continue;
        }
        for k in 1..=MOST_SPANS {
            let span = (n << 32) | k;
            text = text.replace(&format!("<T{n}S{k}>"), &format!("{span:016x}"));
            text = text.replace(&format!("<T{n}S{k}.b64>"), &base64(&span.to_be_bytes()));
        }
    }
    text
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let shown = digit <= three.len();
            text.push(if shown { DIGITS[(bits >> (18 - 6 * digit)) as usize & 63] as char } else { '=' });
        }
    }
    text
}
