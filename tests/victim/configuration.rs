//! What `init` makes of the environment it was started in.
//!
//! `ERROR <text>` with the causes, or `STARTED recording=<bool> threads=<n> stored=<spans>` after a trace was recorded.
//! With `--or-noop 1` both: the program goes on without tracing.

use std::error::Error;
use std::time::Duration;

use spanloom::Spanloom;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::process_state::Resources;
use crate::say::say;

const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.number("or-noop", 0)? == 1 {
        let (loom, error) = spanloom::init_or_noop();
        if let Some(error) = error {
            tell_error(&error);
        }
        return go_on(&loom);
    }
    match spanloom::init() {
        Ok(loom) => go_on(&loom),
        Err(error) => {
            tell_error(&error);
            Ok(())
        }
    }
}

fn go_on(loom: &Spanloom) -> Outcome {
    let recording = {
        let span = spanloom::start_span("configured");
        span.child("part").start().end();
        span.is_recording()
    };
    loom.flush_blocking(DEADLINE)?;
    let threads = Resources::now().threads;
    let report = loom.shutdown_blocking(DEADLINE)?;
    say(&format!("STARTED recording={recording} threads={threads} stored={}", report.stored));
    Ok(())
}

fn tell_error(error: &spanloom::Error) {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let text: Vec<String> = std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
    say(&format!("ERROR {}", text.join(": ")));
}
