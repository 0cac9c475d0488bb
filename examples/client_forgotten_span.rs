//! A span that nobody ended: the trace waits for it, and says which it is.
//!
//! `cargo run -p spanloom-examples --example client_forgotten_span` prints
//!
//! ```text
//! InProgress, ended: None
//! root (UNKNOWN) OK: - => -
//!   forgotten (UNKNOWN) OK: - => -
//! Ok
//! ```

use shared::show;
use spanloom::{EndSpan, EndTrace, StartSpan, StartTrace};

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();
    let root = client.start_trace(StartTrace::new("root"))?;
    let (trace, parent) = (root.trace_id(), root.span_id());
    let forgotten = client.start_span(StartSpan::new("forgotten", trace, parent))?;

    // 1. The root ends, but one of its spans is open: what is there can be read, and the trace is still in progress.
    client.end_trace(EndTrace::new(trace))?;
    let so_far = loom.get_trace_blocking(&trace)?.expect("it is live");
    println!("{:?}, ended: {:?}", so_far.info.state, so_far.data.spans[1].end_time_unix_nano);

    // 2. With the last end it is complete. Had that not come, the trace would have been closed after `linger` (60 s), with
    //    the span marked incomplete.
    client.end_span(EndSpan::new(trace, forgotten.span_id()))?;
    println!("{:?}", show::last_trace(&loom)?.info.state);
    Ok(())
}
