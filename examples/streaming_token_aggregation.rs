//! Tokens of a language model as they come, and the sentence as the output.
//!
//! `cargo run -p spanloom-examples --example streaming_token_aggregation` prints
//!
//! ```text
//! Hello World!
//! stream_text (UNKNOWN) OK: {} => "Hello World!"
//!     ! 4 chunks, the first "Hello"
//! ```

use std::io::Write;

use shared::show;

/// A reducer is a plain function: it can be tested without any tracing.
fn sentence(tokens: Vec<&'static str>) -> String {
    tokens.concat()
}

// 1. Without the reducer the outputs would be the list `["Hello", " ", "World", "!"]`.
#[spanloom::trace(output_reducer = sentence)]
fn stream_text() -> impl Iterator<Item = &'static str> {
    ["Hello", " ", "World", "!"].into_iter()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    // 2. The user sees each token at once.
    for token in stream_text() {
        print!("{token}");
        std::io::stdout().flush()?;
    }
    println!();
    show::last_trace(&loom)?;
    Ok(())
}
