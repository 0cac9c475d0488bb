//! The status of a span: who sets it, and which one stays.
//!
//! `cargo run -p spanloom-examples --example span_status` prints
//!
//! ```text
//! nothing set (UNKNOWN) OK: - => -
//!   the trace is Ok
//! error (UNKNOWN) ERROR: - => -
//!   the trace is Error
//! error, then ok (UNKNOWN) OK: - => -
//!   the trace is Ok
//! ok, then error (UNKNOWN) OK: - => -
//!   the trace is Ok
//! recorded error (UNKNOWN) ERROR: - => -
//!     ! exception exception.message="connection refused" exception.type="Exception"
//!   the trace is Error
//! ```

use shared::show;
use spanloom::{Span, SpanStatus, Spanloom};

fn check(loom: &Spanloom, name: &'static str, set: impl FnOnce(&Span)) -> anyhow::Result<()> {
    let span = spanloom::start_span(name);
    set(&span);
    drop(span);
    println!("  the trace is {:?}", show::last_trace(loom)?.info.state);
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let loom = Spanloom::builder().in_memory().install()?;

    // 1. A span that ends without a status is OK.
    check(&loom, "nothing set", |_| {})?;
    // 2. ERROR stays when the block is left; a description says what happened.
    check(&loom, "error", |span| span.set_status(SpanStatus::error("Failed to connect to database")))?;
    // 3. An error can be taken back …
    check(&loom, "error, then ok", |span| {
        span.set_status(SpanStatus::error("Failed to connect to database"));
        span.set_status(SpanStatus::Ok);
    })?;
    // 4. … but OK is final.
    check(&loom, "ok, then error", |span| {
        span.set_status(SpanStatus::Ok);
        span.set_status(SpanStatus::error("too late"));
    })?;
    // 5. `record_error` adds the event and sets the status.
    check(&loom, "recorded error", |span| span.record_error("connection refused"))?;
    Ok(())
}
