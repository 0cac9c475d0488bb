//! Events: moments within a span, with attributes of their own.
//!
//! `cargo run -p spanloom-examples --example span_events` prints
//!
//! ```text
//! manual_span (CHAIN) OK: - => -
//!     ! validation_completed records_validated=1000 errors_found=3 validation_type="schema"
//!     ! data_checkpoint checkpoint_id="ckpt_123"
//!     ! exception exception.message="invalid digit found in string" exception.type="ParseIntError"
//! Some(1700000000123456789)
//! ```

use shared::show;
use spanloom::{SpanEvent, SpanType};

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    {
        let span = spanloom::span("manual_span").span_type(SpanType::Chain).enter();

        // 1. Now.
        let validated = SpanEvent::new("validation_completed").attribute("records_validated", 1000);
        span.add_event(validated.attribute("errors_found", 3).attribute("validation_type", "schema"));

        // 2. At a moment of the program's own, in nanoseconds since 1970.
        let checkpoint = SpanEvent::new("data_checkpoint").at_unix_nanos(1_700_000_000_123_456_789);
        span.add_event(checkpoint.attribute("checkpoint_id", "ckpt_123"));

        // 3. Of an error that was dealt with: the span's status stays as it is. `record_error` would set it.
        if let Err(error) = "x".parse::<i64>() {
            span.add_event(SpanEvent::from_error(&error));
        }
    }
    let trace = show::last_trace(&loom)?;
    println!("{:?}", trace.data.spans[0].events[1].time_unix_nano);
    Ok(())
}
