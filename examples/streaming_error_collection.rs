//! A stream in which some items are errors, and a reducer that tells results and errors apart.
//!
//! `cargo run -p spanloom-examples --example streaming_error_collection` prints
//!
//! ```text
//! 4 items
//! stream_results (UNKNOWN) OK: {} => {"results": ["a", {"n": 2}, null], "errors":…
//!     ! 4 chunks, the first {"data": "a"}
//! [Ok(1), Ok(2), Err(ParseIntError { kind: InvalidDigit })]
//! parse (UNKNOWN) ERROR: {"texts": ["1", "2", "x"]} => -
//!     ! 2 chunks, the first 1
//!     ! exception exception.message="invalid digit found in string" exception.type="ParseIntError"
//! ```

use serde_json::{Value, json};
use shared::show;

fn collect_results_and_errors(chunks: Vec<Value>) -> Value {
    let (failed, done): (Vec<&Value>, Vec<&Value>) = chunks.iter().partition(|chunk| chunk.get("error").is_some());
    json!({
        "results": done.iter().map(|chunk| &chunk["data"]).collect::<Vec<_>>(),
        "errors": failed.iter().map(|chunk| &chunk["error"]).collect::<Vec<_>>(),
        "success_rate": done.len() as f64 / chunks.len() as f64,
        "has_errors": !failed.is_empty(),
    })
}

// 1. Errors that are items like any other do not end the stream.
#[spanloom::trace(output_reducer = collect_results_and_errors)]
fn stream_results() -> impl Iterator<Item = Value> {
    [json!({"data": "a"}), json!({"error": "timeout"}), json!({"data": {"n": 2}}), json!({"data": null})].into_iter()
}

// 2. The first `Err` does: status ERROR, no outputs, and the reducer is not called.
#[spanloom::trace(output_reducer = |numbers: Vec<i64>| numbers.iter().sum::<i64>())]
fn parse(texts: &[&'static str]) -> impl Iterator<Item = Result<i64, std::num::ParseIntError>> {
    texts.iter().map(|text| text.parse())
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    println!("{} items", stream_results().count());
    show::last_trace(&loom)?;

    println!("{:?}", parse(&["1", "2", "x"]).collect::<Vec<_>>());
    show::last_trace(&loom)?;
    Ok(())
}
