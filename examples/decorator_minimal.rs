//! The smallest traced program: an attribute on three functions makes one trace of three spans.
//!
//! `cargo run -p spanloom-examples --example decorator_minimal` prints
//!
//! ```text
//! returned 4
//! Trace Test (UNKNOWN) OK: {"x": 4} => 4
//!   add_1 (func) OK: {"x": 4} => 5
//!       key = "value"
//!   minus_1 (func) OK: {"x": 5} => 4
//!       key1 = "value1"
//! ```

use shared::show;

// 1. Every call is a span: its name is the function's, its inputs are the arguments, its outputs what is returned.
//    The span type is any text; attributes are set before the body runs.
#[spanloom::trace(span_type = "func", attributes(key = "value"))]
fn add_1(x: i64) -> i64 {
    x + 1
}

#[spanloom::trace(span_type = "func", attributes(key1 = "value1"))]
fn minus_1(x: i64) -> i64 {
    x - 1
}

// 2. What is called inside hangs below.
#[spanloom::trace(name = "Trace Test")]
fn trace_test(x: i64) -> i64 {
    minus_1(add_1(x))
}

fn main() -> anyhow::Result<()> {
    // 3. From here on spans without a parent begin traces of this engine. `spanloom::init()?` keeps them in a file.
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("returned {}", trace_test(4));

    // 4. What was recorded can be read at once.
    show::last_trace(&loom)?;
    Ok(())
}
