//! Without an engine spans cost nothing and traced functions are as they were; without the store the build has none.
//!
//! Run it with `cargo run -p spanloom-disabled-tests`. A program and not a test: in one run with the whole workspace,
//! features unify and the store would be there. Ends with code 0 when all holds.

mod inert_spans;
mod no_store;
mod traced_functions;
mod unused_values;

use std::io::Write;

fn main() -> std::io::Result<()> {
    inert_spans::check();
    traced_functions::check();
    unused_values::check();
    inert_spans::check_cost();
    no_store::check();
    writeln!(std::io::stdout(), "PROMISE disabled ok")
}
