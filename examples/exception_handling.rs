//! Errors: what a traced function, a block and a panic leave behind.
//!
//! `cargo run -p spanloom-examples --example exception_handling` prints
//!
//! ```text
//! agent: Err(ValueError("tool failed for 3"))
//! agent (UNKNOWN) ERROR: {"x": 3} => -
//!     ! exception exception.message="tool failed for 3" exception.type="ValueError"
//!   failing_tool (TOOL) ERROR: {"x": 3} => -
//!       ! exception exception.message="tool failed for 3" exception.type="ValueError"
//! the trace is Error: Error("ValueError: tool failed for 3")
//! careful agent: -1
//! careful_agent (UNKNOWN) OK: {"x": 4} => -1
//!   failing_tool (TOOL) ERROR: {"x": 4} => -
//!       ! exception exception.message="tool failed for 4" exception.type="ValueError"
//! the trace is Ok
//! block: Err(ParseIntError { kind: InvalidDigit })
//! block (UNKNOWN) ERROR: "seven" => -
//!     ! exception exception.message="invalid digit found in string" exception.type="ParseIntError"
//! ```

use shared::show;
use spanloom::SpanType;

#[derive(Debug)]
struct ValueError(String);

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ValueError {}

// 1. An `Err` is recorded by every traced function that it leaves: status ERROR with its type and text, an `exception`
//    event, no outputs. The caller gets it as it is.
#[spanloom::trace(span_type = SpanType::Tool)]
fn failing_tool(x: i64) -> Result<i64, ValueError> {
    Err(ValueError(format!("tool failed for {x}")))
}

#[spanloom::trace]
fn agent(x: i64) -> Result<i64, ValueError> {
    Ok(failing_tool(x)? + 1)
}

// 2. Who handles the error is fine.
#[spanloom::trace]
fn careful_agent(x: i64) -> i64 {
    failing_tool(x).unwrap_or(-1)
}

// 3. A block does not see what leaves by `?`: say so, or use `try_with_span`.
fn block(text: &str) -> Result<i64, std::num::ParseIntError> {
    let span = spanloom::start_span("block");
    span.set_inputs(text);
    let number = text.parse::<i64>().inspect_err(|error| span.record_error(error))?;
    span.set_outputs(number);
    Ok(number)
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    println!("agent: {:?}", agent(3));
    let trace = show::last_trace(&loom)?;
    println!("the trace is {:?}: {:?}", trace.info.state, trace.data.spans[0].status);

    println!("careful agent: {}", careful_agent(4));
    println!("the trace is {:?}", show::last_trace(&loom)?.info.state);

    println!("block: {:?}", block("seven"));
    show::last_trace(&loom)?;
    Ok(())
}
