//! Errors with the low-level client: nothing is recorded by itself, so both ends are said.
//!
//! `cargo run -p spanloom-examples --example client_error_handling` prints
//!
//! ```text
//! risky_operation (UNKNOWN) OK: - => {"status": "completed"}
//!   database_query (UNKNOWN) OK: - => {"result": [1, 2, 3]}
//! the trace is Ok
//! risky_operation (UNKNOWN) ERROR: - => -
//!     error_message = "database is down"
//!   database_query (UNKNOWN) ERROR: - => -
//!       error = "database is down"
//! the trace is Error
//! Err("there is no trace `tr-00000000000000000000000000000001`")
//! ```

use serde_json::json;
use shared::show;
use spanloom::{Client, EndSpan, EndTrace, SpanStatus, StartSpan, StartTrace};

type Query = fn() -> Result<Vec<i64>, String>;

fn traced_operation(client: &Client, query: Query) -> Result<(), spanloom::Error> {
    let root = client.start_trace(StartTrace::new("risky_operation"))?;
    let (trace, parent) = (root.trace_id(), root.span_id());
    let database = client.start_span(StartSpan::new("database_query", trace, parent))?.span_id();
    match query() {
        // 1. What went well.
        Ok(rows) => {
            client.end_span(EndSpan::new(trace, database).outputs(json!({"result": rows})))?;
            client.end_trace(EndTrace::new(trace).outputs(json!({"status": "completed"})))
        }
        // 2. What failed: the status of the span, and that of the root, which is the state of the trace.
        Err(error) => {
            let failed = SpanStatus::error(&error);
            client.end_span(EndSpan::new(trace, database).attribute("error", &error).status(failed.clone()))?;
            client.end_trace(EndTrace::new(trace).attribute("error_message", &error).status(failed))
        }
    }
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();
    let queries: [Query; 2] = [|| Ok(vec![1, 2, 3]), || Err("database is down".to_owned())];
    for query in queries {
        traced_operation(&client, query)?;
        println!("the trace is {:?}", show::last_trace(&loom)?.info.state);
    }

    // 3. Mistakes are errors at once, and name the id.
    let unknown = "tr-00000000000000000000000000000001".parse()?;
    println!("{:?}", client.end_trace(EndTrace::new(unknown)).map_err(|error| error.to_string()));
    Ok(())
}
