//! A reducer that keeps of a stream of measurements what matters.
//!
//! `cargo run -p spanloom-examples --example streaming_metrics` prints
//!
//! ```text
//! 10 items
//! stream_metrics (UNKNOWN) OK: {} => {"count": 10, "sum": 90, "average": 9.0, "ma…
//!     ! 10 chunks, the first {"value": 0, "timestamp": 1700000000.5}
//! ```

use serde::Serialize;
use shared::show;

// 1. Items are anything that can be serialised and, for a reducer, cloned.
#[derive(Clone, Serialize)]
struct Measurement {
    value: i64,
    timestamp: f64,
}

#[derive(Serialize)]
struct Summary {
    count: usize,
    sum: i64,
    average: f64,
    max: Option<i64>,
    min: Option<i64>,
}

fn summary(chunks: Vec<Measurement>) -> Summary {
    let values = || chunks.iter().map(|chunk| chunk.value);
    let sum = values().sum();
    Summary {
        count: chunks.len(),
        sum,
        average: sum as f64 / chunks.len() as f64,
        max: values().max(),
        min: values().min(),
    }
}

// 2. So is what the reducer makes of them.
#[spanloom::trace(output_reducer = summary)]
fn stream_metrics() -> impl Iterator<Item = Measurement> {
    (0..10).map(|i| Measurement { value: i * 2, timestamp: 1_700_000_000.5 })
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("{} items", stream_metrics().count());
    show::last_trace(&loom)?;
    Ok(())
}
