//! Tracing beside another wrapper: the span sees what is inside it, and nothing else.
//!
//! `cargo run -p spanloom-examples --example decorator_order` prints
//!
//! ```text
//! timed my_complex_function
//! my_decorated_function_correct_order (UNKNOWN) OK: {"x": 5, "y": 3} => 8
//! timed my_other_complex_function
//! my_decorated_function_incorrect_order (UNKNOWN) OK: {"x": 5, "y": 3} => 15
//! ```

use std::time::{Duration, Instant};

use shared::show;

/// Another wrapper: it measures how long `body` takes.
fn timed<T>(what: &str, body: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = body();
    println!("timed {what}");
    (result, start.elapsed())
}

// 1. Outermost, the span includes the wrapper: its time, and what it does to the result.
#[spanloom::trace(name = "my_decorated_function_correct_order")]
fn my_complex_function(x: i64, y: i64) -> i64 {
    let (sum, _took) = timed("my_complex_function", || x + y);
    sum
}

// 2. Within the wrapper, the span has the bare function.
#[spanloom::trace(name = "my_decorated_function_incorrect_order")]
fn my_other_complex_function(x: i64, y: i64) -> i64 {
    x * y
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    my_complex_function(5, 3);
    show::last_trace(&loom)?;

    timed("my_other_complex_function", || my_other_complex_function(5, 3));
    show::last_trace(&loom)?;
    Ok(())
}
