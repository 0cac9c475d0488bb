//! A traced program that is killed, exits, forks and shuts down in every way: what the tests of `it/process` start.
//!
//! Uses the public API alone. The first argument says what to do, `--name value` pairs how. What it has to say goes to
//! stdout, one line per write, so that a line is whole or not there when it is killed:
//!
//! | line | means |
//! |---|---|
//! | `ISSUE <trace> <number> <spans> <checksum>` | this trace has begun; its content follows from seed and number, see `plan.rs` |
//! | `COUNTS <json>` | the conservation equations after a flush |
//! | `ACK <trace>` | a flush that began after this trace's end was successful |
//! | `REPORT <json>` | the report of the shutdown |
//!
//! Lines of single tasks are documented with the task.

mod arguments;
mod block_on;
mod calls;
mod carries;
mod configuration;
mod cycles;
mod exits;
#[cfg(unix)]
mod forks;
#[cfg(unix)]
mod forks_afterwards;
mod idle;
mod load;
mod plan;
mod process_state;
mod quiet;
mod record;
mod say;
mod sinks;

use arguments::Arguments;

/// What a task gives: the first error ends the program with code 1.
type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments = Arguments::read()?;
    match arguments.task() {
        "load" => load::run(&arguments),
        "exit" => exits::run(&arguments),
        "call" => calls::run(&arguments),
        "carry" => carries::run(&arguments),
        "configuration" => configuration::run(&arguments),
        "cycles" => cycles::run(&arguments),
        "idle" => idle::run(),
        "quiet" => quiet::run(&arguments),
        #[cfg(unix)]
        "fork" => forks::run(&arguments),
        #[cfg(unix)]
        "fork-afterwards" => forks_afterwards::run(),
        other => Err(format!("`{other}` is no task of this program").into()),
    }
}
