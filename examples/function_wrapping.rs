//! Functions that are not ours, traced without touching them.
//!
//! `cargo run -p spanloom-examples --example function_wrapping` prints
//!
//! ```text
//! pow (UNKNOWN) OK: {"arg0": 4.0, "arg1": 2} => 16.0
//! factorial: 20922789888000
//! factorial (TOOL) OK: {"n": 16} => 20922789888000
//!     library = "maths"
//! parse: Err(ParseIntError { kind: InvalidDigit })
//! parse (UNKNOWN) ERROR: {"text": "seven"} => -
//!     ! exception exception.message="invalid digit found in string" exception.type="ParseIntError"
//! ```

use shared::show;
use spanloom::{SpanType, Wrap};

/// From some other crate.
fn factorial(n: u64) -> u64 {
    (1..=n).product()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    // 1. A name is enough. The wrapper is called like the function; arguments have no names yet.
    let pow = spanloom::wrap("pow", f64::powi);
    let power = pow(4.0, 2);
    show::last_trace(&loom)?;

    // 2. More can be said. Outside of any span each call is a trace of its own.
    let settings = Wrap::new("factorial").args(["n"]).span_type(SpanType::Tool).attribute("library", "maths");
    println!("factorial: {}", spanloom::wrap(settings, factorial)(power as u64));
    show::last_trace(&loom)?;

    // 3. Where the function gives a `Result`, its `Err` is recorded as an error.
    let parse = spanloom::try_wrap(Wrap::new("parse").args(["text"]), |text: &str| text.parse::<i64>());
    println!("parse: {:?}", parse("seven"));
    show::last_trace(&loom)?;
    Ok(())
}
