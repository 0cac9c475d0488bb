//! A reducer makes one output of the items of a stream; here it joins them.
//!
//! `cargo run -p spanloom-examples --example streaming_reducer_join` prints
//!
//! ```text
//! items ["h", "e", "l", "l", "o"]
//! stream_data (UNKNOWN) OK: {} => "h,e,l,l,o"
//!     ! 5 chunks, the first "h"
//! ```

use shared::show;

// 1. The reducer gets all items when the last one is out. The caller still gets them one by one.
#[spanloom::trace(output_reducer = |chunks: Vec<String>| chunks.join(","))]
fn stream_data() -> impl Iterator<Item = String> {
    "hello".chars().map(String::from)
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("items {:?}", stream_data().collect::<Vec<_>>());
    show::last_trace(&loom)?;
    Ok(())
}
