//! The first trace: three functions, one of them on other threads, kept in one file and read back.
//!
//! `cargo run -p spanloom-examples --example quickstart` prints, among other lines,
//!
//! ```text
//! 3 shards answered
//! 4 spans stored, lost {}
//! ```

use std::time::Duration;

use spanloom::{SearchTraces, SpanType};

#[spanloom::trace(span_type = SpanType::Retriever)]
fn search(query: &str, shard: usize) -> Vec<String> {
    vec![format!("{query} in shard {shard}")]
}

#[spanloom::trace(name = "answer", span_type = "AGENT", attributes(shards = shards))]
fn answer(question: &str, shards: usize) -> Result<String, std::num::ParseIntError> {
    // 1. The current span goes to the workers as a cloned handle.
    let here = spanloom::current_span();
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..shards)
            .map(|shard| {
                let here = here.clone();
                scope.spawn(move || {
                    let _active = here.as_ref().map(spanloom::Span::enter);
                    search(question, shard)
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    // 2. The trace as a whole gets a tag.
    spanloom::update_current_trace(|trace| trace.tag("found", found.len()));
    // 3. An error that leaves the function is recorded.
    found.len().to_string().parse::<u32>().map(|count| format!("{count} shards answered"))
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().store("quickstart.db").install()?;
    println!("{}", answer("what is a trace", 3)?);

    // 4. What was recorded can be read at once, from here or with `spanloom list --store quickstart.db`.
    let page = loom.search_traces_blocking(SearchTraces::new().max_results(1))?;
    for span in &page.traces[0].data.spans {
        println!("{:<8} {:<10} {:?} -> {:?}", span.name, span.span_type, span.inputs(), span.outputs());
    }
    let report = loom.shutdown_blocking(Duration::from_secs(5))?;
    println!("{} spans stored, lost {:?}", report.stored, report.lost);
    Ok(())
}
