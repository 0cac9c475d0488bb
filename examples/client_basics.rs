//! The low-level client: begins and ends by id, parents by hand, for programs whose begin and end are in different places.
//!
//! `cargo run -p spanloom-examples --example client_basics` prints
//!
//! ```text
//! ended twice: true
//! my_application_flow (UNKNOWN) OK: {"user_id": "123", "action": "generate_repor… => {"report_url": "https://example.com/report/1…
//!     environment = "production"
//!     version = "1.0.0"
//!     total_duration_ms = 1250
//!   fetch_user_data (UNKNOWN) OK: {"user_id": "123"} => {"record_count": 42, "cache_hit": true}
//!       database = "users_db"
//!       duration_ms = 150
//!   process_data (UNKNOWN) OK: {"data_size": "1024KB"} => -
//! ```

use serde_json::json;
use shared::show;
use spanloom::{EndSpan, EndTrace, SpanStatus, StartSpan, StartTrace};

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();

    // 1. A trace with its root. What is returned need not be kept: the client keeps it open.
    let root = client.start_trace(
        StartTrace::new("my_application_flow")
            .inputs(json!({"user_id": "123", "action": "generate_report"}))
            .attribute("environment", "production")
            .attribute("version", "1.0.0"),
    )?;

    // 2. Spans name their parent. They are never current, so nothing else falls below them by accident.
    let data = client.start_span(
        StartSpan::new("fetch_user_data", root.trace_id(), root.span_id())
            .inputs(json!({"user_id": "123"}))
            .attribute("database", "users_db"),
    )?;
    let process = client.start_span(
        StartSpan::new("process_data", root.trace_id(), root.span_id()).inputs(json!({"data_size": "1024KB"})),
    )?;

    // 3. Each is ended once; what is said at the end is added.
    client.end_span(
        EndSpan::new(data.trace_id(), data.span_id())
            .outputs(json!({"record_count": 42, "cache_hit": true}))
            .attribute("duration_ms", 150),
    )?;
    client.end_span(EndSpan::new(process.trace_id(), process.span_id()).status(SpanStatus::Ok))?;
    println!("ended twice: {}", client.end_span(EndSpan::new(data.trace_id(), data.span_id())).is_err());

    // 4. The root's end is the trace's.
    let report = json!({"report_url": "https://example.com/report/123"});
    client.end_trace(EndTrace::new(root.trace_id()).outputs(report).attribute("total_duration_ms", 1250))?;
    show::last_trace(&loom)?;
    Ok(())
}
