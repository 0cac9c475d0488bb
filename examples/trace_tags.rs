//! Tags on the trace as a whole, from inside any of its functions, and finding the trace by them.
//!
//! `cargo run -p spanloom-examples --example trace_tags` prints
//!
//! ```text
//! returned 2
//! returned 3
//! returned 4
//! {"fruit": "apple", "mlflow.traceName": "my_func", "x": "2"}
//! ```

use spanloom::SearchTraces;

#[spanloom::trace]
fn my_func(x: i64) -> i64 {
    // 1. Acts on the trace of the current span, however deep the call is.
    spanloom::update_current_trace(|trace| trace.tag("fruit", "apple").tag("x", x));
    x + 1
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    (1..4).for_each(|x| println!("returned {}", my_func(x)));

    // 2. Tags can be searched for.
    let page = loom.search_traces_blocking(SearchTraces::new().filter("tags.fruit = 'apple' AND tags.x = '2'"))?;
    for trace in &page.traces {
        println!("{:?}", trace.info.tags);
    }
    Ok(())
}
