//! A block as a span: what happens between two lines of code, without a function of its own.
//!
//! `cargo run -p spanloom-examples --example block_span` prints
//!
//! ```text
//! my_span (UNKNOWN) OK: {"x": 1, "y": 2} => 3
//! outer (CHAIN) OK: - => "done"
//!     version = "1.0"
//!   inner (UNKNOWN) OK: - => [1, 2]
//! ```

use serde_json::json;
use shared::show;
use spanloom::SpanType;

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let (x, y) = (1, 2);

    // 1. The span is current from here until the guard drops, which ends it. Inputs and outputs are ours to set.
    {
        let span = spanloom::start_span("my_span");
        span.set_inputs(json!({"x": x, "y": y}));
        let z = x + y;
        span.set_outputs(z);
    }
    show::last_trace(&loom)?;

    // 2. A builder says more before the span begins. Blocks nest.
    {
        let outer = spanloom::span("outer").span_type(SpanType::Chain).attribute("version", "1.0").enter();
        let inner = spanloom::start_span("inner");
        inner.set_outputs(json!([x, y]));
        drop(inner);
        outer.set_outputs("done");
    }
    show::last_trace(&loom)?;
    Ok(())
}
