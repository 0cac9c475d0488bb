//! After the end: the last trace, its spans by type, name and id, and the trace as JSON.
//!
//! `cargo run -p spanloom-examples --example query_completed_trace` prints
//!
//! ```text
//! before: None
//! run gave 5
//! run STATUS_CODE_OK
//! add_one STATUS_CODE_OK
//! add_two STATUS_CODE_OK
//! tools: ["add_one", "add_two"]
//! add_one: ["add_one"]
//! neither: []
//! by id: ["run"]
//! found Some("{\"x\": 2}") => Some("5")
//! the same again: true
//! unknown: None
//! ```

use spanloom::{SearchTraces, SpanQuery, SpanRecord, SpanType, Trace};

#[spanloom::trace(span_type = SpanType::Tool)]
fn add_one(x: i64) -> i64 {
    x + 1
}

#[spanloom::trace(span_type = SpanType::Tool)]
fn add_two(x: i64) -> i64 {
    x + 2
}

#[spanloom::trace(span_type = SpanType::Chain)]
fn run(x: i64) -> i64 {
    add_two(add_one(x))
}

fn names(spans: &[&SpanRecord]) -> Vec<String> {
    spans.iter().map(|span| span.name.clone()).collect()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("before: {:?}", spanloom::last_active_trace_id());
    println!("run gave {}", run(2));

    // 1. The trace whose root ended last. It is read as soon as the call is over; nothing has to be flushed.
    let id = spanloom::last_active_trace_id().expect("a root has ended");
    let trace = loom.get_trace_blocking(&id)?.expect("it is stored");
    for span in &trace.data.spans {
        println!("{} {}", span.name, span.status.code());
    }

    // 2. Its spans. Conditions are combined.
    println!("tools: {:?}", names(&trace.search_spans(SpanQuery::new().span_type(SpanType::Tool))));
    println!("add_one: {:?}", names(&trace.search_spans(SpanQuery::new().name("add_one"))));
    println!("neither: {:?}", names(&trace.search_spans(SpanQuery::new().name("run").span_type(SpanType::Tool))));
    println!("by id: {:?}", names(&trace.search_spans(SpanQuery::new().span_id(trace.data.spans[0].span_id))));

    // 3. All traces that fit a question, the newest first.
    let search = SearchTraces::new().filter("trace.status = 'OK'").order_by("timestamp_ms DESC").max_results(10);
    for trace in loom.search_traces_blocking(search)?.traces {
        println!("found {:?} => {:?}", trace.info.request_preview, trace.info.response_preview);
    }

    // 4. MLflow's JSON, and back.
    println!("the same again: {}", Trace::from_json(&trace.to_json())? == trace);
    // 5. An id that nothing has is no error.
    let unknown = "tr-00000000000000000000000000000001".parse()?;
    println!("unknown: {:?}", loom.get_trace_blocking(&unknown)?.map(|trace| trace.info.trace_id));
    Ok(())
}
